"""Runs one of our functions as Lambda does: each line of stdin is an event, each line of stdout its response.

`python -m peers.function dci_search.app.handler`. Its log lines go to stderr. The environment is a function's.
"""

from __future__ import annotations

import json
import sys

from dci_cli.local.handlers import load_handler


def main() -> None:
    """Answer events until stdin ends. Events are parsed and responses written as JSON, as Lambda's runtime does."""
    responses, sys.stdout = sys.stdout, sys.stderr
    handler = load_handler(sys.argv[1])
    for event in sys.stdin.buffer:
        responses.write(json.dumps(handler(json.loads(event), None)) + "\n")
        responses.flush()


if __name__ == "__main__":
    main()
