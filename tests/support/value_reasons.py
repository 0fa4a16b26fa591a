"""Why the import rejects a value, or warns of it."""

from __future__ import annotations

SPREADSHEET = "is a number that a spreadsheet has rounded: format the column as text, and enter it again"
PLACEHOLDER = "holds a placeholder instead of a value: leave it empty"
BUDDHIST = "is in the future: a year of the Buddhist calendar is 543 too high"
