"""JSON as the OpenAPI document is kept and served: without spaces, but with lines, by which versions are compared."""

from __future__ import annotations

from dci_common.json_text import json_text


def json_lines(content: object, depth: int) -> str:
    """Return JSON with a line for each member of the objects down to a depth: 3 is an operation, or a component."""
    if not depth or not isinstance(content, dict):
        return json_text(content)
    members = (f"{json_text(name)}:{json_lines(member, depth - 1)}" for name, member in content.items())
    return "{\n" + ",\n".join(members) + "\n}"
