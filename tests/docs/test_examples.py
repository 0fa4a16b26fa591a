"""examples/: its clients get tokens and search, its receivers take callbacks, and all of it is in its README."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dci_cli.local.demo import Population
from support.api import Api
from support.api_over_http import api_over_http
from support.events import ROOT
from support.exchanges import Partner, Queues
from support.message_signers import pair
from support.partner_examples import FOLDER, command, run
from support.server_process import dci_serve

CLIENTS = ("client.py", "client.mjs")
README = (FOLDER / "README.md").read_text("utf-8")


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
def served(new_api: Callable[..., Api]) -> Iterator[tuple[Api, str]]:
    """Serve an API, whose clock is that of the examples; yield it, and its URL."""
    port = free_port()
    settings = new_api(issuer=f"http://127.0.0.1:{port}").runtime.settings
    api = Api(settings, time.time_ns(), {}, time.time)
    with api_over_http(api, port) as url:
        yield api, url


def printed(text: str) -> list[dict[str, Any]]:
    """Return the objects that a program printed, one after the other."""
    decoder, found = json.JSONDecoder(), []
    while text := text.strip():
        value, end = decoder.raw_decode(text)
        found.append(value)
        text = text[end:]
    return found


@pytest.mark.parametrize("program", CLIENTS)
def test_the_client_finds_a_person_with_a_secret(served: tuple[Api, str], program: str) -> None:
    """It prints the one record; with a wrong secret, what the registry says of it; without one, what to set."""
    api, url = served
    client, secret = api.client()
    arguments = (url, client.sender_id, "UIN", "847951632")
    credentials = {"CLIENT_ID": client.client_id, "CLIENT_SECRET": secret}
    found = run(program, *arguments, variables=credentials)
    refused = run(program, *arguments, variables=credentials | {"CLIENT_SECRET": "wrong"})
    unset = run(program, *arguments)
    (person,) = printed(found.stdout)
    assert person["name"] == {"@type": "Name", "surname": "Wanjiru", "given_name": "Nyambura"}
    assert refused.returncode == 1
    assert refused.stderr.startswith("401: ")
    assert "invalid_client" in refused.stderr
    assert unset.stderr.startswith("Set CLIENT_ID, and CLIENT_SECRET, or")


@pytest.mark.parametrize("program", CLIENTS)
def test_the_client_authenticates_with_a_key(served: tuple[Api, str], program: str, tmp_path: Path) -> None:
    """An assertion of each kind of key gets a token."""
    api, url = served
    for algorithm in ("EdDSA", "ES256", "RS256"):
        key = pair(algorithm)
        (tmp_path / "key.pem").write_bytes(key.pem)
        client, _ = api.client(jwks={"keys": [key.jwk]})
        named = {"CLIENT_ID": client.client_id, "KEY_FILE": str(tmp_path / "key.pem"), "KEY_ID": key.kid}
        done = run(program, url, client.sender_id, "UIN", "847951632", variables=named)
        assert len(printed(done.stdout)) == 1, done.stderr


@pytest.mark.parametrize("program", CLIENTS)
def test_the_client_follows_cursors(served: tuple[Api, str], population: Population, program: str) -> None:
    """More people than a page has are all printed, each once; a rejected search fails with its reason."""
    women = [person for person in population.people if person.sex == "female"]
    api, url = served
    client, secret = api.client()
    credentials = {"CLIENT_ID": client.client_id, "CLIENT_SECRET": secret}
    done = run(program, url, client.sender_id, "sex", "female", variables=credentials)
    rejected = run(program, url, client.sender_id, "shoe_size", "42", variables=credentials)
    found = [json.dumps(person, sort_keys=True) for person in printed(done.stdout)]
    assert len(women) > 100
    assert (len(found), len({*found})) == (len(women), len(women))
    assert (rejected.returncode, rejected.stderr[:20]) == (1, "rjct.filter.invalid:")


@contextmanager
def receiving(program: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a receiver on a free port; yield its process, and its URL."""
    port = free_port()
    arguments = [*command(program), str(port)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            yield process, f"http://127.0.0.1:{port}/on-search"
        finally:
            process.kill()


@pytest.mark.parametrize(("program", "receiver"), [("client.py", "receiver.py"), ("client.mjs", "receiver.mjs")])
def test_the_receiver_takes_the_answer_to_the_client(
    exchange_api: tuple[Api, Queues], program: str, receiver: str
) -> None:
    """An asynchronous search of the client is acknowledged, and its receiver prints the callback."""
    api, queues = exchange_api
    with receiving(receiver) as (process, callback), api_over_http(api) as url:
        partner = Partner(api, queues, callback)
        credentials = {"CLIENT_ID": partner.client.client_id, "CLIENT_SECRET": partner.secret}
        wait_for(callback)
        done = run(program, url, partner.client.sender_id, "UIN", "847951632", callback, variables=credentials)
        (acknowledged,) = printed(done.stdout)
        partner.work()
        process.terminate()
        assert process.stdout
        (answer,) = printed(process.stdout.read())
    assert acknowledged["message"]["ack_status"] == "ACK"
    assert answer["message"]["correlation_id"] == acknowledged["message"]["correlation_id"]
    assert len(answer["message"]["search_response"][0]["data"]["reg_records"]) == 1


def wait_for(url: str) -> None:
    """Wait until something listens at a URL."""
    port = int(url.rpartition(":")[2].partition("/")[0])
    for _ in range(600):  # half a minute
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens at {url}")


def test_every_example_is_in_the_readme() -> None:
    """The README links to each file of the folder."""
    files = {path.name for path in FOLDER.iterdir() if path.is_file()} - {"README.md"}
    assert set(re.findall(r"\]\(([\w.]+)\)", README)) == files


@pytest.mark.exhaustive
def test_the_readmes_commands_print_what_it_says(tmp_path: Path) -> None:
    """Pasted into a shell beside `make run`, each client prints the person, and the receiver the callback."""
    bash = shutil.which("bash")
    command("client.mjs")
    if bash is None:
        pytest.skip("the commands need bash")
    port = free_port()
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    commands = "\n".join(re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL))
    commands = commands.replace("4000", str(port)).replace("python3 examples", f"{sys.executable} examples")
    with dci_serve(tmp_path):
        # The receiver prints the answer after a moment.
        ending = "\nfor i in $(seq 100); do [ -s out ] && break; sleep 0.1; done; kill %1; cat out\n"
        script = commands.replace(f"{port} &", f"{port} >out &\nsleep 1") + ending
        done = subprocess.run([bash, "-emc", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    one, other, acknowledged, answer = printed(done.stdout)
    assert one == other
    assert acknowledged["message"]["ack_status"] == "ACK"
    assert answer["message"]["search_response"][0]["data"]["reg_records"] == [one]
