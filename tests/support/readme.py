"""The README's transcript: what is pasted, and what it prints."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from support.events import ROOT

_CHANGING = {"message_ts", "timestamp", "correlation_id"}  # what no two answers have in common


def check_transcript(folder: Path) -> None:
    """Paste the commands into a shell in a folder whose `.local` has the credentials, and compare what they print."""
    bash = shutil.which("bash")
    if bash is None or shutil.which("curl") is None:
        pytest.skip("the transcript needs bash and curl")
    pasted = [bash, "-euo", "pipefail", "-c", _block("sh")]
    done = subprocess.run(pasted, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    printed, shown = (_lasting(json.loads(text)) for text in (done.stdout, _block("json")))
    assert json.dumps(printed) == json.dumps(shown)  # the members' order too


def _block(language: str) -> str:
    """Return the first block in this language below the transcript's heading."""
    readme = (ROOT / "README.md").read_text()
    found = re.search(rf"^## A token and a search$.*?^```{language}\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def _lasting(content: Any) -> Any:
    """Return JSON without the values that change from answer to answer."""
    if isinstance(content, dict):
        return {name: "..." if name in _CHANGING else _lasting(value) for name, value in content.items()}
    return [_lasting(value) for value in content] if isinstance(content, list) else content
