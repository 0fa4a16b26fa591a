"""That the README's transcripts work as they stand there."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from support.events import ROOT
from support.readme import check_asynchronous_transcript, check_transcript
from support.server_process import dci_serve


def test_the_transcript_prints_what_the_readme_shows(tmp_path: Path) -> None:
    """Pasted unchanged into a shell beside `make run`, the commands print what stands below them."""
    with dci_serve(tmp_path):
        check_transcript(tmp_path)


@pytest.mark.exhaustive
@pytest.mark.parametrize("engine", ["moto", pytest.param("dynamodb-local", marks=pytest.mark.dynamodb_local)])
def test_the_asynchronous_transcript_prints_what_the_readme_shows(tmp_path: Path, engine: str) -> None:
    """The receiver in the same terminal prints the callbacks, and the notification of what a command changes."""
    for name, target in (("examples", ROOT / "examples"), ("dci", ROOT / "dci"), (".venv", Path(sys.prefix))):
        (tmp_path / name).symlink_to(target)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with dci_serve(tmp_path, "--engine", engine):
        check_asynchronous_transcript(tmp_path, port)
