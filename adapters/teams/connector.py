"""Calls to Microsoft's Connector by the SDK's client, each tried once; their errors become the core's."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache, partial
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import structlog
from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout
from botbuilder.schema import Activity
from botframework.connector.aio import ConnectorClient
from botframework.connector.bot_framework_sdk_client_async import BotFrameworkConnectorConfiguration
from msrest.pipeline import Request, Response
from msrest.pipeline.async_abc import AsyncHTTPPolicy, AsyncHTTPSender, AsyncPipeline
from msrest.pipeline.universal import RawDeserializer
from msrest.universal_http.aiohttp import AioHttpClientResponse

from adapters.chat.carrying import ContentRefused
from adapters.chat.downloads import download
from adapters.chat.network import network_errors, retry_after
from adapters.teams.cloud import is_loopback
from adapters.teams.pace import Pace
from adapters.teams.tokens import TeamsTokens
from bot.errors import Blocked, Disconnected, SendError, Uncertain, Unreachable

log = structlog.get_logger()

Json: TypeAlias = dict[str, Any]

TIMEOUT = ClientTimeout(total=20, sock_connect=5)
SERVICES_KEPT = 64
"""The service addresses for which a client is kept."""
ONEDRIVE = (".sharepoint.com", ".sharepoint.us", ".sharepoint.cn")
A_WHILE = 20.0
"""Seconds to wait after a refusal without `Retry-After`; as many again are added at random."""


NAMES_A_BLOCK = frozenset(
    {
        "BotDisabledByAdmin", "BotNotInConversationRoster", "ConversationBlockedByUser", "ConversationNotFound",
        "ForbiddenOperationException", "MessageWritesBlocked",
    }
)  # fmt: skip
"""The codes by which Microsoft says that a chat takes nothing from the bot: it was removed, blocked or forbidden."""
NAMES_WHAT_IS_MISSING = {
    "ActivityNotFoundInConversation": "refused",
    "MemberNotFoundInConversation": "no-such-account",
}
"""The codes of what will never be there, and the reasons in the ledger."""


class TeamsRefused(ContentRefused):
    """Microsoft refused what we sent: a programming error."""


class Connector:
    """Microsoft's Connector, at the `serviceUrl` of each conversation."""

    def __init__(
        self,
        session: ClientSession,
        tokens: TeamsTokens | None,
        pace: Pace,
        timeout: ClientTimeout = TIMEOUT,
    ) -> None:
        """Without tokens requests are not signed: for Microsoft's playground."""
        self._pace = pace
        self._session = session
        self._timeout = timeout
        self._client = lru_cache(SERVICES_KEPT)(partial(_client, session, tokens, timeout))

    async def send(self, service_url: str, conversation: str, activity: Activity) -> str:
        """Post an activity and return its id. Raises `SendError`, `Uncertain`, `Disconnected` or `Unreachable`."""
        self._pace.step(conversation)
        sent = await self._client(service_url).conversations.send_to_conversation(conversation, activity)
        return str(sent.id or "") if sent else ""

    async def update(self, service_url: str, conversation: str, ref: str, activity: Activity) -> None:
        """Replace an activity. Raises as `send` does."""
        self._pace.step(conversation)
        await self._client(service_url).conversations.update_activity(conversation, ref, activity)

    async def member(self, service_url: str, conversation: str, user: str) -> Json:
        """Return Teams' data on a person in the conversation. Raises as `send` does."""
        conversations = self._client(service_url).conversations
        found = await conversations.get_conversation_member(conversation, user)
        return dict(found.additional_properties or {})  # the fields that the SDK's class does not have

    async def upload(self, service_url: str, url: str, content: bytes) -> None:
        """Upload a file to its owner's OneDrive. Raises `SendError`, or `TeamsRefused` for any other address."""
        if not is_onedrive(url, service_url):
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

    async def download(self, service_url: str, url: str, most: int) -> bytes:
        """Return the content of a file in its sender's OneDrive. Raises `UserError` or `SendError`."""
        return await download(self._session, url, most, lambda each: is_onedrive(each, service_url))


