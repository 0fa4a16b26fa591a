"""A registry before and after a number of changes of every kind, some of which not every client may see."""

from __future__ import annotations

import random
from typing import TypeVar

from dci_cli.local.demo import Population
from dci_common.registry.model.records import Group, Membership, Person
from support.hidden_people import with_hidden_people
from support.odd_registry import odd_population

R = TypeVar("R", Person, Group)


def changed(draw: random.Random, before: Population) -> Population:
    """Change, restrict, show, add and delete some people and households, and move people between them."""
    others = odd_population(draw.randrange(10**6), len(before.people) + 3, len(before.groups) + 1)
    part = draw.choice((0.1, 0.6))  # of what there is: where little changes, little hides an error
    people = [*_altered(draw, part, before.people, others.people), *others.people[len(before.people) :]]
    groups = [*_altered(draw, part, before.groups, others.groups), *others.groups[len(before.groups) :]]
    shown = [
        person.model_copy(update={"restricted": not person.restricted}) if draw.random() < part / 3 else person
        for person in people
    ]
    memberships = _moved(draw, part / 3, before.memberships, others.memberships)
    ids = {one.id for one in (*shown, *groups)}
    return Population(shown, groups, [one for one in memberships if {one.person_id, one.group_id} <= ids])


def changes(seed: int) -> tuple[random.Random, Population, Population]:
    """Return a source of randomness, a registry with restricted people, and the same after some changes."""
    draw = random.Random(seed)
    before = with_hidden_people(seed)
    return draw, before, changed(draw, before)


def _altered(draw: random.Random, part: float, records: list[R], others: list[R]) -> list[R]:
    """Delete some records, and give others one value, or all values, of another one."""
    found: list[R] = []
    for record, other in zip(records, others, strict=False):
        fate = draw.randrange(5) if draw.random() < part else None
        if fate is None:
            found.append(record)
        elif fate == 1:
            found.append(other.model_copy(update={"identifiers": record.identifiers}))
        elif fate == 2:
            found.append(record.model_copy(update={"identifiers": ()}))
        elif fate:
            name = draw.choice(sorted(type(record).model_fields.keys() - {"id", "restricted"}))
            found.append(record.model_copy(update={name: getattr(other, name)}))
    return found


def _moved(draw: random.Random, part: float, kept: list[Membership], new: list[Membership]) -> list[Membership]:
    """Remove some memberships, and add others, of people who did not belong to the group."""
    pairs = {(one.person_id, one.group_id) for one in kept}
    added = [one for one in new if (one.person_id, one.group_id) not in pairs and draw.random() < part]
    return [one for one in kept if draw.random() >= part] + added
