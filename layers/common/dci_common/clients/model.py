"""A partner client, as it is registered."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

from dci_common.printable import without_joiners

MAX_NAME_BYTES = 512  # also of its key
RECORD_TYPES = ("SRPerson", "Member", "Group")
Status = Literal["enabled", "disabled"]
CallbackAuth = Literal["none", "bearer", "oauth"]
Signatures = Literal["unsigned", "optional", "required", "ignore"]
Dialect = Literal["openspp2", "openg2p", "opencrvs"]
NotifySpelling = Literal["2025-12", "2026-02"]
NotifyRecords = Literal["object", "list"]
STATUSES: tuple[Status, ...] = get_args(Status)
# The fields whose values are checked when a client is read, with the values that they can have.
CHOICES: Mapping[str, tuple[object, ...]] = {
    "status": STATUSES,
    "signature": get_args(Signatures),
    "dialect": get_args(Dialect),
    "openspp17": (False, True),
    "restricted": (False, True),  # any other value would be as good as true
    "asynchronous": (False, True),
}
CALLBACK_CHOICES: Mapping[str, tuple[object, ...]] = {
    "auth": get_args(CallbackAuth),
    "notify_spelling": get_args(NotifySpelling),
    "notify_records": (*get_args(NotifyRecords), None),
}
_CLIENT_ID = re.compile(r"[A-Za-z0-9_.-]{1,100}")


class Callbacks(NamedTuple):
    """Where a client's results are sent, and with which credential.

    `urls` are origins with path prefixes, below which a message may name an address; `default_url` is for messages
    that name none, `""` for nowhere. The credential is a bearer token, or the secret of `client_id` at `token_url`
    (OAuth client credentials, with `scope`). It is in Secrets Manager alone, as the version with the id
    `secret_version`. `max_bytes` is the size of the largest body.
    Notifications go to `notify_url`, or to the address of their subscription where that is `""`. `notify_spelling` is
    the generation of the standard's files whose names of event types they have. `notify_records` says whether
    `reg_records` is a record or a list of one; None is as in the files of that generation.
    """

    urls: tuple[str, ...] = ()
    default_url: str = ""
    auth: CallbackAuth = "none"
    token_url: str = ""
    client_id: str = ""
    scope: str = ""
    max_bytes: int = 900_000
    secret_version: str = ""
    notify_url: str = ""
    notify_spelling: NotifySpelling = "2025-12"
    notify_records: NotifyRecords | None = None

    @property
    def notifies_lists(self) -> bool:
        """Whether `reg_records` of a notification is a list."""
        return self.notify_records == "list" or (self.notify_records is None and self.notify_spelling == "2026-02")


class Client(NamedTuple):
    """A partner system, or an administrator's tool.

    `token_lifetime` is in seconds. `disclosure` lists the attributes, and the named sets of them, that the client may
    see; `record_types` the types that it may search; `restricted` entitles it to restricted people (see Person).
    `requests_a_minute` and `records_a_day` are its own limits; 0 is no limit, None the deployment's default.
    With `openspp17`, requests without a `reg_type` are answered in the OpenSPP 17 dialect, and an empty query in that
    dialect means everybody whom the client may see. `signature` is the policy for message signatures:
    `unsigned` rejects signed messages, `optional` verifies those that are signed, `required` rejects those that are
    not, and `ignore` accepts signed messages without verification. `dialect` is the form of these signatures.
    `asynchronous` allows asynchronous exchange. At most `open_exchanges` may be unfinished, with 0 and None as in the
    other limits; `callbacks` says where the results go. At most `notifications_a_minute` are sent, 0 and None: any.
    `jwks` is the client's public keys, a JWK set in JSON (see public_key_set), or `jwks_uri` the address at which it
    publishes them. Tokens issued before `tokens_not_before` (epoch seconds) are not valid, nor are tokens of another
    generation than `tokens_generation`, which counts how often all of them were revoked.
    """

    client_id: str
    name: str
    sender_id: str
    scopes: tuple[str, ...]
    token_lifetime: int
    disclosure: tuple[str, ...]
    openspp17: bool
    signature: Signatures
    status: Status
    created: str
    updated: str
    version: int
    # Clients that were registered before these fields existed have the defaults.
    record_types: tuple[str, ...] = RECORD_TYPES
    restricted: bool = False
    requests_a_minute: int | None = None
    records_a_day: int | None = None
    asynchronous: bool = False
    open_exchanges: int | None = None
    notifications_a_minute: int | None = None
    callbacks: Callbacks = Callbacks()
    jwks: str | None = None
    jwks_uri: str = ""
    dialect: Dialect = "openspp2"
    tokens_not_before: int = 0
    tokens_generation: int = 0


def name_key(name: str) -> str:
    """Return the form in which names are unique: without differences of form, case, spacing and joiners."""
    return " ".join(unicodedata.normalize("NFKC", without_joiners(name)).casefold().split())


def held_secret(client_id: str, version: str) -> str:
    """Return the name of a secret for callbacks that waits for a second person, or did; others have the client's."""
    return f"{client_id}.{version}"


def is_client_id(text: str) -> bool:
    """Return whether the text can be a client id; any other is never looked up."""
    return _CLIENT_ID.fullmatch(text) is not None
