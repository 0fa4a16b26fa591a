"""The one check of a record that comes from outside: what its fields say, and what the model accepts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, NamedTuple

from pydantic import ValidationError

from dci_cli.registry.support import plausibility
from dci_cli.registry.support.plausibility import Fields, Finding, Path
from dci_common.registry.model.records import MAX_BYTES, SMALL, AnyRecord, Name, Person
from dci_common.validation import problems

_GROWTH = 8  # 1e15 becomes 1000000000000000.0, a date of a moment gets a time: nothing else grows as much
Namer = Callable[[Path], str]

_UNSET_IF_EMPTY = ("restricted", "identifiers", "memberships")  # an empty value of these is not given


class CheckedRecord(NamedTuple):
    """A record, or the reasons why it is rejected; and what is improbable in it or was repaired."""

    record: AnyRecord | None
    reasons: list[Finding]
    warnings: list[Finding]


def check_record(
    model: type[AnyRecord], fields: Fields, today: date, *, strict: bool = False, size: int = MAX_BYTES
) -> CheckedRecord:
    """Check the fields of a record. A null is given: it removes the value that the registry has.

    With `strict` what is improbable or was repaired is a reason too. `size` is that of the fields as JSON, if known.
    """
    if None in fields.values():
        _set_defaults(model, fields)
    findings = plausibility.check(fields, today)
    reasons = [finding for finding in findings if finding.is_impossible or strict]
    warnings = [] if strict else [finding for finding in findings if not finding.is_impossible]
    try:
        record = model.model_validate(fields, context=SMALL if size * _GROWTH < MAX_BYTES else None)
    except ValidationError as error:
        known = {finding.path for finding in reasons}
        reasons += [Finding(path, what, is_impossible=True) for path, what in problems(error) if path not in known]
        return CheckedRecord(None, reasons, warnings)
    return CheckedRecord(None if reasons else record, reasons, warnings)


def sentences(findings: Iterable[Finding], name_of: Namer) -> list[str]:
    """Return a sentence for each finding, without repetitions."""
    return list(dict.fromkeys(f"{name_of(finding.path)} {finding.what}." for finding in findings))


def dotted(path: Path) -> str:
    """Return the name of a field in JSON: `phone_numbers.0`."""
    return ".".join(map(str, path))


def _set_defaults(model: type[AnyRecord], fields: Fields) -> None:
    """Replace each null by the empty value of its field, or take it out where an empty value is not given."""
    for name in [name for name, value in fields.items() if value is None and name in model.model_fields]:
        if name in _UNSET_IF_EMPTY:
            del fields[name]
        else:
            fields[name] = _empty(model, name)


def _empty(model: type[AnyRecord], name: str) -> Any:  # noqa: ANN401 - the model validates it
    if model is Person and name == "name":
        return dict.fromkeys(Name.model_fields)
    field = model.model_fields[name]
    return None if field.is_required() else field.default
