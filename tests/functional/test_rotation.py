"""The rotation of the signing keys, through the function's real handler, and what tokens make of it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
from botocore.exceptions import ClientError

from dci_cli.local.rotation import STEPS, rotate
from dci_common.oauth.key_ring import KeyRing
from dci_common.oauth.public_key_store import KEPT_SECONDS, PublicKey, read_public_keys
from dci_common.runtime import LambdaHandler
from dci_rotation import app as rotation_app
from dci_rotation.key_rotation import RotationError
from support.api import START, Api, identified
from support.call_trace import hooked
from support.events import event
from support.logs import Logs

pytestmark = pytest.mark.usefixtures("over_the_wire")

_numbers = itertools.count(1)


@dataclass
class Deployment:
    """A deployment with keys of its own, over the demo registry."""

    new: Callable[..., Api]
    api: Api

    @property
    def secret_id(self) -> str:
        return self.api.runtime.settings.signing_keys_secret

    @property
    def rotation(self) -> LambdaHandler:
        """A fresh rotation function."""
        return rotation_app.create_app(self.api.runtime)

    def step(self, step: str, token: str) -> None:
        """Do one step of a rotation."""
        self.rotation({"Step": step, "SecretId": self.secret_id, "ClientRequestToken": token}, None)

    def steps(self, token: str, *steps: str) -> None:
        """Do some steps of a rotation, or all."""
        for step in steps or STEPS:
            self.step(step, token)

    def rotate(self) -> None:
        rotate(self.rotation, self.secret_id)

    @property
    def ring(self) -> KeyRing | None:
        """The ring in force."""
        secret = self.api.runtime.secrets.get_secret_value(SecretId=self.secret_id, VersionStage="AWSCURRENT")
        return KeyRing.from_secret(secret["SecretString"])

    @property
    def published(self) -> dict[str, PublicKey]:
        return {key.kid: key for key in read_public_keys(self.api.runtime, consistent=True).keys}

    def fresh(self, **changes: Any) -> Api:
        """Functions that remember nothing, at the same time of day."""
        api = self.new(**changes)
        api.clock.now = self.api.clock.now
        return api

    def check(self) -> None:
        """Check that the ring is whole and is what is published, and that its tokens open the search."""
        ring = self.ring
        assert ring is not None
        states = ring.public_keys()
        assert {kid: (key.jwk, key.state) for kid, key in self.published.items()} == {
            jwk["kid"]: (jwk, state) for jwk, state in states
        }
        assert len(self.published) == len(states)
        token = self.fresh().token_of()
        assert jwt.get_unverified_header(token)["kid"] == ring.current.kid
        assert answers(self.fresh(), token) == 200


def token_name() -> str:
    """Return a new rotation's token."""
    return f"rotation-{next(_numbers):032}"


def answers(api: Api, token: str) -> int:
    """Search with a token, and return the status."""
    return api.search(identified("UIN", "847951632"), token=token).status


@pytest.fixture
def empty(own_api: Callable[..., Api]) -> Deployment:
    """Return a deployment as CloudFormation makes it: with an empty ring."""
    return Deployment(own_api, own_api())


@pytest.fixture
def deployment(empty: Deployment) -> Deployment:
    """Return a deployment that has rotated once."""
    empty.rotate()
    return empty


@pytest.fixture(params=["empty", "deployment"])
def either(request: pytest.FixtureRequest) -> Deployment:
    """Return a deployment with an empty ring, then one with a full one."""
    found: Deployment = request.getfixturevalue(request.param)
    return found


def test_the_first_rotation_fills_the_ring(empty: Deployment) -> None:
    """A fresh deployment says when to come back until its own rotation has made its keys."""
    client, secret = empty.api.client()
    refused = empty.api.token(client, secret)
    assert (refused.status, refused.headers["Retry-After"]) == (503, "60")
    assert empty.fresh().send(event("jwks")).json == {"keys": []}
    empty.rotate()
    assert empty.api.token(client, secret).status == 200
    empty.check()
    assert [key.state for key in empty.published.values()] == ["current", "next"]


def test_keys_follow_one_another(deployment: Deployment) -> None:
    """The next key signs, a new one is next, and of the one that signed only the public half is kept."""
    before = deployment.ring
    deployment.rotate()
    after = deployment.ring
    assert before is not None
    assert after is not None
    assert after.current == before.next
    assert after.retired == (before.current.public,)
    assert after.next not in (before.next, before.current)
    deployment.check()


def test_a_token_outlives_the_rotation_of_its_key(deployment: Deployment) -> None:
    """A token signed before a rotation, even two, is good until it expires: for warm functions and fresh ones."""
    token = deployment.api.token_of()
    assert answers(deployment.api, token) == 200
    deployment.rotate()
    deployment.rotate()
    for api in (deployment.api, deployment.fresh()):
        assert answers(api, token) == 200
    deployment.api.clock.advance(599)
    for api in (deployment.api, deployment.fresh()):
        assert answers(api, token) == 200
    deployment.api.clock.advance(1)
    assert answers(deployment.api, token) == 401


