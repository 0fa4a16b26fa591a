"""The page that OpenSPP 17's own client asks for in the URL (`?page=2&limit=30`), for all items of its message."""

from __future__ import annotations

from urllib.parse import parse_qs

from dci_common.spdci.envelope import SearchEnvelope
from dci_common.spdci.pagination import MAX_PAGE_SIZE
from dci_common.spdci.rejections import Rejection
from dci_common.spdci.search_items import ReadItem, RejectedItem, UrlPage

_MEMBERS = {"page": "page_number", "limit": "page_size"}
_INVALID = Rejection("rjct.pagination.invalid", "page and limit of the URL must be whole numbers of at least 1.")
_UNSIGNED = Rejection("rjct.pagination.invalid", "The URL is not signed: send a signed message's pagination in it.")


def with_url_page(envelope: SearchEnvelope, query_string: str, *, is_signed: bool) -> SearchEnvelope:
    """Return a message whose items have the page of the URL, if it names one and they name none.

    The items of a signed message are rejected instead: anybody on its way could choose another page.
    """
    sent = {name: values for name, values in parse_qs(query_string).items() if name in _MEMBERS}
    if not sent:
        return envelope
    page = _UNSIGNED if is_signed else _page(sent)
    items = [_with_page(item, page) for item in envelope.message.search_request]
    return envelope.model_copy(update={"message": envelope.message.model_copy(update={"search_request": items})})


def _page(sent: dict[str, list[str]]) -> UrlPage | Rejection:
    """Return the page, or that it is not one."""
    try:
        members = {_MEMBERS[name]: value for name, (value,) in sent.items()}
        return UrlPage.model_validate({"page_size": MAX_PAGE_SIZE, **members})
    except ValueError:  # pydantic's too
        return _INVALID


def _with_page(item: ReadItem, page: UrlPage | Rejection) -> ReadItem:
    if isinstance(item, RejectedItem) or item.pagination or item.search_criteria.pagination:
        return item
    if isinstance(page, Rejection):
        return RejectedItem(item.reference_id, page)
    return item.model_copy(update={"pagination": page})
