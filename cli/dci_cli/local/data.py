"""The data of a local deployment: its registry, its engine, and where its tables are kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import boto3

from dci_cli.aws import OperatorRuntime
from dci_cli.command_error import CommandError
from dci_cli.environment import environment
from dci_cli.installation import local_folder
from dci_cli.local import dynamodb_local, moto_stream
from dci_cli.local.claim import claimed
from dci_cli.local.demo import demo_population
from dci_cli.local.engine_server import engine_over_http
from dci_cli.local.load import load
from dci_cli.local.stream_reader import MotoReader, ShardReader, StreamReader, Streams
from dci_cli.local_server import LocalEngine
from dci_cli.registry.support.registry_table import settings_if_loaded
from dci_common.runtime import Runtime
from dci_common.timestamps import day

_SHARDS = 2  # moto reads the whole table for every query, so fewer shards are faster
Engine = Literal["moto", "dynamodb-local"]


@dataclass(frozen=True, slots=True)
class LocalData:
    """The files of a registry instead of the demo registry, the engine, and the folder of its tables.

    DynamoDB Local listens at `address`, and nowhere else.
    """

    registry: Sequence[Path] = ()
    engine: Engine = "moto"
    data: Path | None = None
    address: str = "127.0.0.1"

    @property
    def is_demo(self) -> bool:
        """Whether nothing but the demo registry can be in the tables."""
        return not self.registry and self.data is None

    @property
    def secrets_file(self) -> Path | None:
        """Where the secrets for callbacks are kept; nowhere in a deployment without a folder."""
        return self.data / "callback-secrets.json" if self.data else None

    def check(self) -> None:
        """Raise CommandError when a file or a program is missing, or the options contradict each other."""
        if self.engine == "dynamodb-local":
            for name in ("java", "javac"):
                dynamodb_local.program(name)
        elif self.data:
            raise CommandError("moto keeps no tables: --data requires --engine dynamodb-local.")
        for path in self.registry:
            try:
                if not path.is_fifo():  # whose content can be read only once
                    path.open("rb").close()
            except OSError as error:
                raise CommandError(f"{path} cannot be read: {error.strerror}.") from error

    @contextmanager
    def running(self, base_url: str) -> Iterator[LocalEngine]:
        """Run the engine, and yield how other commands reach it. Raises CommandError.

        `base_url` is reported to another server that needs the same folder.
        """
        if self.engine == "moto":
            with engine_over_http() as engine:
                yield engine
            return
        jar = dynamodb_local.fetch(local_folder() / "dynamodb-local")
        with (
            _claimed(self.data, base_url),
            dynamodb_local.running(jar, self.data, self.address) as endpoint,
            environment({"AWS_ENDPOINT_URL_DYNAMODB": endpoint}),
        ):
            yield LocalEngine(endpoint, "local")  # DynamoDB Local accepts any key

    @contextmanager
    def streams(self, runtime: Runtime) -> Iterator[Streams]:
        """Yield the readers of the tables' streams, which go on where an earlier run has ended."""
        tables = runtime.settings.registry_table, runtime.settings.audit_table
        if self.engine == "moto":
            with moto_stream.listening(tables[0]) as registry, moto_stream.listening(tables[1]) as audit:
                yield Streams(MotoReader(registry), MotoReader(audit))
        else:
            yield Streams(
                self._reader(runtime, tables[0], "stream"), self._reader(runtime, tables[1], "audit-stream")
            )

    def _reader(self, runtime: Runtime, table: str, name: str) -> StreamReader:
        checkpoint = self.data / f"{name}.json" if self.data else None
        reader = ShardReader(runtime, table, checkpoint)
        if checkpoint is None or not checkpoint.exists():  # what a registry begins with is no news
            reader.pass_over()
        return reader

    def fill(self, runtime: Runtime) -> bool:
        """Load the files, or without files the demo registry into an empty table. Raises CommandError.

        Return whether the registry is the demo registry for certain: one that was kept may be another.
        """
        if self.registry:
            # Imported here, since the demo does not need it.
            from dci_cli.registry.importer import command  # noqa: PLC0415
            from dci_cli.registry.importer.target import Target  # noqa: PLC0415

            shards = _SHARDS if self.engine == "moto" else None
            command.load(self.registry, Target.read(OperatorRuntime(runtime.settings), shards))
            return False
        if settings_if_loaded(runtime) is not None:
            return False
        table, today = runtime.settings.registry_table, day(runtime.clock())
        load(boto3.client("dynamodb"), table, demo_population(), _SHARDS, today)
        return True


@contextmanager
def _claimed(folder: Path | None, base_url: str) -> Iterator[None]:
    """Lock a folder for this process, created if it is missing: two engines would damage each other's tables."""
    if folder is None:
        yield
        return
    with claimed(folder / "lock", folder, "Stop it, or choose another folder for --data.") as claim:
        claim.announce(base_url)
        yield
