"""`dci clients`: partner clients, administered over the API."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

import pytest

from dci_common.oauth.key_ring import generate
from support.admin_client import Admin
from support.api import Api
from support.events import ROOT
from support.example_counts import sampled

from .conftest import NEW, Clients, Dci, new


def test_every_command_works_and_is_logged(api: Api, admin: Admin, clients: Clients) -> None:
    """Every command does its work, and each change is in the log."""
    made = new(clients, api)
    client_id = made["client_id"]
    added = json.loads(clients("rotate-secret", client_id, "--old-expires-in", 60, "--json").out)
    assert added["client_secret"].startswith("dcis_")
    updated = clients("update", client_id, "--scopes", "registry.status", "--restricted", "--json")
    assert json.loads(updated.out)["flags"]["restricted"] is True
    for command, status in (("disable", "disabled"), ("enable", "enabled"), ("revoke-tokens", "enabled")):
        yes = () if command == "enable" else ("--yes",)
        assert json.loads(clients(command, client_id, *yes, "--json").out)["status"] == status
    listed = json.loads(clients("secrets", client_id, "--json").out)
    assert added["secret_id"] in {secret["secret_id"] for secret in listed}
    assert clients("delete-secret", client_id, added["secret_id"], "--yes").status == 0
    shown = json.loads(clients("show", client_id, "--json").out)
    assert (shown["scopes"], shown["version"]) == (["registry.status"], 7)
    assert clients("delete", client_id, "--yes").out == f"Deleted the client {made['name']} ({client_id}).\n"
    log = json.loads(clients("log", client_id, "--json").out)
    assert [entry["act"] for entry in log] == [
        *("deleted", "secret_deleted", "tokens_revoked", "enabled", "disabled", "updated", "secret_added", "created")
    ]
    assert {entry["by"] for entry in log} == {admin.client.client_id}


def test_every_option_is_a_member_of_the_client(api: Api, clients: Clients, tmp_path: Path) -> None:
    """Each option of `create` becomes a member of the client."""
    keys = {"keys": [generate("ES256").public]}
    (tmp_path / "keys.json").write_text(json.dumps(keys))
    said = ["--token-lifetime", 60, "--disclosure", "standard", "poverty_score", "--record-types", "Group"]
    limits = ["--requests-a-minute", 60, "--records-a-day", 0]
    flags = ["--openspp17", "--signature", "required", "--dialect", "opencrvs", "--restricted"]
    made = new(clients, api, *said, *limits, *flags, "--jwks", tmp_path / "keys.json")
    assert made["token_lifetime"] == 60
    assert (made["disclosure"], made["record_types"]) == (["standard", "poverty_score"], ["Group"])
    assert (made["requests_a_minute"], made["records_a_day"]) == (60, 0)
    assert made["flags"] == {
        "openspp17": True,
        "signature": "required",
        "dialect": "opencrvs",
        "restricted": True,
        "asynchronous": False,
    }
    assert made["jwks"] == keys


def test_limits_are_changed(api: Api, admin: Admin, clients: Clients) -> None:
    """A limit that is not given stays, `null` restores the deployment's, and a wrong one is rejected by the API."""
    client_id = new(clients, api, "--requests-a-minute", 60)["client_id"]
    changed = json.loads(clients("update", client_id, "--records-a-day", 5000, "--json").out)
    assert (changed["requests_a_minute"], changed["records_a_day"]) == (60, 5000)
    assert "requests_a_minute" not in admin.update(client_id, "*", requests_a_minute=None).json
    assert clients("update", client_id, "--records-a-day", -1).problem.startswith("--records-a-day must be ")


