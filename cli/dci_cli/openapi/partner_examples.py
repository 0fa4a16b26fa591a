"""Examples of what partners send. A word in capitals stands for a value of the reader's own."""

from __future__ import annotations

from typing import Any

from dci_cli.openapi.example import Example

Tree = dict[str, Any]
_MOMENT = "2026-03-01T09:30:00Z"
_SEARCH_ID = "search-of-a-household"


def _message(action: str, message_id: str, message: Tree, **header: object) -> Tree:
    names = {"version": "1.0.0", "message_id": message_id, "message_ts": _MOMENT, "action": action}
    return {"header": {**names, "sender_id": "test-client", "total_count": 1, **header}, "message": message}


def _search(message_id: str, *items: Tree, **header: object) -> Tree:
    numbered = [{"reference_id": f"{number}", "timestamp": _MOMENT, **item} for number, item in enumerate(items, 1)]
    message = {"transaction_id": message_id, "search_request": numbered}
    return _message("search", message_id, message, total_count=len(items), **header)


def _identified(type_: str, value: str) -> Tree:
    return {"search_criteria": {"query_type": "idtype-value", "query": {"type": type_, "value": value}}}


_PREDICATE: Tree = {
    "search_criteria": {
        "query_type": "predicate",
        "query": [
            {
                "seq_num": 1,
                "expression1": {"attribute_name": "birth_date", "operator": "ge", "attribute_value": "1990-01-01"},
                "condition": "and",
                "expression2": {"attribute_name": "birth_date", "operator": "lt", "attribute_value": "2000-01-01"},
            }
        ],
        "sort": [{"attribute_name": "birth_date", "sort_order": "asc"}],
        "pagination": {"page_size": 1, "page_number": 1},
    }
}
_CONDITIONS = {"$and": [{"poverty_score": {"$lt": 30}}, {"group_size": {"$gte": 2}}]}
_EXPRESSION: Tree = {
    "search_criteria": {
        "reg_record_type": "Group",
        "query_type": "expression",
        "query": {"type": "ns:org:QueryType:expression", "value": {"expression": {"query": _CONDITIONS}}},
        "pagination": {"page_size": 1, "page_number": 1},
    }
}
_PERSON = _identified("UIN", "847951632")
_SUBSCRIPTION: Tree = {
    "reference_id": "1",
    "timestamp": _MOMENT,
    "subscribe_criteria": {
        "reg_event_type": "UPDATE",
        "notify_record_type": "SRPerson",
        "filter": {"type": "*", "value": "*"},
    },
}
_UNSUBSCRIPTION: Tree = {
    "transaction_id": "unsubscription",
    "timestamp": _MOMENT,
    "subscription_codes": ["00000000-0000-4000-8000-000000000000"],
}


def _status(message_id: str) -> Tree:
    asked = {"txn_type": "search", "attribute_type": "transaction_id", "attribute_value": _SEARCH_ID}
    message = {"transaction_id": message_id, "txnstatus_request": {"reference_id": "1", **asked}}
    return _message("txn-status", message_id, message)


_GRANT = {"grant_type": "client_credentials"}
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_CREDENTIALS = {"client_id": "CLIENT_ID", "client_secret": "CLIENT_SECRET"}
# In an order in which they can be sent: the status is that of the search before it.
PARTNER_EXAMPLES = {
    "POST /oauth2/client/token": (
        Example("secret", 200, "With the client's secret", {**_GRANT, **_CREDENTIALS}),
        Example("scope", 200, "With one scope only", {**_GRANT, **_CREDENTIALS, "scope": "registry.search"}),
        Example(
            "assertion",
            200,
            "With a JWT that the client's key signed (private_key_jwt)",
            {**_GRANT, "client_assertion_type": _ASSERTION, "client_assertion": "CLIENT_ASSERTION"},
        ),
        Example(
            "wrong_secret",
            401,
            "With a secret that is not the client's",
            {**_GRANT, **_CREDENTIALS, "client_secret": "x"},
        ),
    ),
    "POST /registry/sync/search": (
        Example("person", 200, "A person by an identifier", _search("m-1", _PERSON)),
        Example(
            "household", 200, "A household with its members", _search("m-2", _identified("HOUSEHOLD_ID", "HH-0001"))
        ),
        Example(
            "born_in_the_nineties", 200, "People born in a period, sorted, a page of one", _search("m-3", _PREDICATE)
        ),
        Example("poor_households", 200, "Households by two conditions", _search("m-4", _EXPRESSION)),
        Example("nobody", 200, "An identifier that nobody has", _search("m-5", _identified("UIN", "TEST-001"))),
        Example(
            "rejected_item",
            200,
            "Two items, of which the second is rejected: there is no such attribute",
            _search("m-6", _identified("UIN", "TEST-001"), _identified("shoe_size", "42")),
        ),
        Example(
            "other_sender",
            400,
            "A sender_id that is not the client's",
            _search("m-7", _PERSON, sender_id="another-ministry"),
        ),
    ),
    "POST /registry/search": (
        Example(
            "household",
            200,
            "A household with its members",
            _search(_SEARCH_ID, _identified("HOUSEHOLD_ID", "HH-0001")),
        ),
        Example(
            "unregistered_address",
            400,
            "A sender_uri that is not registered for the client",
            _search("m-8", _PERSON, sender_uri="https://partner.example.com/on-search"),
        ),
    ),
    "POST /registry/subscribe": (
        Example(
            "changes_of_people",
            200,
            "All changes of people whom the client may see",
            _message("subscribe", "m-9", {"transaction_id": "subscription", "subscribe_request": [_SUBSCRIPTION]}),
        ),
    ),
    "POST /registry/unsubscribe": (
        Example("code", 200, "One subscription, by its code", _message("unsubscribe", "m-10", _UNSUBSCRIPTION)),
    ),
    "POST /registry/sync/txn/status": (
        Example("asynchronous_search", 200, "An asynchronous search, by its transaction_id", _status("m-11")),
    ),
    "POST /registry/txn/status": (
        Example("asynchronous_search", 200, "An asynchronous search, by its transaction_id", _status("m-12")),
    ),
    "POST /oauth2/client/introspect": (
        Example("token", 200, "A token of another client", {"token": "ACCESS_TOKEN"}),
    ),
    "POST /oauth2/client/revoke": (Example("token", 200, "A token of this client", {"token": "ACCESS_TOKEN"}),),
    "GET /health": (Example("ok", 200, "The service runs"),),
    "GET /.well-known/oauth-authorization-server": (Example("metadata", 200, "Where tokens and keys are"),),
    "POST /handover": (Example("link_and_code", 200, "As an operator sent them", {"link": "LINK", "code": "CODE"}),),
}
