"""`dci serve`, and so `make run`: the whole API in a process of its own."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jwt
import pytest

from support.api import SENDER, identified
from support.events import body_of
from support.example_counts import sampled
from support.people_over_http import REDIRECT, Browser
from support.server_process import ServerProcess, command, dci_serve

from .conftest import Dci

KNOWN = "847951632"
READY_SECONDS = 10  # what `make run` promises once it is set up


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run a server as it comes."""
    with dci_serve(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture(scope="module")
def unusual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run a server with another algorithm and a prefix, where the user has set AWS up for other work."""
    aws = {
        "AWS_PROFILE": "no-such-profile",
        "AWS_DEFAULT_PROFILE": "no-such-profile",
        "AWS_CONFIG_FILE": "/no/such/file",
        "AWS_REGION": "eu-nowhere-1",
        "AWS_DEFAULT_REGION": "eu-nowhere-1",
        "AWS_SESSION_TOKEN": "the user's own",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1",
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://127.0.0.1:1",
        "AWS_USE_FIPS_ENDPOINT": "true",
    }
    folder = tmp_path_factory.mktemp("unusual")
    with dci_serve(folder, SIGNING_ALGORITHM="RS256", TOKEN_LIFETIME="120", ROUTE_PREFIX="social", **aws) as server:
        yield server


def found(server: ServerProcess, who: dict[str, str], value: str = KNOWN) -> Any:
    """Search a person by UIN, and return the answer's one item."""
    message = body_of("search")
    message["message"]["search_request"] = [identified("UIN", value)]
    reply = server.send("POST", "/registry/sync/search", message, **who)
    assert reply.status == 200
    return reply.items[0]


@pytest.mark.exhaustive
def test_the_search_is_served_below_the_prefix(unusual: ServerProcess) -> None:
    """With ROUTE_PREFIX the local server has the path too, and no other prefix."""
    partner = unusual.authorization("partner")
    replies = [
        unusual.send("POST", f"/{prefix}/registry/sync/search", body_of("search"), **partner)
        for prefix in ("social", "other")
    ]
    assert [reply.status for reply in replies] == [200, 404]


@pytest.mark.exhaustive
def test_the_credentials_file_is_the_users_alone(server: ServerProcess) -> None:
    """The file has just the agreed members, and mode 0600 in a folder of mode 0700."""
    written = server.credentials
    assert written.keys() == {"base_url", "partner", "admin"}
    assert written["base_url"].startswith("http://127.0.0.1:")
    assert written["partner"].keys() == written["admin"].keys() == {"client_id", "client_secret", "sender_id"}
    assert written["partner"]["sender_id"] == SENDER
    assert server.credentials_file.stat().st_mode & 0o777 == 0o600
    assert server.credentials_file.parent.stat().st_mode & 0o777 == 0o700


def test_a_demo_person_signs_in(server: ServerProcess, dci: Dci, browser: Browser) -> None:
    """`dci login` needs nothing but the server, and what the person does is theirs; a logout ends that."""
    local = ("--credentials", str(server.credentials_file))
    browser.person = "esi"
    assert f"dci login {' '.join(local)}" in server.welcome
    assert "You are signed in as Esi Mensah" in dci("login", *local, "--redirect-uri", REDIRECT).out
    new = ("--sender-id", "a", "--scopes", "registry.search", "--json")
    for last, by in (("login", "Esi Mensah"), ("logout", None)):
        made = json.loads(dci("clients", "create", f"After the {last}", *new, *local).out)
        [entry] = json.loads(dci("clients", "log", made["client_id"], "--json", *local).out)
        assert entry.get("by_name") == by
        assert dci("logout", *local).status == 0


def test_the_overview_counts_requests(server: ServerProcess) -> None:
    """The local server keeps the metrics that the overview of a deployment has: requests by outcome."""
    found(server, server.authorization("partner"))
    assert server.send("GET", "/clients").status == 401
    requests = server.send("GET", "/overview", **server.authorization("admin")).json["requests"]
    totals = {one["outcome"]: one["total"] for one in requests["outcomes"]}
    assert totals["ok"] >= 1
    assert totals["err.request.unauthorized"] >= 1


@pytest.mark.exhaustive
def test_what_it_prints_can_be_pasted(server: ServerProcess) -> None:
    """The printed commands get a token and find the known person, when a shell runs them as they stand."""
    bash = shutil.which("bash")
    if bash is None or shutil.which("curl") is None:
        pytest.skip("the printed commands need bash and curl")
    commands = server.welcome[server.welcome.index("TOKEN=") :]
    done = subprocess.run([bash, "-c", commands], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert f'"identifier_value": "{KNOWN}"' in done.stdout


def test_the_partner_holds_all_scopes_but_administration(server: ServerProcess) -> None:
    """The demo partner may search and subscribe, and is rejected at /clients."""
    token = server.token("partner").json
    assert token["scope"] == "registry.search registry.subscribe registry.status"
    assert token["expires_in"] == 600
    assert server.send("GET", "/clients", **server.authorization("partner")).status == 403


def test_the_known_person_is_found_and_the_unknown_is_not(server: ServerProcess) -> None:
    """UIN 847951632 is found with all fields, and UIN TEST-001 is not found."""
    partner = server.authorization("partner")
    [person] = found(server, partner)["data"]["reg_records"]
    assert person.keys() >= {"identifier", "name", "sex", "birth_date", "phone_number", "email", "households"}
    assert found(server, partner, "TEST-001")["pagination"]["total_count"] == 0


def test_a_new_client_works_at_once(server: ServerProcess) -> None:
    """The administrator makes a client over HTTP, reads it by its path, and deletes it."""
    admin = server.authorization("admin")
    made = server.send("POST", "/clients", new_client("Ministry of Health"), **admin)
    path = made.headers["Location"]
    assert made.status == 201
    assert server.send("GET", path, **admin).json["name"] == "Ministry of Health"
    assert server.send("POST", f"{path}/disable", **admin).json["status"] == "disabled"
    assert server.send("DELETE", path, **admin).status == 204
    assert server.send("GET", path, **admin).status == 404
    assert server.send("GET", f"/clients/{quote('no/such client', safe='')}", **admin).status == 404


def new_client(name: str) -> dict[str, Any]:
    """Return the body that makes a client."""
    return {"name": name, "sender_id": name, "scopes": ["registry.search"]}


@pytest.mark.exhaustive
def test_many_writes_at_once_are_all_kept(server: ServerProcess) -> None:
    """Fifty clients made at the same time all exist afterwards, each once."""
    admin = server.authorization("admin")
    with ThreadPoolExecutor(50) as threads:
        replies = list(
            threads.map(lambda n: server.send("POST", "/clients", new_client(f"Many {n}"), **admin), range(50))
        )
    assert [reply.status for reply in replies] == [201] * 50
    names = [client["name"] for client in server.send("GET", "/clients?limit=100", **admin).json["clients"]]
    assert sorted(name for name in names if name.startswith("Many ")) == sorted(f"Many {n}" for n in range(50))


def test_unknown_paths_and_methods_are_the_apis_to_answer(server: ServerProcess) -> None:
    """An unknown path gets the API's own 404, and another method of a known path 405."""
    assert server.send("GET", "/no/such/path").code == "err.request.not_found"
    refused = server.send("PUT", "/registry/sync/search", {})
    assert (refused.status, refused.headers["Allow"]) == (405, "POST")


@pytest.mark.exhaustive
def test_keys_may_be_rsa(unusual: ServerProcess) -> None:
    """`SIGNING_ALGORITHM=RS256` signs tokens that the API takes and the key set verifies."""
    token = unusual.token("partner").json["access_token"]
    keys = jwt.PyJWKSet.from_dict(unusual.send("GET", "/.well-known/jwks.json").json)
    header = jwt.get_unverified_header(token)
    claims = jwt.decode(token, keys[header["kid"]], ["RS256"], audience=unusual.base_url, issuer=unusual.base_url)
    assert (header["alg"], header["typ"]) == ("RS256", "at+jwt")
    assert claims["exp"] - claims["iat"] == 120
    assert found(unusual, unusual.authorization("partner"))["status"] == "succ"


@pytest.mark.exhaustive
def test_the_users_own_aws_set_up_has_no_effect(unusual: ServerProcess) -> None:
    """With any profile, endpoint or region of the user, the local API sends no request to another host."""
    assert len(found(unusual, unusual.authorization("partner"))["data"]["reg_records"]) == 1
    assert unusual.send("GET", "/clients", **unusual.authorization("admin")).status == 200


@pytest.mark.exhaustive
@pytest.mark.parametrize("stop", sampled([signal.SIGINT, signal.SIGTERM]))
def test_it_starts_in_seconds_and_stops_cleanly(tmp_path: Path, stop: signal.Signals) -> None:
    """Ctrl-C and a supervisor's request end it at once, with status 0, while a client still waits on a connection."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with dci_serve(tmp_path) as server:
        waiting = HTTPConnection(server.base_url.removeprefix("http://"), timeout=10)
        waiting.request("GET", "/health")
        waiting.getresponse().read()
        assert server.stop(stop) == 0
        waiting.close()
    assert server.log.read_text().splitlines()[-1] == "Stopped."
    assert "Traceback" not in server.log.read_text()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(server.base_url.rpartition(":")[2])))
    # Of the processor's time, since the wall clock's depends on who else is working.
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < READY_SECONDS


@pytest.mark.exhaustive
@pytest.mark.parametrize("stop", sampled([signal.SIGINT, signal.SIGTERM]))
def test_it_can_be_stopped_before_it_is_ready(tmp_path: Path, stop: signal.Signals) -> None:
    """A signal while it still starts (it waits for its template) ends a shell's background job as cleanly."""
    template = tmp_path / "template.yaml"
    os.mkfifo(template)
    arguments, variables = command("serve", "--port", "0", "--template", str(template))
    job = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *arguments]
    with subprocess.Popen(job, env=variables, stderr=subprocess.PIPE, text=True) as process, template.open("w"):
        process.send_signal(stop)
        assert process.wait(30) == 0
        assert process.stderr is not None
        assert process.stderr.read() == "\nStopped.\n"
