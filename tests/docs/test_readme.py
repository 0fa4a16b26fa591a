"""That the README's transcript works as it stands there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from support.events import ROOT
from support.serving import serving

CHANGING = {"message_ts", "timestamp", "correlation_id"}  # what no two answers have in common


def block(language: str) -> str:
    """Return the first block in this language below the transcript's heading."""
    readme = (ROOT / "README.md").read_text()
    found = re.search(rf"^## A token and a search$.*?^```{language}\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def lasting(content: Any) -> Any:
    """Return JSON without the values that change from answer to answer."""
    if isinstance(content, dict):
        return {name: "..." if name in CHANGING else lasting(value) for name, value in content.items()}
    return [lasting(value) for value in content] if isinstance(content, list) else content


def test_the_transcript_prints_what_the_readme_shows(tmp_path: Path) -> None:
    """Pasted unchanged into a shell beside `make run`, the commands print what stands below them."""
    bash = shutil.which("bash")
    if bash is None or shutil.which("curl") is None:
        pytest.skip("the transcript needs bash and curl")
    with serving(tmp_path):
        pasted = [bash, "-euo", "pipefail", "-c", block("sh")]
        done = subprocess.run(pasted, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert lasting(json.loads(done.stdout)) == lasting(json.loads(block("json")))
