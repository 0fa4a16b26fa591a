"""The built stack on the emulator, deployed and updated by `sam deploy`.

What the emulator lacks is left out of the template or done here; docs/operations.md lists it as unproven.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import uuid
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import yaml

from dci_cli.api import Api
from dci_cli.local.rotation import STEPS
from support.events import ROOT

from .emulator import clean_environment

ARCHITECTURE = "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
_SAM = ROOT / ".venv-sam" / "bin" / "sam"
_CONFIG = """\
version = 0.1
[default.deploy.parameters]
stack_name = "dci"
capabilities = "CAPABILITY_IAM CAPABILITY_AUTO_EXPAND"
resolve_s3 = true
confirm_changeset = false
fail_on_empty_changeset = false
progressbar = false
parameter_overrides = '{parameters}'
"""


class Stack:
    """A checkout with artifacts of its own, and the stack that is deployed from it."""

    def __init__(self, endpoint: str, folder: Path) -> None:
        """Copy the artifacts of `make build`, and adapt their template to the emulator."""
        self.endpoint = endpoint
        self.folder = folder
        self.build = folder / ".aws-sam" / "build"
        self.parameters: dict[str, str] = {}
        self.environment = {
            **clean_environment(),
            "HOME": str(folder),
            "PYTHONPATH": os.pathsep.join(sys.path),
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "SAM_CLI_TELEMETRY": "0",
        }
        self.aws: Any = partial(
            boto3.client,
            endpoint_url=endpoint,
            region_name="eu-west-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        shutil.copytree(ROOT / ".aws-sam" / "build", self.build)
        self._adapt("template.yaml", "Monitoring/template.yaml")

    def _adapt(self, root: str, nested: str) -> None:
        """Remove what the emulator does not have, and let the functions call its endpoint."""
        template = self._read(root)
        variables = template["Globals"]["Function"]["Environment"]["Variables"]
        variables |= dict.fromkeys((name for name in variables if name.startswith("AWS_ENDPOINT_URL")), self.endpoint)
        resources = template["Resources"]
        for name in [name for name in resources if resources[name]["Type"].endswith("::RotationSchedule")]:
            del resources[name]
        template["Parameters"]["BuildId"]["Default"] = "none"  # as `sam build` writes it
        for resource in resources.values():
            _adapt_function(resource["Properties"])
        self._write(root, template)
        monitoring = self._read(nested)
        for name, resource in list(monitoring["Resources"].items()):
            if "Metrics" in resource["Properties"]:  # an alarm on an expression of several metrics
                del monitoring["Resources"][name]
        self._write(nested, monitoring)
        self.unfinished = (self.build / root).read_text()

    def _read(self, name: str) -> Any:
        return yaml.safe_load((self.build / name).read_text())

    def _write(self, name: str, content: Any) -> None:
        (self.build / name).write_text(yaml.safe_dump(content, sort_keys=False))

    def run(self, *command: str | Path, status: int = 0, **variables: str) -> str:
        """Run a command in the checkout, and return what it printed; it must end with the status."""
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment | variables, capture_output=True, text=True, check=False
        )
        assert done.returncode == status, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def dci(self, *arguments: str | Path, status: int = 0, **variables: str) -> str:
        """Run `dci`, and return what it printed."""
        return self.run(sys.executable, "-m", "dci_cli", *arguments, status=status, **variables)

    def finish_build(self) -> None:
        """Write the BuildId, as `make build` does last."""
        overrides = " ".join(f'{name}="{value}"' for name, value in self.parameters.items())
        (self.folder / "samconfig.toml").write_text(_CONFIG.format(parameters=overrides))
        (self.build / "template.yaml").write_text(self.unfinished)
        self.run(sys.executable, "-m", "dci_cli.build_id", self.build, "default", ARCHITECTURE)

    def create(self) -> None:
        """Create the stack by the command of `make deploy`."""
        self.finish_build()
        self.run(sys.executable, "-m", "dci_cli.deploy", _SAM, ARCHITECTURE, "default")
        self._create_routes()

    def update(self) -> None:
        """Update the stack by `sam deploy` alone."""
        self.finish_build()
        self.run(_SAM, "deploy")

    def delete(self) -> None:
        """Delete the stack."""
        stacks = self.aws("cloudformation")
        stacks.delete_stack(StackName="dci")
        stacks.get_waiter("stack_delete_complete").wait(StackName="dci", WaiterConfig={"Delay": 1})

    def change_code(self, module: str, old: str, new: str) -> None:
        """Change a module of the layer's artifact."""
        path = self.build / "CommonLayer" / "python" / module
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        for compiled in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
            compiled.unlink()

    def _create_routes(self) -> None:
        """Create what API Gateway imports from the API's OpenAPI body: a route for each event of a function."""
        gateway = self.aws("apigatewayv2")
        for function, resource in self._read("template.yaml")["Resources"].items():
            events = resource["Properties"].get("Events", {}).values()
            keys = [_route_key(event["Properties"]) for event in events if event["Type"] == "HttpApi"]
            if keys:
                integration = gateway.create_integration(
                    ApiId=self.resource("Api"),
                    IntegrationType="AWS_PROXY",
                    IntegrationUri=f"{self.configuration(function)['FunctionArn']}:live",
                    PayloadFormatVersion="2.0",
                )
                for key in keys:
                    target = f"integrations/{integration['IntegrationId']}"
                    gateway.create_route(ApiId=self.resource("Api"), RouteKey=key, Target=target)

    def rotate(self) -> None:
        """Rotate both rings of signing keys by the four steps that Secrets Manager calls."""
        for ring in ("SigningKeys", "MessageKeys"):
            secret_id, token = self.outputs[ring], str(uuid.uuid4())
            for step in STEPS:
                event = {"Step": step, "SecretId": secret_id, "ClientRequestToken": token}
                done = self.aws("lambda").invoke(
                    FunctionName=self.resource("RotationFunction"), Payload=json.dumps(event)
                )
                assert "FunctionError" not in done, done["Payload"].read()

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs of the stack."""
        [stack] = self.aws("cloudformation").describe_stacks(StackName="dci")["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def resource(self, name: str) -> str:
        """Return the physical id of a resource."""
        found = self.aws("cloudformation").describe_stack_resource(StackName="dci", LogicalResourceId=name)
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def arn_of_secret(self, secret_id: str) -> str:
        """Return the ARN of a secret, which AWS gives for a reference to it, and the emulator does not."""
        return str(self.aws("secretsmanager").describe_secret(SecretId=secret_id)["ARN"])

    def configuration(self, function: str, **version: str) -> dict[str, Any]:
        """Return the configuration of a function, or of one of its versions (`Qualifier`)."""
        found = self.aws("lambda").get_function(FunctionName=self.resource(function), **version)
        return dict(found["Configuration"])

    @property
    def url(self) -> str:
        """The base URL of the API: at the host of the output BaseUrl, the emulator answers `/health` itself."""
        identifier = re.findall(r"//(\w+)\.", self.outputs["BaseUrl"])[0]
        return f"{self.endpoint}/_aws/execute-api/{identifier}/$default"

    def api(self, client: dict[str, str] | None = None) -> Api:
        """Return the API, as a client (`client_id` and `client_secret`) or without one."""
        known = client or {"client_id": "", "client_secret": ""}
        return Api(self.url, known["client_id"], known["client_secret"])


def _adapt_function(properties: dict[str, Any]) -> None:
    """Take what the emulator takes: a parameter of a number is text to it, and its receivers are on this machine."""
    if "AutoPublishCodeSha256" in properties:
        properties["AutoPublishCodeSha256"] = {"Ref": "BuildId"}
    variables = properties.get("Environment", {}).get("Variables", {})
    if "CALLBACK_TEST_ORIGINS" in variables:
        variables["CALLBACK_TEST_ORIGINS"] = "127.0.0.1"
    for event in properties.get("Events", {}).values():
        if event["Type"] == "SQS":
            event["Properties"]["ScalingConfig"] = {"MaximumConcurrency": 2}


def _route_key(event: dict[str, Any]) -> str:
    return f"{event.get('Method', 'ANY')} {event['Path']}" if "Path" in event else "$default"
