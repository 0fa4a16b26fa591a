"""The baseline of `make bench-cold`: a search by identifier in a commonly written handler.

It uses boto3's resource, powertools' Logger, Tracer and Metrics, its resolver with validation, and pydantic models.
It has no clients, quota, disclosure or audit.
"""

import json
import os
from typing import Any

import boto3
import jwt
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import BaseModel

logger = Logger(service="baseline")
tracer = Tracer(service="baseline")
metrics = Metrics(namespace="baseline", service="baseline")
app = APIGatewayHttpResolver(enable_validation=True)
table = boto3.resource("dynamodb").Table(os.environ["REGISTRY_TABLE"])


class Header(BaseModel):
    """The message's header."""

    message_id: str
    sender_id: str
    action: str


class Query(BaseModel):
    """An identifier."""

    type: str
    value: str


class Criteria(BaseModel):
    """The criteria of a search."""

    query_type: str
    query: Query


class Item(BaseModel):
    """One search."""

    reference_id: str
    search_criteria: Criteria


class Message(BaseModel):
    """The searches."""

    transaction_id: str
    search_request: list[Item]


class Envelope(BaseModel):
    """The whole message."""

    header: Header
    message: Message


@app.post("/registry/sync/search")
@tracer.capture_method
def search(envelope: Envelope) -> dict[str, Any]:
    """Return the record that has the identifier."""
    keys = json.loads(str(table.get_item(Key={"pk": "KEYS", "sk": "KEYS"})["Item"]["keys"]))
    jwt.decode(
        app.current_event.headers["authorization"].removeprefix("Bearer "),
        jwt.PyJWK(keys[0]["jwk"]),
        algorithms=["ES256"],
        options={"verify_aud": False},
    )
    query = envelope.message.search_request[0].search_criteria.query
    owner = table.get_item(Key={"pk": f"IDENTIFIER#{query.type}#{query.value}", "sk": "RECORD"})["Item"]["owner"]
    record = table.get_item(Key={"pk": owner, "sk": "RECORD"}, ConsistentRead=True)["Item"]
    metrics.add_metric(name="searches", unit=MetricUnit.Count, value=1)
    return {"header": {"status": "succ"}, "message": {"search_response": [json.loads(str(record["body"]))]}}


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's own object
    """Handle an event."""
    return app.resolve(event, context)
