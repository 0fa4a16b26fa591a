"""The rotation of the signing keys, through the function's real handler, and what tokens make of it."""

from __future__ import annotations

import json

import jwt
import pytest

from dci_cli.local.rotation import STEPS
from dci_common.oauth.public_key_store import KeyUse
from dci_rotation.key_rotation import RotationError
from support.api import START
from support.events import event
from support.logs import Logs
from support.rotated_deployment import Deployment, answers, token_name
from support.stored_items import stored_items

pytestmark = pytest.mark.usefixtures("over_the_wire")


def test_the_first_rotation_fills_the_ring(empty: Deployment) -> None:
    """A fresh deployment says when to come back until its own rotation has made its keys."""
    client, secret = empty.api.client()
    refused = empty.api.token(client, secret)
    assert (refused.status, refused.headers["Retry-After"]) == (503, "60")
    assert empty.fresh().send(event("jwks")).json == {"keys": []}
    empty.rotate()
    assert empty.api.token(client, secret).status == 200
    empty.check()
    assert [key.state for key in empty.published.values()] == ["current", "next"]


def test_keys_follow_one_another(deployment: Deployment) -> None:
    """The next key signs, a new one is next, and of the one that signed only the public half is kept."""
    before = deployment.ring
    deployment.rotate()
    after = deployment.ring
    assert before is not None
    assert after is not None
    assert after.current == before.next
    assert after.retired == (before.current[0].public,)
    assert after.next not in (before.next, before.current)
    deployment.check()


def test_a_token_outlives_the_rotation_of_its_key(deployment: Deployment) -> None:
    """A token signed before a rotation, even two, is good until it expires: for warm functions and fresh ones."""
    token = deployment.api.token_of()
    assert answers(deployment.api, token) == 200
    deployment.rotate()
    deployment.rotate()
    for api in (deployment.api, deployment.fresh()):
        assert answers(api, token) == 200
    deployment.api.clock.advance(599)
    for api in (deployment.api, deployment.fresh()):
        assert answers(api, token) == 200
    deployment.api.clock.advance(1)
    assert answers(deployment.api, token) == 401


@pytest.mark.exhaustive
def test_a_function_that_remembers_the_old_ring_signs_good_tokens(deployment: Deployment) -> None:
    """Tokens of a retired key are accepted as long as they live."""
    deployment.api.token_of()
    deployment.rotate()
    deployment.api.clock.advance(299)
    client, secret = deployment.api.client(token_lifetime=3600)
    token = str(deployment.api.token(client, secret).json["access_token"])
    assert deployment.published[jwt.get_unverified_header(token)["kid"]].state == "retired"
    deployment.api.clock.advance(3599)
    deployment.rotate()
    assert answers(deployment.fresh(), token) == 200


def test_verifiers_know_a_key_before_it_signs(deployment: Deployment) -> None:
    """A verifier that read the keys before a rotation takes tokens of the key that it put in force."""
    verifier = deployment.fresh()
    assert answers(verifier, deployment.api.token_of()) == 200
    deployment.rotate()
    assert answers(verifier, deployment.fresh().token_of()) == 200


def test_a_retired_key_is_removed_after_its_last_token(deployment: Deployment) -> None:
    """It is published until its last token has expired, and leaves the ring with the rotation after that."""
    deployment.rotate()
    assert deployment.ring is not None
    [retired] = deployment.ring.retired
    deployment.api.clock.advance(KeyUse.TOKENS.kept_seconds - 1)
    assert retired in deployment.fresh().send(event("jwks")).json["keys"]
    deployment.rotate()
    assert retired in deployment.ring.retired
    deployment.api.clock.advance(1)
    assert retired not in deployment.fresh().send(event("jwks")).json["keys"]
    deployment.rotate()
    assert retired not in deployment.ring.retired
    deployment.check()


def test_a_key_is_retired_when_the_rotation_is_finished(deployment: Deployment) -> None:
    """A rotation that lay unfinished for a day retires the key that signed until then, not a day earlier."""
    token = token_name()
    deployment.steps(token, "createSecret")
    deployment.api.clock.advance(86_400)
    signed = deployment.fresh().token_of()
    deployment.steps(token)
    deployment.rotate()
    assert answers(deployment.fresh(), signed) == 200


def test_the_published_set_shows_use_and_age_of_each_key(deployment: Deployment) -> None:
    """What is published says of each key what it is for and since when; no private half is in it."""
    deployment.api.clock.advance(100)
    deployment.rotate()
    deployment.api.clock.advance(100)
    deployment.rotate()
    published = [(key.state, key.since - START) for key in deployment.published.values()]
    assert published == [("current", 200), ("next", 200), ("retired", 200), ("retired", 100)]
    item = stored_items(deployment.api.runtime.settings.clients_table)
    assert "PRIVATE" not in json.dumps(item)
    assert {name for key in deployment.fresh().send(event("jwks")).json["keys"] for name in key} == {
        *("kty", "crv", "x", "y", "kid", "use", "alg")
    }


@pytest.mark.exhaustive
def test_another_algorithm_comes_by_rotation(deployment: Deployment) -> None:
    """Keys made from now on are of the new algorithm: the second rotation has the first of them sign."""
    other = Deployment(deployment.new, deployment.fresh(signing_algorithm="RS256"))
    algorithms = []
    for _ in range(2):
        other.rotate()
        algorithms.append(jwt.get_unverified_header(deployment.fresh().token_of())["alg"])
        other.check()
    assert algorithms == ["ES256", "RS256"]


def test_a_rotation_is_logged(deployment: Deployment, logs: Logs) -> None:
    """Each step has its line, and so has what failed; no key stands in them."""
    deployment.rotate()
    assert [entry["step"] for entry in logs.entries() if entry["message"] == "rotation"] == list(STEPS)
    with pytest.raises(RotationError):
        deployment.step("finishSecret", token_name())
    assert logs.entries()[-1]["exception_type"] == "RotationError"
    assert "PRIVATE" not in "".join(logs.lines)
