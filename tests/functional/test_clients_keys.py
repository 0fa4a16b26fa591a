"""The keys of a client: registered with it, or published by it at an address."""

from __future__ import annotations

import pytest

from dci_common.oauth.key_ring import generate
from support.admin_client import Admin
from support.example_counts import sampled


def test_public_keys_are_registered_and_removed(admin: Admin) -> None:
    """Keys are registered with their ids, shown, logged, and removed with null."""
    public = generate("ES256").public
    bare = {name: public[name] for name in ("kty", "crv", "x", "y")}
    created = admin.create(jwks={"keys": [bare]}).json
    assert created["jwks"] == {"keys": [public]}
    changed = admin.update(created["client_id"], '"1"', jwks=None).json
    assert "jwks" not in changed
    assert admin.log(created["client_id"])[0]["changes"] == {"jwks": {"before": {"keys": [public]}}}


PUBLIC = {
    name: {part: key for part, key in generate(name).public.items() if part not in {"alg", "kid"}}
    for name in ("ES256", "RS256")
}
ED25519 = {"kty": "OKP", "crv": "Ed25519", "x": "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg"}
URL = "https://partner.example/.well-known/jwks.json"


@pytest.mark.parametrize(
    "jwks",
    sampled(
        [
            [],
            {"keys": []},
            {"keys": [1]},
            {"keys": [PUBLIC["ES256"]] * 6},
            {"keys": [PUBLIC["ES256"]] * 2},
            {"keys": [PUBLIC["ES256"] | {"d": "AAAA"}]},
            {"keys": [PUBLIC["RS256"] | {"p": "AAAA"}]},
            {"keys": [{"kty": "oct", "k": "AAAA"}]},
            {"keys": [PUBLIC["ES256"] | {"alg": "none"}]},
            {"keys": [PUBLIC["ES256"] | {"alg": "RS256"}]},
            {"keys": [PUBLIC["ES256"] | {"use": "enc"}]},
            {"keys": [PUBLIC["ES256"] | {"x": "AAAA"}]},
            {"keys": [PUBLIC["ES256"] | {"kid": "é"}]},
            {"keys": [PUBLIC["ES256"] | {"kid": "x" * 101}]},
            {"keys": [PUBLIC["ES256"] | {"kty": ["EC"]}]},
            {"keys": [ED25519 | {"x": "AAAA"}]},
            {"keys": [ED25519 | {"crv": "X25519"}]},
            {"keys": [ED25519 | {"alg": "ES256"}]},
            {"keys": [ED25519 | {"d": "AAAA"}]},
            {"keys": [PUBLIC["RS256"] | {"n": "AQAB"}]},
            {"keys": [PUBLIC["RS256"] | {"n": "f" * 9000}]},
            {"keys": [PUBLIC["RS256"] | {"e": "_" * 100}]},
        ],
        5,
    ),
    ids=range(22),
)
def test_unsuitable_keys_are_rejected(admin: Admin, jwks: object) -> None:
    """Private, secret, unfit, unreadable and too many keys are not registered."""
    reply = admin.create(jwks=jwks)
    assert reply.status == 400
    assert reply.json["errors"][0]["message"].startswith("jwks must")


def test_an_ed25519_key_is_registered(admin: Admin) -> None:
    """A key on Ed25519 gets the algorithm EdDSA, and its thumbprint as kid."""
    created = admin.create(jwks={"keys": [ED25519]}).json
    kid = "1IG2tMH7J2wbJZnOf8LJzQitKf7LMvoAElsuDMVM54Y"
    assert created["jwks"] == {"keys": [ED25519 | {"alg": "EdDSA", "use": "sig", "kid": kid}]}


def test_an_address_of_keys_is_registered_and_removed(admin: Admin) -> None:
    """An address is registered in its normal form, shown, logged, and removed with null."""
    created = admin.create(jwks_uri=URL.replace("partner", "PARTNER")).json
    assert created["jwks_uri"] == URL
    changed = admin.update(created["client_id"], "*", jwks_uri=None).json
    assert "jwks_uri" not in changed
    assert admin.log(created["client_id"])[0]["changes"] == {"jwks_uri": {"before": URL}}


