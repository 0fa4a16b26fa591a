"""Why a database cannot be reached, in words that name neither its host nor its user: the registry keeps them."""

from __future__ import annotations

import re
from typing import NamedTuple


class Refusal(NamedTuple):
    """Why there is no connection. `is_lasting` says that a person has to change something first."""

    reason: str
    is_lasting: bool


# The first that fits; a reason of libpq's or the server's names the host, its address, the user and the database.
_REFUSALS = (
    (r"pg_hba\.conf", "pg_hba.conf has no entry for this user, database and machine", True),
    (
        r"authentication failed|no password supplied",
        "it rejects the user or the password, which may be in ~/.pgpass",
        True,
    ),
    (r"permission denied for database", "the user lacks GRANT CONNECT ON DATABASE", True),
    (r"permission denied", "a file or a socket of its may not be read", True),
    (r"database .*does not exist", "there is no such database", True),
    (r"role .*does not exist", "there is no such user", True),
    (r"not permitted to log in", "the user lacks LOGIN", True),
    (r"certificate|SSL was required|not support SSL", "TLS fails: see sslmode and the certificates", True),
    (r"\binvalid\b|service file|definition of service", "a setting in the address is not valid", True),
    (r"starting up|shutting down|recovery mode|not yet accepting", "it is starting or stopping", False),
    (r"too many|connection slots|connection limit", "it has too many connections already", False),
    (r"refused", "nothing listens at its address", False),
    (r"host name|name resolution", "the name of its host is not known", False),
    (r"timeout|timed out|unreachable|no route", "it does not answer: see the network and its firewall", False),
    (r"no such file", "no server has this socket", False),
    (r"closed|reset|terminat|\beof\b", "it closed the connection", False),
)
_OTHER = Refusal("psql shows the reason, with the same address", is_lasting=False)


def refusal_of(message: str) -> Refusal:
    """Return the refusal of which an error's message speaks."""
    for pattern, reason, is_lasting in _REFUSALS:
        if re.search(pattern, message, re.IGNORECASE):
            return Refusal(reason, is_lasting)
    return _OTHER
