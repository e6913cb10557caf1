"""Sending by the SDK's Connector client: one try each on our own session, and what goes wrong becomes ours."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache, partial
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import structlog
from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
)
from botbuilder.schema import Activity
from botframework.connector.aio import ConnectorClient
from botframework.connector.bot_framework_sdk_client_async import BotFrameworkConnectorConfiguration
from msrest.pipeline import Request, Response
from msrest.pipeline.async_abc import AsyncHTTPPolicy, AsyncHTTPSender, AsyncPipeline
from msrest.pipeline.universal import RawDeserializer
from msrest.universal_http.aiohttp import AioHttpClientResponse

from adapters.teams.cloud import is_loopback
from adapters.teams.pace import Pace
from adapters.teams.tokens import TeamsTokens
from bot.errors import Disconnected, SendError, Uncertain, Unreachable

log = structlog.get_logger()

Json: TypeAlias = dict[str, Any]

TIMEOUT = ClientTimeout(total=20, sock_connect=5)
SERVICES_KEPT = 64
"""Regions of Microsoft's that we keep a client for."""
ONEDRIVE = (".sharepoint.com", ".sharepoint.us", ".sharepoint.cn")
UNREACHED = timedelta(minutes=1)
"""Until Teams is tried again after it could not be reached at all."""
A_WHILE = 20.0
"""Seconds, and as many again at random, where nobody says how long."""


class TeamsRefused(Unreachable):
    """Microsoft finds fault with what we sent: a slip of ours."""


class Gone(Unreachable):
    """The conversation is there no more, or takes nothing from us: uninstalled, or blocked."""


class Connector:
    """Microsoft's Connector, wherever a conversation's `serviceUrl` says that it is."""

    def __init__(
        self,
        session: ClientSession,
        tokens: TeamsTokens | None,
        pace: Pace,
        timeout: ClientTimeout = TIMEOUT,
    ) -> None:
        """Without tokens nothing is signed: for Microsoft's playground."""
        self._pace = pace
        self._session = session
        self._timeout = timeout
        self._client = lru_cache(SERVICES_KEPT)(partial(_client, session, tokens, timeout))

    async def send(self, service_url: str, conversation: str, activity: Activity) -> str:
        """The id under which it stands there. Raises `SendError`, `Uncertain`, `Disconnected` or `Unreachable`."""
        self._pace.step(conversation)
        sent = await self._client(service_url).conversations.send_to_conversation(conversation, activity)
        return str(sent.id or "") if sent else ""

    async def update(self, service_url: str, conversation: str, ref: str, activity: Activity) -> None:
        """Put it in the place of an earlier one. Raises the same."""
        self._pace.step(conversation)
        await self._client(service_url).conversations.update_activity(conversation, ref, activity)

    async def member(self, service_url: str, conversation: str, user: str) -> Json:
        """What Teams knows of somebody in the conversation. Raises the same."""
        conversations = self._client(service_url).conversations
        found = await conversations.get_conversation_member(conversation, user)
        return dict(found.additional_properties or {})  # all that the SDK's own class doesn't know

    async def upload(self, service_url: str, url: str, content: bytes) -> None:
        """A file into its owner's own OneDrive. Raises `SendError`, and `Refused` where it would go anywhere else."""
        if not _is_onedrive(url, service_url):
            raise TeamsRefused("refused")
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Range": f"bytes 0-{len(content) - 1}/{len(content)}",
        }
        try:
            async with self._session.put(url, data=content, headers=headers, timeout=self._timeout) as answer:
                if answer.status >= 400:
                    raise SendError("upload")
        except (ClientError, TimeoutError, OSError, ValueError):
            raise SendError("upload") from None


