"""That docs/operations.md names what there is, and that what can be run of it works."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.session import get_session

from dci_cli.__main__ import main
from dci_common import logs as function_logs
from dci_common.clients.administration import Administration
from dci_common.clients.changes import Caller
from dci_common.clients.log import OPERATOR
from dci_common.clients.store import ClientStore
from support.api import Api
from support.deployment import MONITORING, deployed, of_type, template
from support.events import ROOT
from support.example_counts import sampled
from support.logs import Logs
from support.server_process import command, dci_serve
from support.stored_items import items_of

from .test_docs import column

DOCUMENT = (ROOT / "docs" / "operations.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
COMMANDS = "\n".join(BLOCKS).replace("\\\n", " ")
PLAIN = re.sub(r"\$\((?:output|resource) (\w+)\)", r"\1", COMMANDS)
# Of the AWS command line itself, as are `aws s3`, `aws logs tail`, `aws ... wait`; the last is its name for another.
OF_AWS = {"--output", "--query", "--region", "--notification-endpoint"}
AWS = sorted(set(re.findall(r"\baws ((?:[a-z]+|s3api) (?!wait|tail|rm)[a-z0-9-]+)([^|;#\n]*)", PLAIN)))
DCI = sorted(set(re.findall(r"\./dci ([a-z]+(?: [a-z0-9-]+)?)([^|;#>\n]*)", PLAIN)))


def options(text: str) -> set[str]:
    """Return the long options of a command line."""
    return set(re.findall(r"--[a-z][a-z-]*", text))


@pytest.mark.parametrize(("call", "rest"), sampled(AWS, 8), ids=range(len(AWS)))
def test_a_call_of_aws_is_one(call: str, rest: str) -> None:
    """Each `aws` command is an operation of its service, its options members of what that takes."""
    service, operation = call.split()
    model = get_session().get_service_model("s3" if service == "s3api" else service)
    names = {xform_name(name, "-"): name for name in model.operation_names}
    shape = model.operation_model(names[operation]).input_shape
    members = {xform_name(member, "-") for member in (shape.members if shape else ())}
    assert options(rest) - OF_AWS <= {f"--{prefix}{member}" for member in members for prefix in ("", "no-")}


@pytest.mark.parametrize(("called", "rest"), DCI, ids=range(len(DCI)))
def test_a_command_of_ours_is_one(capsys: pytest.CaptureFixture[str], called: str, rest: str) -> None:
    """Each `dci` command takes the options that it is given."""
    words = [word for word in called.split() if not word.startswith("--")]
    with pytest.raises(SystemExit) as ended:
        main([*words, "--help"])
    assert ended.value.code == 0
    assert options(rest) <= options(capsys.readouterr().out)


def test_make_can_make_it() -> None:
    """Each `make` target is in the Makefile."""
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"^make ([a-z0-9-]+)", COMMANDS, re.MULTILINE)) <= targets


def test_parameters_outputs_and_resources_are_the_templates() -> None:
    """What is asked of the stack, or said to it, is in the template."""
    deployed = template()
    assert set(re.findall(r"output ([A-Z]\w+)", DOCUMENT)) <= set(deployed["Outputs"])
    assert set(re.findall(r"resource\s+([A-Z]\w+)", DOCUMENT)) <= set(deployed["Resources"])
    assert set(re.findall(r"`(\w+Logs)`", DOCUMENT)) <= set(deployed["Resources"])
    example = re.search(r"^parameter_overrides = (.*)$", DOCUMENT, re.MULTILINE)
    assert example
    said = {*re.findall(r"(\w+)=", example[1]), *re.findall(r"parameter\]\([^)]*\)[^`]*`(\w+)`", DOCUMENT)}
    assert said <= set(deployed["Parameters"])


def test_every_alarm_and_metric_is_documented() -> None:
    """The tables have each alarm of the template, and each metric that requests record."""
    assert column(DOCUMENT, "alarm") == of_type("AWS::CloudWatch::Alarm", MONITORING).keys()
    assert column(DOCUMENT, "metric") == set(function_logs._UNITS)  # noqa: SLF001


def test_teardown_names_all_that_outlives_the_stack() -> None:
    """Each table and secret that CloudFormation keeps is deleted by the last commands; the text has a user pool."""
    kept = {
        name for name, resource in deployed()["Resources"].items() if "Retain" in resource.get("DeletionPolicy", "")
    }
    assert kept | {"OperatorUserPool"} == {
        name for name, resource in template()["Resources"].items() if "Retain" in resource.get("DeletionPolicy", "")
    }
    assert "delete-user-pool" in DOCUMENT.partition("## Teardown")[2]
    assert set(re.findall(r"\$\((?:output|resource) (\w+)\)", BLOCKS[-1])) == kept


def test_only_the_teardown_deletes_what_is_in_use() -> None:
    """No step before the teardown deletes a client, a secret, a stack, or a table of the deployment."""
    before = "\n".join(BLOCKS[:-1])
    assert not re.findall(r"-X DELETE|clients delete|delete-secret|delete-stack", before)
    assert re.findall(r"delete-table --table-name (.*)", before) == ["dci-clients-restored"]


def test_dns_comes_before_the_first_check() -> None:
    """`dci doctor` needs the domain name, so the step that points it to the API comes first."""
    assert COMMANDS.index("output DnsTarget") < COMMANDS.index("./dci doctor")


@pytest.mark.exhaustive
def test_a_first_partner_is_registered_and_searches(tmp_path: Path) -> None:
    """The commands create a partner that can search, and leave the administrator's credentials set."""
    bash = shutil.which("bash")
    if bash is None or shutil.which("curl") is None:
        pytest.skip("the commands need bash and curl")
    field = re.search(r"^field\(\).*$", DOCUMENT, re.MULTILINE)
    assert field
    start = DOCUMENT.index("## The first partner")
    section = re.findall(r"^```sh\n(.*?)^```$", DOCUMENT[start:], re.MULTILINE | re.DOTALL)[:2]
    as_administrator = './dci clients show "$(field client_id < partner.json)" > shown.txt'
    with dci_serve(tmp_path) as server:
        admin = server.credentials["admin"]
        variables = {f"DCI_{name.upper()}": admin[name] for name in ("client_id", "client_secret")}
        dci, environment = command(DCI_API=server.base_url, **variables)
        (tmp_path / "dci").write_text(f'exec {" ".join(dci)} "$@"\n')
        (tmp_path / "dci").chmod(0o755)
        done = subprocess.run(
            [bash, "-euo", "pipefail", "-c", "\n".join([field[0], *section, as_administrator])],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^search +ok +answered$", done.stdout, re.MULTILINE)
    found = json.loads(done.stdout[done.stdout.index("{") :])
    assert found["message"]["search_response"][0]["pagination"]["total_count"] == 1
    assert "health.example.org" in (tmp_path / "shown.txt").read_text()


@contextmanager
def restored(api: Api) -> Iterator[Any]:
    """Yield a copy of the API's table of clients; when the block has ended, run what copies lost clients back."""
    table = api.runtime.settings.clients_table
    described = boto3.client("dynamodb").describe_table(TableName=table)["Table"]
    copy = boto3.resource("dynamodb").create_table(
        TableName="restored",
        KeySchema=described["KeySchema"],
        AttributeDefinitions=[
            one for one in described["AttributeDefinitions"] if one["AttributeName"] in {"pk", "sk"}
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    for item in boto3.resource("dynamodb").Table(table).scan()["Items"]:
        copy.put_item(Item=item)
    yield copy
    script = re.search(r"<<'END'\n(.*?)^END$", DOCUMENT, re.MULTILINE | re.DOTALL)
    assert script
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["-", "restored", table])
        exec(script[1], {})  # noqa: S102 - it is ours
    copy.delete()


@pytest.mark.exhaustive
def test_lost_clients_are_copied_back(own_api: Callable[..., Api]) -> None:
    """What the restored table has is in the table again, but not its signing keys."""
    api = own_api()
    client, _ = api.client()
    with restored(api) as copy:
        copy.put_item(Item={"pk": "KEYS", "sk": "KEYS", "keys": "of another day"})
        Administration(api.runtime).delete(Caller(OPERATOR), client.client_id)
    assert ClientStore(api.runtime).get(client.client_id).name == client.name
    assert items_of(api.runtime.settings.clients_table, "KEYS") == []


@pytest.mark.exhaustive
def test_any_number_of_lost_clients_is_copied_back(own_api: Callable[..., Api]) -> None:
    """More clients than DynamoDB compares with at once are copied back in one run."""
    api = own_api()
    client, _ = api.client()
    ids = [client.client_id, *(f"lost-{number}" for number in range(100))]
    with restored(api) as copy:
        (stored,) = (item for item in copy.scan()["Items"] if item["sk"] == "CLIENT")
        for id_ in ids[1:]:
            copy.put_item(Item={**stored, "pk": f"CLIENT#{id_}", "client_id": id_})
        Administration(api.runtime).delete(Caller(OPERATOR), client.client_id)
    assert [ClientStore(api.runtime).get(id_).client_id for id_ in ids] == ids


def test_the_query_finds_who_guesses_secrets(api: Api, logs: Logs) -> None:
    """The query on TokenLogs finds failed authentications, and those that must wait, with the client's address."""
    client, _ = api.client()
    for _ in range(6):
        api.token(client, "wrong")
    query = re.search(r"^filter route = (\S+) and refused = 1 .* by outcome, source$", DOCUMENT, re.MULTILINE)
    assert query
    lines = [(line["route"], line["refused"], line["outcome"], line["source"]) for line in logs.entries()]
    codes = ["err.request.unauthorized"] * 5 + ["err.request.too_many_requests"]
    assert lines == [(json.loads(query[1]), 1, code, "203.0.113.7") for code in codes]
    assert "`err.request.too_many_requests`, on the route of the token endpoint" in DOCUMENT
