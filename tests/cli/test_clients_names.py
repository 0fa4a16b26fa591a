"""`dci clients`: clients by name or id, arguments in any order, and values that are taken back."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from dci_common.oauth.key_ring import generate
from support.admin_client import Admin
from support.api import Api
from support.example_counts import sampled

from .conftest import NEW, Clients, Outcome, new


@pytest.fixture
def named(api: Api) -> str:
    """Return a name that no client has."""
    return f"Ministry of Health {api.runtime.random_bytes(8).hex()}"


def shown(outcome: Outcome) -> dict[str, Any]:
    """Return the client that a command printed."""
    assert outcome.status == 0, outcome.err
    client: dict[str, Any] = json.loads(outcome.out)
    return client


@pytest.mark.exhaustive
def test_every_command_takes_a_name(clients: Clients, named: str) -> None:
    """Each command about a client finds it by its name, in any case and spacing."""
    made = shown(clients("create", named, *NEW, "--json"))
    spelled = f"  {named.upper().replace(' ', '   ')}"
    for command, *options in (
        ("show",),
        ("update", "--restricted"),
        ("disable", "--yes"),
        ("enable",),
        ("revoke-tokens", "--yes"),
    ):
        assert shown(clients(command, spelled, *options, "--json"))["client_id"] == made["client_id"]
    added = shown(clients("rotate-secret", spelled, "--json"))["secret_id"]
    assert added in {secret["secret_id"] for secret in json.loads(clients("secrets", spelled, "--json").out)}
    assert clients("delete-secret", spelled, added, "--yes").status == 0
    assert len(json.loads(clients("log", spelled, "--json").out)) == 7
    question = clients("delete", spelled, stdin="n\n").err
    assert f"Delete the client {named} ({made['client_id']})? [y/N]" in question
    assert clients("delete", spelled, "--yes").out == f"Deleted the client {named} ({made['client_id']}).\n"
    assert clients("show", spelled).problem == (
        f"There is no client with the id or the name {' '.join(spelled.split())}: see `dci clients list`."
    )


def test_an_id_comes_before_a_name(api: Api, clients: Clients) -> None:
    """A name that is another client's id means that other client, and after its deletion the one with the name."""
    first = new(clients, api)
    second = shown(clients("create", first["client_id"], *NEW, "--json"))
    assert shown(clients("show", first["client_id"], "--json"))["client_id"] == first["client_id"]
    assert clients("delete", first["client_id"], "--yes").out.startswith(f"Deleted the client {first['name']} (")
    assert shown(clients("show", first["client_id"], "--json"))["client_id"] == second["client_id"]


@pytest.mark.parametrize("name", ["log", "../keys", "?status=disabled", "a/b", "%2e%2e", ""])
def test_a_name_is_never_a_path(clients: Clients, name: str) -> None:
    """Names that look like other paths of the API find no client."""
    assert clients("show", name).problem.startswith("There is no client with the id or the name")


PARTS = (("{name}",), ("--sender-id", "health.example.org"), ("--scopes", "registry.search", "registry/status"))


@pytest.mark.parametrize("order", list(permutations(PARTS)), ids=lambda order: " ".join(part[0] for part in order))
def test_a_client_is_created_with_arguments_in_any_order(
    clients: Clients,
    named: str,
    order: tuple[tuple[str, ...], ...],
) -> None:
    """The name may come before, between and after the options, also right behind a list."""
    words = [word.format(name=named) for part in order for word in part]
    made = shown(clients("create", *words, "--json"))
    assert (made["name"], made["scopes"]) == (named, ["registry.search", "registry.status"])


@pytest.mark.parametrize(
    "words",
    [
        ("--scopes", "registry.search,registry.status", "{name}"),
        ("--scopes", "registry.search, registry.status", "{name}"),
        ("--disclosure", "minimal", "household", "{name}", "--scopes", "registry.search", "registry.status"),
        ("--record-types", "SRPerson", "Member", "Group", "{name}", "--scopes=registry.search,registry.status"),
    ],
    ids=["commas", "commas and spaces", "after the disclosure", "after the record types"],
)
def test_lists_have_commas_or_spaces(clients: Clients, named: str, words: tuple[str, ...]) -> None:
    """Words of a list are separated by commas or spaces, and a name with a comma after them stays whole."""
    name = f"{named}, Office of"
    made = shown(clients("create", "--sender-id", "health", *(word.format(name=name) for word in words), "--json"))
    assert (made["name"], made["scopes"]) == (name, ["registry.search", "registry.status"])


@pytest.mark.parametrize(
    "options",
    [
        ("--scopes", "registry.search"),
        ("--scopes", "registry.search", "registry.status"),
        ("--scopes", "registry.search", "--disclosure", "minimal", "full"),
        ("--scopes", "registry.search", "--record-types", "SRPerson,Group", "Member"),
    ],
    ids=" ".join,
)
def test_a_value_of_a_list_is_not_taken_for_the_name(clients: Clients, options: tuple[str, ...]) -> None:
    """Without a name no client is created, and none is named after a value."""
    problem = clients("create", "--sender-id", "health", *options).problem
    assert problem == "NAME is missing: give it before the options."


def test_a_client_is_updated_with_arguments_in_any_order(api: Api, clients: Clients) -> None:
    """The client may follow a list of an update, too."""
    made = new(clients, api)
    listed = ("--scopes", "registry.search,registry.status")
    for subject in (made["client_id"], made["name"]):
        changed = shown(clients("update", *listed, subject, "--json"))
        assert (changed["client_id"], changed["name"]) == (made["client_id"], made["name"])
    assert clients("update", *listed).problem == "CLIENT is missing: give it before the options."