def test_a_function_that_remembers_the_old_ring_signs_good_tokens(deployment: Deployment) -> None:
    """Tokens of a retired key are accepted as long as they live."""
    deployment.api.token_of()
    deployment.rotate()
    deployment.api.clock.advance(299)
    client, secret = deployment.api.client(token_lifetime=3600)
    token = str(deployment.api.token(client, secret).json["access_token"])
    assert deployment.published[jwt.get_unverified_header(token)["kid"]].state == "retired"
    deployment.api.clock.advance(3599)
    deployment.rotate()
    assert answers(deployment.fresh(), token) == 200


def test_verifiers_know_a_key_before_it_signs(deployment: Deployment) -> None:
    """A verifier that read the keys before a rotation takes tokens of the key that it put in force."""
    verifier = deployment.fresh()
    assert answers(verifier, deployment.api.token_of()) == 200
    deployment.rotate()
    assert answers(verifier, deployment.fresh().token_of()) == 200


def test_a_retired_key_is_removed_after_its_last_token(deployment: Deployment) -> None:
    """It is published until its last token has expired, and leaves the ring with the rotation after that."""
    deployment.rotate()
    assert deployment.ring is not None
    [retired] = deployment.ring.retired
    deployment.api.clock.advance(KEPT_SECONDS - 1)
    assert retired in deployment.fresh().send(event("jwks")).json["keys"]
    deployment.rotate()
    assert retired in deployment.ring.retired
    deployment.api.clock.advance(1)
    assert retired not in deployment.fresh().send(event("jwks")).json["keys"]
    deployment.rotate()
    assert retired not in deployment.ring.retired
    deployment.check()


def test_a_key_is_retired_when_the_rotation_is_finished(deployment: Deployment) -> None:
    """A rotation that lay unfinished for a day retires the key that signed until then, not a day earlier."""
    token = token_name()
    deployment.steps(token, "createSecret")
    deployment.api.clock.advance(86_400)
    signed = deployment.fresh().token_of()
    deployment.steps(token)
    deployment.rotate()
    assert answers(deployment.fresh(), signed) == 200


def test_the_published_set_shows_use_and_age_of_each_key(deployment: Deployment) -> None:
    """What is published says of each key what it is for and since when; no private half is in it."""
    deployment.api.clock.advance(100)
    deployment.rotate()
    deployment.api.clock.advance(100)
    deployment.rotate()
    told = [(key.state, key.since - START) for key in deployment.published.values()]
    assert told == [("current", 200), ("next", 200), ("retired", 200), ("retired", 100)]
    item = deployment.api.runtime.dynamodb.scan(TableName=deployment.api.runtime.settings.clients_table)["Items"]
    assert "PRIVATE" not in json.dumps(item)
    assert {name for key in deployment.fresh().send(event("jwks")).json["keys"] for name in key} == {
        *("kty", "crv", "x", "y", "kid", "use", "alg")
    }


@pytest.mark.exhaustive
def test_another_algorithm_comes_by_rotation(deployment: Deployment) -> None:
    """Keys made from now on are of the new algorithm: the second rotation has the first of them sign."""
    other = Deployment(deployment.new, deployment.fresh(signing_algorithm="RS256"))
    algorithms = []
    for _ in range(2):
        other.rotate()
        algorithms.append(jwt.get_unverified_header(deployment.fresh().token_of())["alg"])
        other.check()
    assert algorithms == ["ES256", "RS256"]


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
@pytest.mark.parametrize("again", ["new", "same"])
def test_an_interrupted_rotation_can_be_completed(either: Deployment, again: str) -> None:
    """Broken off at any call to AWS and run again, under its own name or another, a rotation ends in a whole ring."""
    for broken in itertools.count():
        token, calls = token_name(), itertools.count()

        def fail(*_: Any, broken: int = broken, calls: itertools.count[int] = calls) -> None:
            if next(calls) == broken:
                raise _BrokenError

        with hooked(either.api.runtime, fail):
            try:
                either.steps(token)
            except _BrokenError:
                finished = False
            else:
                finished = True
        ring = either.ring
        assert ring is None or ring.current.kid in either.published  # every token can be verified
        if finished:
            break
        either.steps(token if again == "same" else token_name())
        either.check()
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


def test_a_rotation_is_logged(deployment: Deployment, logs: Logs) -> None:
    """Each step has its line, and so has what failed; no key stands in them."""
    deployment.rotate()
    assert [entry["step"] for entry in logs.entries() if entry["message"] == "rotation"] == list(STEPS)
    with pytest.raises(RotationError):
        deployment.step("finishSecret", token_name())
    assert logs.entries()[-1]["exception_type"] == "RotationError"
    assert "PRIVATE" not in "".join(logs.lines)
