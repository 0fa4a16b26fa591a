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
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
    except ValueError as error:
        raise CheckFailed(
            "The URL is malformed.", "Give one such as https://partner.example.org/registry."
        ) from error
    if parts.scheme != "https":
        raise CheckSkipped("It is plain HTTP.", "Use https:// outside of this machine.")
    try:
        version, ends = _shown_by(host, port, context())
    except ssl.SSLCertVerificationError as error:
        found = f"The certificate of {host} is not valid: {error.verify_message}."
        raise CheckFailed(
            found, "Install a certificate of a public authority, with its intermediate ones."
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a name that is none
        found = f"{host} cannot be reached: {getattr(error, 'strerror', None) or type(error).__name__}."
        raise CheckFailed(found, "Check its name in DNS, its port and its firewall.") from error
    days = int((ssl.cert_time_to_seconds(ends) - now) / _DAY)
    if days < _FEW_DAYS:
        raise CheckWarning(f"The certificate ends in {days} days.", "Renew it, and let a machine renew the next one.")
    return f"{version}, {days} days left"


def _shown_by(host: str, port: int, context: ssl.SSLContext) -> tuple[str, str]:
    """Return the TLS version, and the end of the certificate as it has it."""
    with (
        socket.create_connection((host, port), _TIMEOUT_SECONDS) as connection,
        context.wrap_socket(connection, server_hostname=host) as secured,
    ):
        certificate = secured.getpeercert() or {}
        return secured.version() or "TLS", str(certificate.get("notAfter"))
