"""What goes wrong for an operator, told in one line."""


class CommandError(Exception):
    """A command can not do its work; the message says why, and what to change."""
