"""An operator, as a verified token of the provider describes them."""

from __future__ import annotations

from typing import NamedTuple


class Operator(NamedTuple):
    """A person, and their roles. `name` and `email` are what the token says; either may be empty."""

    issuer: str
    subject: str
    name: str
    email: str
    roles: frozenset[str]

    @property
    def id(self) -> str:
        """The issuer and the subject, which together are unique (an issuer has no `#`)."""
        return f"{self.issuer}#{self.subject}"

    @property
    def readable_name(self) -> str:
        """The name, or else the e-mail address, or else the subject."""
        return self.name or self.email or self.subject
