"""Workers: line up → claim → send, at the pace of every workspace, by any number of processes, until stopped."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

import structlog

from bot.errors import Conflict, StoreAway
from bot.model import Address, LaneFilter, Limit
from bot.ports import Directory, Messenger, Store
from bot.prompts import Prompts
from bot.rules import outcomes
from bot.worker import delivery
from bot.worker.delivery import Batch, Clock, Means

log = structlog.get_logger()

AFTER_A_MISHAP = 5.0
"""Seconds."""
WHILE_AWAY = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds between two tries while the store is away: few lines in the log, and nobody waits long after it is back."""
CANCELLED_AGAIN = 3
"""A database's driver first asks a server that hangs to give up; told again, it leaves."""
AT_LEAST = 0.02
"""Seconds between two looks at a lane that another worker holds at this moment."""


@dataclass(frozen=True)
class WorkerSettings:
    """How a worker works."""

    limits: Mapping[str, Limit]
    """By platform: how fast a workspace takes messages."""
    tick: timedelta
    """How long it waits while nothing is due."""
    stop: timedelta
    """How long it may go on finishing what is under way."""
    hands: int = 4
    """Batches under way at once on each platform."""


async def work(
    store: Store,
    prompts: Prompts,
    messengers: Mapping[str, Messenger],
    directories: Mapping[str, Directory],
    rhythm: WorkerSettings,
    stopped: asyncio.Event,
) -> None:
    """Send what is due until stopped; then claim nothing more, finish what is under way, and settle it.

    What could not be finished in time stays on its lease: the platform is asked about it when that has ended.
    """
    means = Means(store, prompts, messengers, directories, rhythm.limits)
    room, platforms = rhythm.hands * delivery.BATCH, frozenset(messengers)
    flights = [Flight(LaneFilter(platform), room) for platform in sorted(platforms)]
    # The last one is of whoever has no workspace, or one on a platform that is not connected here.
    flights.append(Flight(LaneFilter(except_platforms=platforms), room))
    hands = [Hand(partial(_send, means, flight, rhythm.tick, flights), flight.landed) for flight in flights]
    hands.append(Hand(partial(_resolve, means, rhythm.tick)))
    missed = Missed()
    at_work = [asyncio.create_task(hand.work(stopped, missed)) for hand in hands]
    await stopped.wait()
    await _finish(at_work, flights, rhythm.stop)


async def _finish(
    at_work: Collection[asyncio.Task[None]], flights: Collection[Flight], stop: timedelta
) -> None:
    """First whoever still prepares something, then what they have begun."""
    with suppress(TimeoutError):
        async with asyncio.timeout(stop.total_seconds()):
            await asyncio.wait(at_work)
            while sending := [each for flight in flights for each in flight.batches]:
                await asyncio.wait(sending)
    begun = [*at_work, *(each for flight in flights for each in flight.batches)]
    late = [each for each in begun if not each.done()]
    for _ in range(CANCELLED_AGAIN if late else 0):
        for each in late:
            each.cancel()
        await asyncio.wait(late, timeout=1)
    log.info("work.stopped", unfinished=len(late))


class Flight:
    """What is under way on one platform. A workspace gets no more before it has taken what it was given.

    So nobody waits for another's hanging platform or slow workspace.
    """

    def __init__(self, which: LaneFilter, room: int) -> None:
        self._which = which
        self._room = room
        self._of: Counter[str] = Counter()
        self.batches: set[asyncio.Task[None]] = set()
        self.landed = asyncio.Event()

    @property
    def room(self) -> int:
        """For how many more."""
        return max(0, self._room - self._of.total())

    @property
    def which(self) -> LaneFilter:
        """Whose turn it may be."""
        return replace(self._which, except_workspaces=frozenset(+self._of))

    def begin(self, means: Means, batch: Batch) -> None:
        """Send it; nobody waits for its end."""
        self._of.update(_workspace(address) for _, _, address in batch.made)
        sending = asyncio.create_task(self._send(means, batch))
        self.batches.add(sending)
        sending.add_done_callback(self.batches.discard)

    async def _send(self, means: Means, batch: Batch) -> None:
        try:
            await delivery.send(means, batch, self._land)
        except Exception:  # whatever it was, the platforms are asked about it when its lease has ended
            log.exception("work.interrupted")

    def _land(self, address: Address | None) -> None:
        self._of[_workspace(address)] -= 1
        self.landed.set()


def _workspace(address: Address | None) -> str:
    return address.workspace if address else ""


@dataclass
class Missed:
    """How often the store was missed, one time after another: all hands miss it, and one says so."""

    times: int = 0


@dataclass(frozen=True)
class Hand:
    """Does one thing again and again."""

    turn: Callable[[], Awaitable[float]]
    """Gives the seconds to wait before the next."""
    wakes: asyncio.Event = field(default_factory=asyncio.Event)
    """What ends the waiting."""

    async def work(self, stopped: asyncio.Event, missed: Missed) -> None:
        """Until stopped. Whatever goes wrong, what is due stays due."""
        times = 0
        while not stopped.is_set():
            self.wakes.clear()
            try:
                pause = await self.turn()
                if missed.times:
                    log.info("work.store-is-back")
                times = missed.times = 0
            except StoreAway:
                pause = WHILE_AWAY[min(times, len(WHILE_AWAY) - 1)]
                times += 1
                if times > missed.times:
                    log.warning("work.store-away", again_in=pause)
                    missed.times = times
            except Conflict:  # rolled back: begun again
                pause = AT_LEAST
            except Exception:
                log.exception("work.interrupted")
                pause = AFTER_A_MISHAP
            await self._wait(stopped, pause)

    async def _wait(self, stopped: asyncio.Event, pause: float) -> None:
        if not pause:
            await asyncio.sleep(0)
            return
        events = [asyncio.create_task(each.wait()) for each in (stopped, self.wakes)]
        await asyncio.wait(events, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
        for each in events:
            each.cancel()


async def _send(means: Means, flight: Flight, tick: timedelta, flights: Collection[Flight]) -> float:
    """One batch on its way."""
    store = means.store
    now = await store.now()
    clock = Clock(now)
    async with store.transaction() as tx:
        lined_up = await tx.lanes.line_up(now, means.limits)
    if lined_up:
        for each in flights:  # whose hand looked a moment ago, and saw nothing in line
            each.landed.set()
    if not (room := min(delivery.BATCH, flight.room)):
        return tick.total_seconds()
    async with store.transaction() as tx:
        claimed = await tx.lanes.claim(now, now + delivery.LEASE, room, flight.which)
        ready_at = await tx.lanes.next_ready(flight.which)
    if claimed:
        flight.begin(means, await delivery.prepare(means, claimed, clock))
    if lined_up or claimed:
        return 0
    until_ready = (ready_at - now if ready_at else tick).total_seconds()
    return max(AT_LEAST, min(until_ready, tick.total_seconds()))


async def _resolve(means: Means, tick: timedelta) -> float:
    """What was left in doubt."""
    now = await means.store.now()
    async with means.store.transaction() as tx:
        await tx.deliveries.lapse(now)
        uncertain = await tx.deliveries.claim_uncertain(now, now + outcomes.SETTLING, delivery.BATCH)
    await delivery.resolve(means, uncertain, now)
    return 0 if uncertain else tick.total_seconds()
