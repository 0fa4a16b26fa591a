"""Validation errors as sentences for partners: the member and what is expected there, never what was sent."""

from __future__ import annotations

from pydantic import ValidationError

_EXPECTED = {
    "missing": "is missing",
    "extra_forbidden": "holds an unknown field",
    "json_invalid": "is not valid JSON",
    "string_type": "must be a string",
    "string_too_short": "must not be empty",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number of fewer digits",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
}


def describe(error: ValidationError, root: str) -> str:
    """Return one sentence about the first problem; `root` is the name of the whole body in it."""
    location, what = problems(error)[0]
    return f"{'.'.join(map(str, location)) or root} {what}."


def problems(error: ValidationError) -> list[tuple[tuple[str | int, ...], str]]:
    """Return the location of each problem, and what is expected there."""
    found = []
    for problem in error.errors(include_url=False, include_input=False):
        kind, location = problem["type"], problem["loc"]
        if kind == "extra_forbidden":
            location = location[:-1]  # the last part is what was sent
        what = _EXPECTED.get(kind) or _expected_from(kind, problem.get("ctx", {}), problem["msg"])
        found.append((location, what))
    return found


def _expected_from(kind: str, limits: dict[str, object], message: str) -> str:
    match kind:
        case "string_too_long":
            return f"must have at most {_counted(limits['max_length'], 'character', 'characters')}"
        case "literal_error":
            return f"must be {limits['expected']}"
        case "greater_than_equal":
            return f"must be at least {limits['ge']}"
        case "less_than_equal":
            return f"must be at most {limits['le']}"
        case "too_long":
            return f"must have at most {_counted(limits['max_length'], 'entry', 'entries')}"
        case "too_short":
            return f"must have at least {_counted(limits['min_length'], 'entry', 'entries')}"
    # Only messages of this project's validators are repeated: pydantic's may quote the input.
    return message if kind.startswith(("err.", "rule")) else "is not valid"


def _counted(number: object, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"
