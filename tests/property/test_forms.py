"""The matched forms of values: which are equal, that they are their own forms, and that what was equal still is."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from dci_common.registry.model import former_rules, normalize

ZONES = ("", "TH", "IQ", "KE", "US", "GB", "IT", "AR", "BR")
names = st.text(st.sampled_from("aéÉßŁ' -.ʼʻـيیىكکهةهہٱاआन्ﷺ٣3‍‌\u200b९") | st.characters(exclude_categories=["Cs"]))
dialled = st.text(st.sampled_from("+0123456789 ()-./٠٧＋０\u202a—x"), max_size=24)
digits = st.text(st.sampled_from("0123456789"), min_size=1, max_size=16)


def test_decimal_digits_of_every_script_are_equal() -> None:
    """Every decimal digit that Unicode has is 0 to 9 in a name, an identifier, a phone number and a date."""
    for char in filter(str.isdecimal, map(chr, range(0x110000))):
        digit = str(unicodedata.decimal(char))
        assert normalize.name(f"a{char}é") == normalize.name(f"a{digit}é")
        assert normalize.identifier(f"A-{char}") == f"A-{digit}"
        assert normalize.phone(f"1{char}") == f"1{digit}"
        assert normalize.day(f"200{char}-01-01") == f"200{digit}-01-01"


@pytest.mark.parametrize(
    "value",
    ["2001-02-03", "٢٠٠١-٠٢-٠٣", "२००१-०२-०३", "２００１-０２-０３", "٢٠٠١-٠٢-٠٣T٠٤:٠٥:٠٦Z"],
)
def test_dates_are_read_in_any_digits(value: str) -> None:
    """A date, or the date of a date-time, is read in digits of any script."""
    assert normalize.day(value) == normalize.utc_day(value) == "2001-02-03"


@given(names, dialled, st.sampled_from(ZONES))
def test_a_form_is_its_own_form(text: str, number: str, country: str) -> None:
    """Normalising a normalised value changes nothing."""
    assert normalize.name(normalize.name(text)) == normalize.name(text)
    assert normalize.identifier(normalize.identifier(text)) == normalize.identifier(text)
    phone = normalize.phone(number, country)
    assert normalize.phone(phone, country) == phone


@given(st.sampled_from(("", "+", "00", "0", "+660", "0066", "+440")), digits, st.sampled_from(ZONES))
@example("+", "4300869206632", "AT")  # a number that nobody has: a zero after its country's code, then another
@example("0", "445481782", "JE")
def test_a_phone_number_is_its_own_form(start: str, rest: str, country: str) -> None:
    """Also where a national prefix would be dropped from it again."""
    phone = normalize.phone(start + rest, country)
    assert normalize.phone(phone, country) == phone


@given(names)
def test_names_that_matched_still_do(text: str) -> None:
    """What version 1 brought to one form has one form now; but a joiner is nothing now, where it was a space."""
    assume(not any(unicodedata.category(char) == "Cf" for char in text))
    former = former_rules.name(text)
    assume(len(former.encode()) < 200)  # a text is matched on its beginning
    assert normalize.name(former) == normalize.name(text)


@given(dialled, names, st.sampled_from(ZONES))
def test_numbers_that_matched_still_do(number: str, text: str, country: str) -> None:
    """What version 1 brought to one form has one form now."""
    assert normalize.phone(former_rules.phone(number), country) == normalize.phone(number, country)
    assert normalize.identifier(former_rules.identifier(text)) == normalize.identifier(text)


@pytest.mark.parametrize("number", ["191", "555", "call 0812345678", "081-234-5678 ext 5", ""])
def test_what_is_no_number_only_loses_its_punctuation(number: str) -> None:
    """A short number, an extension or a remark is never taken for somebody's number."""
    assert normalize.phone(number, "TH") == former_rules.phone(number)
