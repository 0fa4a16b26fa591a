"""Many writers at once, large groups and lost responses, on DynamoDB Local: moto detects no conflicts."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError

from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.errors import IdentifierTaken, NoSuchRecord, WriteRefused
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import AnyRecord, Group, Identifier, Membership, Person
from dci_common.registry.model.views import summary
from dci_common.registry.storage import keys
from dci_common.registry.write.writer import RegistryWriter
from support.registry_harness import Registry, items_of

pytestmark = pytest.mark.dynamodb_local

WRITERS = 16
CHANGES = 15  # of each writer
# So few that a change of a group with many members takes several; a person with all its groups fits into one.
ACTIONS = 25
GROUPS = [Group(id=f"g{number}") for number in range(5)]


@pytest.fixture
def registry(local_registry: Registry) -> Registry:
    """Return an empty registry on DynamoDB Local."""
    local_registry.clear()
    return local_registry


def uin(value: object) -> Identifier:
    """Return an identifier."""
    return Identifier(identifier_type="UIN", identifier_value=str(value))


class Clerk:
    """A writer that alone changes some people, and joins them to groups that others join too."""

    def __init__(self, registry: Registry, number: int) -> None:
        self._writer = RegistryWriter(registry.runtime, SOCIAL_CATALOGUE, max_actions=ACTIONS if number % 2 else 100)
        self._draw = random.Random(number)
        self._ids = [f"p{number}-{place}" for place in range(2)]
        self.people: dict[str, Person] = {}
        self.groups: dict[str, Group] = {group.id: group for group in GROUPS[number : number + 1]}
        self.memberships: dict[tuple[str, str], Membership] = {}

    def work(self) -> None:
        """Make changes, and remember those that were made."""
        for _ in range(CHANGES):
            id_, group_id = self._draw.choice(self._ids), self._draw.choice(GROUPS).id
            change = self._draw.choice(
                (self._put, self._put, self._join, self._join, self._join, self._leave, self._delete, self._rename)
            )
            change(id_, group_id)

    def _put(self, id_: str, _group_id: str) -> None:
        person = Person(
            id=id_,
            identifiers=tuple(uin(self._draw.randint(1, 8)) for _ in range(self._draw.randint(0, 1))),
            phone_numbers=("555",),
            birth_place=str(self._draw.random()),
            restricted=self._draw.random() < 0.3,
        )
        with suppress(IdentifierTaken):
            self._writer.put(person)
            self.people[id_] = person

    def _join(self, id_: str, group_id: str) -> None:
        membership = Membership(person_id=id_, group_id=group_id, roles=(str(self._draw.random()),))
        with refused(NoSuchRecord, when=id_ not in self.people):
            self._writer.put(membership)
            self.memberships[id_, group_id] = membership

    def _leave(self, id_: str, group_id: str) -> None:
        with refused(NoSuchRecord, when=(id_, group_id) not in self.memberships):
            self._writer.delete_membership(id_, group_id)
            del self.memberships[id_, group_id]

    def _delete(self, id_: str, _group_id: str) -> None:
        with refused(NoSuchRecord, when=id_ not in self.people):
            self._writer.delete(Kind.PERSON, id_)
            del self.people[id_]
            self.memberships = {key: value for key, value in self.memberships.items() if key[0] != id_}

    def _rename(self, _id: str, _group_id: str) -> None:
        for id_ in self.groups:
            self.groups[id_] = Group(id=id_, name=str(self._draw.random()))
            self._writer.put(self.groups[id_])


def refused(refusal: type[WriteRefused], *, when: bool) -> Any:
    """Expect a refusal in this case, and none in the other."""
    return pytest.raises(refusal) if when else nullcontext()


def all_at_once(*jobs: Callable[[], None]) -> None:
    """Run jobs in threads of their own; what one of them raises is raised."""
    with ThreadPoolExecutor(len(jobs)) as pool:
        for job in [pool.submit(job) for job in jobs]:
            job.result()


def test_concurrent_writes_are_all_kept(registry: Registry) -> None:
    """Sixteen concurrent writers lose no record, each identifier has one owner, and the registry is consistent."""
    registry.put(*GROUPS)
    clerks = [Clerk(registry, number) for number in range(WRITERS)]
    all_at_once(*(clerk.work for clerk in clerks))
    made: list[AnyRecord] = []
    for clerk in clerks:
        made += [*clerk.people.values(), *clerk.groups.values(), *clerk.memberships.values()]
    registry.assert_holds(*made)
    owned = [identifier for record in made if isinstance(record, Person) for identifier in record.identifiers]
    assert len(owned) == len(set(owned)) > 0


def test_concurrent_changes_leave_a_consistent_registry(registry: Registry) -> None:
    """Sixteen writers that change, join and delete the same records leave a consistent registry."""

    def work(number: int) -> None:
        draw = random.Random(number)
        writer = RegistryWriter(registry.runtime, SOCIAL_CATALOGUE, max_actions=ACTIONS if number % 2 else 100)
        for _ in range(CHANGES):
            with suppress(WriteRefused):
                anything(writer, draw)

    all_at_once(*(partial(work, number) for number in range(WRITERS)))
    assert registry.findings() == []


def anything(writer: RegistryWriter, draw: random.Random) -> None:
    """Make one change of a few records."""
    id_, group_id = f"p{draw.randint(0, 9)}", f"g{draw.randint(0, 2)}"
    match draw.randint(0, 6):
        case 0:
            writer.put(Person(id=id_, identifiers=(uin(draw.randint(1, 9)),), restricted=draw.random() < 0.3))
        case 1:
            writer.put(Group(id=group_id, name=str(draw.random())))
        case 2 | 3:
            writer.put(Membership(person_id=id_, group_id=group_id, roles=draw.choice(((), ("head",)))))
        case 4:
            writer.delete_membership(id_, group_id)
        case 5:
            writer.delete(Kind.PERSON, id_)
        case 6:
            writer.delete(Kind.GROUP, group_id)


def test_readers_never_see_an_inconsistent_state(registry: Registry) -> None:
    """At no instant does a lookup lead to a record that lacks it, or a person show an outdated household."""
    people = [Person(id=f"p{number}") for number in range(2)]
    memberships = [Membership(person_id=person.id, group_id="g0") for person in people]
    registry.put(*people, Group(id="g0"), *memberships)
    done = threading.Event()

    def write() -> None:
        try:
            for number in range(40):
                holder, other = people[number % 2], people[(number + 1) % 2]
                registry.put(other, holder.model_copy(update={"identifiers": (uin(1),)}))
                registry.put(Group(id="g0", name=str(number)))
        finally:
            done.set()

    def read() -> None:
        seen = 0
        while not done.is_set():
            seen += look(registry)
        assert seen > 10

    all_at_once(write, read, read)


def look(registry: Registry) -> bool:
    """Read a lookup, both people and the household at one instant, and compare them, unless one is busy."""
    lookup = {"pk": {"S": keys.identifier_pk("UIN", "1")}, "sk": {"S": keys.RECORD}}
    people = [keys.record_key(Kind.PERSON, id_) for id_ in ("p0", "p1")]
    wanted = [lookup, *people, keys.record_key(Kind.GROUP, "g0")]
    dynamodb = registry.operator.dynamodb
    try:
        answer = dynamodb.transact_get_items(
            TransactItems=[{"Get": {"TableName": registry.table, "Key": key}} for key in wanted]
        )
    except dynamodb.exceptions.TransactionCanceledException:
        return False
    found, *items = [response.get("Item") for response in answer["Responses"]]
    first, second, household = (json.loads(item["body"]["S"]) for item in items if item)
    owners = [f"PERSON#{person['id']}" for person in (first, second) if "identifiers" in person]
    assert owners == ([found["owner"]["S"]] if found else [])
    assert [person["households"] for person in (first, second)] == [[summary(household)]] * 2
    return True


def test_a_transaction_with_a_lost_response_is_repeated(registry: Registry) -> None:
    """A transaction whose response is lost is sent again, and is not taken for another writer's change."""
    own = Registry(registry.table)
    client: Any = own.runtime.dynamodb
    post, lost = client.endpoint.post, list[int]()

    def post_and_lose(target: str, *request: Any) -> Any:
        answer = post(target, *request)
        if target.endswith("TransactWriteItems") and not lost:
            lost.append(answer.status)
            raise ConnectionClosedError(endpoint_url="somewhere")
        return answer

    client.endpoint.post = post_and_lose
    own.writer.put(Person(id="anna"), version=0)
    assert lost == [200]
    registry.assert_holds(Person(id="anna"))


def test_a_group_of_five_hundred_can_be_changed(registry: Registry) -> None:
    """A group of five hundred members is changed, joined, left and deleted."""
    crowd = [Person(id=f"p{number:03}", birth_place="x" * 300) for number in range(501)]
    members = [Membership(person_id=person.id, group_id="g0") for person in crowd]
    registry.write(items_of([*crowd, GROUPS[0], *members[1:]]))
    named = Group(id="g0", name="Many")
    registry.put(named, members[0])
    registry.writer.delete_membership("p500", "g0")
    registry.assert_holds(*crowd, named, *members[:-1])
    registry.writer.delete(Kind.GROUP, "g0")
    registry.assert_holds(*crowd)
