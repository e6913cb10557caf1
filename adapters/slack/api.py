"""Calls to Slack's Web API: one try each, and what goes wrong becomes ours."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, TypeAlias

import structlog
from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
)
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import Disconnected, SendError, Uncertain, Unreachable

log = structlog.get_logger()

Json: TypeAlias = dict[str, Any]

SLACK = "https://slack.com/api/"
SECONDS_A_CALL = 20
SECONDS_TO_CONNECT = 5
A_WHILE = timedelta(seconds=30)
"""Where a 429 does not say how long."""
UNREACHED = timedelta(minutes=1)
"""Until Slack is tried again after it could not be reached at all."""
UNMENDED = timedelta(minutes=15)
"""Until a workspace is tried again where the app lacks a permission that an administrator must give."""

QUIET = logging.getLogger("slack")
"""Of the SDK: it would log whole bodies at INFO, and tokens' errors at WARNING."""
QUIET.setLevel(logging.CRITICAL + 1)
QUIET.propagate = False

_AS_JSON = ("chat.", "views.", "conversations.open")
"""Methods that take JSON; the others take forms only."""

_TOKEN_IS_DEAD = frozenset(
    {"account_inactive", "invalid_auth", "not_authed", "org_login_required", "token_expired", "token_revoked"}
    | {"team_access_not_granted", "team_not_found", "ekm_access_denied", "not_allowed_token_type"}
)
_NEVER = {
    "cannot_dm_bot": "unreachable",
    "channel_not_found": "no-such-account",
    "is_archived": "unreachable",
    "is_inactive": "deactivated",
    "messages_tab_disabled": "unreachable",
    "not_in_channel": "unreachable",
    "restricted_action": "blocked",
    "user_disabled": "deactivated",
    "user_is_blocked": "blocked",
    "user_not_found": "no-such-account",
    "user_not_visible": "no-such-account",
    "users_not_found": "no-such-account",
    "cant_update_message": "unreachable",
    "edit_window_closed": "unreachable",
    "message_not_found": "unreachable",
}
"""Slack's words for never, as reasons of ours."""
_LATER = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)


class SlackRefused(Unreachable):
    """Slack finds fault with what we sent: a slip of ours, or a picture that is not ready yet."""


class Api:
    """Calls of one process, on one session."""

    def __init__(self, session: ClientSession, base_url: str = SLACK) -> None:
        self.session = session
        self.base_url = base_url

    def client(self, token: str | None = None) -> AsyncWebClient:
        """The SDK's client, which never tries twice: it would post twice what Slack took and did not confirm."""
        return AsyncWebClient(
            token=token, base_url=self.base_url, session=self.session, retry_handlers=[], logger=QUIET
        )

    async def call(self, method: str, token: str, **arguments: object) -> Json:
        """The answer. Raises `SendError`, `Uncertain`, `Disconnected` or `Unreachable`."""
        how = {"json" if method.startswith(_AS_JSON) else "data": arguments}
        try:
            answer = await self.client(token).api_call(method, **how)  # type: ignore[arg-type]  # one of the two
        except SlackApiError as refused:
            raise _ours(method, refused) from None
        except (
            ClientConnectorError,
            ConnectionTimeoutError,
        ):  # not this message's doing: the network is away
            raise SendError("connect", UNREACHED) from None
        except (ClientError, TimeoutError, SlackClientError, OSError):
            raise Uncertain("dropped") from None
        return dict(answer.data) if isinstance(answer.data, dict) else {}

    async def upload(self, url: str, content: bytes) -> None:
        """Bytes to where `files.getUploadURLExternal` said. Raises `SendError`: nothing is shown before the end."""
        try:
            async with self.session.post(url, data=content) as answer:
                if answer.status != 200:
                    raise SendError("upload")
        except (ClientError, TimeoutError, OSError):
            raise SendError("upload") from None

    async def respond(self, url: str, answer: Mapping[str, Any]) -> None:
        """Answer by a `response_url`. Raises `Uncertain` or `Unreachable`."""
        try:
            async with self.session.post(url, json=dict(answer)) as got:
                # `ok` in plain text, or as JSON with what was wrong.
                if got.status != 200 or '"ok":false' in (await got.text()).replace(" ", ""):
                    raise Unreachable("unreachable")
        except (ClientError, TimeoutError, OSError):
            raise Uncertain("dropped") from None


def _ours(method: str, refused: SlackApiError) -> Exception:
    """What it means for us."""
    answer = refused.response
    status = int(getattr(answer, "status_code", 0) or getattr(answer, "status", 0))
    headers = getattr(answer, "headers", {})
    body = getattr(answer, "data", None)
    error = str(body.get("error", "")) if isinstance(body, Mapping) else ""
    if status == 429 or error in ("ratelimited", "rate_limited"):
        return SendError("rate-limited", _retry_after(headers))
    if status >= 500 or not error:
        return Uncertain(f"status {status}")
    if error in _TOKEN_IS_DEAD:
        return Disconnected(error)
    if error in _NEVER:
        return Unreachable(_NEVER[error])
    if error == "missing_scope" and method.startswith("chat."):  # without the others a message does without
        log.error("slack.missing-scope", method=method)
        return SendError(error, UNMENDED)
    if error in _LATER:
        return Uncertain(error)
    log.warning("slack.refused", method=method, error=error)  # Slack's own word: never anybody's
    return SlackRefused("refused")


def _retry_after(headers: Mapping[str, str]) -> timedelta:
    seconds = headers.get("Retry-After", "")
    return timedelta(seconds=int(seconds)) if seconds.isdecimal() else A_WHILE


@asynccontextmanager
async def session() -> AsyncIterator[ClientSession]:
    """The one session of a process, with its time-outs: a client's own are ignored on a shared session."""
    timeout = ClientTimeout(total=SECONDS_A_CALL, sock_connect=SECONDS_TO_CONNECT)
    async with ClientSession(timeout=timeout) as opened:
        yield opened
