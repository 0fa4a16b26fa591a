"""Trust: signing keys, access tokens, partner clients and their scopes."""

from dci_common.deferred_import import put_off

# A twentieth of a cold start: PyJWT reads keys that are certificates by it, and none here is one.
put_off("cryptography.x509")
