"""The checkpoint file of `dci registry reindex`: how far a pass over a table came, and to which rules it leads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from dci_cli.command_error import CommandError
from dci_common.aws.dynamodb import Item


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint, or none where `path` is None. It serves only a pass over the same table by the same rules."""

    path: Path | None
    table: str
    rules: list[str]

    def read(self) -> Item | None:
        """Return the key at which an earlier run ended. Raises CommandError."""
        if self.path is None or not self.path.exists():
            return None
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
            after = {name: {"S": content["after"][name]} for name in ("pk", "sk")}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CommandError(
                f"{self.path} is not a checkpoint that can be read: delete it to start from the beginning."
            ) from error
        if content["table"] != self.table:
            raise CommandError(f"{self.path} belongs to the table {content['table']}: name another file.")
        if content.get("rules") != self.rules:
            raise CommandError(f"{self.path} was written before the rules of matching changed: delete it.")
        return after

    def write(self, position: Item | None) -> None:
        """Record the key at which a page ended, or delete the file after the last page. Raises CommandError."""
        if self.path is None:
            return
        if position is None:
            self.path.unlink(missing_ok=True)
            return
        after = {name: position[name]["S"] for name in ("pk", "sk")}
        part = self.path.with_name(f"{self.path.name}.part")
        try:
            part.write_text(json.dumps({"table": self.table, "rules": self.rules, "after": after}) + "\n", "utf-8")
            part.replace(self.path)
        except OSError as error:
            raise CommandError(f"{self.path} cannot be written: {error.strerror}.") from error
