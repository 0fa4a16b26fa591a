"""What can go wrong in a registry. HTTP statuses and the standard's codes for it belong to `edge` and `spdci`.

    RegistryError
    ├── QueryError               a search cannot be served as it was asked
    │   ├── InvalidQuery         its shape is not understood, or no such records are served
    │   ├── InvalidCondition     a condition names what cannot be asked, or a value of the wrong type
    │   ├── InvalidSort          its order is not understood
    │   └── TooManyMatches       it would read, or return, more than one message may
    ├── WriteRefused             a change contradicts the registry as it is (write/writer.py)
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
    """The search would read, or return, more than one message may. That it would tells how much there is."""


class RegistryBusy(RegistryError, Unavailable):
    """Other writers changed the records at every attempt to read or write them."""

    def __init__(self) -> None:
        super().__init__("The registry is busy; try again shortly.", retry_after=2)


class RegistryNotLoaded(RegistryError, Unavailable):
    """Nothing has been loaded into the registry yet."""

    def __init__(self) -> None:
        super().__init__("The registry has not been loaded yet.", retry_after=60)
