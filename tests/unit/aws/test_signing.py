"""Signatures, with botocore's signer as the oracle, and credentials."""

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
from dci_common.aws.signing import Credentials, Signer, credential_source

WORD = st.from_regex(r"[A-Za-z0-9/+=]{1,40}", fullmatch=True)
AMZ = "%Y%m%dT%H%M%SZ"


PLACES = [
    ("dynamodb", "eu-west-1", "dynamodb.eu-west-1.amazonaws.com"),
    ("dynamodb", "us-gov-west-1", "127.0.0.1:8000"),
    ("secretsmanager", "cn-north-1", "secretsmanager.cn-north-1.amazonaws.com.cn"),
    ("sqs", "eu-west-1", "sqs.eu-west-1.amazonaws.com"),
]


@given(
    keys=st.builds(Credentials, WORD, WORD, st.just("") | WORD),
    body=st.binary(max_size=200),
    place=st.sampled_from(PLACES),
    target=WORD,
    now=st.integers(0, 2**32),
)
def test_signature_is_that_of_botocore(
    keys: Credentials, body: bytes, place: tuple[str, str, str], target: str, now: int
) -> None:
    """Any request is signed as botocore signs it."""
    service, region, host = place
    headers = {"content-type": "application/x-amz-json-1.0", "host": host, "x-amz-target": target}
    head = Signer(service, region, host).head(target, headers["content-type"], body, keys, now)
    first, *lines = head.split("\r\n")
    ours = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
    assert first == "POST / HTTP/1.1"
    assert ours.items() >= headers.items()
    assert ours.get("x-amz-security-token", "") == keys.token
    request = AWSRequest("POST", f"https://{host}/", headers, body)
    request.context["timestamp"] = datetime.fromtimestamp(now, UTC).strftime(AMZ)
    signer = SigV4Auth(OfBotocore(keys.access_key, keys.secret_key, keys.token or None), service, region)
    request.headers["X-Amz-Date"] = request.context["timestamp"]
    if keys.token:
        request.headers["X-Amz-Security-Token"] = keys.token
    text = signer.string_to_sign(request, signer.canonical_request(request))
    assert ours["authorization"].endswith(f"Signature={signer.signature(text, request)}")
    assert f"Credential={signer.scope(request)}," in ours["authorization"]
    names = signer.signed_headers(signer.headers_to_sign(request))
    assert f"SignedHeaders={names}," in ours["authorization"]
    assert re.fullmatch(r"\d{8}T\d{6}Z", ours["x-amz-date"])


def test_credentials_come_from_the_environment() -> None:
    """The keys of a role are those of the environment."""
    environment = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_SESSION_TOKEN": "c"}
    assert credential_source(environment)() == Credentials("a", "b", "c")
    assert credential_source({"AWS_ACCESS_KEY_ID": "d"})() == Credentials("d", "", "")


def test_missing_credentials_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the environment has no keys, botocore looks for them, and its error is raised when it finds none."""
    signing._find_credentials.cache_clear()  # noqa: SLF001 - it remembers
    signing.session.cache_clear()
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(NoCredentialsError):
        credential_source()()
    signing._find_credentials.cache_clear()  # noqa: SLF001 - likewise


def test_repr_of_credentials_has_no_secret() -> None:
    """A traceback or a log shows neither the secret key nor the token."""
    assert repr(Credentials("a", "hidden", "hidden")) == "Credentials(access_key='a')"
