"""Which page of its matches an item asks for, and the `pagination` of its response."""

from __future__ import annotations

from typing import NamedTuple

from dci_common.registry.query.sort import Position, SortKey, Window
from dci_common.spdci.rejections import Rejection
from dci_common.spdci.search_items import Pagination, SearchCriteria, UrlPage

MAX_PAGE_SIZE = 2000
MAX_DEPTH = 10_000


class Page(NamedTuple):
    """A page; `size` is None when all matches are asked for at once. `cursor`, if sent, is where the page starts."""

    number: int
    size: int | None
    cursor: str | None = None

    @property
    def max_records(self) -> int:
        """The largest number of records that the page can hold."""
        return self.size or MAX_PAGE_SIZE

    def window(self, sort: tuple[SortKey, ...], after: Position | None, total: int | None) -> Window:
        """Return the window of the matches that the page shows; `total` is their number, if its cursor has it."""
        size = self.max_records
        return Window((self.number - 1) * size, size, sort, after, total, whole=self.size is None)

    def pagination(self, returned: int, total: int, next_cursor: str | None) -> dict[str, int | str]:
        """Return the `pagination` of the response item."""
        page_size = returned if self.size is None else self.size
        following = {"next_cursor": next_cursor} if next_cursor else {}
        return {"page_size": page_size, "page_number": self.number, "total_count": total, **following}


def read_page(criteria: SearchCriteria, beside: Pagination | None = None) -> Page:
    """Return the page, from the criteria or else from beside them; both must be valid. Raises Rejection."""
    sent = (criteria.pagination, beside)
    pages = [_checked(pagination) for pagination in sent if pagination is not None]
    if any(page.cursor for page in pages[1:]):
        raise _invalid("Send next_cursor as the cursor of search_criteria.pagination, or send only that one.")
    return pages[0] if pages else Page(1, None)


def _checked(pagination: Pagination) -> Page:
    number = pagination.page_number or 1
    if pagination.cursor is not None and number > 1:
        raise _invalid("Send either cursor or page_number.")
    if pagination.page_size > MAX_PAGE_SIZE:
        raise _invalid(f"page_size must be at most {MAX_PAGE_SIZE}.")
    if pagination.page_size * number > MAX_DEPTH and not isinstance(pagination, UrlPage):
        raise _invalid(f"page_number times page_size must be at most {MAX_DEPTH}: follow next_cursor instead.")
    return Page(number, pagination.page_size, pagination.cursor)


def _invalid(message: str) -> Rejection:
    return Rejection("rjct.pagination.invalid", message)
