"""Pages with which one test after another goes on: a new one signs in, which takes ten times as long as a link."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from playwright.sync_api import Error

from support.console_browser import DESKTOP, Visitors, settled, show
from support.console_pages import go

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

# Forget what the console keeps in memory beside the page that is shown, and go to an address of no page, unless
# something is under way.
_LEAVE = """async () => {
    const [{changesAreSent}, {forgetUnsaved}, {belongsTo}, newClient] = await Promise.all(
        ['api.js', 'clients/unsaved.js', 'officers/visits.js', 'pages/client-new.js']
            .map((name) => import(`/console/${name}`)))
    if (document.querySelector('dialog, main:not([aria-busy=false])') || changesAreSent()) return false
    forgetUnsaved()
    belongsTo({config: {}, subject: ''})
    newClient.load({query: new URLSearchParams(), session: {subject: ''}})
    document.getElementById('toasts').replaceChildren()
    history.pushState(null, '', '/console/no/page')
    dispatchEvent(new PopStateEvent('popstate'))
    return true
}"""


@dataclass
class KeptPages:
    """Pages of people who are signed in, by role, unless a test leaves one with something under way.

    A test that listens to its page, changes its context, or is about what a page keeps, has a new one of `Visitors`.
    """

    visitors: Visitors
    free: dict[str, list[Page]] = field(default_factory=dict)

    @contextmanager
    def lent(self) -> Iterator[Callable[..., Page]]:
        """Yield what opens the console as `Visitors.page_as` does, and take the pages back at the end."""
        lent: list[tuple[str, Page]] = []

        def page_as(role: str, path: str = "/console/", size: tuple[int, int] = DESKTOP) -> Page:
            if free := self.free.get(role):
                page = free.pop()
                show(page, size)
                go(page, path)
                settled(page)
            else:
                page = self.visitors.page_as(role, path, size)
            lent.append((role, page))
            return page

        yield page_as
        for role, page in lent:
            if _left(page):
                self.free.setdefault(role, []).append(page)
            else:
                page.context.close()


def _left(page: Page) -> bool:
    try:
        page.unroute_all(behavior="ignoreErrors")  # a test that failed may have left a handler waiting
        return bool(page.evaluate(_LEAVE))
    except Error:  # it is closed, or at an address outside
        return False