def _client(
    session: ClientSession, tokens: TeamsTokens | None, timeout: ClientTimeout, service_url: str
) -> ConnectorClient:
    """Return the SDK's client on our session."""

    def pipeline(config: BotFrameworkConnectorConfiguration) -> AsyncPipeline[Any, Any]:
        return AsyncPipeline(
            [config.user_agent_policy, _Signed(tokens), RawDeserializer()], _Sender(session, timeout)
        )

    # The SDK first makes a pipeline of its own, so it gets a policy that no pipeline of ours uses.
    unused = _Signed(None)
    settings = BotFrameworkConnectorConfiguration(unused, service_url, pipeline_type=pipeline)
    return ConnectorClient(unused, custom_configuration=settings)


class _Signed(AsyncHTTPPolicy[Any, Any]):
    """The SDK's policy for credentials, which gets a token without blocking the event loop."""

    def __init__(self, tokens: TeamsTokens | None) -> None:
        super().__init__()
        self._tokens = tokens

    async def send(self, request: Request[Any], **options: Any) -> Response[Any, Any]:
        if self._tokens is not None:
            request.http_request.headers["Authorization"] = f"Bearer {await self._tokens.get()}"
        assert self.next is not None  # noqa: S101  # the pipeline always adds a sender
        return await self.next.send(request, **options)


class _Sender(AsyncHTTPSender[Any, Any]):
    """The SDK's sender on our session, without retries and with a time-out."""

    def __init__(self, session: ClientSession, timeout: ClientTimeout) -> None:
        self._session = session
        self._timeout = timeout

    async def __aexit__(self, *_: object) -> None:
        """Do nothing: the composition closes the session."""

    async def send(self, request: Request[Any], **_: Any) -> Response[Any, Any]:
        asked = request.http_request
        with network_errors():
            async with self._session.request(
                asked.method, asked.url, headers=asked.headers, data=asked.data, timeout=self._timeout
            ) as answer:
                body = await answer.read()
        if answer.status >= 400:
            raise _as_core_error(answer.status, answer.headers, body)
        return Response(request, _Answer(asked, answer, body))


class _Answer(AioHttpClientResponse):
    """The SDK's response, with an empty object for an empty body, which the SDK cannot read."""

    def __init__(self, asked: Any, answer: ClientResponse, body: bytes) -> None:
        super().__init__(asked, answer)
        self._content = body or b"{}"

    def body(self) -> bytes:
        return self._content


def _as_core_error(status: int, headers: Mapping[str, str], body: bytes) -> Exception:
    match status:
        case 412 | 429:
            return SendError("rate-limited", retry_after(headers) or _random_wait())
        case 503 if (wait := retry_after(headers)) is not None:
            return SendError("busy", wait)
        case 401:
            log.error("teams.token-refused", code=_code(body))
            return Disconnected("token")
        case 403 | 404:
            return _as_refusal(status, _code(body))
        case _ if status >= 500 or status == 408:
            return Uncertain(f"status {status}")
        case _:
            log.warning("teams.refused-by-them", status=status, code=_code(body))
            return TeamsRefused("refused")


def _as_refusal(status: int, code: str) -> Exception:
    """Believe only what names its reason: a proxy's page, or a code that is unknown, is tried again."""
    if code in NAMES_A_BLOCK:
        return Blocked(code)
    if reason := NAMES_WHAT_IS_MISSING.get(code):
        return Unreachable(reason)
    log.warning("teams.refused-without-reason", status=status, code=code)
    return SendError("refused")


def is_onedrive(url: str, service_url: str) -> bool:
    """Check the address of a file, which comes from a client and could name any machine in our network."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    host = parts.hostname or ""
    return (parts.scheme == "https" and host.endswith(ONEDRIVE)) or (
        is_loopback(url) and is_loopback(service_url)
    )


def _code(body: bytes) -> str:
    """Return Microsoft's error code, which holds no personal data."""
    try:
        code = str(json.loads(body)["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return ""
    return code[:40] if code.isalnum() else ""


def _random_wait() -> timedelta:
    return timedelta(seconds=A_WHILE * (1 + random.random()))
