"""JavaScript's JSON: `stringify(json.loads(text))` writes what `JSON.stringify(JSON.parse(text))` does."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any


def stringify(value: Any, *, sort: bool = False) -> str:
    """Return compact JSON with numbers as ECMAScript writes them: each is a double."""
    match value:
        case dict():
            names = sorted(value) if sort else value
            return "{" + ",".join(f"{stringify(name)}:{stringify(value[name], sort=sort)}" for name in names) + "}"
        case list():
            return "[" + ",".join(stringify(each, sort=sort) for each in value) + "]"
        case bool() | None | str():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return number(float(value))


def number(value: float) -> str:
    """Return a number as ECMA-262's Number::toString does."""
    if value == 0:
        return "0"
    sign, digits, exponent = Decimal(repr(abs(value))).normalize().as_tuple()
    assert not sign
    assert isinstance(exponent, int)
    text, length = "".join(map(str, digits)), len(digits)
    point = length + exponent
    if length <= point <= 21:
        text += "0" * (point - length)
    elif 0 < point <= 21:
        text = f"{text[:point]}.{text[point:]}"
    elif -6 < point <= 0:
        text = f"0.{'0' * -point}{text}"
    else:
        text = f"{text[0]}{'.' if length > 1 else ''}{text[1:]}e{point - 1:+d}"
    return f"-{text}" if value < 0 else text
