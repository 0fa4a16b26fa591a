"""The demo people, and how the provider and its one client are named."""

from __future__ import annotations

from types import MappingProxyType
from typing import NamedTuple

PATH = "/openid"  # of the issuer, below the URL of the local API
AUDIENCE = "dci-administration"
APPLICATION = "dci"
GROUPS_CLAIM = "groups"


class Person(NamedTuple):
    """A person who can be chosen, with their groups."""

    subject: str
    name: str
    groups: tuple[str, ...]

    def get_user_id(self) -> str:
        """Return the subject, by the name that Authlib asks for."""
        return self.subject


PEOPLE = MappingProxyType(
    {
        person.subject: person
        for person in (
            Person("amina", "Amina Diallo", ("auditor",)),
            Person("bayani", "Bayani Santos", ("client-manager",)),
            Person("carmen", "Carmen Ortega", ("approver",)),
            Person("dawit", "Dawit Bekele", ("data-officer",)),
            Person("esi", "Esi Mensah", ("client-manager", "approver")),
        )
    }
)
