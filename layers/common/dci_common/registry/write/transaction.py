"""One DynamoDB transaction on RegistryTable: what changes together, and on what condition.

A record is written on the condition that it is still as it was read, a unique lookup on the condition that no other
record has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from dci_common.aws.dynamodb import Item
from dci_common.registry.model.base import Kind
from dci_common.registry.model.rules import Rules
from dci_common.registry.model.views import View
from dci_common.registry.storage import keys
from dci_common.registry.storage.body import compressed_body
from dci_common.registry.storage.facets import Indexing
from dci_common.registry.storage.items import (
    Marks,
    Ref,
    lookup_items,
    record_items,
    ref_of,
    sides,
)
from dci_common.registry.storage.store import Stored
from dci_common.registry.write.record_change import RecordChange, entries_of

if TYPE_CHECKING:
    from dci_common.aws.protocol import DynamoDB

MAX_ACTIONS = 100  # DynamoDB's own limit
_MAX_BYTES = 4_000_000  # of DynamoDB's own 4 MiB
_BODIES = ("body", "compressed", "before")  # attributes of an item
_BESIDE_BODY = 4_000  # bytes of an item beside its bodies, generously
_RETRIABLE = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}


class WriteConflict(Exception):
    """Another writer changed a record between the read and the write: read it again, then try again."""


class IdentifierConflict(Exception):
    """A unique lookup belongs to another record: `pk` is its partition, `owner` that of the record."""

    def __init__(self, pk: str, owner: str) -> None:
        super().__init__(pk)
        self.pk = pk
        self.owner = owner


@dataclass(frozen=True, slots=True)
class _Claim:
    """The lookup that an action claims or releases, and whether the record should have it already."""

    lookup: Item
    is_held: bool


@dataclass
class Transaction:
    """Actions that happen together or not at all, `max_actions` of them at most.

    Lookups may still follow `former` rules. A record whose lookup is another's is changed without it: older versions
    let two records have identifiers that are equal now. `contested` are these lookups. What is written is `quiet` if
    it is not to be reported to subscriptions.
    """

    table: str
    indexing: Indexing
    max_actions: int = MAX_ACTIONS
    former: Set[Rules] = frozenset()
    quiet: bool = False
    actions: list[dict[str, Any]] = field(default_factory=list)
    contested: list[Item] = field(default_factory=list)
    _claims: list[_Claim | None] = field(default_factory=list)  # of each action
    _refs: set[Ref] = field(default_factory=set)  # of the items that are changed
    _bytes: int = 0

    def change_record(self, change: RecordChange, pending: str = "") -> None:
        """Write a record, its lookups and a person's memberships as they shall be.

        One that does not change must only stay as it was read. `pending` marks a group whose members are updated
        later.
        """
        before, after = change.before, change.after
        if before is not None and not change.is_change:
            self.fence(before)  # the other changes were made to fit it
            return
        if after is not None:
            self.put_record(change.kind, after, before, pending=pending if change.touches_members else "")
        elif before is not None:
            self.delete_record(before)
        self.change_lookups(change.kind, before.view if before else None, after)
        if change.kind is Kind.PERSON:
            self._change_memberships(before.view if before else {}, after or {})

    def put_record(self, kind: Kind, view: View, before: Stored | None, *, pending: str = "") -> None:
        """Write a record and its parts, and delete those it no longer has."""
        version = before.version + 1 if before else 1
        marks = Marks(pending, _body_before(before) if before and pending else "", self.quiet)
        record, *parts = record_items(self.indexing, kind, view, version=version, marks=marks)
        self._add("Put", Item=record, **_unchanged(before))
        for part in parts:
            self._add("Put", Item=part)
        self._drop_parts(kind, view["id"], len(parts), before)

    def delete_record(self, before: Stored) -> None:
        """Delete a record and its parts."""
        self._add("Delete", Key=keys.record_key(before.kind, before.id), **_unchanged(before))
        self._drop_parts(before.kind, before.id, 0, before)

    def fence(self, unchanged: Stored) -> None:
        """Make the transaction conditional on this record being as it was read."""
        self._add("ConditionCheck", Key=keys.record_key(unchanged.kind, unchanged.id), **_unchanged(unchanged))

    def change_lookups(self, kind: Kind, before: View | None, after: View | None) -> None:
        """Claim the lookups that a record gets or that must change, and release those that it loses."""
        rules = self.indexing.catalogue.rules
        had_by_rules = [lookup_items(kind, before, some) if before else {} for some in (rules, *self.former)]
        had = {ref: item for some in had_by_rules for ref, item in some.items()}
        has = lookup_items(kind, after, rules) if after else {}
        # An identifier of the record may be another's in a former form.
        claimed = lookup_items(kind, after, *self.former) if after else {}
        released = had | {ref: item for ref, item in claimed.items() if ref[1] == keys.RECORD}
        for ref in sorted(released.keys() - has.keys()):
            key = {"pk": released[ref]["pk"], "sk": released[ref]["sk"]}
            claim = _Claim(released[ref], is_held=ref in had)
            self._add("Delete", claim=claim, Key=key, **_unclaimed(released[ref]))
        kept = {ref for ref in had if all(some.get(ref) == has.get(ref) for some in had_by_rules)}
        for ref in sorted(has.keys() - kept):
            self._add("Put", claim=_Claim(has[ref], is_held=ref in had), Item=has[ref], **_unclaimed(has[ref]))

    def rekey_memberships(self, person_id: str, group_id: str, entries: Iterable[View]) -> None:
        """Write both sides of a person's memberships of a group, in place of the items that version 2 wrote."""
        for item in _membership_items(person_id, group_id, entries).values():
            self._add("Put", Item=item)
        for key in keys.former_membership_keys(person_id, group_id):
            self._add("Delete", Key=key)

    @property
    def fits(self) -> bool:
        """Whether DynamoDB accepts so many actions and bytes at once, and each item once.

        Two records change one item if one of them gives up an identifier that the other claims.
        """
        is_each_once = len(self._refs) == len(self.actions)
        return is_each_once and len(self.actions) <= self.max_actions and self._bytes <= _MAX_BYTES

    def commit(self, dynamodb: DynamoDB) -> None:
        """Write everything. Raises WriteConflict or IdentifierConflict if nothing was written, or botocore's errors.

        botocore sends a token, so that its own retry of a request whose answer was lost writes nothing twice.
        """
        transact: Any = dynamodb.transact_write_items  # the actions are of every kind
        while True:
            try:
                transact(TransactItems=self.actions)
            except ClientError as error:
                reasons: Any = error.response.get("CancellationReasons", [])
                self._explain(error, reasons)
                if not self._leave_out_contested(reasons):
                    raise
            else:
                return

    def _explain(self, error: ClientError, reasons: list[dict[str, Any]]) -> None:
        codes = [reason.get("Code") for reason in reasons]
        failed = [at for at, code in enumerate(codes) if code == "ConditionalCheckFailed"]
        # A failed claim is reported even if another action conflicts: at that moment another record had the lookup.
        for at in failed:
            claim = self._claims[at]
            if claim is not None and not claim.is_held:
                owner = reasons[at].get("Item", {}).get("owner", {}).get("S", "")
                raise IdentifierConflict(claim.lookup["pk"]["S"], owner) from error
        if any(self._claims[at] is None for at in failed) or _RETRIABLE.intersection(codes):
            raise WriteConflict from error

    def _leave_out_contested(self, reasons: list[dict[str, Any]]) -> bool:
        """Leave out the actions on lookups that are another record's; return whether there are any."""
        failed = {at for at, reason in enumerate(reasons) if reason.get("Code") == "ConditionalCheckFailed"}
        self.contested += [claim.lookup for at in sorted(failed) if (claim := self._claims[at])]
        left = [at for at in range(len(self.actions)) if at not in failed]
        self.actions, self._claims = [self.actions[at] for at in left], [self._claims[at] for at in left]
        return bool(failed)

    def _change_memberships(self, before: View, after: View) -> None:
        """Write both sides of the memberships of a person that are new or differ, and delete those that are gone."""
        person_id = (after or before)["id"]
        old, new = before.get("households", []), after.get("households", [])
        for group_id in dict.fromkeys(entry["id"] for entry in (*old, *new)):
            had, has = (_membership_items(person_id, group_id, entries_of(some, group_id)) for some in (old, new))
            if had == has:
                continue
            for ref in sorted(had.keys() - has.keys()):
                self._add("Delete", Key={"pk": had[ref]["pk"], "sk": had[ref]["sk"]})
            if not all(rules.has_periods for rules in self.former):  # those that stay may have former keys
                self.rekey_memberships(person_id, group_id, entries_of(new, group_id))
                continue
            for ref, item in has.items():
                if had.get(ref) != item:
                    self._add("Put", Item=item)

    def _drop_parts(self, kind: Kind, record_id: str, kept: int, before: Stored | None) -> None:
        for number in range(kept + 1, (before.parts if before else 0) + 1):
            self._add("Delete", Key=keys.part_key(kind, record_id, number))

    def _add(self, action: str, *, claim: _Claim | None = None, **members: Any) -> None:  # noqa: ANN401 - an action's own
        self.actions.append({action: {"TableName": self.table, **members}})
        self._claims.append(claim)
        self._refs.add(ref_of(members.get("Key") or members["Item"]))
        item = members.get("Item", {})
        bodies = sum(len(item[name]["S"].encode()) for name in _BODIES if name in item)
        self._bytes += _BESIDE_BODY + bodies


def _membership_items(person_id: str, group_id: str, entries: Iterable[View]) -> dict[Ref, Item]:
    return {ref_of(item): item for entry in entries for item in sides(person_id, group_id, entry)}


def _body_before(before: Stored) -> str:
    """Return the compressed body that a record had before the long write of it, which may have begun already."""
    return before.marks.before if before.pending else compressed_body(before.view)


def _unchanged(before: Stored | None) -> dict[str, Any]:
    if before is None:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    # Not by its version alone: a record that was deleted and made again has the first version again.
    return {
        "ConditionExpression": "version = :version AND digest = :digest",
        "ExpressionAttributeValues": {":version": {"N": str(before.version)}, ":digest": {"S": before.digest}},
    }


def _unclaimed(lookup: Item) -> dict[str, Any]:
    return {
        "ConditionExpression": "attribute_not_exists(pk) OR #owner = :owner",
        "ExpressionAttributeNames": {"#owner": "owner"},
        "ExpressionAttributeValues": {":owner": lookup["owner"]},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
