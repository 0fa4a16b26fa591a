"""samconfig.toml: the options with which `sam deploy` deploys an environment."""

from __future__ import annotations

import shlex
import tomllib
from pathlib import Path

from dci_cli.command_error import CommandError


class SamConfig:
    """The options of one environment, which is a section of the file; none if there is no such section or file.

    Raises CommandError when the file is not a configuration of SAM.
    """

    def __init__(self, path: Path, environment: str) -> None:
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
            section = content.get(environment, {})
            shared, own = (dict(section.get(command, {}).get("parameters", {})) for command in ("global", "deploy"))
        except (OSError, ValueError, AttributeError, TypeError) as error:
            raise CommandError(f"{path} is not a configuration of SAM.") from error
        self.options = shared | own

    def parameters(self, architecture: str) -> list[str]:
        """Return the parameters of the template as `sam` accepts them, with each value in quotes.

        Artifacts are built for one architecture, whatever the file names.
        """
        kept = [f'{name}="{value}"' for name, value in self._saved() if name not in {"Architecture", "BuildId"}]
        return [*kept, f'Architecture="{architecture}"']

    def parameter(self, name: str) -> str:
        """Return the value of a parameter of the template; empty if it is not set."""
        return dict(self._saved()).get(name, "")

    def _saved(self) -> list[tuple[str, str]]:
        saved = self.options.get("parameter_overrides", "")
        words = shlex.split(saved if isinstance(saved, str) else " ".join(saved))
        return [(name, value) for name, _, value in (word.partition("=") for word in words)]
