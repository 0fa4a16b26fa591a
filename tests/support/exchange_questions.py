"""What is asked in asynchronous messages, and of whom."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from dci_common.registry.model.records import Person
from support.api import Reply, item, predicate
from support.hill_household import uin

PEOPLE = tuple(
    Person(
        id=f"p{number:02}",
        identifiers=uin(f"u{number:02}"),
        sex="female" if number % 3 else "male",
        birth_date=f"19{50 + number}-02-03",
    )
    for number in range(23)
)
EVERYBODY = ("birth_date", "ge", "1900-01-01")
WOMEN = ("sex", "eq", "female")


@dataclass
class Asked:
    """A message, the reply to it once there is one, and which people each of its items asks for; None: rejected."""

    message: dict[str, Any]
    wanted: dict[str, set[str] | None]
    reply: Reply | None = None

    @property
    def correlation_id(self) -> str:
        """The id of the exchange."""
        assert self.reply
        return str(self.reply.json["message"]["correlation_id"])


def question(draw: random.Random, hidden: set[str], reference_id: str) -> tuple[dict[str, Any], set[str] | None]:
    """Return an item of a message, and the people whom it asks for; None: it is rejected."""
    everybody = {person.id for person in PEOPLE} - hidden
    women = {person.id for person in PEOPLE if person.sex == "female"} - hidden
    name = {"reference_id": reference_id}
    return draw.choice(
        [
            (predicate(EVERYBODY, **name), everybody),
            (predicate(WOMEN, **name), women),
            (predicate(WOMEN, ("birth_date", "lt", "1940-01-01"), **name), set[str]()),
            (item({"type": "UIN", "value": "u07"}, **name), {"p07"} - hidden),
            (predicate(EVERYBODY, pagination={"page_size": 50, "page_number": 1}, **name), everybody),
            (predicate(("shoe_size", "eq", "44"), **name), None),
        ]
    )


def person_of(record: dict[str, Any]) -> str:
    """Return the id of a rendered person."""
    (identifier,) = record["identifier"]
    return "p" + str(identifier["identifier_value"])[1:]
