"""Tables: drawn by rich on a terminal, plain lines in a pipe."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys

import pytest

from support.server_process import command

_TABLE = """
import sys
from dci_cli.terminal import Column, print_table
columns = [Column("name"), Column("number", is_number=True), Column("note", 8)]
print_table(columns, [["Anna [bold]", "1", "short"], ["Beno", "1,000", "longer than its column"]])
print("rich" in sys.modules, file=sys.stderr)
"""
_PLAIN = """\
name         number  note
Anna [bold]       1  short
Beno          1,000  longer …
"""


def on_a_terminal(**variables: str) -> str:
    """Print the table on a terminal, and return what it shows."""
    _, environment = command()
    environment |= {"TERM": "xterm-256color", "COLUMNS": "60", **variables}
    leader, follower = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", _TABLE], env=environment, stdout=follower) as process:
        assert process.wait(60) == 0
    os.close(follower)
    shown = os.read(leader, 10_000).decode()
    os.close(leader)
    return shown


def test_a_pipe_gets_plain_lines() -> None:
    """In a pipe each row is a line in columns, without escapes, and rich is not loaded."""
    _, environment = command()
    line = [sys.executable, "-c", _TABLE]
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == _PLAIN
    assert done.stderr == "False\n"


def test_a_terminal_gets_a_drawn_table() -> None:
    """On a terminal nothing is cut, brackets are text, and the headings stand out."""
    shown = on_a_terminal()
    assert "\x1b[1m" in shown
    text = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert "Anna [bold]" in text
    assert "longer than its column" in text


@pytest.mark.parametrize("value", ["1", "yes"])
def test_no_color_is_honoured(value: str) -> None:
    """With NO_COLOR a table has no colours."""
    assert not re.search(r"\x1b\[[0-9;]*(3[0-8]|9[0-7])", on_a_terminal(NO_COLOR=value))
