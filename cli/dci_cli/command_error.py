"""The one error that a command raises for its operator, and the exit status of every command."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

_FAILED = 2
_INTERRUPTED = 130  # as a shell reports it


class CommandError(Exception):
    """A command cannot do its work; the message says why, and what to change."""


def report_errors(command: Callable[[], int]) -> int:
    """Run a command and return its exit status; a CommandError becomes one line on stderr and the status 2."""
    try:
        status = command()
        sys.stdout.flush()  # so that a closed pipe is noticed here
    except CommandError as error:
        print("dci:", *str(error).split(), file=sys.stderr)  # AWS writes some errors in several lines
        return _FAILED
    except BrokenPipeError:  # the reader of the output, such as head, has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return _INTERRUPTED
    return status
