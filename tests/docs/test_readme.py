"""That the README's transcripts work as they stand there."""

from __future__ import annotations

import socket
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
def test_the_asynchronous_transcript_prints_what_the_readme_shows(tmp_path: Path) -> None:
    """The receiver in the same terminal prints the callback, which has the acknowledgement's correlation id."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with dci_serve(tmp_path):
        check_asynchronous_transcript(tmp_path, port)
