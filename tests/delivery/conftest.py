"""What the tests of callbacks share."""

from __future__ import annotations

import ssl

import pytest

from support.callback_receiver import HOST
from support.certificates import CertificateAuthority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    """Return a certificate authority."""
    return CertificateAuthority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def tls(authority: CertificateAuthority) -> ssl.SSLContext:
    """Return the TLS settings of a partner's server."""
    return authority.server(HOST)
