"""Downloads are bounded in size and time, and led nowhere by a redirect."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from adapters.chat import downloads
from bot.errors import SendError, UserError

SECRET = {"Authorization": "Bearer secret"}


class Shelf:
    """A server of files that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.waiting = asyncio.Event()
        self.server = TestServer(self._application())

    def _application(self) -> web.Application:
        app = web.Application()
        app.add_routes([web.get("/{name}", self._give)])
        return app

    def url(self, name: str) -> str:
        return str(self.server.make_url(f"/{name}"))

    async def _give(self, request: web.Request) -> web.StreamResponse:
        name, headers = request.match_info["name"], request.headers
        self.asked.append((name, headers.get("Authorization", ""), headers.get("Accept-Encoding", "")))
        match name:
            case "moved":
                return web.Response(status=302, headers={"Location": "/small"})
            case "endless":
                response = web.StreamResponse()
                await response.prepare(request)
                while True:
                    await response.write(bytes(1_000))
            case "hanging":
                await self.waiting.wait()
            case _:
                pass
        return web.Response(body=b"name,email")


@pytest.fixture
async def shelf() -> AsyncIterator[Shelf]:
    shelf = Shelf()
    await shelf.server.start_server()
    yield shelf
    shelf.waiting.set()
    await shelf.server.close()


async def get(shelf: Shelf, name: str, most: int = 10) -> bytes:
    origin = shelf.url("")
    async with ClientSession() as session:
        return await downloads.download(
            session, shelf.url(name), most, lambda url: url.startswith(origin), SECRET
        )


async def test_a_file_comes_as_it_is_also_after_a_redirect(shelf: Shelf) -> None:
    assert await get(shelf, "moved") == b"name,email"

    assert shelf.asked == [
        ("moved", "Bearer secret", "identity"),
        ("small", "Bearer secret", "identity"),
    ]


@pytest.mark.parametrize(("name", "most"), [("small", 9), ("endless", 100_000)])
async def test_a_file_that_is_too_large_is_given_up_while_it_comes(
    shelf: Shelf, name: str, most: int
) -> None:
    with pytest.raises(UserError) as refused:
        await get(shelf, name, most)

    assert refused.value.key == "file-too-large"


async def test_a_machine_that_hangs_is_given_up(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "SECONDS", 0.05)

    with pytest.raises(SendError):
        await get(shelf, "hanging")


@pytest.mark.parametrize("url", ["http://[", "http://", "ftp://x", "http://x:99999/", "http://\udcff/"])
async def test_what_is_no_address_is_asked_for_nothing(url: str) -> None:
    async with ClientSession() as session:
        with pytest.raises((SendError, UserError)):
            await downloads.download(session, url, 10, lambda _: True)
