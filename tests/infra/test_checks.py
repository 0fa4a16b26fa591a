"""What is checked at a commit, on a machine and in CI is the same."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from identify.identify import tags_from_filename

from support.events import ROOT

FOLDERS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["files"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def read(path: str) -> Any:
    """Read a YAML file of the project."""
    return yaml.safe_load((ROOT / path).read_text())


def commands(target: str) -> list[str]:
    """Return the commands of a target of the Makefile."""
    makefile = (ROOT / "Makefile").read_text()
    recipe = re.findall(rf"^{target}:.*\n((?:\t.+\n)+)", makefile, re.MULTILINE)[0]
    return [line.strip().replace("$(VENV)", ".venv/bin") for line in recipe.splitlines()]


def hooks() -> list[dict[str, Any]]:
    """Return the hooks of pre-commit."""
    return [hook for repository in read(".pre-commit-config.yaml")["repos"] for hook in repository["hooks"]]


def test_the_hooks_are_the_checks_of_make() -> None:
    """Each command of `make lint` and `make types` is a hook, but for formatting, which changes files."""
    checks = [command.replace("format --check", "format") for command in (*commands("lint"), *commands("types"))]
    assert sorted(hook["entry"] for hook in hooks()) == sorted(checks)


def test_the_hooks_run_when_their_settings_change() -> None:
    """A change of pyproject.toml alone, which has the settings of the tools, runs every hook."""
    for hook in hooks():
        if "files" in hook:
            assert re.search(hook["files"], "pyproject.toml")
        else:
            assert tags_from_filename("pyproject.toml") & set(hook["types_or"])


def test_every_source_is_checked() -> None:
    """Every folder with Python files is in the list that the checks share; examples are as a partner writes them."""
    found = {path.relative_to(ROOT).parts[0] for path in ROOT.glob("[!.]*/**/*.py")}
    assert found - {"examples"} == set(FOLDERS)


@pytest.mark.parametrize("path", ["Makefile", ".pre-commit-config.yaml", "scripts/dead-code", "CONTRIBUTING.md"])
def test_the_sources_are_listed_once(path: str) -> None:
    """Only pyproject.toml lists the folders with sources."""
    assert not re.search(r"functions\W+cli\W+tests", (ROOT / path).read_text())


def test_ci_runs_the_projects_own_command() -> None:
    """The workflow runs .ci/run, on the oldest Python that the project supports and the functions' own."""
    job = read(".github/workflows/ci.yml")["jobs"]["run"]
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
    versions = [
        step["with"]["python-version"].split() for step in job["steps"] if "setup-python" in step.get("uses", "")
    ]
    assert versions == [["3.13", "3.11"]]  # the last one is `python3`


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_are_pinned_and_limited(path: Path) -> None:
    """Each action is pinned by its commit, each job ends in time, and each workflow names its permissions."""
    workflow = yaml.safe_load(path.read_text())
    assert isinstance(workflow["permissions"], dict)
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 60
        assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", step["uses"]) for step in job["steps"] if "uses" in step)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return an empty project with the settings of this one."""
    for name in FOLDERS:
        (tmp_path / name).mkdir()
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    return tmp_path


def dead_code(project: Path) -> list[str]:
    """Return the names that scripts/dead-code reports."""
    command = [sys.executable, str(ROOT / "scripts" / "dead-code")]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    names = re.findall(r"unused \w+ '(\w+)'", done.stderr)
    assert (done.returncode, len(names)) == (int(bool(names)), len(done.stderr.splitlines()))
    return names


def test_dead_code_is_reported(project: Path) -> None:
    """Code that only a test uses is dead, and so is a constant that its module never reads; a field is not."""
    used = "class Model:\n    field: int\n\n\nprint(Model)\n"
    (project / "cli" / "product.py").write_text(f"_TABLE = {{}}\n\n\ndef tested():\n    pass\n\n\n{used}")
    (project / "tests" / "test_product.py").write_text("def test_it():\n    tested()\n\n\ndef helper():\n    pass\n")
    assert dead_code(project) == ["tested", "helper", "_TABLE"]


def test_used_code_is_not_reported(project: Path) -> None:
    """Code that the product uses is alive."""
    (project / "cli" / "product.py").write_text("_TABLE = {}\n\n\ndef used():\n    return _TABLE\n\n\nused()\n")
    assert dead_code(project) == []
