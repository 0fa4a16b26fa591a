"""The commands of docs/operations.md, run in their order in one shell, against moto and the functions over HTTP.

`tests/deployed` can run the sections that this engine lacks: `support.operations_page` has them all.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import boto3
import pytest

from dci_cli.local.rotation import rotate
from dci_cli.local.tables import create_tables
from dci_rotation import app as rotation_app
from support.api import Api
from support.api_over_http import api_over_http
from support.aws_over_http import aws_over_http
from support.operations_page import run, sections
from support.registries import tables

# What this engine lacks. Optional sections are left out too: they say so at their beginning.
NOT_RUN = {
    "A policy for the deployer": "IAM",
    "A user pool": "CloudFormation",
    "Signing in": "a browser",
    "A large registry": "DynamoDB's import from S3",
    "Upgrade": "another version of the checkout",
    "A stolen signing key": "rotations of Secrets Manager that are not complete",
    "Restoring the registry": "backups",
    "Restoring lost clients": "backups; test_operations.py runs its script",
    "Alarms": "SNS",
    "Dead letters": "moves of messages from queue to queue",
    "Changes that were not reported": "moves of messages, and what Lambda writes to a bucket",
    "Troubleshooting": "CloudWatch Logs",
    "Creating a deployment again": "CloudFormation",
}
BUCKETS = {"LostChanges": "dci-lostchanges-in-order"}
NAMES = {"ClientsTable", "RegistryTable", "ExchangeTable", "AuditTable"}
INDIVIDUALS = "id,given_name,surname,reg_ids/id_type,reg_ids/value\np-1,Amina,Diallo,UIN,847951632\n"


@pytest.mark.exhaustive
def test_the_commands_work_in_their_order(new_api: Callable[..., Api], tmp_path: Path) -> None:
    """From the settings of the first deployment to the teardown, each command succeeds after those before it."""
    if shutil.which("curl") is None or shutil.which("openssl") is None:
        pytest.fail("the commands need curl and openssl")
    names = {
        name: f"dci-{name}-in-order" for name in (*NAMES, "SigningKeys", "MessageKeys", "CursorKey", "OriginKey")
    }
    create_tables(boto3.client("dynamodb"), tables(), {name: names[name] for name in NAMES})
    for name in names.keys() - NAMES:
        boto3.client("secretsmanager").create_secret(Name=names[name], SecretString="{}")
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    settings = replace(
        new_api().runtime.settings,
        issuer=url,
        clients_table=names["ClientsTable"],
        registry_table=names["RegistryTable"],
        exchange_table=names["ExchangeTable"],
        audit_table=names["AuditTable"],
        signing_keys_secret=names["SigningKeys"],
        message_keys_secret=names["MessageKeys"],
        cursor_secret=names["CursorKey"],
    )
    api = Api(settings, 0, {}, time.time)
    for ring in ("SigningKeys", "MessageKeys"):
        rotate(rotation_app.create_app(api.runtime), names[ring])
    outputs = names | {"BaseUrl": url, "TokenUrl": f"{url}/oauth2/client/token", "JwksUrl": f"{url}/jwks"}
    (tmp_path / "stack.json").write_text(json.dumps({"outputs": outputs, "resources": names | BUCKETS}))
    (tmp_path / "individuals.csv").write_text(INDIVIDUALS)
    (tmp_path / "groups.csv").write_text("id,name\ng-1,Diallo\n")
    (tmp_path / "memberships.csv").write_text("person_id,group_id\np-1,g-1\n")
    chosen = [one for one in sections() if not one.is_optional and one.heading not in NOT_RUN]
    values = {
        "CLIENT_ID": '"$(field client_id < partner.json)"',
        "CLIENT": '"$(field client_id < partner.json)"',
        "PERSON_ID": "p-1",
        "2026-02-01": time.strftime("%Y-%m-%d", time.gmtime()),
        "2026-03-02": time.strftime("%Y-%m-%d", time.gmtime()),
    }
    with api_over_http(api, port), aws_over_http() as aws:
        environment = os.environ | {
            "STACK_FILE": str(tmp_path / "stack.json"),
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_ENDPOINT_URL_DYNAMODB": os.environ.get("AWS_ENDPOINT_URL_DYNAMODB", aws.url),
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
        }
        printed = run(chosen, tmp_path, values, environment)
    parts = re.split(r"^## (.*)\n", printed, flags=re.MULTILINE)
    output_of = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert list(output_of) == [one.heading for one in chosen]
    assert re.search(r"^search +ok +answered$", output_of["The first partner"], re.MULTILINE)
    assert '"total_count": 1' in output_of["The first partner"]
    assert "Diallo" in (tmp_path / "registry-backup.jsonl").read_text()
    assert names["ClientsTable"] not in boto3.client("dynamodb").list_tables()["TableNames"]


def test_each_section_is_run_or_says_why_not() -> None:
    """The list of what is not run names sections of the page that have commands and are not optional."""
    assert {one.heading for one in sections() if not one.is_optional} >= NOT_RUN.keys()
    assert [one.heading for one in sections() if one.is_optional] == [
        *("A certificate", "DNS", "Mutual TLS", "A web application firewall")
    ]
