"""What a clerk may type anywhere: no text stops a pass, takes long, or becomes SQL."""

from __future__ import annotations

import time

import pytest

from dci_common.registry.model.base import Kind
from support.follow_harness import FollowHarness
from support.openspp_database import OpenSppDatabase

pytestmark = pytest.mark.postgres
TEXTS = (
    *(
        "x" * 600,
        "a'b\\'); DROP TABLE res_partner; --",
        "%s %(ids)s %%",
        "#",
        "\u202e\u200b",
        "\x1b[31m\x07",
        "\uffff",
    ),
    *("{}", "a,b,,;", "=cmd()", " ", "é" * 501, "\x85\u2028"),
)
OF_PERSONS = (
    *("family_name", "given_name", "addl_name", "birth_place", "email", "phone", "street", "street2"),
    *("zip", "city"),
)
LISTS = {
    "kind": "INSERT INTO g2p_group_membership_kind (name) VALUES ({}) RETURNING id",
    "type": "INSERT INTO g2p_id_type (name) VALUES ({}) RETURNING id",
    "group": "INSERT INTO g2p_group_kind (name) VALUES ({}) RETURNING id",
}
CODE = """INSERT INTO spp_vocabulary_code (vocabulary_id, code, display) VALUES (1, {}, '{{}}')
          ON CONFLICT (vocabulary_id, code) DO UPDATE SET code = excluded.code RETURNING id"""


def test_no_text_stops_a_pass(follow: FollowHarness, openspp: OpenSppDatabase) -> None:
    """With every text in every field and list, all are followed, and the next full pass finds no difference."""
    is_17 = openspp.version == "openspp17"
    for text in TEXTS:
        literal = "'" + text.replace("'", "''") + "'"
        kind, type_, group_kind = (int(openspp.sql((of if is_17 else CODE).format(literal))) for of in LISTS.values())
        person = openspp.person(**dict.fromkeys(OF_PERSONS, text))
        group = openspp.group(**{"name": text, "kind" if is_17 else "group_type_id": group_kind})
        openspp.member(group, person, kind)
        openspp.identifier(person, text[:100], **{"id_type" if is_17 else "id_type_id": type_})
        openspp.insert(openspp.phones, partner_id=person, phone_no=text)
    url = openspp.cluster.url(openspp.name)
    outcome = follow(url)
    assert outcome.status == 0, outcome.err
    assert sum(kind is Kind.PERSON for kind, _ in follow.registry.views()) == len(TEXTS)
    assert follow(url, "--full").out.endswith(": nothing changed.\n")
    assert not any(text in outcome.err for text in TEXTS if len(text) > 2)


def test_no_text_takes_long(openspp17: OpenSppDatabase) -> None:
    """An e-mail address that is made to be searched for hours is read at once."""
    person = openspp17.person(email="<" + "@" * 300_000)
    before = time.process_time()
    assert "emails" not in openspp17.fields(person)
    assert time.process_time() - before < 5
