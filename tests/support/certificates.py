"""A certificate authority of a test, and the TLS settings of servers with its certificates."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Certificate:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


class CertificateAuthority:
    """Issues certificates, whose files are in `folder`; `file` has its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own = _issue("Test authority", None, datetime.now(UTC) + _DAY)
        self.file = folder / "authority.pem"
        self.file.write_bytes(self._own.certificate.public_bytes(serialization.Encoding.PEM))

    def server(self, name: str, *, expired: bool = False, self_signed: bool = False) -> ssl.SSLContext:
        """Return the TLS settings of a server with a certificate for this name."""
        expires = datetime.now(UTC) - _DAY if expired else datetime.now(UTC) + _DAY
        issued = _issue(name, None if self_signed else self._own, expires)
        file = self._folder / f"{uuid4()}.pem"
        private = issued.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.write_bytes(private + issued.certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def _issue(name: str, authority: Certificate | None, expires: datetime) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer, signing_key = (authority.certificate.subject, authority.key) if authority else (subject, key)
    is_authority = authority is None
    key_usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
    ) | {"encipher_only": False, "decipher_only": False}
    builder = (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(expires - 3 * _DAY)
        .not_valid_after(expires)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=True, key_cert_sign=is_authority, crl_sign=is_authority, **key_usage),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False)
    )
    if not name.startswith("Test"):
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return Certificate(builder.sign(signing_key, hashes.SHA256()), key)
