"""Microsoft's signing keys, fetched without blocking the event loop, and again for a key that is not known yet."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from aiohttp import ClientError, ClientSession, ClientTimeout
from jwt.algorithms import RSAAlgorithm
from jwt.exceptions import PyJWTError

log = structlog.get_logger()

CHANNEL = "msteams"
SECONDS_FRESH = 24 * 3600.0
"""Seconds after which the list is fetched again."""
SECONDS_BETWEEN_FETCHES = 300.0
"""Seconds between two fetches for an unknown key, which any caller can invent."""
SECONDS_AFTER_FAILURE = 5.0
"""Seconds until the next fetch after one that failed."""
TIMEOUT = ClientTimeout(total=10, sock_connect=5)


class UnknownKey(Exception):
    """The token is signed by no key of Microsoft's for Teams, and is refused."""


class KeysUnreachable(Exception):
    """The keys could not be fetched, so that a token can be neither accepted nor refused."""


@dataclass(frozen=True, slots=True)
class Key:
    """A signing key, with the names that the SDK expects."""

    public_key: Any
    endorsements: tuple[str, ...]


class SigningKeys:
    """Our list of signing keys; the SDK's own blocks the event loop, has no time-out and is refreshed too late."""

    def __init__(
        self, url: str, session: ClientSession, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._url = url
        self._session = session
        self._clock = clock
        self._keys: Mapping[str, Key] = {}
        self._fetched_at = self._tried_at = -SECONDS_FRESH
        self._failed = False
        self._one_at_a_time = asyncio.Lock()

    async def get(self, key_id: str | None) -> Key:
        """Return a key for the SDK's validation. Raises `UnknownKey` or `KeysUnreachable`."""
        if not self._is_current(key_id):
            async with self._one_at_a_time:
                if not self._is_current(key_id):  # another request may have fetched the keys meanwhile
                    await self._fetch()
        key = self._keys.get(key_id or "")
        if key is None and self._failed:
            raise KeysUnreachable
        if key is None or CHANNEL not in key.endorsements:
            raise UnknownKey
        return key

    def _is_current(self, key_id: str | None) -> bool:
        """Tell whether to answer without a fetch."""
        now = self._clock()
        if self._failed and now - self._tried_at < SECONDS_AFTER_FAILURE:
            return True
        if now - self._fetched_at >= SECONDS_FRESH:
            return False
        return (key_id or "") in self._keys or (
            now - self._fetched_at < SECONDS_BETWEEN_FETCHES and not self._failed
        )

    async def _fetch(self) -> None:
        self._tried_at = self._clock()
        try:
            keys_url = str((await self._json(self._url))["jwks_uri"])
            found = (await self._json(keys_url))["keys"]
            self._keys = dict(filter(None, map(_key, found)))
        except (ClientError, TimeoutError, OSError, ValueError, KeyError, TypeError) as problem:
            self._failed = True
            log.warning("teams.keys-unreachable", error=type(problem).__name__)
        else:
            self._failed, self._fetched_at = False, self._clock()

    async def _json(self, url: str) -> Any:
        async with self._session.get(url, timeout=TIMEOUT) as answer:
            answer.raise_for_status()
            return await answer.json(content_type=None)


def _key(found: Mapping[str, Any]) -> tuple[str, Key] | None:
    try:
        public_key = RSAAlgorithm.from_jwk(json.dumps(found))
        return str(found["kid"]), Key(public_key, tuple(found.get("endorsements", ())))
    except (PyJWTError, KeyError, ValueError, TypeError):
        return None  # a kind of key that we cannot read does not hide the others
