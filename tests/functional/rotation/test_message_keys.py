"""The keys that sign messages: their rotation through the function's real handler, and who reads them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from dci_cli.local.rotation import STEPS
from dci_common.errors import Unavailable
from dci_common.oauth.key_ring import KeyRing, thumbprint
from dci_common.oauth.public_key_store import KeyUse
from dci_common.signatures.message_keys import MessageKeys
from dci_rotation.key_rotation import RotationError
from dci_rotation.rings import UnknownSecretError
from support.api import Api
from support.events import event
from support.rotated_deployment import Deployment, token_name

pytestmark = pytest.mark.usefixtures("over_the_wire")
ALGORITHMS = ["EdDSA", "RS256"]
DAY = 86_400


def listed(deployment: Deployment) -> list[dict[str, Any]]:
    """Return the JWK set, as functions that remember nothing return it."""
    keys: list[dict[str, Any]] = deployment.fresh().send(event("jwks")).json["keys"]
    return keys


@pytest.mark.exhaustive
def test_there_are_keys_of_both_algorithms(messages: Deployment) -> None:
    """After the first rotation each algorithm has a current key, which verifies as the JWK set publishes it."""
    messages.check()
    published = {key["kid"]: key for key in listed(messages)}
    assert len(published) == 4
    keys = MessageKeys(messages.api.runtime)
    for algorithm in ALGORITHMS:
        key = keys.current(algorithm)
        jwk = published[key.kid]
        assert (jwk["alg"], jwk["use"]) == (algorithm, "sig")
        assert not {"d", "p", "q"} & jwk.keys()
        signed = jwt.encode({"signed": True}, key.private_key, algorithm=algorithm)
        assert jwt.decode(signed, jwt.PyJWK(jwk), algorithms=[algorithm]) == {"signed": True}


@pytest.mark.parametrize(
    ("receiver_ids", "owner"),
    [((), "registry"), (("social.example.org", "crvs"), "crvs"), (('a"b', "a|b", "", "z z"), "registry")],
)
@pytest.mark.exhaustive
def test_the_id_of_a_key_names_the_registry(own_api: Callable[..., Api], receiver_ids: Any, owner: str) -> None:
    """An id is receiver id, thumbprint and algorithm; a receiver id that would need escapes is not used."""
    deployment = Deployment(own_api, own_api(receiver_ids=frozenset(receiver_ids)), KeyUse.MESSAGES)
    deployment.rotate()
    names = {"EdDSA": "ed25519", "RS256": "rs256"}
    for kid, key in deployment.published.items():
        assert kid == f"{owner}|{thumbprint(key.jwk)}|{names[key.jwk['alg']]}"


@pytest.mark.exhaustive
def test_message_keys_follow_one_another(messages: Deployment) -> None:
    """Both next keys sign together, and the keys that signed keep their ids."""
    before = messages.ring
    messages.rotate()
    after = messages.ring
    assert before is not None
    assert after is not None
    assert after.current == before.next
    assert after.retired == tuple(key.public for key in before.current)
    assert [key.alg for key in after.next] == ALGORITHMS
    messages.check()


@pytest.mark.exhaustive
def test_a_retired_message_key_is_published_for_a_day_after_it_signed(messages: Deployment) -> None:
    """A function that cached the ring signs for five minutes more, and that is verified up to a day later."""
    keys = MessageKeys(messages.api.runtime)
    signer = keys.current("EdDSA")
    messages.rotate()
    messages.api.clock.advance(299)
    assert keys.current("EdDSA") == signer
    messages.api.clock.advance(DAY)
    assert signer.public in listed(messages)
    messages.api.clock.advance(61)
    assert signer.public not in listed(messages)
    messages.rotate()
    assert messages.ring is not None
    assert signer.public not in messages.ring.retired


@pytest.mark.exhaustive
def test_revoked_message_keys_sign_no_longer(messages: Deployment) -> None:
    """A function that has cached the ring takes the new keys within a minute of a revocation."""
    keys = MessageKeys(messages.api.runtime)
    stolen = [keys.current(algorithm).kid for algorithm in ALGORITHMS]
    revocation = f"revoke-{token_name()}"
    messages.steps(revocation, "createSecret", "setSecret")
    assert set(stolen).isdisjoint(messages.published)
    messages.api.clock.advance(60)
    with pytest.raises(Unavailable) as raised:
        keys.current("EdDSA")
    assert raised.value.retry_after == 5
    messages.steps(revocation, "testSecret", "finishSecret")
    assert {keys.current(algorithm).kid for algorithm in ALGORITHMS}.isdisjoint(stolen)
    messages.check()


@pytest.mark.exhaustive
def test_an_overtaken_rotation_of_message_keys_changes_nothing(messages: Deployment) -> None:
    """A rotation that another one has overtaken fails, and the keys that are in use stay published and sign."""
    older = token_name()
    messages.steps(older, "createSecret", "setSecret")
    assert [key.state for key in messages.published.values()].count("pending") == 2
    messages.rotate()
    published = messages.published
    for step in STEPS[1:]:
        with pytest.raises(RotationError):
            messages.step(step, older)
    assert messages.published == published
    messages.check()


def test_before_the_first_rotation_nothing_is_signed(empty: Deployment) -> None:
    """While the ring is empty the caller learns when to try again, and the JWK set has the keys of tokens alone."""
    empty.rotate()
    with pytest.raises(Unavailable) as raised:
        MessageKeys(empty.api.runtime).current("EdDSA")
    assert raised.value.retry_after == 60
    assert [key["alg"] for key in listed(empty)] == ["ES256", "ES256"]


def test_an_unknown_secret_is_not_rotated(empty: Deployment) -> None:
    """The function rotates the two secrets that it is configured with, whatever it is sent."""
    sent = {"Step": "createSecret", "SecretId": empty.api.runtime.settings.cursor_secret}
    with pytest.raises(UnknownSecretError):
        empty.rotation({**sent, "ClientRequestToken": token_name()}, None)


def test_a_ring_of_an_earlier_version_goes_on(deployment: Deployment) -> None:
    """A ring of one key each is written as earlier versions wrote it, and read so."""
    secrets = deployment.api.runtime.secrets
    text = secrets.get_secret_value(SecretId=deployment.secret_id, VersionStage="AWSCURRENT")["SecretString"]
    content = json.loads(text)
    assert content["current"].keys() == content["next"].keys() == {"alg", "private_key", "public"}
    assert KeyRing.from_secret(text) == deployment.ring
    deployment.rotate()
    deployment.check()
