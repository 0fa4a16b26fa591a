"""The records of a table: people, groups and memberships."""

from __future__ import annotations

from typing import Any

from dci_cli.registry.files import given_ids
from dci_cli.registry.files.blocks import Block
from dci_cli.registry.files.cells import truth
from dci_cli.registry.files.fields import RecordFields, given_membership
from dci_cli.registry.files.file_options import FileOptions
from dci_cli.registry.files.header import Header
from dci_cli.registry.files.rows import Row, Warned
from dci_cli.registry.support.plausibility import Fields, Finding, Path
from dci_cli.registry.support.record_check import check_record, sentences
from dci_common.registry.model.base import Kind
from dci_common.registry.model.records import AnyRecord, Group, Membership, Person

_KINDS: dict[str, tuple[type[Person | Group], Kind, str]] = {
    "individuals": (Person, Kind.PERSON, "person_id"),
    "groups": (Group, Kind.GROUP, "group_id"),
}

_OTHER_DATES = "Dates of another form need --date-format, such as %d/%m/%Y."
_NO_ID = "new"  # until the id is known, which follows from the checked fields


class TableRecords:
    """Reads the blocks of a table."""

    def __init__(self, header: Header, file_options: FileOptions) -> None:
        self._header = header
        self._file_options = file_options

    def read(self, block: Block) -> tuple[list[Row], str]:
        """Return the block's record and its memberships; and the record's id if it was not in the file.

        When the record is rejected, there is nothing but its own row, or those that cannot be read.
        """
        if block.problems:
            return [Row(row.line, None, [row.problem]) for row in block.problems], ""
        what = self._kind_of(block)
        if not what:
            title = self._header.titles[self._header.is_group or 0]
            return [Row(block.line, None, [f"{title} must be true or false."])], ""
        found = RecordFields(self._header, what, self._file_options.notation)
        found.read(block.cells)
        if what == "memberships":
            return [self._row(block, what, Membership, found.fields, found.contradictions)], ""
        return self._registrant(block, what, found)

    def _registrant(self, block: Block, what: str, found: RecordFields) -> tuple[list[Row], str]:
        model, kind, own = _KINDS[what]
        fields = found.fields
        _use_display_name(fields, is_person=model is Person)
        memberships = fields.pop("memberships", [])
        has_id = bool(fields.get("id"))
        if not has_id:
            fields["id"] = _NO_ID
        row = self._row(block, what, model, fields, found.contradictions)
        # An id follows from the repaired values.
        id_ = fields["id"] if has_id else given_ids.stable_id(kind, fields, memberships, self._file_options.id_key())
        row = row._replace(key=(kind, id_))
        if row.record is None:
            return [row], ""
        if not has_id:
            row = row._replace(record=row.record.model_copy(update={"id": id_}))
        joined = (given_membership(self._header, what, {own: id_, **entry}) for entry in memberships)
        lines = found.rows_of("memberships")
        rows = [
            self._row(block, what, Membership, entry, [], prefix="memberships", line=block.rows[lines[index]].line)
            for index, entry in enumerate(joined)
        ]
        return [row, *rows], "" if has_id else id_

    def _row(  # noqa: PLR0913 - one call for each kind of record
        self,
        block: Block,
        what: str,
        model: type[AnyRecord],
        fields: Fields,
        contradictions: list[str],
        *,
        prefix: str = "",
        line: int = 0,
    ) -> Row:
        """Check the fields of a record; reasons and warnings name the columns of the file."""

        def name_of(path: Path) -> str:
            return self._header.title_of(what, (prefix, *path) if prefix else path, block.cells)

        checked = check_record(model, fields, self._file_options.today, strict=self._file_options.strict)
        reasons = [*contradictions, *map(self._with_date_format, sentences(checked.reasons, name_of))]
        warnings = [_warned(finding, name_of(finding.path)) for finding in checked.warnings]
        return Row(line or block.line, None if reasons else checked.record, reasons, warnings)

    def _with_date_format(self, reason: str) -> str:
        """Say how dates of another form are read."""
        if "must be a date" not in reason:
            return reason
        date_format = self._file_options.notation.date_format
        return f"{reason} {f'The date format is {date_format}.' if date_format else _OTHER_DATES}"

    def _kind_of(self, block: Block) -> str:
        """Return what a block describes; nothing when the is_group column is neither true nor false."""
        if self._header.what == "groups" or self._header.is_group is None:
            return self._header.what
        is_group = truth(block.cells[0][self._header.is_group])
        return "groups" if is_group is True else "individuals" if is_group is False else ""


def _warned(finding: Finding, column: str) -> Warned:
    detail = f"{finding.value} was read as {finding.repaired}" if finding.repaired else ""
    return Warned(column, finding.what, detail)


def _use_display_name(fields: dict[str, Any], *, is_person: bool) -> None:
    """Use the whole name of a person as the given name, if there are no parts of it."""
    if "display_name" not in fields:
        return
    display_name = fields.pop("display_name")
    if is_person and not any(fields.get("name", {}).values()):
        fields["name"] = {**fields.get("name", {}), "given_name": display_name}
