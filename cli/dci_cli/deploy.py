"""`make deploy`: run `sam deploy` on the artifacts of `make build`, with a BuildId that changes when they change.

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


def _check_credentials(profile: str | None) -> None:
    """Look for AWS credentials where SAM does. Raises CommandError when there are none."""
    try:
        credentials = Session(profile=profile).get_credentials()
        missing = credentials is None or not credentials.get_frozen_credentials().access_key
    except BotoCoreError as error:
        raise CommandError(
            f"AWS credentials cannot be read: {str(error).rstrip('.')}. See `aws configure list`."
        ) from error
    if missing:
        raise CommandError(
            "AWS credentials are missing: run `aws configure`, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and"
            " AWS_SECRET_ACCESS_KEY."
        )


def _deploy() -> int:
    sam, architecture, environment = sys.argv[1:]
    config = Path("samconfig.toml")
    options = _options(config, environment)
    if not options:
        raise CommandError(
            f"{config} has no section [{environment}.deploy.parameters]: copy [default.deploy.parameters] to that"
            " name, or correct ENV."
        )
    _check_credentials(options.get("profile"))
    arguments = sam_arguments(config, environment, Path(".aws-sam/build"), architecture)
    os.execv(sam, [sam, *arguments])  # noqa: S606 - without a shell


if __name__ == "__main__":
    sys.exit(report_errors(_deploy))
