"""One DynamoDB transaction on RegistryTable: what changes together, and on what condition.

A record is written on the condition that it is still as it was read, a unique lookup on the condition that no other
record has it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from dci_common.aws.dynamodb import Item
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import Membership
from dci_common.registry.model.views import View
from dci_common.registry.storage import keys
from dci_common.registry.storage.facets import Indexing
from dci_common.registry.storage.items import Ref, lookup_items, membership_items, record_items
from dci_common.registry.storage.store import Stored
from dci_common.registry.write.record_change import RecordChange

if TYPE_CHECKING:
    from dci_common.aws.protocol import DynamoDB

MAX_ACTIONS = 100  # DynamoDB's own limit
_MAX_BYTES = 4_000_000  # of DynamoDB's own 4 MiB
_BESIDE_BODY = 4_000  # bytes of an item beside its body, generously
_RETRIABLE = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}


class WriteConflict(Exception):
    """Another writer changed a record between the read and the write: read it again, then try again."""


class IdentifierConflict(Exception):
    """A unique lookup belongs to another record: `pk` is its partition, `owner` that of the record."""

    def __init__(self, pk: str, owner: str) -> None:
        super().__init__(pk)
        self.pk = pk
        self.owner = owner


@dataclass
class Transaction:
    """Actions that happen together or not at all, `max_actions` of them at most."""

    table: str
    indexing: Indexing
    max_actions: int = MAX_ACTIONS
    actions: list[dict[str, Any]] = field(default_factory=list)
    _about: list[Item | None] = field(default_factory=list)  # the unique lookup that an action claims
    _bytes: int = 0

    def change_record(self, change: RecordChange, pending: str = "") -> None:
        """Write a record and its lookups as they shall be; one that does not change must only stay as it was read.

        `pending` marks a group whose members are updated later.
        """
        before, after = change.before, change.after
        if before is not None and not change.is_change:
            self.fence(before)  # the other changes were made to fit it
            return
        if after is not None:
            self.put_record(change.kind, after, before, pending=pending if change.touches_members else "")
        elif before is not None:
            self.delete_record(before)
        had = lookup_items(change.kind, before.view) if before else {}
        self.change_lookups(had, lookup_items(change.kind, after) if after else {})

    def put_record(self, kind: Kind, view: View, before: Stored | None, *, pending: str = "") -> None:
        """Write a record and its parts, and delete those it no longer has."""
        version = before.version + 1 if before else 1
        record, *parts = record_items(self.indexing, kind, view, version=version, pending=pending)
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

    def change_lookups(self, before: dict[Ref, Item], after: dict[Ref, Item]) -> None:
        """Claim the lookups that a record gets or that must change, and release those that it loses."""
        for key in before.keys() - after.keys():
            item = before[key]
            self._add("Delete", Key={"pk": item["pk"], "sk": item["sk"]}, **_unclaimed(item))
        for key in sorted(key for key, item in after.items() if before.get(key) != item):
            self._add("Put", claims=after[key], Item=after[key], **_unclaimed(after[key]))

    def put_membership(self, membership: Membership) -> None:
        """Write both sides of a membership."""
        for item in membership_items(membership):
            self._add("Put", Item=item)

    def delete_membership(self, person_id: str, group_id: str) -> None:
        """Delete both sides of a membership."""
        for key in keys.membership_keys(person_id, group_id):
            self._add("Delete", Key=key)

    @property
    def fits(self) -> bool:
        """Whether DynamoDB accepts so many actions and bytes at once."""
        return len(self.actions) <= self.max_actions and self._bytes <= _MAX_BYTES

    def commit(self, dynamodb: DynamoDB) -> None:
        """Write everything. Raises WriteConflict or IdentifierConflict if nothing was written, or botocore's errors.

        botocore sends a token, so that its own retry of a request whose answer was lost writes nothing twice.
        """
        transact: Any = dynamodb.transact_write_items  # the actions are of every kind
        try:
            transact(TransactItems=self.actions)
        except ClientError as error:
            self._explain(error)
            raise

    def _explain(self, error: ClientError) -> None:
        reasons: Any = error.response.get("CancellationReasons", [])
        codes = [reason.get("Code") for reason in reasons]
        # A failed claim is reported even if another action conflicts: at that moment another record had the lookup.
        for claimed, code, reason in zip(self._about, codes, reasons, strict=False):
            if code == "ConditionalCheckFailed" and claimed is not None:
                raise IdentifierConflict(
                    claimed["pk"]["S"], reason.get("Item", {}).get("owner", {}).get("S", "")
                ) from error
        if "ConditionalCheckFailed" in codes or _RETRIABLE.intersection(codes):
            raise WriteConflict from error

    def _drop_parts(self, kind: Kind, record_id: str, kept: int, before: Stored | None) -> None:
        for number in range(kept + 1, (before.parts if before else 0) + 1):
            self._add("Delete", Key=keys.part_key(kind, record_id, number))

    def _add(self, action: str, *, claims: Item | None = None, **members: Any) -> None:  # noqa: ANN401 - an action's own
        self.actions.append({action: {"TableName": self.table, **members}})
        self._about.append(claims)
        body = members.get("Item", {}).get("body", {}).get("S", "")
        self._bytes += _BESIDE_BODY + len(body.encode())


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
