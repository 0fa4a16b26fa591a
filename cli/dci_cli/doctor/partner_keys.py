"""The keys of a partner, read as the registry reads them: from a file, a registration, or the address of a set."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from pydantic_core import PydanticCustomError

from dci_cli.doctor.deployment import CheckFailed
from dci_common.oauth.key_sets import FETCH_SECONDS, fetch
from dci_common.oauth.public_keys import public_key_set
from dci_common.outbound.answers import RequestFailed
from dci_common.outbound.http_client import HttpClient
from dci_common.signatures import jws

_ED25519 = "EdDSA"


def registered_keys(jwks: Any, jwks_uri: str, http_client: HttpClient) -> str:  # noqa: ANN401 - JSON
    """Return keys as the JSON of a JWK set, fetched where the partner publishes them. Raises CheckFailed."""
    return _published(http_client, jwks_uri) if jwks_uri else json.dumps(jwks or {"keys": []})


def keys_of_file(path: Path) -> Any:  # noqa: ANN401 - JSON
    """Return the JWK set of a file, as the registry would store it. Raises CheckFailed."""
    try:
        return json.loads(public_key_set(json.loads(path.read_bytes())))
    except OSError as error:
        raise CheckFailed(f"The file cannot be read: {error.strerror}.", "Give the file with the JWK set.") from error
    except PydanticCustomError as error:
        found = f"It {error.message()}."
        raise CheckFailed(found, "Write the public halves of your signature keys into it.") from error
    except (ValueError, RecursionError) as error:
        raise CheckFailed("The file is not JSON.", "Give a JWK set, not PEM.") from error


def check_keys(jwks: str, dialect: str) -> str:
    """Return the keys by id and algorithm. Raises CheckProblem, also where none fits the dialect."""
    keys = json.loads(jwks)["keys"]
    if not keys:
        raise CheckFailed(
            "There is no key that can verify a signature.",
            "Publish or register an Ed25519, ES256 or RS256 key as a JWK set.",
        )
    fitting = (_ED25519,) if dialect == "openspp2" else jws.ALGORITHMS
    named = ", ".join(f"{key['kid']} ({key['alg']})" for key in keys)
    if dialect and not any(key["alg"] in fitting for key in keys):
        raise CheckFailed(f"No key is for the dialect {dialect}: {named}.", f"Add a key for {' or '.join(fitting)}.")
    return named


@cache
def _published(http_client: HttpClient, url: str) -> str:
    """Return the keys at an address, fetched once for all steps. Raises CheckFailed."""
    try:
        return fetch(http_client, url, FETCH_SECONDS)
    except RequestFailed as error:
        raise CheckFailed(error.reason, "Repair what answers at jwks_uri.") from error
