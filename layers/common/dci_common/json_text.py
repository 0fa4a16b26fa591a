"""JSON as it goes on the wire."""

from __future__ import annotations

import json


def json_text(content: object) -> str:
    """Return JSON as text: compact, in UTF-8 rather than escapes."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
