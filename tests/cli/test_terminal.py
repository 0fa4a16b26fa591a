"""Tables: within the width of the terminal, plain lines in a pipe."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from dci_cli.table_layout import table_lines
from dci_cli.terminal import Column, print_table
from support.server_process import command

_TABLE = """
import sys
from dci_cli.terminal import Column, print_table
columns = [Column("name"), Column("number", is_number=True), Column("note", wraps=True)]
print_table(columns, [["Anna [bold]", "1", "short"], ["Beno", "1,000", "longer than its column"]])
print("rich.console" in sys.modules, file=sys.stderr)
"""
_PLAIN = """\
name         number  note
Anna [bold]       1  short
Beno          1,000  longer than its column
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
    """In a pipe each row is a line in columns, without escapes, and rich's console is not loaded."""
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


COLUMNS = [Column("name", wraps=True), Column("client id"), Column("status"), Column("changes", wraps=True)]
ID = "0d3b7e0a-5d3c-4a53-9d0c-6f6f6f6f6f6f"
SCRIPTS = {
    "latin": "Ministry of Social Welfare, Families and the Advancement of Women",
    "cjk": "社会保障・家族省　中央事務局　東京都千代田区霞が関一丁目二番三号",
    "arabic": "وزارة الشؤون الاجتماعية والأسرة وتنمية المرأة في الجمهورية",
    "thai": "กระทรวงการพัฒนาสังคมและความมั่นคงของมนุษย์แห่งราชอาณาจักร",
    "emoji": "👩‍👩‍👧‍👦" * 20,
    "one word": "x" * 200,
}


def printed(capsys: pytest.CaptureFixture[str], columns: list[Column], rows: list[list[str]]) -> list[str]:
    """Print a table, and return its lines, each of which fits 80 columns."""
    print_table(columns, rows)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(cell_len, lines)) <= 80
    assert lines == [line.rstrip() for line in lines]
    return lines


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS)
def test_long_cells_wrap_in_every_script(capsys: pytest.CaptureFixture[str], text: str) -> None:
    """Long texts wrap by the cells that a terminal gives to them; an id stays whole, and nothing is lost."""
    first, *others = printed(capsys, COLUMNS[:3], [[text, ID, "enabled"]])[1:]
    assert ID in first
    left = cell_len(first.partition(ID)[0])
    assert left == 80 - len(f"{ID}  enabled")  # and its gap
    shown = "".join([first.partition(ID)[0], *others])
    assert re.sub(r"\s", "", shown) == re.sub(r"\s", "", text)


def test_a_table_that_is_too_wide_becomes_sheets(capsys: pytest.CaptureFixture[str]) -> None:
    """Where even wrapping does not make it fit, each row is a sheet of the cells that are not empty."""
    columns = [Column("first id"), Column("second id"), Column("third id"), Column("text", wraps=True)]
    rows = [[ID, ID, ID, SCRIPTS["latin"] * 2], [ID, "", ID, ""]]
    assert printed(capsys, columns, rows) == [
        f"first id   {ID}",
        f"second id  {ID}",
        f"third id   {ID}",
        "text       Ministry of Social Welfare, Families and the Advancement of",
        "           WomenMinistry of Social Welfare, Families and the Advancement of",
        "           Women",
        "",
        f"first id  {ID}",
        f"third id  {ID}",
    ]


def test_columns_that_wrap_share_the_width(capsys: pytest.CaptureFixture[str]) -> None:
    """A narrow column has what it needs, and a long one the rest."""
    columns = [Column("short", wraps=True), Column("long", wraps=True)]
    _, first, *_ = printed(capsys, columns, [["a b", "word " * 40]])
    assert first == f"a b    {'word ' * 14}".rstrip()


def test_a_text_cannot_control_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Line breaks, escapes and reversals of direction in a text become spaces; joiners of Persian letters stay."""
    [_, line] = printed(capsys, [Column("name")], [["a\x1b[31mb\nc\u202ed\u200ce"]])
    assert line == "a [31mb c d\u200ce"


@given(
    rows=st.lists(st.lists(st.text(max_size=100), min_size=4, max_size=4), max_size=5),
    width=st.integers(40, 200),
)
def test_no_line_is_wider_than_the_terminal(rows: list[list[str]], width: int) -> None:
    """Whatever the cells and the width, a table that is laid out fits."""
    lines = table_lines([*COLUMNS[:3], Column("count", is_number=True)], rows, width)
    assert lines is None or max(map(cell_len, lines)) <= width


def test_a_table_without_rows_has_its_headings(capsys: pytest.CaptureFixture[str]) -> None:
    """A table without rows shows its headings alone."""
    assert printed(capsys, COLUMNS, []) == ["name  client id  status  changes"]
