"""Whatever goes wrong, each acknowledged message is answered completely, or listed as failed and redriven."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import closing

import pytest

from support.api import Api
from support.example_counts import sampled, some
from support.exchange_checks import CheckedWorld
from support.exchange_questions import PEOPLE
from support.exchange_world import World
from support.exchanges import receiving
from support.registry_harness import registry_with

_QUICK, _STEPS, _KILLS = 6, 40, 6
_BAD = ("takes and hangs up", "takes and kills", "is down", "wants others")
_FINAL = ("refuses", "is gone")


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have pages and stored blocks hold few records."""
    monkeypatch.setattr("dci_common.exchange.exchanges.PAGE_RECORDS", 7)
    monkeypatch.setattr("dci_delivery.item_collection.BLOCK", 5)


def go_on(world: World, draw: random.Random) -> None:
    """Have clients, workers, the schedule and time go on."""
    match draw.randrange(10):
        case 0 | 1:
            world.ask()
        case 2:
            world.send(draw.choice(world.asked))
        case 3:
            world.ask_status()
        case 4:
            world.sweep()
        case 5:
            world.clock.advance(draw.choice((1, 6, 61, 61, 125, 301, 3_700)))
        case _:
            for _ in range(draw.randint(1, 4)):
                world.work()


def go_wrong(world: World, draw: random.Random, moods: tuple[str, ...]) -> None:
    """Have something else go wrong from now on, or nothing."""
    injector, queues = world.injector, world.queues
    match draw.randrange(7):
        case 0 if world.kills < _KILLS:
            injector.kill_in = draw.randint(0, 25)
        case 1:
            injector.throttled, injector.lost = draw.choice(((0, 0), (0.3, 0), (0, 0.2), (0.2, 0.2)))
        case 2:
            queues.lost, queues.doubled = draw.choice(((0, 0), (0.5, 0), (0, 0.5), (1, 0)))
            queues.latest = draw.choice((0, 10, 200))
        case 3:
            world.moods = ("takes",) * 6 + tuple(draw.choices(moods, k=draw.choice((0, 3, 9))))
        case 4 if len(world.hidden) < 4:
            world.hide()
        case 5:
            injector.secrets_are_away = not injector.secrets_are_away
        case 6 if not world.cancelled and injector.kill_in is None and not (injector.throttled or injector.lost):
            world.cancel()


@pytest.mark.parametrize(
    ("seed", "steps"), sampled([(0, _QUICK), *((seed, _STEPS) for seed in range(1, max(20, some(0.5))))])
)
def test_whatever_goes_wrong_each_message_is_answered_once_and_completely(
    seed: int, steps: int, new_api: Callable[..., Api]
) -> None:
    """Kills, losses, delays, refusals at every step: one complete answer, counted once; nobody hidden is sent."""
    draw = random.Random(seed)
    moods = (*_BAD, *_FINAL) if draw.random() < 0.4 else _BAD
    with (
        registry_with(*PEOPLE) as registry,
        receiving() as receiver,
        closing(CheckedWorld(draw, registry, receiver, new_api)) as world,
    ):
        world.ask()
        for _ in range(steps):
            go_on(world, draw)
            if draw.random() < 0.4:
                go_wrong(world, draw, moods)
        world.calm_down()
        world.check()
