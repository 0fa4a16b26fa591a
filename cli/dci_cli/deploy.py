"""`make deploy`: run `sam deploy` on the artifacts of `make build`, with the parameters of samconfig.toml.

`python -m dci_cli.deploy ENV` only checks what SAM needs of AWS, before the build: credentials and a region.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session
from botocore.utils import validate_region_name

from dci_cli.aws import NO_CREDENTIALS, NO_REGION, aws_problem
from dci_cli.command_error import CommandError, report_errors
from dci_cli.registry_stream import StreamIsOff, stream_arn
from dci_cli.samconfig import SamConfig


def sam_arguments(config: SamConfig, environment: str, build: Path, architecture: str) -> list[str]:
    """Return the arguments of `sam`. Raises CommandError when there are no artifacts."""
    if not (build / "template.yaml").is_file():
        raise CommandError("There are no artifacts: run make build first.")
    return ["deploy", "--config-env", environment, "--parameter-overrides", *config.parameters(architecture)]


def find_stream(config: SamConfig) -> list[str]:
    """Return the parameter with the stream of a table that the deployment adopts; none if there is nothing to find.

    Says what to change when the stream is off or cannot be looked for: the API works without it.
    """
    table = config.parameter("RegistryTableName")
    if not table or config.parameter("RegistryStreamArn"):
        return []
    session = Session(profile=config.options.get("profile"))
    client: Any = session.create_client("dynamodb", region_name=config.options.get("region"))
    try:
        arn = stream_arn(client, table)
    except StreamIsOff as off:
        print(off, file=sys.stderr)
    except (BotoCoreError, ClientError) as error:
        print(f"The stream of the table {table} was not found. {aws_problem(error)}", file=sys.stderr)
        print("Allow dynamodb:DescribeTable, or set the parameter RegistryStreamArn.", file=sys.stderr)
    else:
        return [f'RegistryStreamArn="{arn}"']
    return []


def _check(options: Mapping[str, Any], environment: str) -> None:
    """Look for the stack's name, AWS credentials and a region, where SAM does. Raises CommandError."""
    if not options.get("stack_name"):
        raise CommandError(
            f"samconfig.toml has no stack_name in [{environment}.deploy.parameters]: copy the section from"
            " samconfig.example.toml, or correct ENV."
        )
    try:
        session = Session(profile=options.get("profile"))
        credentials = session.get_credentials()
        if credentials is None or not credentials.get_frozen_credentials().access_key:
            raise CommandError(NO_CREDENTIALS)
        region = options.get("region") or session.get_config_variable("region")
        if not region:
            raise CommandError(NO_REGION)
        validate_region_name(region)
    except BotoCoreError as error:
        raise CommandError(aws_problem(error)) from error


def _deploy() -> int:
    *built, environment = sys.argv[1:]
    config = SamConfig(Path("samconfig.toml"), environment)
    _check(config.options, environment)
    if built:
        sam, architecture = built
        arguments = sam_arguments(config, environment, Path(".aws-sam/build"), architecture)
        os.execv(sam, [sam, *arguments, *find_stream(config)])  # noqa: S606 - without a shell
    return 0


if __name__ == "__main__":
    sys.exit(report_errors(_deploy))
