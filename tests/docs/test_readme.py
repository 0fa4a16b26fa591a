"""That the README's transcript works as it stands there."""

from __future__ import annotations

from pathlib import Path

from support.readme import check_transcript
from support.server_process import dci_serve


def test_the_transcript_prints_what_the_readme_shows(tmp_path: Path) -> None:
    """Pasted unchanged into a shell beside `make run`, the commands print what stands below them."""
    with dci_serve(tmp_path):
        check_transcript(tmp_path)
