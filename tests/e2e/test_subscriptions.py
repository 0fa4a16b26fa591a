"""A partner is notified of changes through Lambda's own containers, also of those that came while it was away."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any
from uuid import uuid4

from dci_common.registry.model.records import Identifier, Person
from support.exchanges import Receiver, receiving
from support.import_files import jsonl
from support.server_process import ServerProcess, command, eventually
from support.subscribe_messages import criteria, subscribe_item, subscribe_message

AWAY: tuple[int, dict[str, str]] = (503, {})
EVERYBODY = {"type": "*", "value": "*"}


def put(api: ServerProcess, folder: Path, *values: str) -> None:
    """Put people with these identifiers, by a command."""
    people = [
        Person(id=f"e2e-{value}", identifiers=(Identifier(identifier_type="UIN", identifier_value=value),))
        for value in values
    ]
    file = jsonl(folder / "people.jsonl", people)
    line, environment = command("registry", "put", str(file), "--credentials", str(api.credentials_file))
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def notified(received: list[dict[str, Any]]) -> set[str]:
    """Return the identifiers of the people in notifications."""
    events = [event for one in received for event in one["message"].get("notify_event", ())]
    return {event["data"]["reg_records"]["identifier"][0]["identifier_value"] for event in events}


def subscribe(api: ServerProcess, partner: dict[str, str], receiver: Receiver) -> None:
    """Subscribe to all people that are new."""
    message = subscribe_message(subscribe_item(subscribe_criteria=criteria(filter=EVERYBODY)))
    url = receiver.url.replace("127.0.0.1", "host.docker.internal")
    own = {"message_id": str(uuid4()), "sender_id": "test-client", "sender_uri": url}
    reply = api.send("POST", "/registry/subscribe", message | {"header": message["header"] | own}, **partner)
    assert (reply.status, reply.json["message"]["ack_status"]) == (200, "ACK"), reply.text
    eventually(lambda: receiver.received)
    [begun] = receiver.received
    assert begun["message"]["subscribe_response"][0]["status"] == "succ"


def test_a_subscriber_is_notified_of_every_change(
    api: ServerProcess, partner: dict[str, str], tmp_path: Path
) -> None:
    """A change is notified; those that come while the receiver is away are, once or more, when it is back."""
    with receiving("0.0.0.0") as receiver:  # noqa: S104 - containers call it at the bridge's address
        subscribe(api, partner, receiver)
        put(api, tmp_path, "7001")
        eventually(lambda: notified(receiver.received) == {"7001"})
        answer, receiver.answer = receiver.answer, lambda _: AWAY
        put(api, tmp_path, "7002")
        eventually(lambda: "7002" in notified(receiver.arrived))
        put(api, tmp_path, "7003", "7004")
        assert notified(receiver.received) == {"7001"}
        receiver.answer = answer
        eventually(lambda: notified(receiver.received) == {"7001", "7002", "7003", "7004"})
