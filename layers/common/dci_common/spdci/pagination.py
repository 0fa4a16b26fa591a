"""Which page of the matches an item wants, and what its answer says of the page."""

from __future__ import annotations

from dataclasses import dataclass

from dci_common.errors import Rejection
from dci_common.registry.execute.engine import Window
from dci_common.registry.query.sort import Place, SortKey
from dci_common.spdci.envelope import Pagination, SearchItem

MAX_PAGE_SIZE = 2000
MAX_DEPTH = 10_000


@dataclass(frozen=True, slots=True)
class Page:
    """A page; `size` is None when all matches are wanted at once. `cursor` tells where it begins, if it was sent."""

    number: int
    size: int | None
    cursor: str | None = None

    def window(self, sort: tuple[SortKey, ...], after: Place | None) -> Window:
        """Return where the page lies among the matches."""
        size = self.size or MAX_PAGE_SIZE
        return Window((self.number - 1) * size, size, sort, after, whole=self.size is None)

    def described(self, returned: int, total: int, next_cursor: str | None) -> dict[str, int | str]:
        """Write the answer's `pagination`."""
        page_size = returned if self.size is None else self.size
        following = {"next_cursor": next_cursor} if next_cursor else {}
        return {"page_size": page_size, "page_number": self.number, "total_count": total, **following}


def read_page(item: SearchItem) -> Page:
    """Read the page, from the criteria or else from beside them; both must be good. Raises Rejection."""
    asked = (item.search_criteria.pagination, item.pagination)
    pages = [_checked(pagination) for pagination in asked if pagination is not None]
    if any(page.cursor for page in pages[1:]):
        raise _invalid("Send next_cursor as the cursor of search_criteria.pagination, or send that one alone.")
    return pages[0] if pages else Page(1, None)


def max_records(item: SearchItem) -> int:
    """Return how many records the answer to an item can hold."""
    asked = item.search_criteria.pagination or item.pagination
    return min(asked.page_size, MAX_PAGE_SIZE) if asked else MAX_PAGE_SIZE


def _checked(pagination: Pagination) -> Page:
    number = pagination.page_number or 1
    if pagination.cursor is not None and number > 1:
        raise _invalid("Send either cursor or page_number.")
    if pagination.page_size > MAX_PAGE_SIZE:
        raise _invalid(f"page_size must be at most {MAX_PAGE_SIZE}.")
    if pagination.page_size * number > MAX_DEPTH:
        raise _invalid(f"page_number times page_size must be at most {MAX_DEPTH}: follow next_cursor instead.")
    return Page(number, pagination.page_size, pagination.cursor)


def _invalid(message: str) -> Rejection:
    return Rejection("rjct.pagination.invalid", message)
