"""What `make build` made, as Lambda runs it: the artifacts and the runtime's own Python, nothing else."""

from __future__ import annotations

import gzip
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import threading
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from support.deployment import functions, template
from support.events import ROOT, Event, event

BUILD = ROOT / ".aws-sam" / "build"
LAYER = BUILD / "CommonLayer" / "python"
# A fifth of Lambda's own limits (250 MB for a function with its layers, 50 MB for an archive sent to it), which are
# no aim: all of it is fetched and unpacked at a cold start. There is room for dependencies to grow by some megabytes.
MAX_UNPACKED_BYTES = 55_000_000
MAX_ARCHIVE_BYTES = 20_000_000

if os.environ.get("DCI_BUILT") != "1" and not os.environ.get("CI"):
    pytest.skip("the artifacts are tested by make test-build, when it has made them", allow_module_level=True)

# Requests that are answered without asking AWS.
REQUESTS = [
    ("TokenFunction", event("token_form", body=""), 401),
    ("SearchFunction", event("health"), 200),
    ("ClientsFunction", event("clients_list", authorization=""), 401),
    ("ExchangeFunction", event("exchange_search", authorization=""), 401),
    ("OversightFunction", event("audit", authorization=""), 401),
    ("ConsoleFunction", event("console_file"), 200),
]

# Imports a handler, gives it the event on standard input unless that is null, and prints the answer and where each
# module came from.
CALL = """
import importlib, json, sys
sys.path[:0] = sys.argv[2:]
module, _, name = sys.argv[1].rpartition(".")
handler, event = getattr(importlib.import_module(module), name), json.load(sys.stdin)
answer = handler(event, None) if event else None
unread = [name for name, module in sys.modules.items() if type(module).__name__ == "_LazyModule"]
files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
report = {"answer": answer, "unread": unread, "files": [file for file in files if file], "prefix": sys.base_prefix}
print(json.dumps(report))
"""


@cache
def python() -> str:
    """Return the runtime's own Python."""
    return subprocess.check_output([ROOT / "scripts" / "python313"], text=True).strip()


