"""One aiohttp application for every adapter's routes: headers, limits, and errors without a stack trace."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from adapters.chat.bodies import Malformed
from bot.errors import StoreAway
from bot.prompts import Voice

log = structlog.get_logger()

MIB = 1024 * 1024
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""A header that a response has already stays as it is."""
OURS = {"X-JPD": "alive"}
"""The header by which `/healthz` is known to be this bot's: many servers say “ok” there."""
SILENT = logging.getLogger("jpd.http")
"""A silent logger for requests that are not HTTP: aiohttp would log their bytes."""
SILENT.setLevel(logging.CRITICAL + 1)
SILENT.propagate = False
APOLOGIES = {404: "not-found", 405: "not-allowed", 413: "too-large"}
"""Statuses that have their own text, `web.<key>`."""


def application(
    routes: Iterable[web.AbstractRouteDef],
    *,
    voice: Voice,
    closing: Iterable[Callable[[], Awaitable[None]]] = (),
) -> web.Application:
    """Return an application with these routes and `/healthz`; it calls `closing` before it stops.

    A body may have 1 MiB; a route for files reads its own as a stream.
    """
    app = web.Application(middlewares=[_apologies(voice)], client_max_size=MIB)
    app.add_routes([web.get("/healthz", _alive), *routes])
    app.on_response_prepare.append(_secure)
    for close in closing:
        app.on_shutdown.append(_ignoring_the_app(close))
    return app


async def _alive(_: web.Request) -> web.Response:
    return web.Response(text="ok", headers=OURS)


class PortTaken(Exception):
    """The port is taken, or may not be used."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.port = port


@asynccontextmanager
async def listening(app: web.Application, host: str, port: int) -> AsyncIterator[int]:
    """Serve the application while the block runs, and give the port (0: any free one). Raises `PortTaken`."""
    runner = web.AppRunner(app, access_log=None, logger=SILENT, handle_signals=False)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as refused:
            raise PortTaken(port) from refused
        bound: int = runner.addresses[0][1]
        yield bound
    finally:
        await runner.cleanup()


def _apologies(voice: Voice) -> Middleware:
    """Answer any error with one sentence: JSON for a program, plain text for a browser."""

    @web.middleware
    async def apologise(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            key = APOLOGIES.get(error.status, "unexpected" if error.status >= 500 else "bad-request")
            return _error(request, error.status, voice.text(f"web.{key}"), error.headers.get("Allow"))
        except Malformed as malformed:
            log.info("web.malformed", path=request.path, what=str(malformed))
            return _error(request, 400, voice.text("web.bad-request"))
        except StoreAway:
            log.warning("web.store-away", method=request.method, path=request.path)
            return _error(request, 503, voice.text("web.unexpected"))
        except Exception:
            log.exception("web.failed", method=request.method, path=request.path)
            return _error(request, 500, voice.text("web.unexpected"))

    return apologise


def _error(request: web.Request, status: int, sentence: str, allow: str | None = None) -> web.Response:
    headers = {"Allow": allow} if allow else None
    if "text/html" in request.headers.get("Accept", ""):
        return web.Response(status=status, text=sentence, headers=headers)
    return web.json_response({"error": sentence}, status=status, headers=headers)


async def _secure(_: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)


def _ignoring_the_app(close: Callable[[], Awaitable[None]]) -> Callable[[web.Application], Awaitable[None]]:
    async def on_shutdown(_: web.Application) -> None:
        await close()

    return on_shutdown
