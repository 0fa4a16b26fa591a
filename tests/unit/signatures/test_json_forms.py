"""JSON forms: one meaning for what is read, and the bytes of each library for what is signed."""

from __future__ import annotations

import json
import random
import struct
from typing import Any

import orjson
import pytest

from dci_common.signatures import json_forms
from dci_common.signatures.json_forms import Unreadable, orjson_forms, parse, python_form, same_json

NUMBERS = [
    *(0, -1, 2**53 + 1, 2**63, 2**64 - 1, -(2**63), 1.0, -0.0, 1.5, 1e15, 9999999999999998.0, 1e16, 1.25e17, 1e21),
    *(1e22, 1e100, 1.7976931348623157e308, 1e-4, 1e-5, 1.5e-5, 9.99e-5, 1e-6, 1e-7, 1.25e-10, 1e-100, 5e-324),
]
TEXTS = ["José", '"\\/\b\f\n\r\t', "\x00\x1f\x7f\x80", "\u2028\u2029\ufffe", "😀", "1e+16", '"1e-05', "\\", ""]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"a": 1, "a": 1}', "same member twice"),
        ('{"a": [{"b": 1, "\\u0062": 2}]}', "same member twice"),
        ('{"a": NaN}', "NaN is not JSON"),
        ('{"a": -Infinity}', "-Infinity is not JSON"),
        ('{"a": 1e309}', "too large"),
        ('{"a": -1' + "0" * 309 + "}", "too large"),
        ('{"a": ' + "9" * 100_000 + "}", "too large"),
        ('{"a": "\\ud800"}', "half a character"),
        ('{"\\udc00": 1}', "half a character"),
        ('{"a": "\\udc00\\ud800"}', "half a character"),
        ('{"a":' * 101 + "1" + "}" * 101, "nested too deep"),
        ('{"a":' + "[" * 500_000, "nested too deep"),
        ("[]", "not a JSON object"),
        ("{", "not JSON in UTF-8"),
        ("{} {}", "not JSON in UTF-8"),
        ('{"a": 01}', "not JSON in UTF-8"),
        ('\ufeff{"a": 1}', "not JSON in UTF-8"),
        ('{"a": "\n"}', "not JSON in UTF-8"),
    ],
)
def test_a_text_with_more_than_one_meaning_is_not_read(text: str, sentence: str) -> None:
    """What two libraries may read differently, or one not at all, is rejected with a sentence."""
    with pytest.raises(Unreadable, match=sentence):
        parse(text.encode())


@pytest.mark.parametrize(
    "encoded", ['{"a": "é"}'.encode("latin-1"), '{"a": 1}'.encode("utf-16"), b'{"a": "\xed\xa0\x80"}']
)
def test_only_utf8_is_read(encoded: bytes) -> None:
    """JSON is UTF-8; no encoding is guessed."""
    with pytest.raises(Unreadable, match="UTF-8"):
        parse(encoded)


def test_what_is_read_keeps_its_value() -> None:
    """Integers are exact, other numbers are floats, pairs of escapes are characters, and 100 levels are read."""
    text = '{"a": 12345678901234567890123, "b": 1e16, "c": 1.0, "d": "\\ud83d\\ude00", "e": -0.0, "f": 1E400}'
    assert repr(parse(text.replace("1E400", "1E-400").encode())) == (
        "{'a': 12345678901234567890123, 'b': 1e+16, 'c': 1.0, 'd': '😀', 'e': -0.0, 'f': 0.0}"
    )
    assert parse(b'{"a":' * 100 + b"1" + b"}" * 100)


def test_python_form_is_that_of_its_json() -> None:
    """ASCII with escapes, sorted at every level, floats as Python writes them."""
    value = {"b": {"ü": 1, "a": 1e16}, "a": [1e-7, 1e-5, -0.0, 1.0, 2**70], "😀": None}
    assert python_form(value) == (
        rb'{"a":[1e-07,1e-05,-0.0,1.0,1180591620717411303424],"b":{"a":1e+16,"\u00fc":1},"\ud83d\ude00":null}'
    )


@pytest.mark.parametrize("value", [{"a": each, "é": [each]} for each in (*NUMBERS, *TEXTS)])
def test_orjson_form_is_that_of_orjson(value: dict[str, Any]) -> None:
    """Numbers, characters and escapes are written as orjson itself writes them."""
    assert orjson_forms(value)[0] == orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def test_orjson_form_is_that_of_orjson_for_any_float() -> None:
    """Floats of all magnitudes, with few and with many digits, are written as orjson writes them."""
    drawn = random.Random(1)
    bits = [struct.unpack("d", drawn.randbytes(8))[0] for _ in range(3000)]
    few = [drawn.randint(-9999, 9999) * 10.0 ** drawn.randint(-12, 24) for _ in range(3000)]
    value = {"floats": [each for each in bits + few if each - each == 0]}
    assert orjson_forms(value)[0] == orjson.dumps(value)


def test_orjson_sorts_members_by_code_point() -> None:
    """Names beyond the Basic Multilingual Plane come last."""
    value = {"\uffff": 1, "😀": {"b": 1, "B": 2, "é": 3, "": 4}, "a": 3}
    assert orjson_forms(value) == (orjson.dumps(value, option=orjson.OPT_SORT_KEYS),)


def test_large_floats_also_have_the_form_of_former_orjson() -> None:
    """Until 3.11.6, orjson wrote no plus; strings that look like numbers stay, and other floats have one form."""
    value = {"1e+16": '"1e+16', "a": [1e16, -1.5e300, 1e-7]}
    assert orjson_forms(value) == (
        rb'{"1e+16":"\"1e+16","a":[1e+16,-1.5e+300,1e-7]}',
        rb'{"1e+16":"\"1e+16","a":[1e16,-1.5e300,1e-7]}',
    )
    assert len(orjson_forms({"a": [1e15, 1e-7, 1e-5, "1e+16"]})) == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1", "1.0", True),
        ("10000000000000000", "1e16", True),
        ("12345678901234567000", "1.2345678901234567e19", True),
        ("0", "-0.0", True),
        ('{"a": 1, "b": [2]}', '{"b": [2.0], "a": 1}', True),
        ('"\\u00e9"', '"é"', True),
        ("12345678901234567890", "12345678901234567000", False),
        ("9007199254740993", "9007199254740992", False),
        ("0.1", "0.10000000000000002", False),
        ("1", "true", False),
        ("0", "false", False),
        ("1.0", "true", False),
        ("null", "0", False),
        ("null", "false", False),
        ("1", '"1"', False),
        ("[]", "{}", False),
        ("[1, 2]", "[2, 1]", False),
        ("[1]", "[1, 1]", False),
        ('{"a": null}', "{}", False),
        ('{"a": 1}', '{"b": 1}', False),
        ('"é"', '"e\u0301"', False),
    ],
)
def test_values_are_compared_as_javascript_reads_them(one: str, other: str, same: bool) -> None:  # noqa: FBT001
    """Numbers are the same whatever their writing, large integers only with the same digits."""
    left, right = json.loads(one), json.loads(other)
    assert same_json(left, right) is same
    assert same_json(right, left) is same
    assert same_json({"a": [left]}, {"a": [right]}) is same


def test_the_deepest_values_are_compared() -> None:
    """What is accepted can be compared and written."""
    value = parse(b'{"a":' * json_forms.MAX_DEPTH + b"1" + b"}" * json_forms.MAX_DEPTH)
    assert same_json(value, json.loads(python_form(value)))
