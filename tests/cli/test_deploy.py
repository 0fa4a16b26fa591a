"""`make deploy`: what is handed to `sam deploy`, and what names a build."""

from __future__ import annotations

from pathlib import Path

import pytest

from dci_cli.deploy import build_id, sam_arguments
from dci_cli.problem import Problem

SAVED = """
version = 0.1
[default.deploy.parameters]
stack_name = "dci"
parameter_overrides = 'Issuer="https://registry.example.org" Architecture="x86_64" ReceiverIds="" BuildId="old"'
[other.global.parameters]
stack_name = "other"
[other.deploy.parameters]
parameter_overrides = ['LogLevel="DEBUG"']
"""


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """Return a build: a template, a function, the layer."""
    for name in ("template.yaml", "TokenFunction/dci_token/app.py", "CommonLayer/python/dci_common/http.py"):
        path = tmp_path / "build" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {name}\n")
    return tmp_path / "build"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return a configuration as `sam deploy --guided` writes it."""
    path = tmp_path / "samconfig.toml"
    path.write_text(SAVED)
    return path


def test_the_same_build_has_the_same_id(build: Path) -> None:
    """Neither the order of the parameters, nor byte code, nor a file's time makes a build another."""
    first = build_id(build, ["A=1", "B=2"])
    (build / "TokenFunction" / "app.cpython-313.pyc").write_bytes(b"byte code")
    (build / "template.yaml").touch()
    assert build_id(build, ["B=2", "A=1"]) == first


@pytest.mark.parametrize(
    "changed", ["template.yaml", "TokenFunction/dci_token/app.py", "CommonLayer/python/dci_common/http.py"]
)
def test_another_file_makes_another_build(build: Path, changed: str) -> None:
    """A change of the layer alone is enough; so is that of a name."""
    first = build_id(build, [])
    path = build / changed
    path.write_text("# changed\n")
    second = build_id(build, [])
    path.rename(path.with_name("renamed"))
    assert len({first, second, build_id(build, [])}) == 3


def test_another_parameter_makes_another_build(build: Path, config: Path) -> None:
    """A change of a parameter alone is enough, even if no artifact has it."""
    first = sam_arguments(config, "default", build, "arm64")
    config.write_text(SAVED.replace("registry.example.org", "other.example.org"))
    assert sam_arguments(config, "default", build, "arm64")[-1] != first[-1]
    assert first[-1].startswith('BuildId="')


def test_what_is_deployed_is_what_was_asked_for(build: Path, config: Path) -> None:
    """The saved parameters go along, but for those that only the build knows."""
    assert sam_arguments(config, "default", build, "arm64")[:-1] == [
        *("deploy", "--config-env", "default", "--parameter-overrides"),
        *('Issuer="https://registry.example.org"', 'ReceiverIds=""', 'Architecture="arm64"'),
    ]


def test_environments_are_apart(build: Path, config: Path) -> None:
    """Another section of the file is another deployment."""
    arguments = sam_arguments(config, "other", build, "arm64")
    assert arguments[:5] == ["deploy", "--config-env", "other", "--parameter-overrides", 'LogLevel="DEBUG"']


@pytest.mark.parametrize("environment", ["default", "new"])
def test_the_first_time_is_guided(build: Path, config: Path, environment: str) -> None:
    """Without a stack's name SAM asks its questions."""
    if environment == "default":
        config.unlink()
    assert sam_arguments(config, environment, build, "arm64")[:4] == [
        "deploy",
        "--config-env",
        environment,
        "--guided",
    ]


@pytest.mark.parametrize("content", ["[default", "default = 1", "[default.deploy]\nparameters = 1"])
def test_what_is_no_configuration(build: Path, config: Path, content: str) -> None:
    """A file that SAM could not read is told by its name."""
    config.write_text(content)
    with pytest.raises(Problem, match=r"samconfig\.toml is not a configuration"):
        sam_arguments(config, "default", build, "arm64")


def test_nothing_is_deployed_that_was_not_built(tmp_path: Path, config: Path) -> None:
    """Without artifacts the command says how to make them."""
    with pytest.raises(Problem, match="run make build first"):
        sam_arguments(config, "default", tmp_path / "nowhere", "arm64")
