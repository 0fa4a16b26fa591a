"""That docs/ says what the code does: a route, setting, scope, attribute, limit or code missing there fails here."""

from __future__ import annotations

import re
from itertools import takewhile
from pathlib import Path

import pytest

from dci_cli.__main__ import main
from dci_common.edge.errors import OUTCOMES
from dci_common.edge.http import MAX_BODY_BYTES
from dci_common.registries.social import disclosure
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.catalogue.attributes import Attribute
from dci_common.registry.model import normalize
from dci_common.registry.model.base import Kind
from dci_common.registry.query import conditions, expression, parser
from dci_common.scopes import SCOPES
from dci_common.settings import Settings
from dci_common.spdci import envelope, pagination, search_response
from support.deployment import functions, template
from support.deployment import routes as deployed_routes
from support.events import ROOT, http_events

API = (ROOT / "docs" / "api.md").read_text()
EXCHANGE = (ROOT / "docs" / "exchange.md").read_text(encoding="utf-8")
SETTINGS = (ROOT / "docs" / "settings.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
PRODUCT = "".join(path.read_text() for folder in ("layers", "functions") for path in (ROOT / folder).rglob("*.py"))
OAUTH_ERRORS = {  # RFC 6749 §5.2, and §4.1.2.1 for those that are the server's fault
    *("invalid_request", "invalid_client", "invalid_grant", "invalid_scope"),
    *("unauthorized_client", "unsupported_grant_type", "server_error", "temporarily_unavailable"),
}
LIMITS = {
    "request body": MAX_BODY_BYTES,
    "search items in a message": envelope.MAX_ITEMS,
    "expressions in a query": conditions.MAX_LEAVES,
    "levels of an `expression` query": expression.MAX_DEPTH,
    "values of one `in`": conditions.MAX_VALUES,
    "a value": normalize.MAX_VALUE_BYTES,
    "keys of `sort`": parser.MAX_SORT_KEYS,
    "`page_size`": pagination.MAX_PAGE_SIZE,
    "`page_number` times `page_size`": pagination.MAX_DEPTH,
    "index entries and records that a message may read, set by the deployment": Settings().max_examined,
    "records in a response": search_response.MAX_BYTES,
}


def rows(document: str, header: str) -> list[list[str]]:
    """Return the cells of the table whose header begins with these columns."""
    lines = document.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {header} |"))
    body = takewhile(lambda line: line.startswith("|"), lines[start + 2 :])
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in body]


def names(text: str) -> list[str]:
    """Return what a text names as code."""
    return re.findall(r"`([^`\n]+)`", text)


def column(document: str, header: str, number: int = 0) -> set[str]:
    """Return what a column of a table names."""
    return {name for cells in rows(document, header) for name in names(cells[number])}


def test_every_route_is_documented() -> None:
    """The table of routes has each method and path of the event bank, and each path of the template."""
    bank = http_events().values()
    routes = [(event["routeKey"].split(" ")[-1], event["requestContext"]["http"]["method"]) for event in bank]
    documented = column(API, "method and path")
    assert documented == {path if path == "$default" else f"{method} {path}" for path, method in routes}
    assert {name.split(" ")[-1] for name in documented} == set(deployed_routes())


def test_every_variable_of_the_functions_is_documented() -> None:
    """The table has each setting and what else the template declares, and nothing more."""
    declared = {name for function in functions().values() for name in function["Environment"]["Variables"]}
    assert column(SETTINGS, "variable | functions") == declared | {name.upper() for name in Settings.__slots__}


def test_every_parameter_is_documented_with_its_default() -> None:
    """The table has each parameter of the template, and its default."""
    defaults = {name: str(parameter["Default"]) for name, parameter in template()["Parameters"].items()}
    documented = {names(cells[0])[0]: cells[1] for cells in rows(SETTINGS, "parameter")}
    assert documented == {name: f"`{default}`" if default else "empty" for name, default in defaults.items()}


def test_every_variable_that_is_read_elsewhere_is_documented() -> None:
    """The settings have what the command line, the tests and the Makefile read from the environment."""
    sources = [path.read_text() for folder in ("cli", "tests") for path in (ROOT / folder).rglob("*.py")]
    read = {name for source in sources for name in re.findall(r'environ(?:\.get\(|\[)"(\w+)"', source)}
    assert read | set(re.findall(r"^(\w+) \?=", (ROOT / "Makefile").read_text(), re.MULTILINE)) <= set(
        names(SETTINGS)
    )


