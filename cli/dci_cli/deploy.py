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
from dci_cli.samconfig import SamConfig
from dci_cli.table_stream import AUDIT, REGISTRY, StreamIsOff, TableStream, stream_arn


def sam_arguments(config: SamConfig, environment: str, build: Path, architecture: str) -> list[str]:
    """Return the arguments of `sam`. Raises CommandError when there are no artifacts."""
    if not (build / "template.yaml").is_file():
        raise CommandError("There are no artifacts: run make build first.")
    return ["deploy", "--config-env", environment, "--parameter-overrides", *config.parameters(architecture)]


def find_streams(config: SamConfig) -> list[str]:
    """Return the parameters with the streams of tables that the deployment adopts; none if there is nothing to find.

    Says what to change when a stream is off or cannot be looked for: the API works without it.
    """
    return [found for wanted in (REGISTRY, AUDIT) for found in _find_stream(config, wanted)]


def _find_stream(config: SamConfig, wanted: TableStream) -> list[str]:
    table = config.parameter(wanted.table)
    if not table or config.parameter(wanted.parameter):
        return []
    session = Session(profile=config.options.get("profile"))
    client: Any = session.create_client("dynamodb", region_name=config.options.get("region"))
    try:
        arn = stream_arn(client, wanted, table)
    except StreamIsOff as off:
        print(off, file=sys.stderr)
    except (BotoCoreError, ClientError) as error:
        print(f"The stream of the table {table} was not found. {aws_problem(error)}", file=sys.stderr)
        print(f"Allow dynamodb:DescribeTable, or set the parameter {wanted.parameter}.", file=sys.stderr)
    else:
        return [f'{wanted.parameter}="{arn}"']
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
        os.execv(sam, [sam, *arguments, *find_streams(config)])  # noqa: S606 - without a shell
    return 0


if __name__ == "__main__":
    sys.exit(report_errors(_deploy))
