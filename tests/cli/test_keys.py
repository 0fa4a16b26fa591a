"""`dci keys` against the local server, which rotates when it is told to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from dci_cli.__main__ import main
from support.serving import Serving, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """Run the local server."""
    with serving(tmp_path_factory.mktemp("keys")) as server:
        yield server


@pytest.fixture
def admin(server: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be the administrator of the local server."""
    client = server.written["admin"]
    monkeypatch.setenv("DCI_API", server.base_url)
    monkeypatch.setenv("DCI_CLIENT_ID", client["client_id"])
    monkeypatch.setenv("DCI_CLIENT_SECRET", client["client_secret"])


@pytest.fixture
def listed(admin: None, capsys: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, str]]]:  # noqa: ARG001
    """Return what lists the keys."""

    def keys() -> list[dict[str, str]]:
        assert main(["keys", "list", "--json"]) == 0
        found: list[dict[str, str]] = json.loads(capsys.readouterr().out)["keys"]
        return found

    return keys


def test_rotating(
    server: Serving, listed: Callable[[], list[dict[str, str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    """The next key becomes the current one; a token of the key before is still taken."""
    before = {key["state"]: key["kid"] for key in listed()}
    authorization = server.authorization("admin")
    assert main(["keys", "rotate"]) == 0
    assert capsys.readouterr().out.startswith("The rotation has started")
    after = {key["state"]: key["kid"] for key in listed()}
    assert after["current"] == before["next"]
    assert after["retired"] == before["current"]
    assert after["next"] not in before.values()
    assert server.send("GET", "/keys", **authorization).status == 200


def test_the_table(listed: Callable[[], list[dict[str, str]]], capsys: pytest.CaptureFixture[str]) -> None:
    """Each key has a line, below the names of the columns."""
    keys = listed()
    assert main(["keys", "list"]) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["state", "alg", "since", "until", "kid"]
    assert [line.split()[0] for line in lines] == [key["state"] for key in keys]
    assert [line.split()[-1] for line in lines] == [key["kid"] for key in keys]


def test_json_of_a_rotation(admin: None, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: ARG001
    """With --json the answer is the API's own."""
    assert main(["keys", "rotate", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"status": "started"}


@pytest.mark.parametrize("action", ["list", "rotate"])
def test_who_may_not(server: Serving, action: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A partner is told which scope is missing, in one line."""
    client = server.written["partner"]
    options = ["--client-id", client["client_id"], "--client-secret", client["client_secret"]]
    assert main(["keys", action, "--api", server.base_url, *options]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("dci: The API could not do it: ")
    assert "clients.manage" in line


def test_what_is_no_api_of_ours(server: Serving, admin: None, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: ARG001
    """An address that answers otherwise is told with its status."""
    assert main(["keys", "list", "--api", f"{server.base_url}/nowhere"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("dci: ")


def test_which_api_must_be_said(capsys: pytest.CaptureFixture[str]) -> None:
    """Without an address the command says how to give it."""
    assert main(["keys", "list"]) == 2
    assert "--api" in capsys.readouterr().err
