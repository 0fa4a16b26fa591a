"""The README's transcripts: what is pasted, and what it prints."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from support.events import ROOT

_SEARCH, _ASYNCHRONOUS, _SUBSCRIPTION = "A token and a search", "An asynchronous search", "A subscription"
_PATIENCE = 120  # seconds
_CHANGING = {"message_ts", "timestamp", "correlation_id"}  # what no two answers have in common


def check_transcript(folder: Path) -> None:
    """Paste the commands into a shell in a folder whose `.local` has the credentials, and compare what they print."""
    done = subprocess.run(_shell(_blocks("sh", _SEARCH)), cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert _lasting(json.loads(done.stdout)) == _lasting(*_shown(_SEARCH))


def check_asynchronous_transcript(folder: Path, port: int) -> None:
    """Paste the commands of all sections, and compare what is printed, by the receiver at another port too.

    The folder has `examples` and `dci` too.
    """
    subscribe, change = _blocks("sh", _SUBSCRIPTION)
    pasted = [*_blocks("sh", _SEARCH), *_blocks("sh", _ASYNCHRONOUS), "read -r", subscribe, "read -r", change]
    here = {"4000": str(port), "--local": "--credentials .local/credentials.json"}  # where nothing else is
    command = _shell([_replaced(block, here) for block in [*pasted, "read -r", "kill %1"]])
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=folder, stdin=pipe, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    ) as process:
        assert process.stdin
        assert process.stdout
        patience = threading.Timer(_PATIENCE, os.killpg, (process.pid, signal.SIGKILL))  # the receiver too
        patience.start()
        answer, *printed = (_next_json(process.stdout) for _ in range(3))
        process.stdin.write("\n")
        process.stdin.flush()
        subscribed = sorted((_next_json(process.stdout) for _ in range(2)), key=_is_message)
        process.stdin.write("\n")
        process.stdin.flush()
        notification = _next_json(process.stdout, after="1 record written.\n")
        rest, errors = process.communicate("\n")
        patience.cancel()
    assert (process.returncode, rest.replace("1 record written.\n", "")) == (0, ""), errors
    _check_search(answer, *sorted(printed, key=_is_message))  # either may come first
    _check_subscription(subscribed[0], subscribed[1], notification)


def _is_message(printed: Any) -> bool:
    """Return whether a message was printed, and no acknowledgement."""
    return "header" in printed


def _check_search(answer: Any, acknowledgement: Any, callback: Any) -> None:
    [data] = [item["data"] for item in callback["message"]["search_response"]]
    assert data["reg_records"] == answer["message"]["search_response"][0]["data"]["reg_records"]
    data["reg_records"] = ["..."]
    assert _lasting([acknowledgement, callback]) == _lasting(_shown(_ASYNCHRONOUS))


def _check_subscription(acknowledgement: Any, callback: Any, notification: Any) -> None:
    [begun] = callback["message"]["subscribe_response"][0]["subscriptions"]
    assert begun["code"] == acknowledgement["message"]["correlation_id"]
    [data] = [event["data"] for event in notification["message"]["notify_event"]]
    data["reg_records"] = {name: data["reg_records"][name] for name in ("identifier", "name")}
    [shown] = _shown(_SUBSCRIPTION)
    for message in (notification, shown):
        own = message["message"]["transaction_id"]
        assert message["header"]["message_id"] == f"{own}-1"
        message["header"]["message_id"] = message["message"]["transaction_id"] = "..."
    assert _lasting(notification) == _lasting(shown)


def _replaced(text: str, by: dict[str, str]) -> str:
    for part, other in by.items():
        text = text.replace(part, other)
    return text


def _shell(pasted: list[str]) -> list[str]:
    """Return the command that runs pasted text."""
    bash = shutil.which("bash")
    if bash is None or shutil.which("curl") is None:
        pytest.skip("the transcript needs bash and curl")
    return [bash, "-euo", "pipefail", "-c", "\n".join(pasted)]


def _next_json(printed: IO[str], after: str = "") -> Any:
    """Return the next indented JSON object that is printed, after a line or before it."""
    text = ""
    while not text.endswith("\n}\n"):
        line = printed.readline()
        assert line, text
        text += line if line != after else ""
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
