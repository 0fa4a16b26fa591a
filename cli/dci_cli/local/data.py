"""What a local deployment holds: which registry, in which engine, and for how long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import boto3

from dci_cli.claim import claimed
from dci_cli.command_error import CommandError
from dci_cli.installation import local_folder
from dci_cli.local import dynamodb_local
from dci_cli.local.demo import demo_population
from dci_cli.local.environment import environment
from dci_cli.local.load import load
from dci_common.registry.errors import RegistryNotLoaded
from dci_common.registry.storage.store import RegistryStore
from dci_common.runtime import Runtime
from dci_common.timestamps import day

_SHARDS = 2  # moto reads the whole table for every query, so few shards are fast shards
Engine = Literal["moto", "dynamodb-local"]


@dataclass(frozen=True, slots=True)
class LocalData:
    """Files of one's own instead of the demo registry, the engine, and a folder that keeps its tables."""

    registry: Sequence[Path] = ()
    engine: Engine = "moto"
    data: Path | None = None

    @property
    def is_own(self) -> bool:
        """Whether it may be another than the demo registry."""
        return bool(self.registry or self.data)

    @contextmanager
    def running(self, base_url: str) -> Iterator[str]:
        """Run DynamoDB Local, if it is asked for, and yield its endpoint; "" where moto answers. Raises CommandError.

        `base_url` is told to another server that asks for the same folder.
        """
        if self.engine == "moto":
            if self.data:
                raise CommandError("moto keeps nothing: --data needs --engine dynamodb-local.")
            yield ""
            return
        jar = dynamodb_local.fetch(local_folder() / "dynamodb-local")
        with (
            _claimed(self.data, base_url),
            dynamodb_local.running(jar, self.data) as endpoint,
            environment({"AWS_ENDPOINT_URL_DYNAMODB": endpoint}),
        ):
            yield endpoint

    def fill(self, runtime: Runtime) -> None:
        """Load the files into the registry; without any, the demo registry, if nothing is there. Raises CommandError."""
        if self.registry:
            # Imported here: the demo does not wait for it.
            from dci_cli.registry.importer import command  # noqa: PLC0415
            from dci_cli.registry.importer.target import Target  # noqa: PLC0415
            from dci_cli.registry.support.table import OperatorRuntime  # noqa: PLC0415

            shards = _SHARDS if self.engine == "moto" else None
            command.load(self.registry, Target.of(OperatorRuntime(runtime.settings), shards))
        elif not _is_loaded(runtime):
            table, today = runtime.settings.registry_table, day(runtime.clock())
            load(boto3.client("dynamodb"), table, demo_population(), _SHARDS, today)


@contextmanager
def _claimed(folder: Path | None, base_url: str) -> Iterator[None]:
    """Keep a folder for this process, made if need be: two engines would spoil each other's tables."""
    if folder is None:
        yield
        return
    with claimed(folder / "lock", folder, "Stop it, or choose another folder for --data.") as claim:
        claim.announce(base_url)
        yield


def _is_loaded(runtime: Runtime) -> bool:
    try:
        RegistryStore(runtime).settings()
    except RegistryNotLoaded:
        return False
    return True
