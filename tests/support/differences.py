"""Compares recorded answers; a file of them with another: `python tests/support/differences.py OLD.jsonl NEW.jsonl`.

Sentences for people may be reworded, so they are compared apart: that there is one in both answers is what counts.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_SENTENCES = {"message", "error_description", "status_reason_message", "description", "summary"}
_IN_HEADER = re.compile(r'(?<=error_description=")[^"]*(?=")')
Difference = tuple[str, object, object]  # where, what was there, what is there now


class _Nothing:
    def __repr__(self) -> str:
        return "nothing"


NOTHING = _Nothing()


def differences(old: Any, new: Any, where: str = "") -> Iterator[Difference]:
    """Return what differs between two JSON values, sentences included (see is_sentence)."""
    match old, new:
        case dict(), dict():
            for name in dict.fromkeys((*old, *new)):
                yield from differences(old.get(name, NOTHING), new.get(name, NOTHING), f"{where}.{name}")
        case list(), list():
            for place in range(max(len(old), len(new))):
                left, right = (side[place] if place < len(side) else NOTHING for side in (old, new))
                yield from differences(left, right, f"{where}.{place}")
        case _ if type(old) is not type(new) or old != new:
            yield where, old, new


def is_sentence(difference: Difference) -> bool:
    """Return whether nothing but a sentence was reworded."""
    where, old, new = difference
    if not (isinstance(old, str) and isinstance(new, str) and old and new):
        return False
    return where.rpartition(".")[2] in _SENTENCES or _IN_HEADER.sub("", old) == _IN_HEADER.sub("", new)


def compared(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> Iterator[Difference]:
    """Return what differs between two recordings of the same requests."""
    for before, after in zip(old, new, strict=True):
        name = before.get("name", "")
        yield from differences({name: before.get("answer", before)}, {name: after.get("answer", after)})


def main(old: str, new: str) -> int:
    """Print what differs, reworded sentences last and each once; return 1 if anything else differs."""
    before, after = ([json.loads(line) for line in Path(name).read_text().splitlines()] for name in (old, new))
    found = list(compared(before, after))
    changed = [difference for difference in found if not is_sentence(difference)]
    reworded = dict.fromkeys((str(left), str(right)) for _, left, right in filter(is_sentence, found))
    for where, left, right in changed:
        print(f"{where.lstrip('.')}: {left!r} -> {right!r}")  # noqa: T201 - a command
    for pair in reworded:
        print("reworded: {}\n      to: {}".format(*pair))  # noqa: T201
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
