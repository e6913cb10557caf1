"""Charts at HTTPS addresses that cannot be guessed, expire, and carry no name.

The address holds the encrypted chart itself: every process can make and show one, and nothing is stored.
"""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from aiohttp import web
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from adapters.chat import charts
from bot.message import Chart, Image, Week

LAST = timedelta(days=30)
"""The life of an address; later a card shows the picture's alternative text."""
LONGEST = 1_900
"""The characters of an address that every client takes."""
PATH = "/teams/pictures/"


class Pictures:
    """Makes addresses of charts, and shows the charts at these addresses."""

    def __init__(self, public_url: str, keys: Sequence[str], now: Callable[[], datetime]) -> None:
        """`public_url`: the bot's own HTTPS address."""
        self._base = public_url.rstrip("/") + PATH
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._now = now

    def address(self, image: Image) -> str | None:
        """Return the picture's address; None when it would be too long."""
        packed = zlib.compress(
            json.dumps(asdict(image.chart), default=str, separators=(",", ":")).encode(), 9
        )
        token = self._fernet.encrypt_at_time(packed, int(self._now().timestamp())).decode()
        address = f"{self._base}{token}.png"
        return address if len(address) <= LONGEST else None

    def routes(self) -> list[web.RouteDef]:
        """Return the route `GET /teams/pictures/….png`."""
        return [web.get(PATH + "{token:[A-Za-z0-9_=-]+}.png", self._show)]

    async def _show(self, request: web.Request) -> web.Response:
        chart = self.opened(request.match_info["token"])
        if chart is None:
            raise web.HTTPNotFound
        content = await asyncio.to_thread(charts.png, chart)
        headers = {"Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": "private, max-age=86400"}
        return web.Response(body=content, content_type="image/png", headers=headers)

    def opened(self, token: str) -> Chart | None:
        """Return the chart in an address; None when it is not ours or has expired."""
        try:
            packed = self._fernet.decrypt_at_time(
                token, int(LAST.total_seconds()), int(self._now().timestamp())
            )
            found: dict[str, Any] = json.loads(zlib.decompress(packed))
            weeks = tuple(
                Week(**{**week, "monday": date.fromisoformat(week["monday"])}) for week in found["weeks"]
            )
            first, second, third, fourth = found["levels"]
            return Chart(**{**found, "weeks": weeks, "levels": (first, second, third, fourth)})
        except (InvalidToken, ValueError, KeyError, TypeError, zlib.error):
            return None
