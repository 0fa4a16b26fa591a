"""POST /{prefix}/registry/sync/search: a deployment may serve the registry's paths below a segment too."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from support.api import Api, Reply
from support.events import Event, event
from support.example_counts import sampled


def at(prefix: str, **changes: str) -> Event:
    """Return the event of a search below a prefix."""
    return event("search_prefixed", **changes) | {"pathParameters": {"prefix": prefix}}


def is_unknown(reply: Reply) -> None:
    """Check that there is nothing at a path."""
    assert (reply.status, reply.code) == (404, "err.request.not_found")


def test_a_prefix_is_served(new_api: Callable[..., Api]) -> None:
    """Below its prefix the deployment answers as it does at the root, where it still answers."""
    api = new_api(route_prefix="social")
    token = api.partner_token
    below, root = (api.send(sent) for sent in (at("social", token=token), event("search", token=token)))
    assert (below.status, root.status) == (200, 200)
    assert below.records == root.records != []


@pytest.mark.parametrize("prefix", ["Social", "socia", "social ", "crvs", "", "{prefix}", "/{prefix}"])
@pytest.mark.parametrize("method", sampled(["POST", "GET"]))
def test_another_prefix_is_not_there(new_api: Callable[..., Api], prefix: str, method: str) -> None:
    """A path below any other segment is 404, whatever the method, and with a good token too."""
    api = new_api(route_prefix="social")
    sent = at(prefix, token=api.partner_token)
    sent["requestContext"]["http"]["method"] = method
    is_unknown(api.send(sent))


@pytest.mark.parametrize("prefix", ["social", ""])
def test_without_the_setting_there_is_no_prefix(shared_api: Api, prefix: str) -> None:
    """A deployment without RoutePrefix has its paths at the root alone."""
    is_unknown(shared_api.send(at(prefix, token=shared_api.partner_token)))


def test_below_the_prefix_errors_are_the_same(new_api: Callable[..., Api]) -> None:
    """Tokens, methods and bodies are checked as at the root."""
    api = new_api(route_prefix="social")
    assert api.send(at("social", token="x")).status == 401
    assert api.send(at("social", token=api.partner_token, content_type="text/plain")).status == 415
    sent = at("social")
    sent["requestContext"]["http"]["method"] = "GET"
    reply = api.send(sent)
    assert (reply.status, reply.headers["Allow"]) == (405, "POST")