def test_every_command_and_option_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    """The settings have what `dci --help` and each command's own help show."""
    commands = re.findall(r"^    (\w+) ", help_of(capsys), re.MULTILINE)
    assert column(SETTINGS, "command") == {f"dci {command}" for command in commands}
    shown = {option for name in commands for option in re.findall(r"--[a-z][a-z-]*", help_of(capsys, name))}
    assert column(SETTINGS, "command", 1) == shown - {"--help"}


def help_of(capsys: pytest.CaptureFixture[str], *command: str) -> str:
    """Return the help of the command line, or of one command."""
    with pytest.raises(SystemExit):
        main([*command, "--help"])
    return capsys.readouterr().out


def test_every_scope_is_documented() -> None:
    """The table of scopes is the code's."""
    assert column(API, "scope") == set(SCOPES)


def test_every_disclosure_name_is_documented() -> None:
    """The table of disclosure has each attribute, and the sets that it is in."""
    sets = ("minimal", "standard", "full")
    assert set(sets) == set(disclosure.SETS)
    documented = {names(cells[0])[0]: cells[2:] for cells in rows(API, f"name | shows | `{'` | `'.join(sets)}`")}
    assert documented == {
        name: ["x" if name in disclosure.SETS[set_] else "" for set_ in sets] for name in disclosure.FULL
    }


def test_every_attribute_is_documented() -> None:
    """The table of attributes is the catalogue's: other names, operators, whose it is, and what discloses it."""
    documented = {
        name: [sorted(names(cells[1])), names(cells[2]), cells[3], cells[4]]
        for cells in rows(API, "attribute")
        for name in names(cells[0])
    }
    kinds = ((Kind.PERSON, "persons"), (Kind.GROUP, "groups"))
    assert documented == {
        attribute.name: [
            sorted(attribute.aliases),
            [*attribute.operators],
            ", ".join(word for kind, word in kinds if kind in attribute.kinds) or "memberships",
            needed(attribute),
        ]
        for attribute in SOCIAL_CATALOGUE.attributes
    }


def needed(attribute: Attribute) -> str:
    """Write what a client needs to query an attribute of the records that have it."""
    (always,) = attribute.disclosed_by
    needs = {kind: SOCIAL_CATALOGUE.required_disclosure(attribute, kind) for kind in attribute.kinds}
    of_persons = needs.get(Kind.PERSON, frozenset()) - {always}
    assert needs.get(Kind.GROUP, {always}) == {always}
    return "; ".join([f"`{always}`", *(f"for persons also `{name}`" for name in of_persons)])


def test_every_error_code_is_documented() -> None:
    """The codes of the standard that the code uses are in the tables, and no others."""
    used = set(re.findall(r'"((?:err|rjct)\.[a-z_.]+)"', PRODUCT))
    tables = [("status | code", 1), ("code on a search item", 0), ("code on the header (`status: rjct`)", 0)]
    in_api = (column(API, header, number) for header, number in tables)
    in_exchange = (column(EXCHANGE, f"code on {what}", 0) for what in ("a subscribe item", "an unsubscribe"))
    assert set().union(*in_api, *in_exchange) == used


def test_every_status_is_documented_with_its_code() -> None:
    """Each error of the tree is in the table, under its status."""
    documented = {(cells[0], names(cells[1])[0]) for cells in rows(API, "status | code")}
    assert {(str(outcome.status), outcome.code) for outcome in OUTCOMES.values()} <= documented


def test_every_oauth_error_is_documented() -> None:
    """The errors of the token endpoint are in its table, and no others."""
    assert column(API, "status | `error`", 1) == {error for error in OAUTH_ERRORS if f'"{error}"' in PRODUCT}


def test_every_limit_is_documented() -> None:
    """The table of limits has the code's figures."""
    documented = {cells[0]: int(re.sub(r"\D", "", cells[1])) for cells in rows(API, "what | limit")}
    assert documented == LIMITS


def test_every_kind_of_test_is_documented() -> None:
    """CONTRIBUTING has each folder of tests, and when to write one of its kind."""
    folders = {f"tests/{path.parent.name}" for path in (ROOT / "tests").glob("*/test_*.py")}
    assert column(CONTRIBUTING, "kind") == folders


@pytest.mark.parametrize("path", [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")], ids=lambda path: path.name)
def test_every_link_has_a_target(path: Path) -> None:
    """Each relative link leads to a file of the repository, and its fragment to a heading there."""
    text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith("https://"):
            continue
        file, _, fragment = link.partition("#")
        target = path.parent / file if file else path
        assert target.exists(), link
        assert not fragment or fragment in headings(target.read_text()), link


def headings(text: str) -> set[str]:
    """Return the fragments that lead to a document's headings."""
    found = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in found}
