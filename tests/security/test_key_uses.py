"""Keys of tokens sign no messages, and keys of messages sign no tokens: neither is found as one of the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import boto3
import pytest

from dci_common.errors import Unavailable
from dci_common.oauth.public_key_store import KeyUse, PublicKeys
from dci_common.oauth.tokens import sign_token
from dci_common.signatures.message_keys import MessageKeys
from support.api import Api
from support.events import event
from support.forged_replies import asked, is_refused
from support.token_forge import Forge


@pytest.mark.parametrize("algorithm", ["EdDSA", "RS256"])
def test_a_token_signed_with_a_message_key_is_rejected(forge: Forge, algorithm: str) -> None:
    """A token that is right but for its key, a published key of messages, is rejected."""
    runtime = forge.api.runtime
    key = MessageKeys(runtime).current(algorithm)
    issuer, now = runtime.settings.issuer, int(runtime.clock())
    token = sign_token(key, forge.client, ("registry.search",), issuer, now, runtime.random_bytes(16))
    assert key.kid in {jwk["kid"] for jwk in forge.api.send(event("jwks")).json["keys"]}
    is_refused(asked(forge.api, token))


@pytest.mark.parametrize("use", KeyUse)
def test_a_key_is_found_for_its_use_alone(api: Api, use: KeyUse) -> None:
    """Each key of the JWK set is found either among those of tokens or among those of messages."""
    kids = [jwk["kid"] for jwk in api.send(event("jwks")).json["keys"]]
    found = [kid for kid in kids if PublicKeys(api.runtime, use).find(kid)]
    assert found
    assert found == [kid for kid in kids if (kid.count("|") == 2) == (use is KeyUse.MESSAGES)]


@pytest.fixture
def misplaced(new_api: Callable[..., Api], api: Api) -> Iterator[Callable[[str, str], Api]]:
    """Return what makes an API whose secret of one setting holds the ring of the other one."""
    secrets = boto3.client("secretsmanager")

    def make(setting: str, held: str) -> Api:
        ring = secrets.get_secret_value(SecretId=getattr(api.runtime.settings, held))["SecretString"]
        secrets.create_secret(Name="dci-misplaced", SecretString=ring)
        return new_api(**{setting: "dci-misplaced"})

    yield make
    secrets.delete_secret(SecretId="dci-misplaced", ForceDeleteWithoutRecovery=True)


def test_a_ring_of_messages_signs_no_token(misplaced: Callable[[str, str], Api]) -> None:
    """If the token function's secret held the ring of messages, it would issue no token."""
    api = misplaced("signing_keys_secret", "message_keys_secret")
    reply = api.token(*api.client())
    assert (reply.status, reply.json["error"]) == (503, "temporarily_unavailable")


def test_a_ring_of_tokens_signs_no_message(misplaced: Callable[[str, str], Api]) -> None:
    """If the secret of message keys held the ring of tokens, no message would be signed."""
    keys = MessageKeys(misplaced("message_keys_secret", "signing_keys_secret").runtime)
    for algorithm in ("ES256", "EdDSA", "RS256"):
        with pytest.raises(Unavailable):
            keys.current(algorithm)
