"""The page that OpenSPP 17's own client asks for in the URL (`?page=2&limit=30`), for all items of its message."""

from __future__ import annotations

from urllib.parse import parse_qs

from dci_common.spdci.envelope import SearchEnvelope
from dci_common.spdci.pagination import MAX_PAGE_SIZE
from dci_common.spdci.rejections import Rejection
from dci_common.spdci.search_items import ReadItem, RejectedItem, UrlPage

_MEMBERS = {"page": "page_number", "limit": "page_size"}
_INVALID = Rejection("rjct.pagination.invalid", "page and limit of the URL must be whole numbers of at least 1.")


def with_url_page(envelope: SearchEnvelope, query_string: str) -> SearchEnvelope:
    """Return a message whose items have the page of the URL, if it names one and they name none."""
    sent = {name: values for name, values in parse_qs(query_string).items() if name in _MEMBERS}
    if not sent:
        return envelope
    items = [_with_page(item, _page(sent)) for item in envelope.message.search_request]
    return envelope.model_copy(update={"message": envelope.message.model_copy(update={"search_request": items})})


def _page(sent: dict[str, list[str]]) -> UrlPage | None:
    """Return the page; None when it is not one."""
    try:
        members = {_MEMBERS[name]: value for name, (value,) in sent.items()}
        return UrlPage.model_validate({"page_size": MAX_PAGE_SIZE, **members})
    except ValueError:  # pydantic's too
        return None


def _with_page(item: ReadItem, page: UrlPage | None) -> ReadItem:
    if isinstance(item, RejectedItem) or item.pagination or item.search_criteria.pagination:
        return item
    return RejectedItem(item.reference_id, _INVALID) if page is None else item.model_copy(update={"pagination": page})
