"""A policy is exactly what the work of its function needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from support.iam import LEADING_KEYS, Call, Statement, calls, policy

from .conftest import APPS, Work
from .test_permissions import KEEP, LOG, READ_STREAM, RECEIVE


@pytest.fixture
def made(work: Callable[[str], Work]) -> Callable[[str], set[Call]]:
    """Return what returns the calls that a function makes while it serves all its routes."""

    def serve(function: str) -> set[Call]:
        done = work(function)
        return {call for operation, request in done.calls for call in calls(operation, request, done.resources)}

    return serve


@pytest.mark.parametrize("function", APPS)
def test_a_policy_allows_every_call_made(function: str, made: Callable[[str], set[Call]]) -> None:
    """All that a function asks of AWS while it serves its routes is granted to it; the console asks nothing."""
    asked = made(function)
    assert bool(asked) == (function != "ConsoleFunction")
    assert [call for call in asked if not any(grant.allows(call) for grant in policy(function))] == []


@pytest.mark.parametrize("function", APPS)
def test_every_grant_is_used(function: str, made: Callable[[str], set[Call]]) -> None:
    """Each action of a policy is needed on each of its tables and secrets, and for each kind of partition key."""
    asked = made(function)
    assert [str(one) for one in _parts(function) if not any(one.allows(call) for call in asked)] == []


def _parts(function: str) -> Iterator[Statement]:
    """Yield each action of a policy on each resource and each pattern of keys.

    Lambda itself writes the logs, receives and deletes the messages, reads the streams and keeps what it loses.
    """
    of_lambda = {*LOG.split(), *RECEIVE.split(), *READ_STREAM.split(), KEEP, "s3:ListBucket"}
    if function == "AuditIndexFunction":
        of_lambda.add("sqs:SendMessage")
    for grant in policy(function):
        for action in grant.actions - of_lambda:
            for resource in grant.resources:
                for key in grant.keys or {"*"}:
                    narrowed = {"ForAllValues:StringLike": {LEADING_KEYS: [key]}}
                    yield Statement(frozenset({action}), frozenset({resource}), {**grant.conditions, **narrowed})
