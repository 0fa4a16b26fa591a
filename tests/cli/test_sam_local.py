"""What `make sam-local` says when it cannot serve; tests/e2e has it serving."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dci_cli.command_error import CommandError
from dci_cli.local.sam_local import bridge_address, sam_local
from support.server_process import command

# In a process, and so with an engine, of its own.
SAM_LOCAL = """
import pathlib, sys
from dci_cli.command_error import report_errors
from dci_cli.local.sam_local import sam_local
credentials, sam = map(pathlib.Path, sys.argv[1:])
sys.exit(report_errors(lambda: sam_local("0", credentials, sam=sam, built=sam)))
"""
# Responds to every path with 404, on the port that `sam local` gets.
UNWELL = f"""#!{sys.executable}
import http.server, sys
port = int(sys.argv[sys.argv.index("--port") + 1])
http.server.HTTPServer(("127.0.0.1", port), http.server.BaseHTTPRequestHandler).serve_forever()
"""


@pytest.fixture
def docker(tmp_path: Path) -> Path:
    """Return a folder whose `docker` says that the bridge's address is this machine's own."""
    folder = tmp_path / "programs"
    folder.mkdir()
    program(folder / "docker", "#!/bin/sh\necho 127.0.0.1\n")
    return folder


def program(path: Path, content: str) -> None:
    """Write a program."""
    path.write_text(content)
    path.chmod(0o755)


def test_a_missing_build_is_reported(tmp_path: Path) -> None:
    """Without artifacts it says which command makes them."""
    with pytest.raises(CommandError, match="run make build first"):
        sam_local("0", tmp_path / "credentials.json", built=tmp_path / "template.yaml")


@pytest.mark.parametrize(
    ("content", "said"), [(None, "there is no command docker"), ("exit 1", "needs a running Docker engine")]
)
def test_a_missing_docker_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None, said: str
) -> None:
    """Without Docker, or with an engine that does not run, that is said before anything starts."""
    if content:
        program(tmp_path / "docker", f"#!/bin/sh\n{content}\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "template.yaml").touch()
    with pytest.raises(CommandError, match=said):
        sam_local("0", tmp_path / "credentials.json", built=tmp_path / "template.yaml")


@pytest.mark.parametrize(
    ("named", "address"),
    [("127.0.0.2", "127.0.0.2"), ("127.0.0.0/8", "127.0.0.1"), ("192.0.2.0/24", "127.0.0.1")],
    ids=["the gateway", "its subnet alone", "a bridge that is not this machine's"],
)
def test_containers_reach_the_address_of_the_bridge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str, address: str
) -> None:
    """Docker names the bridge's gateway, or its subnet alone where the engine has just made it."""
    program(tmp_path / "docker", f"#!/bin/sh\necho {named}\n")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert bridge_address() == address


@pytest.mark.dynamodb_local
@pytest.mark.parametrize(
    ("content", "said"),
    [("#!/bin/sh\n", "It needs a running Docker engine"), (UNWELL, "/health returns 501")],
    ids=["it does not start", "the functions are unwell"],
)
def test_a_sam_local_that_does_not_start_is_reported(tmp_path: Path, docker: Path, content: str, said: str) -> None:
    """When `sam local` ends, or its functions do not respond, that is reported, and everything is stopped."""
    sam = tmp_path / "sam"
    program(sam, content)
    arguments, variables = command(PATH=f"{docker}:{os.environ['PATH']}")
    done = subprocess.run(
        [arguments[0], "-c", SAM_LOCAL, str(tmp_path / "credentials.json"), str(sam)],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, said in done.stderr.splitlines()[-1]) == (2, True)
    assert not (tmp_path / "credentials.json").exists()
