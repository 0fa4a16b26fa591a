"""The people of a synthetic household: ages, sexes, couples, generations."""

from __future__ import annotations

import random
from dataclasses import replace

from dci_cli.synthetic import odds
from dci_cli.synthetic.odds import chance, pick
from dci_cli.synthetic.person import TODAY, Home, Inhabitant
from dci_common.registry.model.base import MaritalStatus, Sex

_GROWN, _LEAVING, _WITH_PARENT, _OLD, _OLDEST = 16, 27, 55, 60, 99  # years


def inhabitants(draw: random.Random, home: Home, first_id: str) -> list[Inhabitant]:
    """Draw the people of a household, the head (whose id will be `first_id`) first."""
    size = pick(draw, odds.HOUSEHOLD_SIZES)
    age = 18 + 72 * draw.betavariate(1.8, 3.0)
    coupled = size > 1 and chance(draw, 80 if age < _OLD else 55)
    sex = _sex(draw, 88 if coupled else 38)
    people = [Inhabitant(age, sex, "M" if coupled else _single(draw, age))]
    if coupled:
        partner = min(_OLDEST, max(_GROWN, age + draw.gauss(-3 if sex == "male" else 3, 4)))
        people.append(Inhabitant(partner, "female" if sex == "male" else "male", "M", relatives=(("SPS", first_id),)))
    youngest = min(person.age for person in people)
    people += [_other(draw, age, youngest, first_id) for _ in range(size - len(people))]
    return [_mortal(draw, home, person) for person in people]


def _other(draw: random.Random, head: float, parent: float, head_id: str) -> Inhabitant:
    if head < _WITH_PARENT and chance(draw, 7):
        elder = min(_OLDEST, head + draw.triangular(18, 40, 25))
        return Inhabitant(elder, _sex(draw, 35), _single(draw, elder), relatives=(("CHILD", head_id),))
    if chance(draw, 7):
        relative = max(1.0, draw.gauss(head - 8, 9))
        return Inhabitant(relative, _sex(draw, 50), _single(draw, relative))
    return _descendant(draw, parent, head_id)


def _descendant(draw: random.Random, parent: float, head_id: str) -> Inhabitant:
    """Draw a child of the head, or, for most adult children, who have left, a grandchild."""
    age, relation = parent - draw.triangular(_GROWN, 42, 23), "PRN"
    if age > _LEAVING and chance(draw, 80):
        age, relation = age - draw.triangular(_GROWN, 38, 23), "GRPRN"
    if age < 0:
        age = draw.random() * min(15, parent - _GROWN)
    return Inhabitant(age, _sex(draw, 51), _single(draw, age), relatives=((relation, head_id),))


def _mortal(draw: random.Random, home: Home, one: Inhabitant) -> Inhabitant:
    """Let a few people have died since the household was registered."""
    if not chance(draw, 0.4 if one.age < _OLD else 4):
        return one
    known = TODAY - max(home.registered, one.born)
    return replace(one, died=TODAY - int(draw.random() * known))


def _sex(draw: random.Random, percent_male: int) -> Sex:
    return "male" if chance(draw, percent_male) else "female"


def _single(draw: random.Random, age: float) -> MaritalStatus | None:
    if age < _GROWN:
        return None
    return pick(draw, odds.SINGLE["young" if age < _LEAVING else "grown" if age < _OLD else "old"])
