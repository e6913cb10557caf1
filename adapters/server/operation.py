"""Health and figures of a running process: `/readyz`, and `/metrics` for Prometheus."""

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

from adapters.chat.carrying import REFUSED_EVENT
from adapters.chat.in_time import LIMITED_EVENT
from adapters.server.patience import wait_at_most
from bot.events import Event
from bot.message import Reply
from bot.model import Standing
from bot.ports import Handle

log = structlog.get_logger()

Look = Callable[[], Awaitable[Standing]]
SECONDS_TO_LOOK = 3
"""A database that takes longer counts as away."""


class Metrics:
    """The figures of one process; those about deliveries are read from the store at each request."""

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
        self._refused = Counter(
            "jpd_content_refused",
            "Answers that a platform refused to show, so that people got their summary.",
            ["platform"],
            registry=registry,
        )
        self._left_out = Counter(
            "jpd_events_left_out",
            "Times that a platform said that it leaves out events, because there were too many.",
            ["platform"],
            registry=registry,
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
        """Count settled deliveries and refused answers, as a processor of structlog: each is logged once."""
        if event.get("ours"):  # only the log of a settled delivery has it
            self._settled.labels(str(event["state"]), str(event["kind"])).inc()
        if event.get("event") == REFUSED_EVENT:
            self._refused.labels(str(event["platform"])).inc()
        if event.get("event") == LIMITED_EVENT:
            self._left_out.labels(str(event["platform"])).inc()
        return event

    def timed(self, handle: Handle) -> Handle:
        """Return the same function, which also measures how long it takes."""

        async def handled(event: Event) -> Reply | None:
            begun = time.perf_counter()
            try:
                return await handle(event)
            finally:
                self._events.observe(time.perf_counter() - begun)

        return handled

    def page(self, found: Standing | None) -> bytes:
        """Return the figures in Prometheus' format; None means that the database is away."""
        self._up.set(found is not None)
        if found is not None:
            self._due.set(found.due)
            self._lag.set(found.lag.total_seconds())
            self._sending.set(found.sending)
            self._uncertain.set(found.uncertain)
            self._blocked.set(found.lanes_blocked)
        return generate_latest(self._registry)


def health(look: Look) -> list[web.RouteDef]:
    """Return the route `/readyz`: 200 if the database answers and has this release's tables, else 503.

    Late deliveries are reported and do not fail it: another process would be no faster.
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
    """Return the route `/metrics`, for a port of its own that is not public."""
    looked = _in_time(look)

    async def page(_: web.Request) -> web.Response:
        return web.Response(body=metrics.page(await looked()), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return [web.get("/metrics", page)]


def _in_time(look: Look) -> Callable[[], Awaitable[Standing | None]]:
    """Share one query of the store between simultaneous requests: a hanging database takes one connection."""
    looking: asyncio.Future[Standing] | None = None

    async def looked() -> Standing | None:
        nonlocal looking
        if looking is None or looking.done():
            looking = asyncio.ensure_future(look())
        try:
            return await wait_at_most(SECONDS_TO_LOOK, looking)
        except Exception as away:  # noqa: BLE001  # any error of the database counts as away
            log.warning("readiness.no-database", error=type(away).__name__)
            return None

    return looked