@pytest.mark.parametrize(
    ("given", "default", "member", "value"),
    sampled(
        [
            ("--requests-a-minute 5", "--requests-a-minute default", "requests_a_minute", None),
            ("--records-a-day 5", "--records-a-day default", "records_a_day", None),
            ("--token-lifetime 61", "--token-lifetime default", "token_lifetime", 600),
            ("--disclosure full", "--disclosure default", "disclosure", ["minimal"]),
            ("--record-types Group", "--record-types=default", "record_types", ["SRPerson", "Member", "Group"]),
        ],
        2,
    ),
)
def test_a_value_can_be_taken_back(
    api: Api, clients: Clients, given: str, default: str, member: str, value: object
) -> None:
    """`default` restores what a client has that was created without the option."""
    client_id = new(clients, api, *given.split())["client_id"]
    assert shown(clients("show", client_id, "--json"))[member] != value
    assert shown(clients("update", client_id, *default.split(), "--json")).get(member) == value


def test_keys_can_be_taken_back(api: Api, clients: Clients, tmp_path: Path) -> None:
    """`--no-jwks` removes the keys of a client."""
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [generate("ES256").public]}))
    client_id = new(clients, api, "--jwks", keys)["client_id"]
    assert "jwks" in shown(clients("show", client_id, "--json"))
    assert "jwks" not in shown(clients("update", client_id, "--no-jwks", "--json"))


def test_keys_and_their_address_replace_each_other(api: Api, clients: Clients, tmp_path: Path) -> None:
    """`--jwks-uri` and `--jwks` each take the place of the other, and `--no-jwks` removes either."""
    url, keys = "https://partner.example/jwks.json", tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [generate("ES256").public]}))
    signs = ("--signature", "required", "--dialect", "openg2p")
    client_id = new(clients, api, "--jwks-uri", url, *signs)["client_id"]
    assert shown(clients("show", client_id, "--json"))["jwks_uri"] == url
    inline = shown(clients("update", client_id, "--jwks", keys, "--json"))
    assert ("jwks" in inline, "jwks_uri" in inline) == (True, False)
    fetched = shown(clients("update", client_id, "--jwks-uri", url, "--json"))
    assert ("jwks" in fetched, fetched["jwks_uri"]) == (False, url)
    needed = "--signature required needs keys: send --jwks or --jwks-uri, or another value of --signature."
    assert needed in clients("update", client_id, "--no-jwks").problem
    assert clients("update", client_id, "--jwks", keys, "--dialect", "openspp2").problem.startswith(
        "--jwks must have an Ed25519 key, because --signature required needs one"
    )
    removed = shown(clients("update", client_id, "--no-jwks", "--signature", "optional", "--json"))
    assert removed.keys().isdisjoint({"jwks", "jwks_uri"})


def test_a_new_client_can_have_defaults(api: Api, clients: Clients) -> None:
    """`default` at a creation is the same as no option."""
    made = new(clients, api, "--requests-a-minute", "default", "--disclosure", "default", "--record-types", "default")
    assert ("requests_a_minute" not in made, made["disclosure"]) == (True, ["minimal"])


def test_a_number_that_is_none_is_rejected(clients: Clients, capsys: pytest.CaptureFixture[str]) -> None:
    """Another word than `default` is rejected, with what is accepted."""
    with pytest.raises(SystemExit):
        clients("update", "x", "--records-a-day", "many")
    assert "argument --records-a-day: must be a whole number, or `default`" in capsys.readouterr().err


@pytest.mark.exhaustive
def test_the_log_of_all_clients_has_deleted_ones(
    api: Api,
    admin: Admin,
    clients: Clients,
    named: str,
) -> None:
    """Without a client the newest changes of all are shown; a deleted client is found by its id and its names."""
    made = shown(clients("create", named, *NEW, "--json"))
    api.clock.advance(1)
    clients("update", made["client_id"], "--name", f"{named} renamed")
    api.clock.advance(1)
    clients("delete", made["client_id"], "--yes")
    whole = json.loads(clients("log", "--json").out)  # with what other tests did
    log = [(entry["act"], entry["name"]) for entry in whole if entry["client_id"] == made["client_id"]]
    assert log[:2] == [("deleted", f"{named} renamed"), ("updated", f"{named} renamed")]
    assert json.loads(clients("log", "--json", "--limit", 2).out) == whole[:2]
    own = json.loads(clients("log", made["client_id"], "--json").out)
    assert own == admin.log(made["client_id"])
    assert [entry["act"] for entry in own] == ["deleted", "updated", "created"]
    for name in (named, f"{named} RENAMED"):
        assert json.loads(clients("log", name, "--json").out) == own
    assert f"{named} renamed" in clients("log", made["client_id"]).out
    assert clients("log", "Ministry of Nothing").problem.startswith("No client has, or had, the id or the name ")


def test_several_clients_of_one_name_are_listed_by_id(clients: Clients, named: str) -> None:
    """Where several deleted clients had a name, their ids are reported; a present client with it comes first."""
    ids = []
    for _ in range(2):
        ids.append(shown(clients("create", named, *NEW, "--json"))["client_id"])
        clients("delete", named, "--yes")
    problem = clients("log", named).problem
    assert problem == f"Several clients had the name {named}: give the id of one, {', '.join(sorted(ids))}."
    made = shown(clients("create", named, *NEW, "--json"))
    [entry] = json.loads(clients("log", named, "--json").out)
    assert entry["client_id"] == made["client_id"]


def test_an_earlier_api_deletes_no_other_client(
    api: Api,
    clients: Clients,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An API that ignores `name` lists all clients: one with another name is not taken."""
    new(clients, api)
    monkeypatch.setattr("dci_cli.clients.clients_api.urlencode", lambda _: "limit=100")
    assert clients("delete", "nobody at all", "--yes").problem.startswith("There is no client")
