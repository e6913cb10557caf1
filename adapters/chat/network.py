"""Errors of a call to a platform, as the core knows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from aiohttp import ClientConnectorError, ClientError, ConnectionTimeoutError

from bot.errors import SendError, Uncertain

UNREACHED = timedelta(minutes=1)
"""The time until a platform is tried again after it could not be reached at all."""


@contextmanager
def network_errors() -> Iterator[None]:
    """Raise `SendError` when the platform was not reached, and `Uncertain` when the connection ended later."""
    try:
        yield
    except (ClientConnectorError, ConnectionTimeoutError):
        raise SendError("connect", UNREACHED) from None
    except (ClientError, TimeoutError, OSError):
        raise Uncertain("dropped") from None


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Return the wait that a platform asks for by `Retry-After`, or None."""
    seconds = headers.get("Retry-After", "")
    return timedelta(seconds=int(seconds)) if seconds.isdecimal() and len(seconds) < 7 else None
