"""Normalized values: normalizing again changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dci_common.registry.model.normalize import name


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=400))
@example("a" * 255 + " b")
@example("ǽ" * 200)
@example("İstanbul ŞIŞLI Straße")
def test_a_matched_text_is_its_own_form(value: str) -> None:
    """Normalizing a normalized text does not change it."""
    assert name(name(value)) == name(value)


@pytest.mark.parametrize(
    ("written", "matched"),
    [
        ("Đặng Đức", "dang-duc"),
        ("Sigurðsson", "sigurdsson"),
        ("Sørensen", "sorensen"),
        ("Łukasz", "lukasz"),
        ("Ħal Għaxaq", "hal-ghaxaq"),
        ("Iğdır", "igdir"),
        ("Ŧunni", "tunni"),
        ("Ægir Ǽ", "aegir-ae"),
        ("Œuvre", "oeuvre"),
        ("Þór", "thor"),
        ("Ǿ", "o"),
    ],
)
def test_accents_strokes_and_ligatures_are_ignored(written: str, matched: str) -> None:
    """Strokes through a letter and ligatures are dropped as accents are, in either case."""
    assert name(written) == name(written.upper()) == name(written.lower()) == matched


@given(st.text(st.characters(max_codepoint=127), min_size=1, max_size=80))
def test_plain_letters_are_matched_like_all_others(value: str) -> None:
    """What has plain letters alone, and is read faster, comes out as it does beside another letter."""
    assert name(f"{value} é") == "-".join(filter(None, (name(value), "e")))
