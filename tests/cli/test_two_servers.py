"""Two `dci serve` on one machine: neither destroys what the other has written."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.server_process import ServerProcess, command, dci_serve


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run the first server."""
    with dci_serve(tmp_path_factory.mktemp("first")) as server:
        yield server


@pytest.mark.exhaustive
def test_a_second_server_leaves_the_first_ones_credentials(first: ServerProcess) -> None:
    """A second server on the same credentials file ends with the first one's process and URL, and a way out."""
    written = first.credentials
    arguments, variables = command("serve", "--port", "0", "--credentials", str(first.credentials_file))
    second = subprocess.run(arguments, env=variables, capture_output=True, text=True, check=False)
    assert (second.returncode, second.stdout) == (2, "")
    holder = f"process {first.process.pid}, {first.base_url}"
    assert second.stderr == (
        f"dci: {first.credentials_file} is in use by another dci serve ({holder})."
        " Stop it, or run ./dci serve with another --port and another --credentials FILE.\n"
    )
    assert first.credentials == written
    assert first.send("GET", "/clients", **first.authorization("admin")).status == 200


@pytest.mark.exhaustive
def test_servers_in_two_folders_do_not_share_files(first: ServerProcess, tmp_path: Path) -> None:
    """Two servers with a credentials file and a port each run at once, and do not know each other's clients."""
    with dci_serve(tmp_path) as second:
        assert first.base_url != second.base_url
        for server, other in ((first, second), (second, first)):
            assert server.send("GET", "/clients", **server.authorization("admin")).status == 200
            assert server.send("GET", "/clients", **other.authorization("admin")).status == 401


@pytest.mark.exhaustive
def test_a_killed_server_blocks_no_other(tmp_path: Path) -> None:
    """After `kill -9`, which leaves everything as it stands, the next server starts in the same place."""
    with dci_serve(tmp_path) as killed:
        killed.process.kill()
        killed.process.wait()
    left = killed.credentials_file.with_name("credentials.json.lock")
    assert str(killed.process.pid) in left.read_text()
    with dci_serve(tmp_path) as server:
        assert server.send("GET", "/clients", **server.authorization("admin")).status == 200
        assert str(server.process.pid) in left.read_text()


@pytest.mark.exhaustive
def test_a_lock_that_cannot_be_created_is_reported(tmp_path: Path) -> None:
    """A folder in which there can be no lock is named, with the reason."""
    (tmp_path / "file").touch()
    place = tmp_path / "file" / "credentials.json"
    arguments, variables = command("serve", "--port", "0", "--credentials", str(place))
    done = subprocess.run(arguments, env=variables, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, f"dci: {place} cannot be used: File exists.\n")
