"""Numbers as values of options."""

from __future__ import annotations

import argparse


def positive(text: str) -> int:
    """Return a whole number of at least 1, as the type of an option."""
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError("must be a whole number of at least 1")
    return int(text)
