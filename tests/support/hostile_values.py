"""What a hostile or broken partner sends: values that break things, good messages with something wrong in them."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

from support.api import Reply

MARK = "Zq7xK"  # stands in every hostile text, so that an echo of it is noticed

# Written into the JSON text afterwards, since json.dumps has no way to write them.
_RAW = {
    "<<huge float>>": "1e999",
    "<<tiny float>>": "-1e-999",
    "<<huge integer>>": "9" * 5000,
    "<<deep lists>>": "[" * 2500 + "]" * 2500,
    "<<deep objects>>": '{"a":' * 2500 + "1" + "}" * 2500,
    "<<bare word>>": "undefined",
    "<<half an escape>>": '"\\u12"',
    "<<lone surrogate>>": f'"{MARK}\\ud800"',
    "<<swapped surrogates>>": f'"\\udc00\\ud800{MARK}"',
}
_AGAIN = "<<again>>"  # ends the name of a member that is there twice

TEXTS = (
    "",
    " ",
    f"{MARK}\0",
    f"{MARK}\r\nSet-Cookie: a=b",
    f"{MARK}#{MARK}",
    f"#{MARK}",
    f"{MARK}\U0010ffff",
    f"\ufeff{MARK}\u202e\u2028",
    f'{MARK}"\\',
    f"<script>{MARK}</script>",
    f"../../{MARK}",
    f"{MARK}' OR '1'='1",
    f"${{jndi:ldap://{MARK}}}",
    f"{MARK}%s%n{{0}}",
    MARK * 600,  # over DynamoDB's 2,048 bytes for a key
    "ß" * 256,  # 512 bytes, more when casefolded
    "\ufdfa" * 99,  # 18 characters each in NFKC
    "x" * 300_000,
    # Reserved words and names of DynamoDB's and of the tables'.
    "shard",
    "size",
    "pk",
    "facets",
    "CLIENT#" + MARK,
    # Invalid numbers, dates and constants, some nearly valid.
    "NaN",
    "1e999",
    "-0",
    "0x10",
    "1_000",
    "٣",
    "9" * 5000,
    "0000-00-00",
    "2026-02-30",
    "9999-12-31",
    "-0001-01-01",
    "2026-03-01T25:00:00Z",
    "2026-03-01T09:30:00",
    "true",
    "null",
    "__proto__",
    "constructor",
)
OTHERS: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    2001,
    2**63,
    -(2**64),
    10**400,
    1.5,
    -0.0,
    1e308,
    float("nan"),
    float("-inf"),
    [],
    {},
    [[]],
    {"": None},
    [None] * 101,
    {"@type": MARK, "$where": MARK},
    {"$ne": None},
    {f"{MARK}{number}": number for number in range(200)},
    *_RAW,
)

Place = tuple[Any, Any]  # a container of the message and a key or an index in it


def to_text(message: object) -> str:
    """Write a message as JSON text, or as what is nearly so."""
    text = json.dumps(message).replace(_AGAIN, "")
    for token, raw in _RAW.items():
        text = text.replace(f'"{token}"', raw)
    return text


def value(draw: random.Random) -> Any:
    """Draw a hostile value."""
    return copy.deepcopy(draw.choice(TEXTS if draw.random() < 0.5 else OTHERS))


def paths(message: object) -> list[tuple[Any, ...]]:
    """Return the way to each node of a message, the whole included."""
    children = (
        message.items() if isinstance(message, dict) else enumerate(message) if isinstance(message, list) else ()
    )
    return [(), *((key, *path) for key, child in children for path in paths(child))]


def replaced(message: object, path: tuple[Any, ...], instead: object) -> Any:
    """Return the message with another value at the end of a path."""
    whole = [copy.deepcopy(message)]
    node, path = whole, (0, *path)
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = instead
    return whole[0]


def mutant(good: object, draw: random.Random) -> str:
    """Write a good message with one to three things wrong in it."""
    message = [copy.deepcopy(good)]  # in a list, so that the whole can be replaced too
    for _ in range(draw.choice((1, 1, 2, 3))):
        places = _places(message) or [([None], 0)]  # nothing is left of it
        container, key = draw.choice(places)
        draw.choice(_CHANGES)(container, key, draw, places)
    text = to_text(message[0] if message else None)
    return _torn(text, draw) if draw.random() < 0.1 else text


def _places(node: Any) -> list[Place]:
    children = list(node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ())
    return [(node, key) for key, _ in children] + [place for _, child in children for place in _places(child)]


def _delete(container: Any, key: Any, _draw: random.Random, _places: list[Place]) -> None:
    del container[key]


def _replace(container: Any, key: Any, draw: random.Random, _places: list[Place]) -> None:
    container[key] = value(draw)


def _duplicate(container: Any, key: Any, draw: random.Random, _places: list[Place]) -> None:
    if isinstance(container, list):
        container.extend(copy.deepcopy(container[key]) for _ in range(draw.choice((1, 120))))
    else:
        container[f"{key}{_AGAIN}"] = value(draw)


def _retag(container: Any, key: Any, draw: random.Random, places: list[Place]) -> None:
    if isinstance(container, dict):
        names = [name for _, name in places if isinstance(name, str)]
        container[draw.choice([*names, key.upper(), f"{key} ", *TEXTS])] = container.pop(key)


def _retype(container: Any, key: Any, draw: random.Random, _places: list[Place]) -> None:
    node = container[key]
    container[key] = draw.choice(([node], {"value": node}, str(node), json.dumps(node), [node, node], bool(node)))


def _swap(container: Any, key: Any, draw: random.Random, places: list[Place]) -> None:
    other, name = draw.choice(places)
    container[key] = copy.deepcopy(other[name])


_CHANGES: tuple[Callable[[Any, Any, random.Random, list[Place]], None], ...] = (
    _delete,
    _replace,
    _replace,
    _replace,
    _duplicate,
    _retag,
    _retype,
    _swap,
)


def _torn(text: str, draw: random.Random) -> str:
    """Cut the text, or put something into it where it does not belong."""
    place = draw.randrange(len(text) + 1)
    return text[:place] + draw.choice(("", "", "\0", "\ufeff", "]", '"', ",", "{", "/**/", MARK)) + text[place:][1:]


def check_reply(reply: Reply) -> None:
    """Check what holds of every answer to a hostile request: never a server error, no internals, no echo."""
    assert reply.status < 500, f"{reply.status} {reply.text[:500]} to {reply.event}"
    own = _own_texts(reply)
    for text in (own, *reply.headers.values()):
        assert MARK not in text, f"an echo in {text[:500]}"
        assert not any(ord(character) < 32 for character in text)
    for internal in ("Traceback", 'File "', "pydantic", "botocore", "Exception", "dci_"):
        assert internal not in own


def _own_texts(reply: Reply) -> str:
    """Return the texts of an error response, without the ids by which its sender knows it.

    An answer that serves may repeat more ids that were sent.
    """
    answered = reply.json if reply.text else {}
    if reply.status >= 400:
        for part, id_ in (("header", "message_id"), ("message", "transaction_id")):
            if isinstance(answered.get(part), dict):
                answered[part].pop(id_, None)
        return json.dumps(answered, ensure_ascii=False)
    message = answered.get("message", {}) if isinstance(answered, dict) else {}
    items = message.get("search_response", ()) if isinstance(message, dict) else ()
    return " ".join(item.get("status_reason_message", "") for item in items)


def refused(reply: Reply) -> bool:
    """Return whether the answer rejects the request, or an item of it."""
    return reply.status >= 400 or '"status":"rjct"' in reply.text
