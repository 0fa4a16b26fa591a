"""docs/openspp.md: its commands, from a running OpenSPP to a partner's search, print what stands below them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dci_cli.__main__ import main
from dci_common.registry.storage import keys
from support.api import Api, identified
from support.events import ROOT
from support.openspp_database import OpenSppDatabase, create_templates
from support.postgres import running
from support.registry_harness import Registry, registry_with

pytestmark = pytest.mark.postgres
DOCUMENT = (ROOT / "docs" / "openspp.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def openspp() -> Iterator[OpenSppDatabase]:
    """Return a database of OpenSPP 17 with a household of two."""
    with running("shared_buffers=32MB") as cluster:
        create_templates(cluster)
        database = OpenSppDatabase.create(cluster, "openspp17")
        people = [database.person(family_name="Okafor", given_name=name) for name in ("Amara", "Ben")]
        household = database.group(name="Okafor")
        for person in people:
            database.member(household, person)
            database.identifier(person, f"N-{person}")
        yield database


@pytest.fixture
def empty(engine: None) -> Iterator[Registry]:  # noqa: ARG001 - must be running
    """Return a registry whose table holds nothing at all."""
    with registry_with() as registry:
        registry.runtime.dynamodb.delete_item(TableName=registry.table, Key=keys.REGISTRY_KEY)
        yield registry


def test_the_documented_commands_print_what_is_shown(
    openspp: OpenSppDatabase,
    empty: Registry,
    new_api: Callable[..., Api],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each command is run in its order, and a partner finds by identifier who was loaded."""
    for name, value in {
        "FOLLOW_DATABASE": openspp.cluster.url(openspp.name),
        "REGISTRY_TABLE": empty.table,
        "XDG_STATE_HOME": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)
    api = new_api(registry_table=empty.table)
    steps = {"1 person, 1 group changed": "SET active = id <> 2, given_name = 'Amina', write_date = now()"}
    shown = list(transcript())
    assert len(shown) == 5
    for command, output in shown:
        for mark, sql in steps.items():
            if mark in output:
                [found] = api.search(identified("National ID", "N-1")).records
                assert found["name"]["given_name"] == "Amara"
                openspp.sql(f"UPDATE res_partner {sql} WHERE NOT is_group")
        capsys.readouterr()
        assert main(shlex.split(command)) == 0
        printed = capsys.readouterr()
        assert without_seconds(printed.err + printed.out) == without_seconds(output)
    assert 'find "National ID" N-1' in DOCUMENT
    assert main(["registry", "find", "National ID", "N-1"]) == 0
    [found] = api.search(identified("National ID", "N-1")).records
    assert found["name"]["given_name"] == "Amina"


def transcript() -> Iterator[tuple[str, str]]:
    """Yield each documented command with what it prints."""
    for _, block in re.findall(r"^```(\w*)\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL):
        for part in re.split(r"^\$ \./dci ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            yield command, output


def without_seconds(text: str) -> str:
    """Return a text in which no time depends on the machine."""
    return re.sub(r" in [\d.]+ (s|min)(, [\d,]+ a second)?$", " in N s", text, flags=re.MULTILINE)
