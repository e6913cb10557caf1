"""The worker: loops that put due deliveries into their lanes, claim and send them at each workspace's rate.

Any number of processes may work on one store.
"""

from __future__ import annotations

import asyncio
import time
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
from bot.use_cases import rests
from bot.worker import batch as batches
from bot.worker.addresses import meet_seen
from bot.worker.batch import BATCH_SIZE, Batch, BatchClock, compose_batch
from bot.worker.resolving import resolve
from bot.worker.sending import send
from bot.worker.services import Services

log = structlog.get_logger()

SECONDS_AFTER_AN_ERROR = 5.0
SECONDS_WHILE_AWAY = (1.0, 2.0, 4.0, 8.0, 15.0)
"""The waits between tries while the store is away: few lines in the log, and no long wait when it is back."""
MOST_CANCELLATIONS = 3
"""On the first, a database driver asks its server to cancel the query; the driver gives up only at the second."""
SHORTEST_PAUSE = 0.02
"""Seconds between two looks at a lane that another worker has locked."""


@dataclass(frozen=True)
class WorkerSettings:
    """The settings of a worker."""

    limits: Mapping[str, Limit]
    """The rate limit of a workspace, by platform."""
    tick: timedelta
    """The longest pause between two looks for what is due."""
    stop: timedelta
    """The time that a stopped worker has to finish what it has begun."""
    concurrency: int = 4
    """The most batches under way at once on each platform."""
    seconds: Callable[[], float] = time.monotonic
    """A clock that only goes forward; a test's may stand still."""


async def work(
    store: Store,
    prompts: Prompts,
    messengers: Mapping[str, Messenger],
    directories: Mapping[str, Directory],
    settings: WorkerSettings,
    stopped: asyncio.Event,
) -> None:
    """Send what is due until stopped; then claim nothing more, and finish and settle what is under way.

    What cannot be finished in time keeps its lease; when that has ended, another worker asks the platform about it.
    """
    services = Services(store, prompts, messengers, directories, settings.limits, settings.seconds)
    slots, platforms = settings.concurrency * BATCH_SIZE, frozenset(messengers)
    senders = [PlatformSender(LaneFilter(platform), slots) for platform in sorted(platforms)]
    # One more sender for members not reachable by this process: it only settles or postpones.
    senders.append(PlatformSender(LaneFilter(except_platforms=platforms), slots))
    loops = [
        Loop(partial(_send_batch, services, each, settings.tick, senders), each.slot_freed)
        for each in senders
    ]
    loops.append(Loop(partial(_resolve_batch, services, settings.tick)))
    loops.append(Loop(partial(_meet_people, services, settings.tick)))
    outage = Outage()
    running = [asyncio.create_task(each.run(stopped, outage)) for each in loops]
    await stopped.wait()
    await _finish(running, senders, settings.stop)


async def _finish(
    running: Collection[asyncio.Task[None]], senders: Collection[PlatformSender], stop: timedelta
) -> None:
    """Wait for the loops and then for the batches that they have started; cancel what takes longer than `stop`."""
    with suppress(TimeoutError):
        async with asyncio.timeout(stop.total_seconds()):
            await asyncio.wait(running)
            while sending := [batch for sender in senders for batch in sender.batches]:
                await asyncio.wait(sending)
    begun = [*running, *(batch for sender in senders for batch in sender.batches)]
    unfinished = [each for each in begun if not each.done()]
    for _ in range(MOST_CANCELLATIONS if unfinished else 0):
        for each in unfinished:
            each.cancel()
        await asyncio.wait(unfinished, timeout=1)
    log.info("work.stopped", unfinished=len(unfinished))


class PlatformSender:
    """The batches that are being sent on one platform.

    A workspace is left out while any of its messages is being sent, so a workspace or a platform that hangs
    holds up only itself.
    """

    def __init__(self, lanes: LaneFilter, slots: int) -> None:
        self._lanes = lanes
        self._slots = slots
        self._sending: Counter[str] = Counter()
        """Messages being sent, by workspace."""
        self.batches: set[asyncio.Task[None]] = set()
        self.slot_freed = asyncio.Event()

    @property
    def free_slots(self) -> int:
        """The number of further messages that may be claimed."""
        return max(0, self._slots - self._sending.total())

    @property
    def lanes(self) -> LaneFilter:
        """The lanes from which may be claimed now."""
        return replace(self._lanes, except_workspaces=frozenset(+self._sending))  # `+` drops counts of zero

    def start(self, services: Services, batch: Batch) -> None:
        """Begin to send a batch, and return at once."""
        self._sending.update(_workspace(each.address) for each in batch.composed)
        sending = asyncio.create_task(self._send(services, batch))
        self.batches.add(sending)
        sending.add_done_callback(self.batches.discard)

    async def _send(self, services: Services, batch: Batch) -> None:
        try:
            await send(services, batch, self._free_slot)
        except Exception:  # the platform is asked about these deliveries when their lease has ended
            log.exception("work.interrupted")

    def _free_slot(self, address: Address | None) -> None:
        self._sending[_workspace(address)] -= 1
        self.slot_freed.set()


