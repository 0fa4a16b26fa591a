"""`dci keys` with the local server, which rotates on request."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator

import pytest

from dci_cli.__main__ import main
from support.server_process import ServerProcess, dci_serve


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run the local server."""
    with dci_serve(tmp_path_factory.mktemp("keys")) as server:
        yield server


@pytest.fixture
def admin(server: ServerProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use the administrator's credentials."""
    client = server.credentials["admin"]
    monkeypatch.setenv("DCI_API", server.base_url)
    monkeypatch.setenv("DCI_CLIENT_ID", client["client_id"])
    monkeypatch.setenv("DCI_CLIENT_SECRET", client["client_secret"])


@pytest.fixture
def listed(admin: None, capsys: pytest.CaptureFixture[str]) -> Callable[..., list[dict[str, str]]]:  # noqa: ARG001
    """Return a function that lists the keys of tokens, or of messages."""

    def keys(signs: str = "tokens") -> list[dict[str, str]]:
        assert main(["keys", "list", "--json"]) == 0
        found: list[dict[str, str]] = json.loads(capsys.readouterr().out)
        return [key for key in found if key["signs"] == signs]

    return keys


@pytest.mark.exhaustive
def test_the_next_key_becomes_current(
    server: ServerProcess, listed: Callable[..., list[dict[str, str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    """After a rotation the next key is current, and a token of the previous key is still valid."""
    before = {key["state"]: key["kid"] for key in listed()}
    authorization = server.authorization("admin")
    assert main(["keys", "rotate"]) == 0
    assert capsys.readouterr().out.startswith("The rotation has started")
    after = {key["state"]: key["kid"] for key in listed()}
    assert after["current"] == before["next"]
    assert after["retired"] == before["current"]
    assert after["next"] not in before.values()
    assert server.send("GET", "/keys", **authorization).status == 200


@pytest.mark.exhaustive
def test_revoked_keys_end_at_once(
    server: ServerProcess, listed: Callable[..., list[dict[str, str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    """After a revocation there are two new keys and no others, and a new token is accepted."""
    before = {key["kid"] for key in listed()}
    assert main(["keys", "revoke", "--yes"]) == 0
    assert capsys.readouterr().out.startswith("All keys are being replaced")
    after = listed()
    assert [key["state"] for key in after] == ["current", "next"]
    assert before.isdisjoint(key["kid"] for key in after)
    assert server.send("GET", "/keys", **server.authorization("admin")).status == 200


@pytest.mark.exhaustive
def test_the_keys_of_messages_are_rotated_and_revoked_apart(
    listed: Callable[..., list[dict[str, str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    """With --messages the keys that sign messages are rotated or replaced, and those of tokens are not."""
    tokens, before = listed(), {key["kid"] for key in listed("messages")}
    assert main(["keys", "rotate", "--messages"]) == 0
    assert capsys.readouterr().out.startswith("The rotation has started")
    assert before < {key["kid"] for key in listed("messages")}
    assert main(["keys", "revoke", "--messages", "--yes"]) == 0
    assert capsys.readouterr().out.startswith("All keys of messages are being replaced")
    after = listed("messages")
    assert [key["state"] for key in after] == ["current", "current", "next", "next"]
    assert before.isdisjoint(key["kid"] for key in after)
    assert listed() == tokens


@pytest.mark.usefixtures("admin")
def test_a_revocation_is_confirmed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without --yes the command asks, and changes nothing unless the answer is yes."""
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert main(["keys", "revoke"]) == 2
    assert "Nothing was revoked" in capsys.readouterr().err


def test_each_key_is_a_line_of_the_table(
    listed: Callable[..., list[dict[str, str]]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each key is a line below the names of the columns, where they are wide enough."""
    monkeypatch.setenv("COLUMNS", "160")
    keys = [*listed(), *listed("messages")]
    assert main(["keys", "list"]) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["signs", "state", "alg", "since", "until", "kid"]
    assert [line.split()[:2] for line in lines] == [[key["signs"], key["state"]] for key in keys]
    assert [line.split()[-1] for line in lines] == [key["kid"] for key in keys]


def test_json_is_the_apis_own(admin: None, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: ARG001
    """With --json the API's response is printed."""
    assert main(["keys", "rotate", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"status": "started"}


@pytest.mark.parametrize("action", ["list", "rotate"])
def test_a_missing_scope_is_named(server: ServerProcess, action: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A partner gets one line with the missing scope."""
    client = server.credentials["partner"]
    options = ["--client-id", client["client_id"], "--client-secret", client["client_secret"]]
    assert main(["keys", action, "--api", server.base_url, *options]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("dci: ")
    assert "clients.manage" in line


def test_another_server_is_reported(server: ServerProcess, admin: None, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: ARG001
    """A server that is not the API is reported with its status."""
    assert main(["keys", "list", "--api", f"{server.base_url}/nowhere"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("dci: ")


def test_a_missing_url_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a URL the message says how to give one."""
    assert main(["keys", "list"]) == 2
    assert "--api" in capsys.readouterr().err