@pytest.mark.parametrize(
    "url",
    [
        "http://partner.example/jwks.json",
        "https://93.184.216.34/jwks.json",
        "https://[::1]/jwks.json",
        "https://localhost/jwks.json",
        "https://user@partner.example/jwks.json",
        "https://partner.example/jwks.json#keys",
        "https://partner.example/a/../jwks.json",
        "file:///etc/passwd",
        f"{URL}?{'x' * 512}",
    ],
)
def test_an_address_of_keys_has_the_rules_of_callbacks(admin: Admin, url: str) -> None:
    """Keys are published at an HTTPS URL with a domain name; the error names the member."""
    reply = admin.create(jwks_uri=url)
    assert (reply.status, reply.json["errors"][0]["message"][:24]) == (400, "jwks_uri is not accepted")


def test_keys_of_a_local_server_are_registered_in_tests(admin: Admin) -> None:
    """A test origin may publish keys over plain HTTP, as it may receive callbacks."""
    assert admin.create(jwks_uri="http://localhost:8080/jwks.json").status == 201


def test_keys_are_registered_in_one_way(admin: Admin) -> None:
    """A client has its keys inline or at an address, and null for the one makes room for the other."""
    keys = {"keys": [ED25519]}
    assert "exclude each other" in admin.create(jwks=keys, jwks_uri=URL).text
    client_id = admin.create(jwks=keys).json["client_id"]
    assert admin.update(client_id, "*", jwks_uri=URL).status == 400
    assert admin.update(client_id, "*", jwks_uri=URL, jwks=None).json["jwks_uri"] == URL
    assert admin.update(client_id, "*", jwks=keys).status == 400
    assert "jwks_uri" not in admin.update(client_id, "*", jwks=keys, jwks_uri=None).json


def test_required_signatures_need_a_key_of_the_dialect(admin: Admin) -> None:
    """A key that cannot sign in the client's dialect is no key: neither at first, nor after a change."""
    openspp2, openg2p = ({"signature": "required", "dialect": dialect} for dialect in ("openspp2", "openg2p"))
    elliptic = {"keys": [generate("ES256").public]}
    refused = admin.create(flags=openspp2, jwks=elliptic)
    assert (refused.status, refused.json["errors"][0]["message"][:29]) == (400, "jwks must have an Ed25519 key")
    client_id = admin.create(flags=openg2p, jwks=elliptic).json["client_id"]
    assert admin.update(client_id, "*", flags={"dialect": "openspp2"}).status == 400
    assert admin.update(client_id, "*", flags={"dialect": "openspp2"}, jwks={"keys": [ED25519]}).status == 200
    assert admin.create(flags={"signature": "optional"}, jwks=elliptic, name="assertions").status == 201


def test_required_signatures_need_keys(admin: Admin) -> None:
    """A client whose messages must be signed has keys, from its registration on until its policy is another one."""
    required = {"signature": "required"}
    refused = admin.create(flags=required)
    assert (refused.status, "send jwks or jwks_uri" in refused.text) == (400, True)
    client_id = admin.create().json["client_id"]
    assert admin.update(client_id, "*", flags=required).status == 400
    assert admin.update(client_id, "*", flags=required, jwks_uri=URL).status == 200
    assert admin.update(client_id, "*", jwks_uri=None).status == 400
    assert admin.update(client_id, "*", jwks_uri="").status == 400
    assert admin.update(client_id, "*", jwks_uri=None, flags={"signature": "optional"}).status == 200
    before, after = ({"signature": policy} for policy in ("required", "optional"))
    flags = admin.log(client_id)[0]["changes"]["flags"]
    assert (flags["before"], flags["after"]) == (flags["before"] | before, flags["before"] | after)


def test_an_administrator_cannot_waive_its_own_signatures(admin: Admin) -> None:
    """Signatures that are required of an administrator are waived by another one."""
    assert admin.update(admin.client.client_id, "*", jwks_uri=URL, flags={"signature": "required"}).status == 200
    for policy in ("unsigned", "optional", "ignore"):
        assert admin.update(admin.client.client_id, "*", flags={"signature": policy}).status == 409
    assert Admin(admin.api).update(admin.client.client_id, "*", flags={"signature": "optional"}).status == 200
