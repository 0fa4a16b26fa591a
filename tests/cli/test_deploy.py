"""`make deploy`: what is handed to `sam deploy`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dci_cli.command_error import CommandError
from dci_cli.deploy import sam_arguments
from dci_cli.samconfig import SamConfig
from support.events import ROOT
from support.example_counts import sampled

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
    """Return a build, of which only the template is looked for."""
    path = tmp_path / ".aws-sam" / "build" / "template.yaml"
    path.parent.mkdir(parents=True)
    path.touch()
    return path.parent


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return a configuration as `sam deploy --guided` writes it."""
    path = tmp_path / "samconfig.toml"
    path.write_text(SAVED)
    return path


def test_what_is_deployed_is_what_was_asked_for(build: Path, config: Path) -> None:
    """The saved parameters go along, but for those that only the build knows."""
    assert sam_arguments(SamConfig(config, "default"), "default", build, "arm64") == [
        *("deploy", "--config-env", "default", "--parameter-overrides"),
        *('Issuer="https://registry.example.org"', 'ReceiverIds=""', 'Architecture="arm64"'),
    ]


def test_environments_are_apart(build: Path, config: Path) -> None:
    """Another section of the file is another deployment."""
    arguments = sam_arguments(SamConfig(config, "other"), "other", build, "arm64")
    assert arguments[:5] == ["deploy", "--config-env", "other", "--parameter-overrides", 'LogLevel="DEBUG"']


def test_the_first_deployment_asks_no_questions(build: Path) -> None:
    """The example has all that a deployment needs: a copy of it is deployed as it is, without questions of SAM."""
    config = SamConfig(ROOT / "samconfig.example.toml", "default")
    assert sam_arguments(config, "default", build, "arm64") == [
        *("deploy", "--config-env", "default", "--parameter-overrides", 'Architecture="arm64"')
    ]
    assert config.options["stack_name"] == "dci"
    capabilities = config.options["capabilities"].split()
    assert capabilities == ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]


def test_the_answers_are_out_of_gits_way() -> None:
    """Git ignores samconfig.toml, which is the operator's own, so that `git pull` never touches it."""
    assert "samconfig.toml" in (ROOT / ".gitignore").read_text().splitlines()
    assert "samconfig.example.toml" in {path.name for path in ROOT.iterdir()}


@pytest.mark.parametrize("content", ["[default", "default = 1", "[default.deploy]\nparameters = 1"])
def test_an_unreadable_configuration_is_rejected(config: Path, content: str) -> None:
    """A file that SAM cannot read is named."""
    config.write_text(content)
    with pytest.raises(CommandError, match=r"samconfig\.toml is not a configuration"):
        SamConfig(config, "default")


def test_nothing_is_deployed_that_was_not_built(tmp_path: Path, config: Path) -> None:
    """Without artifacts the command says how to make them."""
    with pytest.raises(CommandError, match="run make build first"):
        sam_arguments(SamConfig(config, "default"), "default", tmp_path / "nowhere", "arm64")


def deploy(folder: Path, section: str = "default", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run what `make deploy` runs after the build, with a SAM that only says that it was called."""
    sam = folder / "sam"
    sam.write_text("#!/bin/sh\necho sam was called\n")
    sam.chmod(0o755)
    return run(folder, str(sam), "arm64", section, **environment)


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the module in a folder, where AWS is configured by `environment` alone."""
    nowhere = {
        "AWS_CONFIG_FILE": str(folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run(
        [sys.executable, "-m", "dci_cli.deploy", *arguments],
        cwd=folder,
        env=kept | {"PYTHONPATH": os.pathsep.join(sys.path)} | nowhere | environment,
        capture_output=True,
        text=True,
        check=False,
    )


KEYS = {"AWS_ACCESS_KEY_ID": "made-up", "AWS_SECRET_ACCESS_KEY": "made-up"}
MISSING = (
    "dci: AWS credentials are missing: run `aws configure`, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and"
    " AWS_SECRET_ACCESS_KEY.\n"
)


@pytest.mark.exhaustive
@pytest.mark.usefixtures("build", "config")
def test_missing_credentials_are_reported(tmp_path: Path) -> None:
    """Without AWS credentials one line says what to do, before SAM asks its first question."""
    done = deploy(tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", MISSING)


@pytest.mark.exhaustive
@pytest.mark.parametrize("section", ["", "tset", "unnamed"])
@pytest.mark.usefixtures("build")
def test_a_missing_section_is_reported(tmp_path: Path, config: Path, section: str) -> None:
    """A section that samconfig.toml lacks, or that names no stack, is reported before anything is built."""
    config.write_text(f"{SAVED}\n[unnamed.deploy.parameters]\nresolve_s3 = true\n")
    done = run(tmp_path, section, **KEYS)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"dci: samconfig.toml has no stack_name in [{section}.deploy.parameters]: copy the section from"
        " samconfig.example.toml, or correct ENV.\n"
    )


@pytest.mark.usefixtures("build")
def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    """Without samconfig.toml the error names what to copy."""
    assert "copy the section from samconfig.example.toml" in run(tmp_path, "default", **KEYS).stderr


@pytest.mark.exhaustive
@pytest.mark.usefixtures("build", "config")
def test_an_unknown_profile_is_reported(tmp_path: Path) -> None:
    """A profile that does not exist is reported, before SAM asks its first question."""
    done = deploy(tmp_path, AWS_PROFILE="nobody")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "dci: The AWS profile does not exist: set AWS_PROFILE to one that `aws configure list-profiles` shows.\n"
    )


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("region", "said"),
    [
        ("", "The AWS region is missing: set AWS_DEFAULT_REGION to the region of the stack, such as eu-west-1.\n"),
        ("eu west", "AWS_DEFAULT_REGION is not a region: set it to the region of the stack, such as eu-west-1.\n"),
    ],
)
@pytest.mark.usefixtures("build", "config")
def test_a_missing_region_is_reported(tmp_path: Path, region: str, said: str) -> None:
    """Without a region an existing stack cannot be found."""
    done = deploy(tmp_path, **(KEYS | {"AWS_DEFAULT_REGION": region}))
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"dci: {said}")


@pytest.mark.exhaustive
@pytest.mark.usefixtures("config")
def test_the_check_needs_no_artifacts(tmp_path: Path) -> None:
    """What SAM needs of AWS is checked before there are artifacts, and SAM is not called."""
    done = run(tmp_path, "default")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", MISSING)
    done = run(tmp_path, "default", **KEYS)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("place", sampled(["environment", "profile"], 1))
@pytest.mark.usefixtures("build")
def test_credentials_are_looked_for_where_sam_does(tmp_path: Path, config: Path, place: str) -> None:
    """Credentials of the environment, or of the profile that samconfig.toml names, are enough."""
    environment = KEYS
    if place == "profile":
        config.write_text(SAVED.replace('stack_name = "dci"', 'stack_name = "dci"\nprofile = "ours"'))
        (tmp_path / "credentials").write_text(
            "[ours]\naws_access_key_id = made-up\naws_secret_access_key = made-up\n"
        )
        environment = {}
    done = deploy(tmp_path, **environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, "sam was called\n", "")
