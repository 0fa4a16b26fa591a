"""How checks are made, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dci_cli.command_error import CommandError
from dci_cli.doctor.deployment import WRONG_URL, Check, CheckProblem, Deployment, Finding


def examine(deployment: Deployment, checks: Mapping[str, Check]) -> Iterator[Finding]:
    """Yield the finding of every check; when the first gets no response, the others are not made."""
    for number, (name, check) in enumerate(checks.items()):
        try:
            yield Finding(name, "ok", check(deployment) or "")
        except CheckProblem as problem:
            yield Finding(name, problem.outcome, problem.found, problem.remedy)
        except CommandError as error:
            yield Finding(name, "failed", str(error), "Check the URL, its name in DNS and its certificate.")
            if number == 0:
                return
        except (AttributeError, LookupError, TypeError, ValueError):
            yield Finding(name, "failed", "The response does not have the shape of the API's.", WRONG_URL)
