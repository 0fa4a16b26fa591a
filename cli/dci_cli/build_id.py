"""`make build`: write the digest of the artifacts and the parameters into the built template, as its BuildId.

SAM publishes a version of a function when its own code changes. Most code is in the layer, and parameters change too:
the BuildId covers both. It replaces the references to the parameter, too, because SAM keeps the parameter's previous
value when it updates a stack.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from dci_cli.command_error import CommandError, report_errors
from dci_cli.samconfig import SamConfig


def build_id(build: Path, parameters: Sequence[str]) -> str:
    """Return a digest of the artifacts and the parameters, in any order."""
    digest = hashlib.sha256("\n".join(sorted(parameters)).encode())
    # The template is one of the files; byte code is derived from the others.
    for path in sorted(path for path in build.rglob("*") if path.is_file() and path.suffix != ".pyc"):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"\n{path.relative_to(build).as_posix()} {content}".encode())
    return digest.hexdigest()


def write_build_id(template: Path, value: str) -> None:
    """Write a BuildId into a template that `sam build` has just written.

    Raises CommandError when the template has no place for it, for example because it has one already.
    """
    text, defaults = re.subn(
        r"(?m)^(  BuildId:\n    Type: String\n    Default: )none$", rf"\g<1>{value}", template.read_text("utf-8")
    )
    text, references = re.subn(r"(?m)^( +AutoPublishCodeSha256:)\n +Ref: BuildId$", rf"\1 {value}", text)
    if defaults != 1 or not references:
        raise CommandError(f"{template} is not a template that sam build has just written: run make build.")
    template.write_text(text, "utf-8")


def _main() -> int:
    build, environment, architecture = Path(sys.argv[1]), *sys.argv[2:]
    parameters = SamConfig(Path("samconfig.toml"), environment).parameters(architecture)
    write_build_id(build / "template.yaml", build_id(build, parameters))
    return 0


if __name__ == "__main__":
    sys.exit(report_errors(_main))
