"""What machines ask of a running process: is it alive, may it be sent work, and its figures for Prometheus."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog
from aiohttp import web
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from adapters.server.patience import within
from bot.events import Event
from bot.message import Reply
from bot.model import Standing
from bot.ports import Handle

log = structlog.get_logger()

Look = Callable[[], Awaitable[Standing]]
SECONDS_TO_LOOK = 3
"""A database that takes longer is away."""


class Metrics:
    """The figures of one process; what is due, and how long, is read from the store when they are asked for."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._settled = Counter(
            "jpd_deliveries_settled",
            "Deliveries this process has settled, by what became of them.",
            ["state", "kind"],
            registry=registry,
        )
        self._events = Histogram(
            "jpd_event_seconds", "How long this process took to answer an event.", registry=registry
        )
        self._up = Gauge("jpd_database_up", "Whether the database answers.", registry=registry)
        self._due = Gauge("jpd_deliveries_due", "Deliveries that should be on their way.", registry=registry)
        self._lag = Gauge("jpd_lag_seconds", "How long the first of them has waited.", registry=registry)
        self._sending = Gauge("jpd_deliveries_sending", "Deliveries on a lease.", registry=registry)
        self._uncertain = Gauge(
            "jpd_deliveries_uncertain", "Deliveries that may have arrived.", registry=registry
        )
        self._blocked = Gauge("jpd_lanes_blocked", "Workspaces that take nothing now.", registry=registry)

    def count(self, _: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """A processor of structlog: what is logged is counted, so that nobody need remember to do both."""
        if event.get("ours"):  # only a delivery that was settled says whose it was
            self._settled.labels(str(event["state"]), str(event["kind"])).inc()
        return event

    def timed(self, handle: Handle) -> Handle:
        """The same, with a clock running."""

        async def handled(event: Event) -> Reply | None:
            begun = time.perf_counter()
            try:
                return await handle(event)
            finally:
                self._events.observe(time.perf_counter() - begun)

        return handled

    def page(self, found: Standing | None) -> bytes:
        """In Prometheus' format; None: the database is away."""
        self._up.set(found is not None)
        if found is not None:
            self._due.set(found.due)
            self._lag.set(found.lag.total_seconds())
            self._sending.set(found.sending)
            self._uncertain.set(found.uncertain)
            self._blocked.set(found.lanes_blocked)
        return generate_latest(self._registry)


def health(look: Look) -> list[web.RouteDef]:
    """`/readyz`: the database answers, and has the tables it should have.

    How far behind the workers are is told there and fails nothing: sending people elsewhere would help nobody.
    """
    looked = _in_time(look)

    async def readyz(_: web.Request) -> web.Response:
        found = await looked()
        said = {
            "database": found is not None,
            "migrations": found is not None and found.is_migrated,
            "due": found.due if found else None,
            "lag_seconds": round(found.lag.total_seconds(), 1) if found else None,
        }
        return web.json_response(said, status=200 if found and found.is_migrated else 503)

    return [web.get("/readyz", readyz)]


def figures(metrics: Metrics, look: Look) -> list[web.RouteDef]:
    """`/metrics`: on a port of its own, which no stranger need reach."""
    looked = _in_time(look)

    async def page(_: web.Request) -> web.Response:
        return web.Response(body=metrics.page(await looked()), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return [web.get("/metrics", page)]


def _in_time(look: Look) -> Callable[[], Awaitable[Standing | None]]:
    """One look at a time, for all who ask meanwhile: a database that hangs takes one connection of ours."""
    looking: asyncio.Future[Standing] | None = None

    async def looked() -> Standing | None:
        nonlocal looking
        if looking is None or looking.done():
            looking = asyncio.ensure_future(look())
        try:
            return await within(SECONDS_TO_LOOK, looking)
        except Exception as away:  # noqa: BLE001  # whatever is wrong with the database: it is away
            log.warning("readiness.no-database", error=type(away).__name__)
            return None

    return looked
