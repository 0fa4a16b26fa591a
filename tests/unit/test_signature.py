"""Signing, with botocore's own signer as the oracle; and where credentials come from."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as OfBotocore
from botocore.exceptions import NoCredentialsError
from hypothesis import given
from hypothesis import strategies as st

from dci_common.aws import signing
from dci_common.aws.signing import Credentials, credentials, signed

WORD = st.from_regex(r"[A-Za-z0-9/+=]{1,40}", fullmatch=True)
AMZ = "%Y%m%dT%H%M%SZ"


PLACES = [
    ("dynamodb", "eu-west-1", "dynamodb.eu-west-1.amazonaws.com"),
    ("dynamodb", "us-gov-west-1", "127.0.0.1:8000"),
    ("secretsmanager", "cn-north-1", "secretsmanager.cn-north-1.amazonaws.com.cn"),
]


@given(
    who=st.builds(Credentials, WORD, WORD, st.just("") | WORD),
    body=st.binary(max_size=200),
    place=st.sampled_from(PLACES),
    target=WORD,
    now=st.integers(0, 2**32),
)
def test_signatures_are_botocores(
    who: Credentials, body: bytes, place: tuple[str, str, str], target: str, now: int
) -> None:
    """Whatever is sent, by whom and when, it is signed as botocore signs it."""
    service, region, host = place
    headers = {"content-type": "application/x-amz-json-1.0", "host": host, "x-amz-target": target}
    ours = signed(headers, body, who, service=service, region=region, now=now)
    request = AWSRequest("POST", f"https://{host}/", headers, body)
    request.context["timestamp"] = datetime.fromtimestamp(now, UTC).strftime(AMZ)
    signer = SigV4Auth(OfBotocore(who.access_key, who.secret_key, who.token or None), service, region)
    request.headers["X-Amz-Date"] = request.context["timestamp"]
    if who.token:
        request.headers["X-Amz-Security-Token"] = who.token
    text = signer.string_to_sign(request, signer.canonical_request(request))
    assert ours["authorization"].endswith(f"Signature={signer.signature(text, request)}")
    assert f"Credential={signer.scope(request)}," in ours["authorization"]
    names = signer.signed_headers(signer.headers_to_sign(request))
    assert f"SignedHeaders={names}," in ours["authorization"]
    assert re.fullmatch(r"\d{8}T\d{6}Z", ours["x-amz-date"])


def test_a_function_is_given_its_keys() -> None:
    """A role's keys stand in the environment, and are read anew for each request."""
    environment = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_SESSION_TOKEN": "c"}
    assert credentials(environment) == Credentials("a", "b", "c")
    assert credentials(environment | {"AWS_ACCESS_KEY_ID": "d"}) == Credentials("d", "b", "c")


def test_nobodys_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the environment has none they are looked for as botocore does, and it is told when there are none."""
    signing._found.cache_clear()  # noqa: SLF001 - it remembers
    signing.session.cache_clear()
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(NoCredentialsError):
        credentials()
    signing._found.cache_clear()  # noqa: SLF001 - likewise


def test_secrets_are_not_shown() -> None:
    """Credentials that a traceback or a log shows have no key and no token in them."""
    assert repr(Credentials("a", "hidden", "hidden")) == "Credentials(access_key='a')"
