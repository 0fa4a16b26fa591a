"""The parameters of oversight: what is asked of whom and of when, and in which form the answer goes."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from dci_common.csv_text import csv_text
from dci_common.edge.http import Request, Response
from dci_common.edge.positions import invalid_next
from dci_common.errors import InvalidRequest
from dci_common.exchange.audit_pages import AFTER, Span
from dci_common.json_text import json_text

Parameters = Mapping[str, str]
_MAX_VALUE_BYTES = 512
_MAX_POSITION_BYTES = 8192  # of `next`, which has the name of a client in it
_DAY = 86_400
_DAYS, _MAX_DAYS = 30, 366  # of a period, if it is not given, and at most, where no record is named
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d(\.\d{3})?)?)?Z?", re.ASCII)
# A sort key of an audit item, or the day before which all days follow.
_POSITION = re.compile(r"(\d{4}-\d\d-\d\d)(T\d\d:\d\d:\d\d\.\d{3}Z#[0-9a-f]{16}#\d{1,9}~?)?", re.ASCII)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")  # and what is not UTF-8
# Overrides, embeddings and isolates, which reorder what is shown.
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
_START = "0001-01-01"


class Rows(NamedTuple):
    """A list of rows by the names of their columns, as a member of JSON or as CSV; `following` is its `next`."""

    member: str
    columns: Sequence[str]
    rows: Iterable[Mapping[str, Any]]
    following: str = ""


def read_parameters(request: Request, *names: str) -> Parameters:
    """Return the parameters of the query. Raises InvalidRequest when one is unknown, repeated or malformed."""
    given = parse_qsl(request.query, keep_blank_values=True)
    for name, value in given:
        if name not in names:
            raise InvalidRequest(f"A parameter is unknown; there are {', '.join(names)}.")
        most = _MAX_POSITION_BYTES if name == "next" else _MAX_VALUE_BYTES
        if not value.strip() or _CONTROL.search(value) or len(value.encode()) > most:
            raise InvalidRequest(f"{name} must be a text of up to {most} bytes, without line breaks.")
    parameters = dict(given)
    if len(parameters) < len(given):
        raise InvalidRequest("A parameter is repeated: send each one once.")
    _check_format(parameters)
    _check_reason(parameters)
    return parameters


def read_span(parameters: Parameters, now: float, *, is_bounded: bool) -> Span:
    """Return the period that is asked for, and where the page begins. Raises InvalidRequest."""
    return Span(*read_period(parameters, now, is_bounded=is_bounded), _position(parameters))


def read_period(parameters: Parameters, now: float, *, is_bounded: bool) -> tuple[str, str]:
    """Return the sort keys between which the period is that is asked for. Raises InvalidRequest.

    `since` and `until` are dates or moments in UTC, and both are included, as far as they say: `until` a date means
    until its end. A period that `is_bounded` begins 30 days before its end, where `since` is missing. What is to come
    has not been recorded, but for the clock of another function, which may be ahead.
    """
    tomorrow = str(datetime.fromtimestamp(now + _DAY, UTC).date())
    last = min(_moment(parameters, "until") or tomorrow, tomorrow)
    days = date.fromisoformat(last[:10]).toordinal()
    begin = str(date.fromordinal(max(1, days - _DAYS)))
    first = _moment(parameters, "since") or (begin if is_bounded else _START)
    if first > last + AFTER:
        raise InvalidRequest("since must not be after until, nor in the future.")
    if is_bounded and days - date.fromisoformat(first[:10]).toordinal() > _MAX_DAYS:
        raise InvalidRequest(f"A period has {_MAX_DAYS} days at most, unless a person or group is named.")
    return first, last + AFTER


def respond(request: Request, parameters: Parameters, rows: Rows, further: Mapping[str, object]) -> Response:
    """Return an answer as JSON, or as CSV where the request wants it.

    Then `X-Next-Page` has the position, and `X-Complete-Since` the `complete_since`.
    """
    if wants_csv(request, parameters):
        beside = {"X-Next-Page": rows.following, "X-Complete-Since": str(further.get("complete_since", ""))}
        headers = {"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": "attachment"}
        headers |= {name: value for name, value in beside.items() if value}
        return Response(200, csv_text(rows.columns, map(_flat, rows.rows)), headers)
    following = {"next": rows.following} if rows.following else {}
    return Response.of(200, {rows.member: list(rows.rows), **further, **following})


def next_of(sort_key: str) -> str:
    """Return `next`, of the position after which a page begins; empty if there are no more pages."""
    return base64.urlsafe_b64encode(sort_key.encode()).decode() if sort_key else ""


def _position(parameters: Parameters) -> str:
    if "next" not in parameters:
        return ""
    try:
        text = base64.b64decode(parameters["next"], altchars=b"-_", validate=True).decode("ascii")
        written = _POSITION.fullmatch(text)
        date.fromisoformat(written[1] if written else "")
    except (binascii.Error, ValueError) as error:
        raise invalid_next() from error
    return text


def _moment(parameters: Parameters, name: str) -> str:
    """Return a date or a moment as sort keys begin; empty where it is missing."""
    if name not in parameters:
        return ""
    written = _MOMENT.fullmatch(parameters[name])
    try:
        datetime.fromisoformat(written[1] + (written[2] or "") if written else "")
    except ValueError as error:
        raise InvalidRequest(
            f"{name} must be a date or a moment in UTC, such as 2026-01-31 or 2026-01-31T09:30Z."
        ) from error
    return parameters[name].removesuffix("Z")


def _check_format(parameters: Parameters) -> None:
    if parameters.get("format", "json") not in {"json", "csv"}:
        raise InvalidRequest("format must be json or csv.")


def _check_reason(parameters: Parameters) -> None:
    """Reject what others could not read as it was written. A value that is looked for may be pasted with anything."""
    if "reason" in parameters and not any(map(str.isalnum, parameters["reason"])):
        raise InvalidRequest("reason must have words: what is not seen is no reason.")
    if _DIRECTION.search(parameters.get("reason", "")):
        raise InvalidRequest(
            "reason must have no invisible characters that reorder a text: remove U+202A to U+202E and U+2066 to"
            " U+2069."
        )


def wants_csv(request: Request, parameters: Parameters) -> bool:
    """Return whether CSV is wanted: by `format`, or else by the header Accept, if that names CSV and not JSON."""
    if "format" in parameters:
        return parameters["format"] == "csv"
    accepted = [one.partition(";")[0].strip().lower() for one in request.headers.get("accept", "").split(",")]
    return "text/csv" in accepted and "application/json" not in accepted


def _flat(row: Mapping[str, Any]) -> dict[str, str]:
    """Return a row with texts alone: the parts of a list are separated by spaces, and an object or a flag is JSON."""
    return {name: _cell(value) for name, value in row.items()}


def _cell(value: object) -> str:
    if isinstance(value, dict | bool):
        return json_text(value)
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
