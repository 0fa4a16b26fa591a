"""`make build`: which changes make another BuildId, and that the built template has it wherever it counts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from dci_cli.build_id import build_id
from support.events import ROOT

TEMPLATE = """\
Parameters:
  BuildId:
    Type: String
    Default: none
Rules:
  TemplateIsBuilt: {Assertions: [{Assert: {Fn::Not: [{Fn::Equals: [{Ref: BuildId}, none]}]}}]}
Resources:
  TokenFunction:
    Properties:
      AutoPublishCodeSha256:
        Ref: BuildId
  SearchFunction:
    Properties:
      AutoPublishCodeSha256:
        Ref: BuildId
"""
FILES = ("template.yaml", "TokenFunction/dci_token/app.py", "CommonLayer/python/dci_common/http.py")


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """Return a build: a template as `sam build` writes it, a function, the layer."""
    folder = tmp_path / ".aws-sam" / "build"
    for name in FILES:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TEMPLATE if name == "template.yaml" else f"# {name}\n")
    return folder


def finish(build: Path, environment: str = "default") -> subprocess.CompletedProcess[str]:
    """Write the BuildId as `make build` does."""
    command = [sys.executable, "-m", "dci_cli.build_id", str(build), environment, "arm64"]
    variables = {"PYTHONPATH": str(ROOT / "cli"), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=build.parents[1], env=variables, capture_output=True, text=True, check=False)


def written(build: Path, config: str = "", environment: str = "default") -> str:
    """Return the BuildId for a samconfig.toml: the parameter's default, and what replaces each reference to it."""
    (build / "template.yaml").write_text(TEMPLATE)
    (build.parents[1] / "samconfig.toml").write_text(config)
    assert finish(build, environment).returncode == 0
    template = yaml.safe_load((build / "template.yaml").read_text())
    functions = [function["Properties"]["AutoPublishCodeSha256"] for function in template["Resources"].values()]
    [value] = {template["Parameters"]["BuildId"]["Default"], *functions}
    assert template["Rules"] == yaml.safe_load(TEMPLATE)["Rules"]
    return str(value)


def test_the_same_build_has_the_same_id(build: Path) -> None:
    """Neither the order of the parameters, nor byte code, nor a file's time makes a build another."""
    first = build_id(build, ["A=1", "B=2"])
    (build / "TokenFunction" / "app.cpython-313.pyc").write_bytes(b"byte code")
    (build / "template.yaml").touch()
    assert build_id(build, ["B=2", "A=1"]) == first


@pytest.mark.parametrize("changed", FILES)
def test_another_file_makes_another_build(build: Path, changed: str) -> None:
    """A change of the layer alone is enough; so is that of a name."""
    first = build_id(build, [])
    path = build / changed
    path.write_text("# changed\n")
    second = build_id(build, [])
    path.rename(path.with_name("renamed"))
    assert len({first, second, build_id(build, [])}) == 3


def test_the_template_has_the_id_wherever_it_counts(build: Path) -> None:
    """`sam deploy` keeps a parameter's previous value, so the functions have the digest itself."""
    assert written(build) == written(build) != "none"


@pytest.mark.exhaustive
def test_another_parameter_makes_another_build(build: Path) -> None:
    """A change of a parameter in the environment's section is enough, even if no artifact has it."""
    other, saved = (f"[{name}.deploy.parameters]\nparameter_overrides = 'A=1'\n" for name in ("other", "default"))
    assert written(build, config=other) == written(build)
    assert written(build, config=saved) != written(build)
    assert written(build, config=saved) == written(build, config=other, environment="other")


def test_a_saved_build_id_does_not_count(build: Path) -> None:
    """The first deployment saves the BuildId among its answers, which is that of an earlier build by the next one."""
    saved = "[default.deploy.parameters]\nparameter_overrides = 'BuildId=\"old\"'\n"
    assert written(build, config=saved) == written(build)


def test_a_template_is_finished_once(build: Path) -> None:
    """A template that `sam build` did not just write is rejected, and left as it is."""
    written(build)
    before = (build / "template.yaml").read_text()
    done = finish(build)
    assert (done.returncode, done.stdout) == (2, "")
    assert "run make build" in done.stderr
    assert (build / "template.yaml").read_text() == before
