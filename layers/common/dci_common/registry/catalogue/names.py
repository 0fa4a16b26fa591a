"""Names as partners spell them: those of attributes, sort keys, record types and registry types are folded."""

from __future__ import annotations

import re

_PREFIX_OR_SEPARATOR = re.compile(r".*[:.]|[_\-\s]", re.DOTALL)


def folded(name: str) -> str:
    """Return a name without case, `_`, `-`, spaces, and a prefix up to its last `:` or `.`."""
    return _PREFIX_OR_SEPARATOR.sub("", name).casefold()
