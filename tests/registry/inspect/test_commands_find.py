"""`dci registry find`, and the commands that take an identifier instead of an id."""

from __future__ import annotations

import json

import pytest

from dci_common.registry.model.records import AnyRecord, Group, Identifier, Membership, Name, Person
from dci_common.registry.storage.items import settings_item
from support.commands import Commands
from support.example_counts import sampled
from support.registry_harness import SHARDS, Registry


def identified(type_: str, value: str) -> Identifier:
    """Return an identifier."""
    return Identifier(identifier_type=type_, identifier_value=value)


AMARA = Person(
    id="amara",
    name=Name(given_name="Amara", surname="Okafor"),
    birth_date="1990-01-31",
    identifiers=(identified("UIN", "847951632"), identified("National ID", "A-17")),
    phone_numbers=("081-234-5678",),
    emails=("Amara@example.org",),
)
CHIDI = Person(id="chidi", name=Name(given_name="Chidi", surname="Okafor"), phone_numbers=("+66812345678",))
HIDDEN = Person(
    id="hidden",
    name=Name(given_name="Ébénézer", surname="Đặng"),
    identifiers=(identified("Passport", "٧٧"),),
    restricted=True,
)
HOME = Group(id="home", name="Okafor", identifiers=(identified("HOUSEHOLD_ID", "HH-1"),))
ALL: tuple[AnyRecord, ...] = (AMARA, CHIDI, HIDDEN, HOME, Membership(person_id="amara", group_id="home"))


@pytest.fixture
def filled(registry: Registry) -> Registry:
    """Return a registry of Thailand with three people and a household."""
    registry.write([settings_item(SHARDS, set(), set(), "TH")])
    registry.put(*ALL)
    return registry


def ids(dci: Commands, *arguments: str) -> list[str]:
    """Find records, and return their ids."""
    done = dci("find", *arguments, "--json")
    found = [record["id"] for record in json.loads(done.out)]
    assert done.status == (0 if found else 1)
    return found


@pytest.mark.exhaustive
@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (("UIN", "847951632"), ["amara"]),
        (("uin", " 847951632 "), ["amara"]),
        (("UIN", "٨٤٧٩٥١٦٣٢"), ["amara"]),
        (("national id", "A-17"), ["amara"]),
        (("national_id", "A-17"), ["amara"]),
        (("UIN", "1"), []),
        (("passport", "77"), ["hidden"]),
        (("HOUSEHOLD_ID", "HH-1"), ["home"]),
        (("email", "AMARA@example.org"), ["amara"]),
        (("--phone", "+66 81 234 5678"), ["amara", "chidi"]),
        (("--phone", "0812345678"), ["amara", "chidi"]),
        (("--phone", "+1"), []),
        (("--name", "okafor"), ["amara", "chidi", "home"]),
        (("--name", "AMARA"), ["amara"]),
        (("--name", "Amara Okafor"), ["amara"]),
        (("--name", "Okafor Amara"), ["amara"]),
        (("--name", "oka"), ["amara", "chidi", "home"]),
        (("--name", "ebenezer"), ["hidden"]),
        (("--name", "dang"), ["hidden"]),
        (("--name", "nobody"), []),
    ],
)
def test_find_folds_values_as_searches_do(dci: Commands, arguments: tuple[str, ...], found: list[str]) -> None:
    """Identifiers, numbers and names are found in any equal form, restricted people included."""
    assert ids(dci, *arguments) == found


@pytest.mark.usefixtures("filled")
def test_find_prints_a_short_table(dci: Commands) -> None:
    """The table has ids, names and birth dates, and marks restricted people."""
    assert dci("find", "--name", "okafor").out.splitlines() == [
        "kind    id     name          birth date",
        "person  amara  Amara Okafor  1990-01-31",
        "person  chidi  Chidi Okafor",
        "group   home   Okafor",
    ]
    assert dci("find", "passport", "77").out.splitlines()[1].split() == [
        "person",
        "hidden",
        "Ébénézer",
        "Đặng",
        "restricted",
    ]


@pytest.mark.usefixtures("filled")
def test_find_says_how_many_more_there_are(dci: Commands) -> None:
    """A long list is cut, and the rest is counted."""
    done = dci("find", "--name", "okafor", "--limit", "1")
    assert [line.split()[1] for line in done.out.splitlines()[1:]] == ["amara"]
    assert done.err == "2 more: give more of the name, or a larger --limit.\n"


