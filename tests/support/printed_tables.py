"""What the commands that print tables of the docs print."""

from __future__ import annotations

import os
import subprocess
import sys

from support.events import ROOT


def printed_by(script: str) -> str:
    """Return what a script of `bench/` prints, such as `cost.py`."""
    return subprocess.run(
        [sys.executable, f"bench/{script}"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": "bench:tests"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
