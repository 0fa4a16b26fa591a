"""OAuth: access tokens and their revocation, signing keys, clients' public keys and assertions."""

from dci_common.deferred_import import defer_import

# A twentieth of a cold start: PyJWT imports it to read certificates, which are not used here.
defer_import("cryptography.x509")