def call(function: str, sent: Event | None) -> dict[str, Any]:
    """Import a handler in a fresh process that sees its artifact, the layer and the standard library alone.

    It is called when there is an event for it.
    """
    properties = functions()[function]
    variables = {name: _resolved(value) for name, value in properties["Environment"]["Variables"].items()}
    done = subprocess.run(
        [python(), "-I", "-S", "-B", "-c", CALL, properties["Handler"], str(BUILD / function), str(LAYER)],
        env=variables | {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_LAMBDA_FUNCTION_NAME": function},
        input=json.dumps(sent),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report


def _resolved(value: Any) -> str:
    if isinstance(value, str) or "Fn::Sub" in value:
        return str(value)
    if "Fn::GetAtt" in value:
        return ".".join(value["Fn::GetAtt"])
    return str(template()["Parameters"].get(value["Ref"], {"Default": value["Ref"]})["Default"])


def test_there_is_a_build() -> None:
    """`make build` made an artifact for every function, for the layer and for the nested stack."""
    assert BUILD.is_dir(), "run make build first"
    assert {path.name for path in BUILD.iterdir() if path.is_dir()} == {*functions(), "CommonLayer", "Monitoring"}


NATIVE = sorted(path for path in LAYER.rglob("*.so*") if path.is_file())
MACHINES = {0x3E: "x86_64", 0xB7: "arm64"}  # e_machine of the ELF header


def machine(path: Path) -> str:
    """Return which processors a native file is for."""
    header = path.read_bytes()[:20]
    assert header[:5] == b"\x7fELF\x02"
    return MACHINES[int.from_bytes(header[18:20], "little")]


HERE = {"aarch64": "arm64", "AMD64": "x86_64"}.get(platform.machine(), platform.machine())
runs_here = pytest.mark.skipif(
    sys.platform != "linux" or any(machine(path) != HERE for path in NATIVE),
    reason="the artifacts hold native code for another machine",
)


def test_native_code_is_for_one_kind_of_processor() -> None:
    """All native code is for the processors that were asked for, and for the functions' own Python."""
    assert NATIVE
    assert {machine(path) for path in NATIVE} == {os.environ.get("ARCH") or HERE}
    assert not [path for path in NATIVE if "cpython-" in path.name and "cpython-313-" not in path.name]


@runs_here
@pytest.mark.parametrize("function", functions())
def test_a_handler_is_imported_from_its_artifact_alone(function: str) -> None:
    """Every handler is there, and nothing that it imports comes from elsewhere."""
    report = call(function, None)
    places = (f"{BUILD / function}/", f"{LAYER}/", f"{report['prefix']}/lib/")
    assert [file for file in report["files"] if not file.startswith(places) or "site-packages" in file] == []


@runs_here
@pytest.mark.parametrize(("function", "sent", "status"), REQUESTS)
def test_a_handler_works_from_its_artifact_alone(function: str, sent: Event, status: int) -> None:
    """Imported from the artifact and the layer, the handler answers, and nothing came from elsewhere."""
    report = call(function, sent)
    assert report["answer"]["statusCode"] == status
    assert any(file.startswith(f"{LAYER}/dci_common/") for file in report["files"])


@runs_here
@pytest.mark.parametrize(("function", "sent", "status"), REQUESTS)
def test_what_is_put_off_is_not_read(function: str, sent: Event, status: int) -> None:
    """The module that a function does without is still unread when it has answered."""
    report = call(function, sent)
    assert report["answer"]["statusCode"] == status
    # The console checks no token.
    assert report["unread"] == ([] if function == "ConsoleFunction" else ["cryptography.x509"])


@runs_here
def test_the_token_function_does_without_models() -> None:
    """The token function has answered without pydantic, of which it uses only the core's JSON."""
    report = call("TokenFunction", event("token_form", body=""))
    assert not any(file.startswith(f"{LAYER}/pydantic/") for file in report["files"])


FIND = (
    "import sys; sys.path[:0] = sys.argv[1:]; from dci_common.aws.signing import credential_source as s; print(s()())"
)


@runs_here
def test_a_function_with_a_snapshot_finds_its_credentials() -> None:
    """Where Lambda keeps a role's keys for it to ask for, as with SnapStart, the layer has all that asking takes."""
    keys = {"AccessKeyId": "found", "SecretAccessKey": "s", "Token": "t", "Expiration": "2999-01-01T00:00:00Z"}

    class Lambda(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_allowed = self.headers["Authorization"] == "only this function"
            self.send_response(200 if is_allowed else 403)
            self.end_headers()
            self.wfile.write(json.dumps(keys).encode())

    with HTTPServer(("127.0.0.1", 0), Lambda) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = subprocess.run(
            [python(), "-I", "-S", "-B", "-c", FIND, str(LAYER)],
            env={
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://127.0.0.1:{server.server_port}/credentials",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN": "only this function",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        server.shutdown()
    assert done.stdout == "Credentials(access_key='found')\n", done.stderr


def ours(folder: Path) -> set[Path]:
    """Return the Python files below a folder."""
    return {path.relative_to(folder) for path in folder.rglob("*") if path.suffix in {".py", ".json", ".js"}}


@pytest.mark.parametrize("function", functions())
def test_a_function_ships_its_package_alone(function: str) -> None:
    """An artifact holds the function's own package, whole, and nothing more."""
    source, built = ROOT / functions()[function]["CodeUri"], BUILD / function
    files = {path.relative_to(built) for path in built.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    files = {path for path in files if path.suffix != ".gz"}  # the console's
    assert files == ours(source)
    assert all((built / path).read_bytes() == (source / path).read_bytes() for path in files)


def test_the_console_ships_its_files_compressed() -> None:
    """The console function has every file of the console, compressed, and the same in each build."""
    source, built = ROOT / "console", BUILD / "ConsoleFunction" / "dci_console" / "files"
    compressed = {path.relative_to(built).as_posix().removesuffix(".gz"): path for path in built.rglob("*.gz")}
    assert compressed.keys() == {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()}
    for name, path in compressed.items():
        assert gzip.decompress(path.read_bytes()) == (source / name).read_bytes()
        assert path.read_bytes()[4:8] == bytes(4)


def test_the_layer_ships_what_is_shared_and_what_is_pinned() -> None:
    """The layer holds the common package, whole, and the pinned packages; no tests and no docs."""
    source = ROOT / "layers" / "common"
    assert ours(LAYER / "dci_common") == ours(source / "dci_common")
    lock = (source / "requirements.txt").read_text()
    pinned = {
        (name.replace("-", "_"), version) for name, version in re.findall(r"^([\w-]+)\S*==(\S+)", lock, re.MULTILINE)
    }
    installed = {path.name.removesuffix(".dist-info") for path in LAYER.glob("*.dist-info")}
    assert installed == {"-".join(pin) for pin in pinned}
    assert {path.name for path in LAYER.iterdir() if path.is_dir()}.isdisjoint(
        {"tests", "docs", "bench", "cli", "events"}
    )
    assert not [
        path for path in LAYER.rglob("*") if path.name in {"tests", "test", "testing"} or path.suffix == ".pyi"
    ]
    assert not (LAYER / "botocore" / "data").exists()


@pytest.mark.parametrize("function", functions())
def test_an_artifact_fits(function: str) -> None:
    """A function and the layer keep within the budget."""
    files = [path for folder in (BUILD / function, LAYER) for path in folder.rglob("*")]
    assert sum(path.stat().st_size for path in files if path.is_file()) < MAX_UNPACKED_BYTES


def test_the_layer_packs_well(tmp_path: Path) -> None:
    """The archive that is sent to Lambda keeps within the budget."""
    archive = shutil.make_archive(str(tmp_path / "layer"), "zip", BUILD / "CommonLayer")
    assert Path(archive).stat().st_size < MAX_ARCHIVE_BYTES


@pytest.mark.parametrize("folder", [*functions(), "CommonLayer"])
def test_byte_code_ships(folder: str) -> None:
    """Each module has its byte code, good whatever the file's time, which names the file's place in Lambda."""
    for source in (BUILD / folder).rglob("*.py"):
        compiled = source.parent / "__pycache__" / f"{source.stem}.cpython-313.pyc"
        content = compiled.read_bytes()
        assert content[4:8] == b"\x01\x00\x00\x00", source  # by hash, unchecked (PEP 552)
        place = Path("/opt" if folder == "CommonLayer" else "/var/task", source.relative_to(BUILD / folder))
        assert str(place).encode() in content, source  # where Lambda has it, for tracebacks
