"""The encoding of a table: UTF-8, what its first bytes say, or what the operator names."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dci_cli.command_error import CommandError

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_LONG_RUN = re.compile(rb"[\x80-\xff]{4}")  # Latin letters with accents stand between others


@contextmanager
def reported(path: Path, given: str) -> Iterator[str]:
    """Yield the encoding of a file; a file that has another one raises CommandError with the likely one."""
    encoding = _encoding(path, given)
    if given and encoding == given and not given.startswith("utf"):
        _check_is_not_utf8(path, given)
    try:
        yield encoding
    except UnicodeError as error:
        raise CommandError(_advice(path, encoding)) from error


def check_header(path: Path, header: str) -> None:
    """Raise CommandError for a header in UTF-16 without its mark."""
    if "\0" in header:
        raise CommandError(f"{path} is not UTF-8: its encoding is probably UTF-16, use --encoding utf-16-le.")


def _encoding(path: Path, given: str) -> str:
    with path.open("rb") as file:
        start = file.read(3)
    marked = next((name for mark, name in _MARKS.items() if start.startswith(mark)), "")
    return marked or given or "utf-8"


def _check_is_not_utf8(path: Path, given: str) -> None:
    """Raise CommandError for UTF-8: every file can be read in a one-byte encoding, as other letters."""
    with path.open("rb") as file:
        line = next((line for line in file if not line.isascii()), b"")
    try:
        is_utf8 = bool(line.decode())
    except UnicodeDecodeError:
        return
    if is_utf8:
        raise CommandError(f"{path} is UTF-8, not {given}: leave out --encoding.")


def _advice(path: Path, encoding: str) -> str:
    number, line = _first_bad_line(path, encoding)
    where = f"{path}: line {number} is not {encoding.removesuffix('-sig').upper()}"
    if encoding not in {"utf-8", "utf-8-sig"}:
        return f"{where}: name another --encoding."
    if _LONG_RUN.search(line):
        return (
            f"{where}: save the file as CSV UTF-8, or name its encoding, such as"
            " --encoding cp874 (Thai), cp1256 (Arabic) or cp1251 (Cyrillic)."
        )
    return f"{where}: its encoding is probably cp1252. Use --encoding cp1252, or save the file as CSV UTF-8."


def _first_bad_line(path: Path, encoding: str) -> tuple[int, bytes]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode(encoding)
            except UnicodeError:
                return number, line
    return 1, b""
