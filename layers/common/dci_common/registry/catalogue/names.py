"""Names as partners spell them: those of attributes, sort keys, record types and registry types are folded."""

from __future__ import annotations

import re

_SEPARATORS = re.compile(r"[_\-\s]+")


def folded(name: str) -> str:
    """Return a name without case, `_`, `-`, spaces, and a prefix up to its last `:` or `.`."""
    own = name[max(name.rfind(":"), name.rfind(".")) + 1 :]
    return _SEPARATORS.sub("", own).casefold()