def test_callbacks_are_given_by_options(api: Api, clients: Clients) -> None:
    """Each option about callbacks becomes a member of them; the secret is read from stdin, and not printed."""
    named = f"Ministry {api.runtime.random_bytes(8).hex()}"
    oauth = [
        "--callback-auth",
        "oauth",
        "--callback-token-url",
        "https://id.example/t",
        "--callback-client-id",
        "dci",
    ]
    rest = ["--callback-scope", "a b", "--callback-max-bytes", 200_000, "--asynchronous", "--open-exchanges", 9]
    urls = ["--callback-urls", "https://a.example/dci", "https://b.example"]
    rest += ["--callback-notify-url", "https://b.example/n", "--callback-notify-spelling", "2026-02"]
    rest += ["--callback-notify-records", "object", "--notifications-a-minute", 30]
    given = [*oauth, *rest, "--callback-default-url", "https://b.example/", "--callback-secret", *urls]
    outcome = clients("create", *NEW, *given, named, stdin="s3cret-of-the-partner\n")
    assert (outcome.status, "s3cret" in outcome.out + outcome.err) == (0, False)
    shown = json.loads(clients("show", named, "--json").out)
    assert shown["callbacks"].pop("secret_version")
    assert shown["callbacks"] == {
        "urls": ["https://a.example/dci", "https://b.example/"],
        "default_url": "https://b.example/",
        "auth": "oauth",
        "token_url": "https://id.example/t",
        "client_id": "dci",
        "scope": "a b",
        "max_bytes": 200_000,
        "notify_url": "https://b.example/n",
        "notify_spelling": "2026-02",
        "notify_records": "object",
    }
    assert (shown["flags"]["asynchronous"], shown["open_exchanges"]) == (True, 9)
    assert shown["notifications_a_minute"] == 30
    sheet = clients("show", named).out
    assert re.search(r"^callback urls +https://a\.example/dci https://b\.example/$", sheet, re.MULTILINE)
    assert re.search(r"^callback token url +https://id\.example/t$", sheet, re.MULTILINE)


def test_callbacks_are_changed_by_options(api: Api, clients: Clients) -> None:
    """An option changes its member alone, `default` and an empty text reset it, and a secret is asked for once."""
    client_id = new(clients, api, "--callback-urls", "https://a.example", "--callback-max-bytes", "default")[
        "client_id"
    ]
    bearer = clients("update", client_id, "--callback-auth", "bearer", "--callback-secret", "--json", stdin="token\n")
    assert json.loads(bearer.out)["callbacks"]["urls"] == ["https://a.example/"]
    problem = clients("update", client_id, "--callback-secret").problem
    assert problem.startswith("The secret for callbacks is missing: type it, or give it on standard input")
    assert "needs --callback-secret" in clients("create", "x", *NEW, "--callback-auth", "bearer").problem
    notify = ["--callback-notify-spelling", "2026-02", "--callback-notify-records", "list"]
    assert clients("update", client_id, *notify, "--notifications-a-minute", 5).status == 0
    reset = ["--callback-notify-spelling", "default", "--callback-notify-records", "default"]
    assert clients("update", client_id, *reset, "--notifications-a-minute", "default").status == 0
    reset = ["--callback-urls", "default", "--callback-auth", "none", "--callback-default-url", ""]
    changed = json.loads(clients("update", client_id, *reset, "--no-asynchronous", "--json").out)
    assert "callbacks" not in changed


@pytest.mark.exhaustive
def test_lists_have_all_pages(admin: Admin, clients: Clients) -> None:
    """A list contains every client, or every client with a status."""
    made = {admin.create().json["client_id"] for _ in range(101)}
    gone = made.pop()
    admin.send("client_disable", gone)
    everybody = {client["client_id"] for client in json.loads(clients("list", "--json").out)}
    enabled = {client["client_id"] for client in json.loads(clients("list", "--status", "enabled", "--json").out)}
    assert made | {gone} <= everybody
    assert enabled & (made | {gone}) == made


def test_tables_are_printed_without_json(api: Api, clients: Clients) -> None:
    """Without --json a list has columns below their names, and a client a line for each member."""
    made = new(clients, api, "--openspp17")
    heading, *lines = clients("list").out.splitlines()
    assert heading.split() == ["name", "client", "id", "status"]
    [line] = [line for line in lines if made["client_id"] in line]
    assert line.index(made["client_id"]) == heading.index("client id")
    sheet = clients("show", made["client_id"]).out
    assert re.search(r"^openspp17 +true$", sheet, re.MULTILINE)
    assert re.search(r"^scopes +registry\.search$", sheet, re.MULTILINE)
    assert '"after": "enabled"' in " ".join(clients("log", made["client_id"]).out.split())


@pytest.mark.parametrize(
    "command", sampled(["delete", "disable", "revoke-tokens", "rotate-secret", "delete-secret"], 2)
)
def test_destructive_commands_ask_first(api: Api, admin: Admin, clients: Clients, command: str) -> None:
    """Without the answer yes nothing is changed."""
    client_id = new(clients, api)["client_id"]
    more = {"rotate-secret": ["--old-expires-in", 0], "delete-secret": [admin.secrets(client_id)[0]["secret_id"]]}
    for answer in ("", "n\n", "nothing\n"):
        outcome = clients(command, client_id, *more.get(command, []), stdin=answer)
        assert (outcome.status, outcome.out) == (2, "")
        assert "answer y, or use --yes" in outcome.err
    assert admin.send("client_get", client_id).headers["ETag"] == '"1"'
    assert clients(command, client_id, *more.get(command, []), stdin="y\n").status == 0
    assert len(admin.log(client_id)) == 2


