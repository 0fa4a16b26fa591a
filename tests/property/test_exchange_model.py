"""Whatever goes wrong, each acknowledged message is answered completely, or is listed as failed."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from support.api import Api
from support.example_counts import EXAMPLES, sampled
from support.exchange_world import PEOPLE, World
from support.exchanges import receiving
from support.registry_harness import registry_with

_STEPS = 40
_WORKS = ("takes",) * 6
_MOODS = [*("takes", "takes and hangs up", "takes and kills", "is down", "wants others")]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have pages and stored blocks hold few records."""
    monkeypatch.setattr("dci_common.exchange.exchanges.PAGE_RECORDS", 7)
    monkeypatch.setattr("dci_delivery.item_collection.BLOCK", 5)


def step(world: World, draw: random.Random) -> None:
    """Have something happen, or go wrong from now on."""
    misfortunes = world.misfortunes
    match draw.randrange(16):
        case 0 | 1:
            world.ask()
        case 2:
            world.send(draw.choice(world.asked))
        case 3:
            world.ask_status()
        case 4 | 5 | 6 | 7 | 8:
            for _ in range(draw.randint(1, 4)):
                world.work()
        case 9:
            world.sweep()
        case 10:
            world.clock.advance(draw.choice((1, 6, 61, 61, 125, 301, 3_700)))
        case 11 if world.kills < 6:
            misfortunes.kill_in = draw.randint(0, 25)
        case 12:
            misfortunes.throttled, misfortunes.lost = draw.choice(((0, 0), (0.3, 0), (0, 0.2), (0.2, 0.2)))
        case 13:
            world.queues.lost, world.queues.doubled = draw.choice(((0, 0), (0.5, 0), (0, 0.5), (1, 0)))
            world.queues.latest = draw.choice((0, 10, 200))
        case 14:
            world.moods = _WORKS + tuple(draw.choices(_MOODS, k=draw.choice((0, 3, 9))))
        case 15 if len(world.hidden) < 4:
            world.hide()


@pytest.mark.parametrize("seed", sampled(range(max(2, EXAMPLES * 2)), quick=1))
def test_whatever_goes_wrong_each_message_is_answered_once_and_completely(
    seed: int, new_api: Callable[..., Api]
) -> None:
    """Kills, losses, delays and refusals at every step leave one complete answer, counted once; nobody hidden is sent."""
    draw = random.Random(seed)
    with registry_with(*PEOPLE) as registry, receiving() as receiver:
        world = World(draw, registry, receiver, new_api)
        world.ask()
        for _ in range(_STEPS):
            step(world, draw)
        world.calm_down()
        world.check()
        assert {exchange.state for exchange in world.exchanges()} == {"answered"}
