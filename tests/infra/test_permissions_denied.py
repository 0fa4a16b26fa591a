"""What each function's part of an exchange does not need is denied."""

from __future__ import annotations

import pytest

from support.iam import Call, is_allowed

from .test_permissions import CALLBACKS, GET, PUT, QUERY, UPDATE

DENIED = {
    "the exchange function reads no answer": (
        "ExchangeFunction",
        Call(GET, "ExchangeTable", frozenset({"EXCHANGE#"})),
    ),
    "the exchange function reads no people": ("ExchangeFunction", Call(GET, "RegistryTable", frozenset({"PERSON#"}))),
    "the exchange function changes no place": (
        "ExchangeFunction",
        Call(UPDATE, "ExchangeTable", frozenset({"OPEN#"})),
    ),
    "the delivery accepts nothing": (
        "DeliveryFunction",
        Call(PUT, "ExchangeTable", frozenset({"MESSAGE#"}), "TransactWriteItems"),
    ),
    "the delivery uses no assertion": ("DeliveryFunction", Call(PUT, "ExchangeTable", frozenset({"ASSERTION#"}))),
    "the delivery reads no client secret": ("DeliveryFunction", Call(GET, "ClientsTable", frozenset({"SECRET#"}))),
    "the delivery reads no audit": ("DeliveryFunction", Call(QUERY, "AuditTable", frozenset({"DAY#"}))),
    "the audit index reads no audit": ("AuditIndexFunction", Call(QUERY, "AuditTable", frozenset({"RECORD#"}))),
    "the audit index adds no disclosure": ("AuditIndexFunction", Call(PUT, "AuditTable", frozenset({"DAY#"}))),
    "the delivery writes no index": ("DeliveryFunction", Call(PUT, "AuditTable", frozenset({"RECORD#"}))),
    "the search writes no index": ("SearchFunction", Call(PUT, "AuditTable", frozenset({"RECORD#"}))),
    "the search reads no index": ("SearchFunction", Call(QUERY, "AuditTable", frozenset({"RECORD#"}))),
    "the delivery writes no secret": (
        "DeliveryFunction",
        Call("secretsmanager:PutSecretValue", CALLBACKS),
    ),
    "the clients function reads no secret for callbacks": (
        "ClientsFunction",
        Call("secretsmanager:GetSecretValue", CALLBACKS),
    ),
    "the clients function writes no other secret": (
        "ClientsFunction",
        Call("secretsmanager:PutSecretValue", "SigningKeys"),
    ),
    "the clients function reads no message key": (
        "ClientsFunction",
        Call("secretsmanager:GetSecretValue", "MessageKeys"),
    ),
    "the clients function accepts nothing": (
        "ClientsFunction",
        Call(PUT, "ExchangeTable", frozenset({"MESSAGE#"}), "TransactWriteItems"),
    ),
    "the clients function gives no quota back": (
        "ClientsFunction",
        Call(UPDATE, "ExchangeTable", frozenset({"RATE#"})),
    ),
    "the token function reads no message key": (
        "TokenFunction",
        Call("secretsmanager:GetSecretValue", "MessageKeys"),
    ),
    "the exchange function reads no message key": (
        "ExchangeFunction",
        Call("secretsmanager:GetSecretValue", "MessageKeys"),
    ),
    "the search reads no key of tokens": (
        "SearchFunction",
        Call("secretsmanager:GetSecretValue", "SigningKeys"),
    ),
    "the search writes no message key": ("SearchFunction", Call("secretsmanager:PutSecretValue", "MessageKeys")),
    "the delivery publishes no key": ("DeliveryFunction", Call(PUT, "ClientsTable", frozenset({"KEYS"}))),
    "the search sends nothing": ("SearchFunction", Call("sqs:SendMessage", "WorkQueue")),
    "the search changes no exchange": ("SearchFunction", Call(UPDATE, "ExchangeTable", frozenset({"OPEN#"}))),
}


@pytest.mark.parametrize(("function", "call"), DENIED.values(), ids=DENIED)
def test_what_a_function_does_not_need_is_denied(function: str, call: Call) -> None:
    """No statement allows what lies outside of a function's part of an exchange."""
    assert not is_allowed(function, call)