@pytest.mark.usefixtures("filled")
def test_a_limit_is_at_least_one(dci: Commands, capsys: pytest.CaptureFixture[str]) -> None:
    """A limit that shows nothing is rejected by its own name."""
    with pytest.raises(SystemExit):
        dci("find", "--name", "okafor", "--limit", "0")
    assert "argument --limit: must be a whole number of at least 1" in capsys.readouterr().err


@pytest.mark.usefixtures("filled")
def test_find_of_nobody_has_status_1(dci: Commands) -> None:
    """A search without a match prints nothing but a sentence on stderr, and its exit status is 1."""
    done = dci("find", "UIN", "1")
    assert (done.status, done.out, done.err) == (1, "", "Nobody was found.\n")


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("arguments", "said"),
    sampled(
        [
            (
                ("UNI", "1"),
                "The registry has no identifier type UNI; it has HOUSEHOLD_ID, NATIONAL ID, PASSPORT, UIN.",
            ),
            (("surname", "Okafor"), "The registry has no identifier type surname; it has "),
            ((), "Give one of TYPE VALUE, --phone NUMBER and --name TEXT;"),
            (("UIN",), "Give one of TYPE VALUE, --phone NUMBER and --name TEXT;"),
            (("National", "ID", "A-17"), "Give one of TYPE VALUE, --phone NUMBER and --name TEXT;"),
            (("UIN", "1", "--name", "x"), "Give one of TYPE VALUE, --phone NUMBER and --name TEXT;"),
            (("--name", " -- "), "--name must have a letter or a digit."),
        ],
        3,
    ),
)
def test_find_says_what_it_accepts(dci: Commands, arguments: tuple[str, ...], said: str) -> None:
    """An unknown type is answered with those that the registry has, a wrong usage with the right one."""
    assert dci("find", *arguments).problem.startswith(said)


@pytest.mark.usefixtures("filled")
def test_former_rules_are_asked_too(registry: Registry, dci: Commands) -> None:
    """Until a reindex has ended, identifiers are found by the keys of an older version as well."""
    key = {"pk": {"S": "REGISTRY"}, "sk": {"S": "SETTINGS"}}
    registry.runtime.dynamodb.update_item(
        TableName=registry.table,
        Key=key,
        UpdateExpression="ADD former_rules :former",
        ExpressionAttributeValues={":former": {"SS": ["1"]}},
    )
    [item] = [item for (pk, _), item in registry.items().items() if pk == "IDENTIFIER#PASSPORT#77"]
    registry.remove(("IDENTIFIER#PASSPORT#77", "RECORD"))
    registry.write([item | {"pk": {"S": "IDENTIFIER#PASSPORT#٧٧"}}])
    assert ids(dci, "passport", "٧٧") == ["hidden"]


@pytest.mark.usefixtures("filled")
def test_show_takes_an_identifier(dci: Commands) -> None:
    """A record is shown by an identifier as by its id."""
    assert dci("show", "uin", "847951632").out == dci("show", "amara").out
    assert dci("show", "HOUSEHOLD_ID", "HH-1").out.startswith("group home, ")
    assert dci("show", "UIN", "1").problem == "There is no person and no group with UIN 1 in the registry."


def test_delete_takes_an_identifier(filled: Registry, dci: Commands) -> None:
    """A record is deleted by an identifier; the question names its id."""
    done = dci("delete", "UIN", "847951632", stdin="y\n")
    assert done.out == "Deleted the person amara with 1 membership.\n"
    filled.assert_holds(CHIDI, HIDDEN, HOME)


def test_nothing_is_deleted_when_several_records_match(filled: Registry, dci: Commands) -> None:
    """When several records have a phone number they are listed, and nothing is deleted."""
    problem = dci("delete", "phone", "0812345678", "--yes").problem
    assert problem == "Several records have phone 0812345678: name one of them, PERSON#amara or PERSON#chidi."
    filled.assert_holds(*ALL)


@pytest.mark.usefixtures("filled")
def test_three_words_are_no_record(dci: Commands) -> None:
    """A type with a space must be in quotes and nothing may be empty, and the message says so."""
    assert dci("show", "").problem.startswith("Give the id of a person or group ")  # as an unset variable gives it
    assert dci("delete", "UIN", "", "--yes").problem.startswith("Give the id of a person or group ")
    assert dci("show", "National", "ID", "A-17").problem.endswith("a type or value with spaces is put in quotes.")
    assert dci("show", "National ID", "A-17").out.startswith("person amara, ")
