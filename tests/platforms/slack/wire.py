"""Requests from Slack to the app: signed HTTP, or envelopes over Socket Mode."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import ClientSession, WSMsgType, web

from tests.platforms.slack.world import APP, Json, World
from tests.support.limits import HANG

EVENT, COMMAND, INTERACTION = "events_api", "slash_commands", "interactive"


class NotSent(Exception):
    """The reason why Slack itself would not have sent something."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The app's answer; over Socket Mode always 200, with the payload of its ack."""

    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def json(self) -> Json:
        """Return the body as an object; empty where it is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Sent:
    """One request of Slack's to the app."""

    kind: str
    payload: Json


def encode(kind: str, payload: Json) -> tuple[bytes, str]:
    """Return the body and its media type for the Events API, commands and interactions."""
    match kind:
        case "events_api":
            return json.dumps(payload).encode(), "application/json"
        case "slash_commands":
            return urlencode(payload).encode(), "application/x-www-form-urlencoded"
        case _:
            return urlencode({"payload": json.dumps(payload)}).encode(), "application/x-www-form-urlencoded"


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return the v0 signature of a body at a time."""
    base = b":".join([b"v0", timestamp.encode(), body])
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


@dataclass(slots=True)
class Wire:
    """The address of the app, and the requests sent to it."""

    world: World
    session: ClientSession
    url: str = ""
    """The address of the app's `POST /slack/events`; empty: Socket Mode."""
    secret: str = ""
    sent: list[Sent] = field(default_factory=list)
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    acks: dict[str, asyncio.Future[Json]] = field(default_factory=dict)

    def headers(self, body: bytes, media_type: str, *, age: float = 0, secret: str = "") -> dict[str, str]:
        """Return the headers of a body, signed some seconds ago by the real clock, with which the app checks it."""
        timestamp = str(int(time.time() - age))  # noqa: TID251  # Slack is the outside world here
        return {
            "Content-Type": media_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature(secret or self.secret, timestamp, body),
        }

    async def deliver(
        self, kind: str, payload: Json, *, retry: int = 0, reason: str = "http_timeout"
    ) -> Answer:
        """Send a request to the app; `retry` counts Slack's tries after the first."""
        self.sent.append(Sent(kind, payload))
        if not self.url:
            return await self._envelope(kind, payload, retry, reason)
        body, media_type = encode(kind, payload)
        headers = self.headers(body, media_type)
        if retry:
            headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": reason}
        return await self.raw(body, headers)

    async def raw(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post exactly this body."""
        async with self.session.post(self.url, data=body, headers=headers, allow_redirects=False) as response:
            return Answer(response.status, dict(response.headers), await response.text())

    # --- Socket Mode ----------------------------------------------------------------------------------------------

    async def serve_socket(self, socket: web.WebSocketResponse) -> None:
        """Say hello, and take acks until the app disconnects."""
        self.sockets.append(socket)
        hello = {"num_connections": len(self.sockets), "connection_info": {"app_id": APP}, "debug_info": {}}
        try:
            await socket.send_json({"type": "hello", **hello})
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._acked(message.data)
        finally:
            self.sockets.remove(socket)

    def _acked(self, text: str) -> None:
        try:
            ack: Any = json.loads(text)
        except ValueError:
            return  # the SDK's own pings are no JSON
        waiting = self.acks.pop(ack.get("envelope_id", ""), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(ack.get("payload") or {})

    async def _envelope(self, kind: str, payload: Json, retry: int, reason: str) -> Answer:
        if not self.sockets:
            raise NotSent("no app is connected: neither by a URL nor by a socket")
        name = self.world.name("envelope-")
        self.acks[name] = asyncio.get_running_loop().create_future()
        tries = {"retry_attempt": retry, "retry_reason": reason if retry else ""} if kind == EVENT else {}
        await self.sockets[-1].send_json(
            {
                "envelope_id": name,
                "type": kind,
                "payload": payload,
                "accepts_response_payload": kind != EVENT,
                **tries,
            }
        )
        async with asyncio.timeout(HANG):
            acked = await self.acks[name]
        return Answer(200, {}, json.dumps(acked) if acked else "")

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask every connection to reconnect, as Slack does every few hours."""
        for socket in tuple(self.sockets):
            await socket.send_json({"type": "disconnect", "reason": reason})
            await socket.close()
