"""Attribute values in moto and botocore: those that look the same in JSON are taken as they are.

Both read and write each value, and each value in it, by the service's model.
"""

from __future__ import annotations

from typing import Any

from botocore.parsers import BaseJSONParser
from moto.core.parse import JSONParser
from moto.core.serialize import JSONSerializer
from moto.dynamodb import responses
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.utilities import dynamo_to_dict

_PLAIN = {"S", "N", "BOOL", "NULL", "SS", "NS"}
_read: Any = JSONParser._parse_structure  # noqa: SLF001 - moto has no public function for it
_write: Any = JSONSerializer._serialize_type_structure  # noqa: SLF001
_write_each: Any = JSONSerializer._serialize_type_map  # noqa: SLF001
_receive: Any = vars(BaseJSONParser)["_handle_structure"]


def _read_structure(parser: Any, shape: Any, value: Any) -> Any:  # noqa: ANN401 - moto's own types
    """Return an attribute value as it is, if it has the same form in JSON and in moto."""
    return value if shape.name == "AttributeValue" and _is_plain(value) else _read(parser, shape, value)


def _write_structure(writer: Any, into: Any, value: Any, shape: Any, key: str) -> None:  # noqa: ANN401 - moto's own
    """Write an attribute value as it is, if it has the same form in JSON; of a response, only the members it has."""
    if shape.name == "AttributeValue" and _is_plain(value):
        into[key] = value
    elif key and not writer._value_picker.response_transformers and _has_own_names(value, shape):  # noqa: SLF001
        into[key] = {}
        for name, member in value.items():
            if member is not None:
                writer._serialize(into[key], member, shape.members[name], name)  # noqa: SLF001
    else:
        _write(writer, into, value, shape, key)


def _write_map(writer: Any, into: Any, value: Any, shape: Any, key: str) -> None:  # noqa: ANN401 - moto's own types
    """Write an item as it is, if its attribute values are."""
    if shape.value.name == "AttributeValue" and all(map(_is_plain, value.values())):
        into[key] = value
    else:
        _write_each(writer, into, value, shape, key)


def _received_structure(parser: Any, shape: Any, value: Any) -> Any:  # noqa: ANN401 - botocore's own types
    """Return an attribute value as it was received, if it has the same form in botocore."""
    return value if shape.name == "AttributeValue" and _is_plain(value) else _receive(parser, shape, value)


def _in_json(value: Any) -> Any:  # noqa: ANN401 - moto's own types
    """Return what moto holds as JSON has it."""
    match value:
        case str() | bool() | int() | float() | None:
            return value
        case DynamoType() if value.type in _PLAIN:
            return {value.type: value.value}
        case DynamoType() if value.type in {"M", "L"}:
            return {value.type: _in_json(value.value)}
        case dict():
            return {name: _in_json(member) for name, member in value.items()}
        case list():
            return [_in_json(member) for member in value]
        case Item():
            return _in_json(value.to_json())
    return dynamo_to_dict(value)


def _has_own_names(value: object, shape: Any) -> bool:  # noqa: ANN401 - moto's own types
    """Return whether a structure has the service's own names alone, so that moto need not look for others."""
    return type(value) is dict and value.keys() <= shape.members.keys() and not shape.is_document_type


def _is_plain(value: object) -> bool:
    if not isinstance(value, dict) or len(value) != 1:
        return False
    [(type_, content)] = value.items()
    if type_ in _PLAIN:
        return content is not None
    return all(map(_is_plain, content.values() if type_ == "M" else content if type_ == "L" else (None,)))


REPLACEMENTS: list[tuple[Any, str, Any]] = [
    (JSONParser, "_parse_structure", _read_structure),
    (JSONSerializer, "_serialize_type_structure", _write_structure),
    (JSONSerializer, "_serialize_type_map", _write_map),
    (BaseJSONParser, "_handle_structure", _received_structure),
    (responses, "dynamo_to_dict", _in_json),
]
