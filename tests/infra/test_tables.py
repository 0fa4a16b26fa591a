"""What is kept, and how it is guarded."""

from __future__ import annotations

from typing import Any

import pytest

from dci_common.oauth.key_ring import KeyRing
from dci_common.registries.social.catalogue import SOCIAL_CATALOGUE
from dci_common.registry.model.base import Kind
from support.deployment import functions, of_type, template

TABLES = of_type("AWS::DynamoDB::Table")
SLOTS = [f"{number:02}" for number in range(1, 13)]


def test_there_is_a_table_for_each_boundary_of_trust() -> None:
    """Clients, people, and what passes by are kept apart."""
    assert TABLES.keys() == {"ClientsTable", "RegistryTable", "ExchangeTable", "AuditTable"}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_is_guarded(table: dict[str, Any]) -> None:
    """It is encrypted, can be restored to any second, and neither a stack nor a hand deletes it."""
    properties = table["Properties"]
    assert properties["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["DeletionProtectionEnabled"] is True
    assert (table["UpdateReplacePolicy"], table["DeletionPolicy"]) == ("Retain", "RetainExceptOnCreate")
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert "TableName" not in properties


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_declares_just_its_keys(table: dict[str, Any]) -> None:
    """Every declared attribute is a key of the table or of an index, as DynamoDB demands."""
    properties = table["Properties"]
    schemas = [properties["KeySchema"], *(index["KeySchema"] for index in indexes(table))]
    assert [key["AttributeName"] for key in properties["KeySchema"]] == ["pk", "sk"]
    assert {key["AttributeName"] for schema in schemas for key in schema} == {
        attribute["AttributeName"] for attribute in properties["AttributeDefinitions"]
    }


def indexes(table: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the table's indexes."""
    found: list[dict[str, Any]] = table["Properties"].get("GlobalSecondaryIndexes", [])
    return found


def test_the_registry_has_its_twelve_slots() -> None:
    """Index ixNN is keyed by shard and slot xNN, and carries the facets alone."""
    assert indexes(TABLES["RegistryTable"]) == [
        {
            "IndexName": f"ix{slot}",
            "KeySchema": [
                {"AttributeName": "shard", "KeyType": "HASH"},
                {"AttributeName": f"x{slot}", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["facets"]},
        }
        for slot in SLOTS
    ]


def test_what_is_due_is_listed() -> None:
    """The index `due` of ExchangeTable lists what has a queue, by the time at which it is due, with keys alone."""
    assert indexes(TABLES["ExchangeTable"]) == [
        {
            "IndexName": "due",
            "KeySchema": [
                {"AttributeName": "queue", "KeyType": "HASH"},
                {"AttributeName": "due", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ]
    types = {one["AttributeName"]: one["AttributeType"] for one in attributes(TABLES["ExchangeTable"])}
    assert (types["queue"], types["due"]) == ("S", "N")


def attributes(table: dict[str, Any]) -> list[dict[str, str]]:
    """Return the attributes that a table declares."""
    found: list[dict[str, str]] = table["Properties"]["AttributeDefinitions"]
    return found


def test_the_catalogue_uses_slots_that_there_are() -> None:
    """Every attribute's slot is an index of the table, and no two attributes of a record share one."""
    used = [(kind, slot) for attribute in SOCIAL_CATALOGUE.rows for kind, slot in attribute.slots.items()]
    used += [(kind, composite.slot) for kind in Kind for composite in SOCIAL_CATALOGUE.composites[kind]]
    used += [(kind, SOCIAL_CATALOGUE.record_slot) for kind in Kind]
    assert {slot for _, slot in used} <= {f"x{slot}" for slot in SLOTS}
    assert len(set(used)) == len(used)


def test_what_passes_by_goes_by_itself() -> None:
    """Items with `expires` leave their table; people never expire."""
    expiring = {name: table["Properties"].get("TimeToLiveSpecification") for name, table in TABLES.items()}
    kept = {"AttributeName": "expires", "Enabled": True}
    assert expiring == {"ClientsTable": kept, "ExchangeTable": kept, "AuditTable": kept, "RegistryTable": None}


def test_a_key_of_ones_own_encrypts_all_that_is_kept() -> None:
    """With KmsKeyArn tables, secrets, logs and the functions' environments and snapshots are encrypted with it."""
    key = {"Ref": "KmsKeyArn"}
    given = {"KmsKeyArn": "arn:aws:kms:eu-west-1:111122223333:key/of-our-own"}
    for table in of_type("AWS::DynamoDB::Table", **given).values():
        assert table["Properties"]["SSESpecification"] == {
            "SSEEnabled": True,
            "SSEType": "KMS",
            "KMSMasterKeyId": key,
        }
    for type_ in ("AWS::SecretsManager::Secret", "AWS::Logs::LogGroup"):
        assert all(resource["Properties"]["KmsKeyId"] == key for resource in of_type(type_, **given).values())
        assert not any("KmsKeyId" in resource["Properties"] for resource in of_type(type_).values())
    assert all(function["KmsKeyArn"] == key for function in functions(**given).values())


@pytest.mark.parametrize("ring", ["SigningKeys", "MessageKeys"])
def test_the_signing_keys_start_as_an_empty_ring(ring: str) -> None:
    """What CloudFormation generates is no key, and is read as a ring that is still to be filled."""
    secret = template()["Resources"][ring]
    generated = secret["Properties"]["GenerateSecretString"]
    assert generated == {"SecretStringTemplate": "{}", "GenerateStringKey": "seed"}
    assert KeyRing.from_secret('{"seed": "generated"}') is None
    assert (secret["UpdateReplacePolicy"], secret["DeletionPolicy"]) == ("Retain", "RetainExceptOnCreate")


def test_the_cursor_key_is_made_and_kept() -> None:
    """Cursors are sealed with what CloudFormation generates: long, and never lost with the stack by accident."""
    secret = template()["Resources"]["CursorKey"]
    assert secret["Properties"]["GenerateSecretString"]["PasswordLength"] >= 43  # 256 bits of letters and digits
    assert (secret["UpdateReplacePolicy"], secret["DeletionPolicy"]) == ("Retain", "RetainExceptOnCreate")
