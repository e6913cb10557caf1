"""Downloading what people send: bounded in size and time, and from the platform's own machines only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from urllib.parse import urljoin

from aiohttp import ClientError, ClientResponse, ClientSession

from bot.errors import SendError, UserError

MOST_REDIRECTS = 3
SECONDS = 30
CHUNK = 64 * 1024
MB = 1024 * 1024
NO_HEADERS: Mapping[str, str] = {}
UNPACKED = {"Accept-Encoding": "identity"}
"""Asks for the content as it is: a packed one would be unpacked before its size is known."""


async def download(
    session: ClientSession,
    url: str,
    most: int,
    is_allowed: Callable[[str], bool],
    headers: Mapping[str, str] = NO_HEADERS,
) -> bytes:
    """Return the content at an address of at most so many bytes; redirects are followed to allowed addresses only.

    Raises `UserError` for a larger content and for one that is not given, and `SendError` where nobody answers.
    """
    try:
        async with asyncio.timeout(SECONDS):
            for _ in range(MOST_REDIRECTS + 1):
                if not is_allowed(url):
                    raise UserError("file-not-opened")
                async with session.get(url, headers={**UNPACKED, **headers}, allow_redirects=False) as answer:
                    if answer.status not in (301, 302, 303, 307, 308):
                        return await _content(answer, most)
                    url = urljoin(url, answer.headers.get("Location", ""))
    except (ClientError, TimeoutError, OSError, ValueError):
        raise SendError("download") from None
    raise UserError("file-not-opened")


async def _content(answer: ClientResponse, most: int) -> bytes:
    if answer.status == 429 or answer.status >= 500:
        raise SendError("download")
    if answer.status != 200:
        raise UserError("file-not-opened")
    require_size(answer.content_length or 0, most)
    content = bytearray()
    async for chunk in answer.content.iter_chunked(CHUNK):
        content += chunk
        require_size(len(content), most)
    return bytes(content)


def require_size(size: int, most: int) -> None:
    """Raise `UserError` for a file of more bytes than allowed."""
    if size > most:
        raise UserError("file-too-large", limit=most // MB)
