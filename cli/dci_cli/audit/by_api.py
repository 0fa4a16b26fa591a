"""The audit through the API, in the name of a person who is signed in, with each look recorded."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlencode

from dci_cli.api import Api
from dci_cli.audit.records import Period
from dci_cli.command_error import CommandError
from dci_common.exchange.audit_records import Record
from dci_common.json_text import json_text

_MADE_BY_THE_API = ("did", "count")


class Answer(NamedTuple):
    """Records, the oldest first, and what is to be said beside them: about the subject, and about the index."""

    records: list[Record]
    absence: str
    warning: str


def read_by_api(api: Api, options: argparse.Namespace, period: Period) -> Answer:
    """Return what the options ask for. Raises CommandError."""
    entries, page = whole_list(api, "/audit", "entries", {**subject_of(api, options), **period_of(period)})
    warning = incompleteness(page, period) if "subjects" in page else ""
    return Answer([_record(entry) for entry in reversed(entries)], _absence(page, period), warning)


def incompleteness(page: Mapping[str, Any], period: Period | None) -> str:
    """Return what may be missing of a record's history, in a period or in all time; empty if nothing is."""
    complete = page.get("complete_since", "")
    if page.get("is_complete") or (complete and period and complete <= str(period.first)):
        return ""
    since = f"before {complete} " if complete else ""
    return f"What was recorded {since}may be missing: run dci audit reindex."


def period_of(period: Period) -> dict[str, str]:
    """Return the parameters that name a period."""
    return {"since": str(period.first), "until": str(period.last)}


def whole_list(api: Api, path: str, member: str, asked: Mapping[str, str]) -> tuple[list[Any], dict[str, Any]]:
    """Return all that a list has, page by page, and the last page. Raises CommandError."""
    found: list[Any] = []
    following: dict[str, str] = {}
    while True:
        page = _content(api, f"{path}?{urlencode({**asked, 'limit': '100', **following})}")
        found += page[member]
        if "next" not in page:
            return found, page
        following = {"next": page["next"]}


def subject_of(api: Api, options: argparse.Namespace) -> dict[str, str]:
    """Return the parameters that name the subject. Raises CommandError."""
    if options.changes:
        raise CommandError("--changes reads the table: give it with --table or AUDIT_TABLE.")
    if options.client is not None:
        found = _content(api, f"/clients?{urlencode({'name': options.client})}")["clients"]
        return {"client_id": str(found[0]["client_id"]) if found else options.client}
    kind, names = ("person", options.person) if options.person else ("group", options.group)
    match names:
        case [record_id]:
            return {kind: record_id}
        case [type_, value]:
            return {"identifier_type": type_, "identifier_value": value}
    raise CommandError("Give an id, or TYPE VALUE: an identifier. A type or value with spaces is put in quotes.")


def _content(api: Api, path: str) -> dict[str, Any]:
    reply = api.get(path)
    content = reply.json
    if reply.status == HTTPStatus.OK and isinstance(content, dict):
        return content
    raise CommandError(reply.error or f"The API answered with status {reply.status}.")


def _record(entry: Record) -> Record:
    """Return an entry as a record of the table: texts for objects."""
    return {
        name: value if isinstance(value, str | list | bool) and name != "query" else _text(value)
        for name, value in entry.items()
        if name not in _MADE_BY_THE_API
    }


def _text(value: object) -> str:
    return value if isinstance(value, str) else json_text(value)


def _absence(page: dict[str, Any], period: Period) -> str:
    subjects: Sequence[dict[str, Any]] = page.get("subjects", ())
    unknown = [subject["record"] for subject in subjects if not subject["exists"]]
    there_is_no = f" There is no {unknown[0]} in the registry now." if unknown else ""
    return f"Nothing was recorded from {period.first} to {period.last}.{there_is_no}"