def _client(
    session: ClientSession, tokens: TeamsTokens | None, timeout: ClientTimeout, service_url: str
) -> ConnectorClient:
    """The SDK's client on our session. It makes a pipeline of its own first, so no part of ours is shared with that."""

    def pipeline(config: BotFrameworkConnectorConfiguration) -> AsyncPipeline[Any, Any]:
        return AsyncPipeline(
            [config.user_agent_policy, _Signed(tokens), RawDeserializer()], _Sender(session, timeout)
        )

    unused = _Signed(None)
    settings = BotFrameworkConnectorConfiguration(unused, service_url, pipeline_type=pipeline)
    return ConnectorClient(unused, custom_configuration=settings)


class _Signed(AsyncHTTPPolicy[Any, Any]):
    """The SDK's place for credentials: a token that is asked for without holding up the loop."""

    def __init__(self, tokens: TeamsTokens | None) -> None:
        super().__init__()
        self._tokens = tokens

    async def send(self, request: Request[Any], **options: Any) -> Response[Any, Any]:
        if self._tokens is not None:
            request.http_request.headers["Authorization"] = f"Bearer {await self._tokens.get()}"
        assert self.next is not None  # noqa: S101  # the pipeline has put something behind it
        return await self.next.send(request, **options)


class _Sender(AsyncHTTPSender[Any, Any]):
    """The SDK's requests on a session of ours: it never tries twice, and it waits for nobody for long."""

    def __init__(self, session: ClientSession, timeout: ClientTimeout) -> None:
        self._session = session
        self._timeout = timeout

    async def __aexit__(self, *_: object) -> None:
        """The session is closed by who opened it."""

    async def send(self, request: Request[Any], **_: Any) -> Response[Any, Any]:
        asked = request.http_request
        try:
            async with self._session.request(
                asked.method, asked.url, headers=asked.headers, data=asked.data, timeout=self._timeout
            ) as answer:
                body = await answer.read()
        except (
            ClientConnectorError,
            ConnectionTimeoutError,
        ):  # not this message's doing: the network is away
            raise SendError("connect", UNREACHED) from None
        except (ClientError, TimeoutError, OSError):
            raise Uncertain("dropped") from None
        if answer.status >= 400:
            raise _ours(answer.status, answer.headers, body)
        return Response(request, _Answer(asked, answer, body))


class _Answer(AioHttpClientResponse):
    """The SDK's own answer takes no empty body."""

    def __init__(self, asked: Any, answer: ClientResponse, body: bytes) -> None:
        super().__init__(asked, answer)
        self._content = body or b"{}"

    def body(self) -> bytes:
        return self._content


def _ours(status: int, headers: Mapping[str, str], body: bytes) -> Exception:
    """What a status means for us."""
    match status:
        case 412 | 429:
            return SendError("rate-limited", _retry_after(headers) or _a_while())
        case 503 if (wait := _retry_after(headers)) is not None:
            return SendError("busy", wait)
        case 401:
            log.error("teams.token-refused", code=_code(body))
            return Disconnected("token")
        case 403 | 404:
            return Gone("blocked" if status == 403 else "no-such-account")
        case _ if status >= 500 or status == 408:
            return Uncertain(f"status {status}")
        case _:
            log.warning("teams.refused-by-them", status=status, code=_code(body))
            return TeamsRefused("refused")


def _is_onedrive(url: str, service_url: str) -> bool:
    """The address comes from somebody's client: without a look at it, it could be any machine beside ours."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    host = parts.hostname or ""
    return (parts.scheme == "https" and host.endswith(ONEDRIVE)) or (
        is_loopback(url) and is_loopback(service_url)
    )


def _code(body: bytes) -> str:
    """Microsoft's own word for it: never anybody's."""
    try:
        code = str(json.loads(body)["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return ""
    return code[:40] if code.isalnum() else ""


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    seconds = headers.get("Retry-After", "")
    return timedelta(seconds=int(seconds)) if seconds.isdecimal() and len(seconds) < 7 else None


def _a_while() -> timedelta:
    return timedelta(seconds=A_WHILE * (1 + random.random()))
