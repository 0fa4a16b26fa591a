"""JSON as it goes on the wire."""

from __future__ import annotations

from pydantic_core import to_json


def json_text(content: object) -> str:
    """Return JSON as text: compact, in UTF-8 rather than escapes."""
    return to_json(content).decode()
