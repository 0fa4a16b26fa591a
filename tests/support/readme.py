"""The README's transcripts: what is pasted, and what it prints."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from support.events import ROOT

_SEARCH, _ASYNCHRONOUS = "A token and a search", "An asynchronous search"
_CHANGING = {"message_ts", "timestamp", "correlation_id"}  # what no two answers have in common


def check_transcript(folder: Path) -> None:
    """Paste the commands into a shell in a folder whose `.local` has the credentials, and compare what they print."""
    done = subprocess.run(_shell(_blocks("sh", _SEARCH)), cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert _lasting(json.loads(done.stdout)) == _lasting(*_shown(_SEARCH))


def check_asynchronous_transcript(folder: Path, port: int) -> None:
    """Paste the commands of both searches, and compare what is printed, by the receiver at another port too.

    The folder has `examples` too.
    """
    pasted = [*_blocks("sh", _SEARCH), *_blocks("sh", _ASYNCHRONOUS), "read -r", "kill %1"]
    command = _shell([block.replace("4000", str(port)) for block in pasted])
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=folder, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout
        answer, *printed = (_next_json(process.stdout) for _ in range(3))
        rest, errors = process.communicate("\n")
    assert (process.returncode, rest) == (0, ""), errors
    acknowledgement, callback = sorted(printed, key=lambda one: "header" in one)  # either may come first
    [data] = [item["data"] for item in callback["message"]["search_response"]]
    assert data["reg_records"] == answer["message"]["search_response"][0]["data"]["reg_records"]
    data["reg_records"] = ["..."]
    assert _lasting([acknowledgement, callback]) == _lasting(_shown(_ASYNCHRONOUS))


def _shell(pasted: list[str]) -> list[str]:
    """Return the command that runs pasted text."""
    bash = shutil.which("bash")
    if bash is None or shutil.which("curl") is None:
        pytest.skip("the transcript needs bash and curl")
    return [bash, "-euo", "pipefail", "-c", "\n".join(pasted)]


def _next_json(printed: IO[str]) -> Any:
    """Return the next indented JSON object that is printed."""
    text = ""
    while not text.endswith("\n}\n"):
        line = printed.readline()
        assert line, text
        text += line
    return json.loads(text)


def _shown(heading: str) -> list[Any]:
    return [json.loads(block) for block in _blocks("json", heading)]


def _blocks(language: str, heading: str) -> list[str]:
    """Return the blocks in this language below a heading."""
    section = re.search(rf"^## {heading}$(.*?)^## ", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert section
    return re.findall(rf"^```{language}\n(.*?)^```$", section[1], re.MULTILINE | re.DOTALL)


def _lasting(content: Any) -> str:
    """Return JSON as text, in its members' order, without the values that change from answer to answer.

    A callback's message_id has the acknowledgement's correlation id in it.
    """
    text = json.dumps(content)
    for value in _changing(content):
        text = text.replace(value, "...")
    return text


def _changing(content: Any) -> Iterator[str]:
    if isinstance(content, dict):
        for name, value in content.items():
            yield from [value] if name in _CHANGING else _changing(value)
    elif isinstance(content, list):
        for value in content:
            yield from _changing(value)