def _workspace(address: Address | None) -> str:
    return address.workspace if address else ""


@dataclass
class Outage:
    """An outage of the store, shared by all loops so that only one logs each failed try."""

    consecutive_failures: int = 0


@dataclass(frozen=True)
class Loop:
    """A step that is repeated until the worker is stopped."""

    step: Callable[[], Awaitable[float]]
    """Returns the seconds to pause before the next."""
    wake_up: asyncio.Event = field(default_factory=asyncio.Event)
    """When set, the pause ends at once."""

    async def run(self, stopped: asyncio.Event, outage: Outage) -> None:
        """Repeat the step until stopped, whatever it raises: what is due stays due."""
        tries = 0
        while not stopped.is_set():
            self.wake_up.clear()
            try:
                pause = await self.step()
                if outage.consecutive_failures:
                    log.info("work.store-is-back")
                tries = outage.consecutive_failures = 0
            except StoreAway:
                pause = SECONDS_WHILE_AWAY[min(tries, len(SECONDS_WHILE_AWAY) - 1)]
                tries += 1
                if tries > outage.consecutive_failures:
                    log.warning("work.store-away", again_in=pause)
                    outage.consecutive_failures = tries
            except Conflict:  # rolled back, so it can begin again
                pause = SHORTEST_PAUSE
            except Exception:
                log.exception("work.interrupted")
                pause = SECONDS_AFTER_AN_ERROR
            await self._pause(stopped, pause)

    async def _pause(self, stopped: asyncio.Event, pause: float) -> None:
        if not pause:
            await asyncio.sleep(0)
            return
        events = [asyncio.create_task(each.wait()) for each in (stopped, self.wake_up)]
        await asyncio.wait(events, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
        for each in events:
            each.cancel()


async def _send_batch(
    services: Services, sender: PlatformSender, tick: timedelta, senders: Collection[PlatformSender]
) -> float:
    """Put due deliveries into their lanes, claim one batch and start sending it; return the seconds to pause."""
    store = services.store
    now = await store.now()
    clock = BatchClock(now, services.seconds)
    async with store.transaction() as tx:
        lined_up = await tx.lanes.line_up(now, services.limits)
    if lined_up:
        for each in senders:  # wake the others: their lanes may have been empty
            each.slot_freed.set()
    if not (slots := min(BATCH_SIZE, sender.free_slots)):
        return tick.total_seconds()
    async with store.transaction() as tx:
        claimed = await tx.lanes.claim(now, now + batches.LEASE, slots, sender.lanes)
        ready_at = await tx.lanes.next_ready(sender.lanes)
    if claimed:
        sender.start(services, await compose_batch(services, claimed, clock))
    if lined_up or claimed:
        return 0
    until_ready = (ready_at - now if ready_at else tick).total_seconds()
    return max(SHORTEST_PAUSE, min(until_ready, tick.total_seconds()))


async def _resolve_batch(services: Services, tick: timedelta) -> float:
    """Ask the platforms about uncertain deliveries; return the seconds to pause."""
    now = await services.store.now()
    async with services.store.transaction() as tx:
        await tx.deliveries.mark_expired_leases(now)
        uncertain = await tx.deliveries.claim_uncertain(now, now + outcomes.SETTLING, BATCH_SIZE)
    await resolve(services, uncertain, now)
    return 0 if uncertain else tick.total_seconds()


async def _meet_people(services: Services, tick: timedelta) -> float:
    """Meet people who were seen before they could be, and tell of workspaces that rest; return the seconds to pause."""
    now = await services.store.now()
    async with services.store.transaction() as tx:
        await rests.tell_coordinators(tx, now)
    return 0 if await meet_seen(services, now) else tick.total_seconds()
