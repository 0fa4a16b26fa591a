"""The same query, written otherwise: its conditions in another order, and grouped otherwise."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from support.query_generator import RandomQuery

Object = dict[str, Any]


def rearranged(draw: random.Random, asked: RandomQuery) -> RandomQuery:
    """Return a query that means the same: what AND and OR join is permuted, and joined in other groups."""
    if isinstance(asked.query, list):
        return replace(asked, query=_entries(draw, asked.query))
    if asked.query_type == "expression" and isinstance(asked.query, dict):
        conditions = asked.query["value"]["expression"]["query"]
        return replace(
            asked, query={"type": "expression", "value": {"expression": {"query": _object(draw, conditions)}}}
        )
    return asked


def _entries(draw: random.Random, entries: list[Object]) -> list[Object]:
    """Permute a predicate: its entries, which AND joins, and the expressions of each."""
    made: list[Object] = []
    for entry in entries:
        parts = [entry[name] for name in entry if name.startswith("expression")]
        condition = entry["condition"]
        if condition == "not":  # all but the first are negated
            others = parts[1:]
            draw.shuffle(others)
            made.append(_entry(condition, parts[:1] + others))
        elif condition == "and" or len(parts) == 1:
            draw.shuffle(parts)
            cut = draw.randint(0, len(parts))
            made += [_entry("and", some) for some in (parts[:cut], parts[cut:]) if some]
        else:
            draw.shuffle(parts)
            made.append(_entry(condition, parts))
    draw.shuffle(made)
    return [{"seq_num": draw.randint(1, 9), **entry} for entry in made]


def _entry(condition: str, parts: list[Object]) -> Object:
    joined = {"condition": condition} if len(parts) > 1 else {}
    return {**joined, **{f"expression{place}": part for place, part in enumerate(parts, 1)}}


def _object(draw: random.Random, conditions: Object) -> Object:
    """Permute the members of an object, which AND joins; now and then put some of them into `$and`."""
    members = [(name, _operand(draw, name, operand)) for name, operand in conditions.items()]
    draw.shuffle(members)
    cut = draw.randint(0, len(members)) if draw.random() < 0.3 else 0
    grouped = members[:cut]
    if not grouped or any(name == "$and" for name, _ in members):
        return dict(members)
    return {"$and": [{name: operand} for name, operand in grouped], **dict(members[cut:])}


def _operand(draw: random.Random, name: str, operand: Any) -> Any:
    match name, operand:
        case "$and" | "$or" | "$nor", list():
            parts = [_object(draw, part) for part in operand]
            draw.shuffle(parts)
            cut = draw.randint(2, len(parts)) if len(parts) > 1 and draw.random() < 0.5 else 0
            return [{name: parts[:cut]}, *parts[cut:]] if cut and name != "$nor" else parts
        case "$not", dict():
            return _object(draw, operand)
        case _, dict():  # {"$gte": 1, "$lt": 5}
            signs = [*operand.items()]
            draw.shuffle(signs)
            return dict(signs)
    return operand
