"""`make deploy`: run `sam deploy` on the artifacts of `make build`, with the parameters of samconfig.toml."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from botocore.exceptions import BotoCoreError
from botocore.session import Session

from dci_cli.command_error import CommandError, report_errors
from dci_cli.samconfig import SamConfig


def sam_arguments(config: SamConfig, environment: str, build: Path, architecture: str) -> list[str]:
    """Return the arguments of `sam`, with --guided when the environment's section of the file names no stack yet.

    Raises CommandError when there are no artifacts.
    """
    if not (build / "template.yaml").is_file():
        raise CommandError("There are no artifacts: run make build first.")
    guided = [] if config.options.get("stack_name") else ["--guided"]
    overrides = config.parameters(architecture)
    return ["deploy", "--config-env", environment, *guided, "--parameter-overrides", *overrides]


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
    config = SamConfig(Path("samconfig.toml"), environment)
    if not config.options:
        raise CommandError(
            f"samconfig.toml has no section [{environment}.deploy.parameters]: copy [default.deploy.parameters] to"
            " that name, or correct ENV."
        )
    _check_credentials(config.options.get("profile"))
    arguments = sam_arguments(config, environment, Path(".aws-sam/build"), architecture)
    os.execv(sam, [sam, *arguments])  # noqa: S606 - without a shell


if __name__ == "__main__":
    sys.exit(report_errors(_deploy))
