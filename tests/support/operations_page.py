"""The commands of docs/operations.md, section by section, to run them in their order on an emulator."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from support.events import ROOT

_BASH = "/bin/bash"
_OURS = f'exec {sys.executable} -m dci_cli "$@"'
_AWS = f'PYTHONPATH="{ROOT / "tests"}" exec {sys.executable} -m support.aws_cli "$STACK_FILE" "$@"'
# `make deploy` ends where SAM would begin.
_MAKE = f'[ "$1" != deploy ] || exec {sys.executable} -m dci_cli.deploy default'


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the page, with its commands."""

    heading: str
    text: str
    commands: str

    @property
    def is_optional(self) -> bool:
        """Whether an operator may leave it out."""
        return bool(re.match(r"(Skip this step|\*\*Skip)", self.text))


def sections() -> Iterator[Section]:
    """Yield the sections that have commands, in their order."""
    parts = re.split(r"^##+ (.*)\n", (ROOT / "docs" / "operations.md").read_text(), flags=re.MULTILINE)
    for heading, text in zip(parts[1::2], parts[2::2], strict=True):
        commands = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        if commands:
            yield Section(heading, text.strip(), "".join(commands))


def run(chosen: list[Section], folder: Path, values: Mapping[str, str], environment: Mapping[str, str]) -> str:
    """Run the commands of sections in one shell, which ends at the first failure, and return what they printed.

    `values` replace words such as CLIENT_ID, which an operator replaces; `folder` stands for the checkout. The
    variable STACK_FILE of the environment is the first argument of `support.aws_cli`.
    """
    (folder / "bin").mkdir()
    for name, script in {"bin/aws": _AWS, "bin/make": _MAKE, "dci": _OURS}.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / "samconfig.example.toml").write_bytes((ROOT / "samconfig.example.toml").read_bytes())
    script = "".join(f"echo {shlex.quote(f'## {section.heading}')}\n{section.commands}" for section in chosen)
    for word, value in values.items():
        script = re.sub(rf"\b{word}\b", value, script)
    done = subprocess.run(
        [_BASH, "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**environment, "PATH": f"{folder / 'bin'}:{environment['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
    return done.stdout
