"""Steps of a rotation that are repeated, broken off, out of order or too late, through the real handler."""

from __future__ import annotations

import itertools
import json
from typing import Any

import jwt
import pytest
from botocore.exceptions import ClientError

from dci_cli.local.rotation import STEPS
from dci_rotation.key_rotation import RotationError
from support.call_trace import hooked
from support.rotated_deployment import Deployment, token_name

pytestmark = pytest.mark.usefixtures("over_the_wire")


@pytest.mark.exhaustive
@pytest.mark.parametrize("repeated", STEPS)
def test_a_repeated_step_changes_nothing(either: Deployment, repeated: str) -> None:
    """A step done twice, at once or when the rotation is over, is as good as one done once."""
    token = token_name()
    for step in STEPS:
        either.step(step, token)
        if step == repeated:
            either.step(step, token)
    ring = either.ring
    either.step(repeated, token)
    assert either.ring == ring
    either.check()


class _BrokenError(Exception):
    pass


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("before", "again"),
    [
        ("empty", "new"),
        ("empty", "same"),
        ("deployment", "new"),
        ("deployment", "same"),
        ("messages", "same"),  # once, because RSA keys take long to make
    ],
)
def test_an_interrupted_rotation_can_be_completed(request: pytest.FixtureRequest, before: str, again: str) -> None:
    """Broken off at any call to AWS and run again, under its own name or another, a rotation ends in a whole ring."""
    rotated: Deployment = request.getfixturevalue(before)
    for broken in itertools.count():
        token, calls = token_name(), itertools.count()

        def fail(*_: Any, broken: int = broken, calls: itertools.count[int] = calls) -> None:
            if next(calls) == broken:
                raise _BrokenError

        with hooked(rotated.api.runtime, fail):
            try:
                rotated.steps(token)
            except _BrokenError:
                finished = False
            else:
                finished = True
        ring = rotated.ring
        assert ring is None or ring.is_published(rotated.published)  # every signature can be verified
        if finished:
            break
        rotated.steps(token if again == "same" else token_name())
        rotated.check()
    assert broken > 10


def test_steps_out_of_order_are_rejected(deployment: Deployment) -> None:
    """Nothing is put in force that was not made, and published, before."""
    token = token_name()
    before = deployment.ring
    for step in STEPS[1:]:
        with pytest.raises(RotationError):
            deployment.step(step, token)
    deployment.step("createSecret", token)
    for step in STEPS[2:]:
        with pytest.raises(RotationError):
            deployment.step(step, token)
    assert deployment.ring == before
    deployment.check()


def test_a_different_published_key_is_found(deployment: Deployment) -> None:
    """What is published under a key's id must verify what the key signs, or it is not put in force."""
    token = token_name()
    deployment.steps(token, "createSecret", "setSecret")
    runtime, before = deployment.api.runtime, deployment.ring
    item: Any = runtime.dynamodb.get_item(
        TableName=runtime.settings.clients_table, Key={"pk": {"S": "KEYS"}, "sk": {"S": "KEYS"}}
    )["Item"]
    keys = json.loads(item["keys"]["S"])
    keys[1]["jwk"] |= {name: keys[0]["jwk"][name] for name in ("x", "y")}
    runtime.dynamodb.put_item(TableName=runtime.settings.clients_table, Item=item | {"keys": {"S": json.dumps(keys)}})
    for step in STEPS[2:]:
        with pytest.raises(jwt.InvalidSignatureError):
            deployment.step(step, token)
    assert deployment.ring == before


@pytest.mark.exhaustive
@pytest.mark.parametrize("late", STEPS[1:])
def test_a_rotation_that_comes_too_late_changes_nothing(either: Deployment, late: str) -> None:
    """A step of a rotation that another has overtaken fails, and what is published stays."""
    older = token_name()
    either.steps(older, *STEPS[: STEPS.index(late)])
    either.rotate()
    published = either.published
    with pytest.raises(RotationError):
        either.step(late, older)
    assert either.published == published
    either.check()


def test_two_rotations_do_not_overwrite_each_other(deployment: Deployment) -> None:
    """A rotation that read the published set before another one wrote it does not overwrite it."""
    older = token_name()
    deployment.steps(older, "createSecret")
    overtaken: list[str] = []

    def overtake(operation: str, _: Any) -> None:
        if operation == "PutItem" and not overtaken:
            overtaken.append(operation)
            deployment.rotate()

    with hooked(deployment.api.runtime, overtake), pytest.raises(ClientError, match="ConditionalCheckFailed"):
        deployment.step("setSecret", older)
    deployment.check()


def test_a_step_that_runs_twice_at_once_makes_one_ring(deployment: Deployment) -> None:
    """Of two runs of createSecret for one rotation the first to store its ring is followed, and neither fails."""
    token, overtaken = token_name(), list[str]()

    def overtake(operation: str, _: Any) -> None:
        if operation == "PutSecretValue" and not overtaken:
            overtaken.append(operation)
            deployment.step("createSecret", token)

    with hooked(deployment.api.runtime, overtake):
        deployment.step("createSecret", token)
    deployment.steps(token)
    deployment.check()
