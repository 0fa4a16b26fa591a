"""The owners of identifiers, phone numbers and e-mail addresses, as searches match these values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from dci_common.registries.social.catalogue import social_catalogue
from dci_common.registry.catalogue.value_types import EMAIL, PHONE
from dci_common.registry.model import normalize
from dci_common.registry.model.rules import Rules
from dci_common.registry.storage import keys
from dci_common.registry.storage.budget import Budget
from dci_common.registry.storage.store import RegistrySettings, RegistryStore


class Owners(NamedTuple):
    """The keys of the records with a value, and what the registry calls the type of this value."""

    keys: list[str]
    type: str


def owners_by_identifier(
    store: RegistryStore, type_: str, value: str, budget: Budget, *, entitled: bool
) -> Owners | None:
    """Return the records with an identifier, or a phone number or an e-mail address by their names.

    Restricted people are found by identifiers, and where the caller is `entitled` by the others too. None if the
    registry has no identifiers of this type.
    """
    settings = store.settings()
    attribute = social_catalogue(settings.known_types(restricted=True), settings.country).find(type_)
    if attribute is None or not attribute.type.lookup:
        return None
    if attribute.type.name == PHONE.name:
        return Owners(owners_by_phone(store, value, budget, entitled=entitled), attribute.name)
    if attribute.type is EMAIL:
        found = _shared_owners(store, [keys.email_pk(normalize.email(value))], budget, entitled=entitled)
        return Owners(found, attribute.name)
    pks = _forms(settings, lambda rules: keys.identifier_pk(attribute.name, rules.identifier(value)))
    owners = store.identifier_owners(pks, budget, entitled=True)
    return Owners(list(dict.fromkeys(owners.values())), attribute.name)


def owners_by_phone(store: RegistryStore, number: str, budget: Budget, *, entitled: bool) -> list[str]:
    """Return the keys of the records with a phone number, in national or international form.

    Restricted people are among them where the caller is `entitled`.
    """
    pks = _forms(store.settings(), lambda rules: keys.phone_pk(rules.phone(number)))
    return _shared_owners(store, pks, budget, entitled=entitled)


def _shared_owners(store: RegistryStore, pks: Iterable[str], budget: Budget, *, entitled: bool) -> list[str]:
    owners = [owner for pk in pks for owner in store.shared_owners(pk, budget, entitled=entitled)]
    return list(dict.fromkeys(owners))


def _forms(settings: RegistrySettings, pk: Callable[[Rules], str]) -> list[str]:
    """Return a key by the registry's rules, and by former ones that some of its items may still follow."""
    return list(dict.fromkeys(pk(rules) for rules in (settings.rules, *settings.former)))
