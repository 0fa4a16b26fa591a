"""Writes items that must not replace others, once each, although answers of DynamoDB get lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from dci_common.aws.retry import Backoff, may_have_happened

if TYPE_CHECKING:
    from dci_common.aws.dynamodb import Access, Item

_AGAIN = Backoff(attempts=3, first=0.1, longest=1)


def put_new_item(access: Access, table: str, item: Item) -> None:
    """Put an item whose key no other item has.

    An attempt whose answer is lost may have written it. The next one then finds the same item, and that is no error.
    Raises ConditionalCheckFailedException when another item has the key, and other errors of AWS.
    """
    retries = access.retry.attempts(_AGAIN)
    next(retries)
    while True:
        try:
            access.dynamodb.put_item(
                TableName=table,
                Item=item,
                ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except access.dynamodb.exceptions.ConditionalCheckFailedException as error:
            found: Any = error.response.get("Item", {})
            if _comparable(found) != _comparable(item):
                raise
        except (BotoCoreError, ClientError) as error:
            if may_have_happened(error) and next(retries, None):
                continue
            raise
        return


def _comparable(item: Item) -> Item:
    """Return an item with its sets in order."""
    return {name: {"SS": sorted(value["SS"])} if "SS" in value else value for name, value in item.items()}
