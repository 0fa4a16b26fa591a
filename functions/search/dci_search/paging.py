"""Which page of the matches an item wants, and what its answer says of the page."""

from __future__ import annotations

from dataclasses import dataclass

from dci_common.errors import Rejection
from dci_common.registry.engine import Window
from dci_common.schemas.envelope import Pagination, SearchItem

MAX_PAGE_SIZE = 2000
MAX_DEPTH = 10_000


@dataclass(frozen=True, slots=True)
class Page:
    """A page; `size` is None when all matches are wanted at once."""

    number: int
    size: int | None

    @property
    def window(self) -> Window:
        """Where the page lies among the matches."""
        if self.size is None:
            return Window(0, MAX_PAGE_SIZE, whole=True)
        return Window((self.number - 1) * self.size, self.size)

    def described(self, returned: int, total: int) -> dict[str, int]:
        """Write the answer's `pagination`."""
        page_size = returned if self.size is None else self.size
        return {"page_size": page_size, "page_number": self.number, "total_count": total}


def read_page(item: SearchItem) -> Page:
    """Read the page, from the criteria or else from beside them; both must be good. Raises Rejection."""
    asked = (item.search_criteria.pagination, item.pagination)
    pages = [_checked(pagination) for pagination in asked if pagination is not None]
    return pages[0] if pages else Page(1, None)


def _checked(pagination: Pagination) -> Page:
    number = pagination.page_number or 1
    if pagination.cursor is not None:
        raise _invalid("cursor is not one of this API: leave it out and use page_number.")
    if pagination.page_size > MAX_PAGE_SIZE:
        raise _invalid(f"page_size must be at most {MAX_PAGE_SIZE}.")
    if pagination.page_size * number > MAX_DEPTH:
        raise _invalid(f"page_number times page_size must be at most {MAX_DEPTH}: ask for a narrower range.")
    return Page(number, pagination.page_size)


def _invalid(message: str) -> Rejection:
    return Rejection("rjct.pagination.invalid", message)
