"""POST /registry/sync/search: what a client may ask is what its disclosure list names."""

from __future__ import annotations

import pytest

from dci_common.registries.social.disclosure import FULL
from support.api import Api, identified, predicate
from support.example_counts import sampled
from support.people import EVERYBODY

FILTER = "rjct.filter.invalid"
# A person lives where their household does, unless they have an address of their own.
AT_HOME = ("district", "region", "location", "address_line", "locality", "postal_code", "country")


@pytest.mark.parametrize(
    ("attribute", "record_type", "needed"),
    sampled(
        [
            ("UIN", "SRPerson", {"identifier"}),
            ("National ID", "SRPerson", {"identifier"}),
            ("UIN", "Group", {"identifier"}),
            ("birthdate", "SRPerson", {"birth_date"}),
            ("MOBILE", "SRPerson", {"phone_number"}),
            ("MOBILE", "Group", {"phone_number"}),
            ("EMAIL", "SRPerson", {"email"}),
            ("HOUSEHOLD_ID", "Group", {"identifier"}),
            ("HOUSEHOLD_ID", "Member", {"identifier", "household"}),
            *(
                (name, record_type, {"address", "household"})
                for name in AT_HOME
                for record_type in ("SRPerson", "Member")
            ),
            *((name, "Group", {"address"}) for name in AT_HOME),
        ],
        quick=9,
    ),
)
def test_only_what_is_seen_can_be_asked(village_api: Api, attribute: str, record_type: str, needed: set[str]) -> None:
    """A filter on what is hidden is rejected, whatever its value, since counts would leak it."""
    for hidden in needed:
        token = village_api.token_of(disclosure=tuple(FULL - {hidden}))
        for value in ("1990-01-31", "847951632"):
            asked = predicate((attribute, "eq", value), reg_record_type=record_type)
            (response,) = village_api.search(asked, token=token).items
            assert response["status_reason_code"] == FILTER
            assert "disclosed" in response["status_reason_message"]
    token = village_api.token_of(disclosure=tuple(needed))
    asked = predicate((attribute, "eq", "1990-01-31"), reg_record_type=record_type)
    assert village_api.search(asked, token=token).items[0]["status"] == "succ"


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", AT_HOME)
def test_a_hidden_household_does_not_affect_the_order(village_api: Api, name: str) -> None:
    """A client that may not see households cannot sort people by place, and can sort groups."""
    token = village_api.token_of(disclosure=("minimal", "address"))
    sort = {"attribute_name": name, "sort_order": "asc"}
    people = predicate(EVERYBODY, sort=sort, reference_id="people")
    groups = predicate(("name", "ge", "a"), sort=sort, reg_record_type="Group", reference_id="groups")
    hidden, shown = village_api.search(people, groups, token=token).items
    assert hidden["status_reason_code"] == FILTER
    assert "disclosed" in hidden["status_reason_message"]
    assert shown["status"] == "succ"


@pytest.mark.parametrize(
    ("disclosure", "record_type", "offered"),
    [
        (("sex",), "SRPerson", "sex"),
        (("birth_date", "email"), "SRPerson", "age, YOB, EMAIL, birth_date"),
        (("birth_date", "sex", "email"), "Group", "none"),
        (("household",), "Group", "group_size, membership_kind"),
        (("sex", "household"), "Group", "sex, group_size, membership_kind"),
        (("address",), "SRPerson", "none"),
        (("identifier",), "SRPerson", "BRN, DRN, MRN, NATIONAL ID, NIN, UIN"),
        ((), "SRPerson", "none"),
    ],
)
def test_what_is_offered_instead_is_what_the_client_may_ask(
    village_api: Api, disclosure: tuple[str, ...], record_type: str, offered: str
) -> None:
    """The answer to an unknown attribute names no attribute, and no identifier type, that is hidden."""
    token = village_api.token_of(disclosure=disclosure)
    asked = predicate(("shoe_size", "eq", "5"), reg_record_type=record_type)
    (response,) = village_api.search(asked, token=token).items
    assert response["status_reason_code"] == FILTER
    assert response["status_reason_message"].endswith(f"no such attribute. This client can ask: {offered}.")


@pytest.mark.parametrize("condition", ["and", "or", "not"])
def test_no_part_of_a_query_escapes_the_limits(village_api: Api, condition: str) -> None:
    """One hidden attribute anywhere in a query rejects it, and names the attribute."""
    token = village_api.token_of(disclosure=("minimal",))
    asked = predicate(EVERYBODY, ("phone", "eq", "+1"), condition=condition)
    (response,) = village_api.search(asked, token=token).items
    assert response["status_reason_code"] == FILTER
    assert "MOBILE" in response["status_reason_message"]


def test_a_client_that_sees_nothing(village_api: Api) -> None:
    """An empty list discloses nothing and lets nothing be asked."""
    token = village_api.token_of(disclosure=())
    items = [predicate(EVERYBODY, reference_id="a"), identified("UIN", "847951632", reference_id="b")]
    assert [response["status"] for response in village_api.search(*items, token=token).items] == ["rjct", "rjct"]
