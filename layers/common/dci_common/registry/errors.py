"""What can go wrong in a registry. HTTP statuses and the standard's codes for it belong to `edge` and `spdci`.

    RegistryError
    ├── QueryError               a search cannot be served as it was asked
    │   ├── InvalidQuery         its shape is not understood, or no such records are served
    │   ├── InvalidCondition     a condition names what cannot be asked, or a value of the wrong type
    │   ├── InvalidSort          its order is not understood
    │   └── TooManyMatches       it would read, or return, more than one message may
    ├── WriteRefused             a change contradicts the registry as it is
    │   ├── NoSuchRecord         what it names does not exist
    │   ├── VersionConflict      a record is not at the version that the caller expects
    │   ├── IdentifierTaken      an identifier belongs to another record
    │   └── ChangeTooLarge       it does not fit into a transaction, not even in steps
    ├── RegistryBusy             Unavailable: other writers were faster at every attempt
    └── RegistryNotLoaded        Unavailable: nothing has been loaded into the table yet

A message is read by the partner: it says what to change, and never repeats what was sent.
"""

from __future__ import annotations

from dci_common.errors import DomainError, Unavailable


class RegistryError(DomainError):
    """An error of the registry."""


class QueryError(RegistryError):
    """A search cannot be served as it was asked."""


class InvalidQuery(QueryError):
    """The query's shape is not understood, or the registry serves no such records."""


class InvalidCondition(QueryError):
    """A condition names an attribute or operator that cannot be asked, or a value of the wrong type."""


class InvalidSort(QueryError):
    """The order of results is not understood."""


class TooManyMatches(QueryError):
    """The search would read, or return, more than one message may. That it would reveals how much there is."""


class WriteRefused(RegistryError):
    """The change contradicts the registry as it is; nothing was written."""


class NoSuchRecord(WriteRefused):
    """The person, group or membership does not exist."""


class VersionConflict(WriteRefused):
    """The record is not at the version that the caller expects."""


class IdentifierTaken(WriteRefused):
    """An identifier belongs to another record: `owner`, as `PERSON#<id>` or `GROUP#<id>`."""

    def __init__(self, identifier_type: str, owner: str) -> None:
        super().__init__(f"An identifier of type {identifier_type} already belongs to {owner}.")
        self.identifier_type = identifier_type
        self.owner = owner


class ChangeTooLarge(WriteRefused):
    """The change does not fit into a transaction, not even in steps."""

    def __init__(self) -> None:
        super().__init__("The record and what it shows of others are too large to be written.")


class RegistryBusy(RegistryError, Unavailable):
    """Other writers changed the records at every attempt to read or write them."""

    def __init__(self) -> None:
        super().__init__("The registry is busy; try again shortly.", retry_after=2)


class RegistryNotLoaded(RegistryError, Unavailable):
    """Nothing has been loaded into the registry yet."""

    def __init__(self) -> None:
        super().__init__("The registry has not been loaded yet.", retry_after=60)
