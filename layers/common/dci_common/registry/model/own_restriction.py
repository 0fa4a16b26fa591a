"""The restriction that an operator sets on a followed record, beside that of the database.

It is apart from followed.py, which searches import: the models of the records take a tenth of their cold start.
"""

from __future__ import annotations

from dci_common.registry.model.records import Group, Person


def with_own_restriction(record: Person | Group) -> Person | Group:
    """Return a followed record that an operator puts, and thereby restricts or not.

    A person whom the database restricts stays restricted, whatever the operator says. Both restrictions are known, so
    that each can be lifted by the side that set it.
    """
    if isinstance(record, Group) or record.source is None or not record.source.restricted:
        return record
    source = record.source.model_copy(update={"restricted_here": record.restricted})
    return record.model_copy(update={"restricted": True, "source": source})