def test_a_client_that_changes_before_the_answer_is_not_deleted(api: Api, admin: Admin, clients: Clients) -> None:
    """A client that changes before the answer is not deleted."""
    client_id = new(clients, api)["client_id"]
    changed = partial(admin.update, client_id, "*", sender_id="other")
    outcome = clients("delete", client_id, stdin="y\n", meanwhile=changed)
    assert outcome.status == 2
    assert "was changed since" in outcome.err
    assert admin.send("client_get", client_id).status == 200


def test_errors_of_the_api_are_one_line(api: Api, admin: Admin, clients: Clients, tmp_path: Path) -> None:
    """An error of the API is one line in the API's own words."""
    client_id = new(clients, api)["client_id"]
    assert clients("show", "../nobody").problem == (
        "There is no client with the id or the name ../nobody: see `dci clients list`."
    )
    assert clients("create", "x", *NEW[:-1], "everything").problem.startswith("--scopes must be one of")
    assert clients("update", client_id).problem.startswith("Nothing to change")
    assert "another one" in clients("disable", admin.client.client_id, "--yes").problem
    clients("rotate-secret", client_id)
    assert "two secrets already" in clients("rotate-secret", client_id).problem
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "key.pem").write_text("-----BEGIN PUBLIC KEY-----")
    for name in ("bad.json", "key.pem"):
        problem = clients("update", client_id, "--jwks", tmp_path / name).problem
        assert problem.endswith('is not JSON: give a JWK set of public keys, such as {"keys": [...]}.')
    assert "No such file" in clients("update", client_id, "--jwks", tmp_path / "none.json").problem


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--token-lifetime", "1"), "--token-lifetime must be at least 60"),
        (("--callback-max-bytes", "1"), "--callback-max-bytes must be at least"),
        (("--callback-urls", "ftp://x.example"), "--callback-urls is not accepted: "),
        (("--callback-auth", "oauth"), "--callback-auth oauth needs --callback-token-url and --callback-client-id."),
        (("--name", ""), "name must not be empty."),
    ],
)
def test_an_error_names_the_option(api: Api, clients: Clients, options: tuple[str, ...], said: str) -> None:
    """What is wrong with a member is said of the option that sets it."""
    assert clients("update", new(clients, api)["client_id"], *options).problem.startswith(said)


def test_a_missing_scope_and_a_wrong_secret_are_reported(
    api: Api, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing scope, a wrong secret, a missing client and an unreachable server each have their own message."""
    partner, secret = api.client()
    monkeypatch.setenv("DCI_CLIENT_ID", partner.client_id)
    monkeypatch.setenv("DCI_CLIENT_SECRET", secret)
    assert "clients.read" in clients("list").problem
    monkeypatch.setenv("DCI_CLIENT_SECRET", "wrong")
    assert clients("list").problem.startswith("The API issued no token: ")
    monkeypatch.delenv("DCI_CLIENT_ID")
    assert clients("list").problem.startswith(
        "The client for the requests is missing: run `dci configure` or `dci login`, or "
    )
    monkeypatch.setenv("DCI_API", "http://127.0.0.1:9")
    assert clients("list").problem == (
        "http://127.0.0.1:9 cannot be reached: start it with make run, or give the URL of another."
    )


def test_every_command_and_option_is_documented(dci: Dci, capsys: pytest.CaptureFixture[str]) -> None:
    """docs/clients.md has each command, and each option that its help shows."""
    document = (ROOT / "docs" / "clients.md").read_text()
    with pytest.raises(SystemExit):
        dci("clients", "--help")
    commands = re.findall(r"^    ([a-z-]+) ", capsys.readouterr().out, re.MULTILINE)
    assert len(commands) == 15
    for command in commands:
        assert f"`dci clients {command}" in document
        with pytest.raises(SystemExit):
            dci("clients", command, "--help")
        for option in set(re.findall(r"--[a-z][a-z0-9-]*", capsys.readouterr().out)) - {"--help"}:
            assert option in document, (command, option)
