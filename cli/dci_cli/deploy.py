"""`make deploy`: run `sam deploy` on the artifacts of `make build`, with a BuildId that changes when they change.

`python -m dci_cli.deploy ENV` only checks what SAM needs of AWS, before the build: credentials and a region.

SAM publishes a version when a function's own code changes. Most code is in the layer, and parameters change too: the
BuildId covers both.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError
from botocore.session import Session
from botocore.utils import validate_region_name

from dci_cli.aws import NO_CREDENTIALS, NO_REGION, aws_problem
from dci_cli.command_error import CommandError, report_errors


def build_id(build: Path, parameters: Sequence[str]) -> str:
    """Return a digest of the artifacts and the parameters, in any order."""
    digest = hashlib.sha256("\n".join(sorted(parameters)).encode())
    # The template is one of the files; byte code is derived from the others.
    for path in sorted(path for path in build.rglob("*") if path.is_file() and path.suffix != ".pyc"):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"\n{path.relative_to(build).as_posix()} {content}".encode())
    return digest.hexdigest()


def sam_arguments(config: Path, environment: str, build: Path, architecture: str) -> list[str]:
    """Return the arguments of `sam`, with --guided when the environment's section of the file names no stack yet.

    Raises CommandError when there are no artifacts, or the file is not a configuration of SAM.
    """
    if not (build / "template.yaml").is_file():
        raise CommandError("There are no artifacts: run make build first.")
    options = _options(config, environment)
    parameters = [*_parameters(options.get("parameter_overrides", "")), f'Architecture="{architecture}"']
    guided = [] if options.get("stack_name") else ["--guided"]
    overrides = [*parameters, f'BuildId="{build_id(build, parameters)}"']
    return ["deploy", "--config-env", environment, *guided, "--parameter-overrides", *overrides]


def _parameters(overrides: str | list[str]) -> list[str]:
    """Return the overrides of the file as `sam` accepts them, with each value in quotes."""
    pairs = [
        one.partition("=") for one in shlex.split(overrides if isinstance(overrides, str) else " ".join(overrides))
    ]
    return [f'{name}="{value}"' for name, _, value in pairs if name not in {"Architecture", "BuildId"}]


def _options(config: Path, environment: str) -> dict[str, Any]:
    try:
        content = tomllib.loads(config.read_text(encoding="utf-8")) if config.exists() else {}
        section = content.get(environment, {})
        shared, own = (dict(section.get(command, {}).get("parameters", {})) for command in ("global", "deploy"))
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise CommandError(f"{config} is not a configuration of SAM.") from error
    return shared | own


def _check(config: Path, environment: str) -> None:
    """Look for a section of the file, AWS credentials and a region, where SAM does. Raises CommandError."""
    options = _options(config, environment)
    if not options:
        raise CommandError(
            f"{config} has no section [{environment}.deploy.parameters]: copy [default.deploy.parameters] to that"
            " name, or correct ENV."
        )
    try:
        session = Session(profile=options.get("profile"))
        credentials = session.get_credentials()
        if credentials is None or not credentials.get_frozen_credentials().access_key:
            raise CommandError(NO_CREDENTIALS)
        region = options.get("region") or session.get_config_variable("region")
        if region:
            validate_region_name(region)
        elif options.get("stack_name"):  # the guided deployment asks for the region
            raise CommandError(NO_REGION)
    except BotoCoreError as error:
        raise CommandError(aws_problem(error)) from error


def _deploy() -> int:
    config, (*built, environment) = Path("samconfig.toml"), sys.argv[1:]
    _check(config, environment)
    if built:
        sam, architecture = built
        arguments = sam_arguments(config, environment, Path(".aws-sam/build"), architecture)
        os.execv(sam, [sam, *arguments])  # noqa: S606 - without a shell
    return 0


if __name__ == "__main__":
    sys.exit(report_errors(_deploy))
