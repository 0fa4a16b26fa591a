"""Every recorded request gets its recorded answer, from tables that an earlier version wrote.

`DCI_RECORD=1 .venv/bin/pytest -q tests/golden` records the answers of today instead: look at `git diff` before you
commit them. A new request is a line without `answer`.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from support.differences import compared, is_sentence
from support.recordings import Replay, chapters, read_lines, write_lines

# Each has many requests of one kind.
LONG = {"drawn", "expressions", "hostile", "identifiers", "paging", "predicates", "kinds", "quota"}
COMPLETED = ("Before", "After")  # the name of a group whose interrupted write a reindex completes
CHAPTERS = [pytest.param(name, marks=pytest.mark.exhaustive if name in LONG else ()) for name in chapters()]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_recorded_request_gets_its_recorded_answer(
    chapter: str, replay: Callable[..., Replay], request: pytest.FixtureRequest
) -> None:
    """Statuses, headers, codes, records and the items written are the same; only sentences may be reworded."""
    lines = read_lines(f"requests/{chapter}")
    settings = lines[0].get("settings", {})
    answered = list(replay(settings).answers(lines))
    if os.environ.get("DCI_RECORD"):
        write_lines(f"requests/{chapter}", answered)
    else:
        changed = [found for found in compared(lines, answered) if not is_sentence(found)]
        if request.node.callspec.params["registry_table"] == "reindexed":
            changed = [found for found in changed if found[1:] != COMPLETED]
        assert not changed, "\n".join(map(str, changed[:20]))


def test_the_recording_covers_the_api() -> None:
    """At least 300 requests are recorded, each with an answer and a name of its own."""
    recorded = [(chapter, line) for chapter in chapters() for line in read_lines(f"requests/{chapter}")]
    requests = [(chapter, line["name"]) for chapter, line in recorded if "event" in line and line["answer"]]
    assert len(requests) >= 300
    assert len(set(requests)) == len(requests)
