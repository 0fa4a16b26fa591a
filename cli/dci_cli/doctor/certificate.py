"""The certificate of a server, as a check sees it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from urllib.parse import urlsplit

from dci_cli.doctor.deployment import CheckFailed, CheckSkipped, CheckWarning

_TIMEOUT_SECONDS = 10
_DAY = 86_400
_FEW_DAYS = 14


def check_certificate(url: str, now: float, context: Callable[[], ssl.SSLContext]) -> str:
    """Return the TLS version that a server speaks, and how long its certificate is valid. Raises CheckProblem."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise CheckSkipped("It is plain HTTP.", "Use https:// outside of this machine.")
    try:
        with (
            socket.create_connection((parts.hostname, parts.port or 443), _TIMEOUT_SECONDS) as connection,
            context().wrap_socket(connection, server_hostname=parts.hostname) as secured,
        ):
            version, ends = secured.version(), str((secured.getpeercert() or {}).get("notAfter"))
    except ssl.SSLCertVerificationError as error:
        found = f"The certificate of {parts.hostname} is not valid: {error.verify_message}."
        raise CheckFailed(
            found, "Install a certificate of a public authority, with its intermediate ones."
        ) from error
    except OSError as error:
        found = f"{parts.hostname} cannot be reached: {error.strerror or type(error).__name__}."
        raise CheckFailed(found, "Check its name in DNS, its port and its firewall.") from error
    days = int((ssl.cert_time_to_seconds(ends) - now) / _DAY)
    if days < _FEW_DAYS:
        raise CheckWarning(f"The certificate ends in {days} days.", "Renew it, and let a machine renew the next one.")
    return f"{version}, {days} days left"
