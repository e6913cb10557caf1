"""Calls to Slack's Web API, each tried once; its errors become the core's."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, TypeAlias

import structlog
from aiohttp import ClientError, ClientSession, ClientTimeout
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.chat.carrying import ContentRefused
from adapters.chat.network import network_errors, retry_after
from bot.errors import Disconnected, SendError, Uncertain, Unreachable

log = structlog.get_logger()

Json: TypeAlias = dict[str, Any]

SLACK = "https://slack.com/api/"
SECONDS_A_CALL = 20
SECONDS_TO_CONNECT = 5
A_WHILE = timedelta(seconds=30)
"""The wait after a 429 without `Retry-After`."""
UNMENDED = timedelta(minutes=15)
"""The wait where the app lacks a permission that an administrator must give."""

QUIET = logging.getLogger("slack")
"""The SDK's logger, silenced: it logs whole bodies at INFO."""
QUIET.setLevel(logging.CRITICAL + 1)
QUIET.propagate = False

_AS_JSON = ("chat.", "views.", "conversations.open")
"""The methods that take JSON; the others take forms only."""

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
"""Slack's errors for a message that can never be delivered, with our reasons."""
_LATER = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)


class SlackRefused(ContentRefused):
    """Slack refused what we sent: a programming error, or a picture that is not ready yet."""


class ScopeMissing(SlackRefused):
    """The workspace has not given the bot the scope of a method: it installed an older app."""


class Api:
    """The Web API, called on the one session of the process."""

    def __init__(self, session: ClientSession, base_url: str = SLACK) -> None:
        self.session = session
        self.base_url = base_url

    def client(self, token: str | None = None) -> AsyncWebClient:
        """Return the SDK's client without retries, which would post a message again that Slack took unconfirmed."""
        return AsyncWebClient(
            token=token, base_url=self.base_url, session=self.session, retry_handlers=[], logger=QUIET
        )

    async def call(self, method: str, token: str, **arguments: object) -> Json:
        """Call a method and return its answer. Raises `SendError`, `Uncertain`, `Disconnected` or `Unreachable`."""
        answer = await self._answer(method, token, arguments)
        return dict(answer.data) if isinstance(answer.data, dict) else {}

    async def scopes(self, token: str) -> frozenset[str]:
        """Return the scopes of a token, or nothing where Slack does not tell. Raises as `call` does."""
        answer = await self._answer("auth.test", token, {})
        headers = {str(name).casefold(): str(value) for name, value in answer.headers.items()}
        named = headers.get("x-oauth-scopes", "").split(",")
        return frozenset(filter(None, map(str.strip, named)))

    async def _answer(self, method: str, token: str, arguments: Mapping[str, object]) -> AsyncSlackResponse:
        body = {"json" if method.startswith(_AS_JSON) else "data": dict(arguments)}
        try:
            with network_errors():
                return await self.client(token).api_call(method, **body)  # type: ignore[arg-type]  # one of the two
        except SlackApiError as refused:
            raise _as_core_error(method, refused) from None
        except SlackClientError:
            raise Uncertain("dropped") from None

    async def upload(self, url: str, content: bytes) -> None:
        """Upload bytes to the address from `files.getUploadURLExternal`. Raises `SendError`: nothing is shown yet."""
        try:
            async with self.session.post(url, data=content) as answer:
                if answer.status != 200:
                    raise SendError("upload")
        except (ClientError, TimeoutError, OSError):
            raise SendError("upload") from None

    async def respond(self, url: str, answer: Mapping[str, Any]) -> None:
        """Post an answer to a `response_url`. Raises `Uncertain` or `Unreachable`."""
        try:
            async with self.session.post(url, json=dict(answer)) as got:
                # Slack answers `ok` in plain text, or JSON with an error.
                if got.status != 200 or '"ok":false' in (await got.text()).replace(" ", ""):
                    raise Unreachable("unreachable")
        except (ClientError, TimeoutError, OSError):
            raise Uncertain("dropped") from None


def _as_core_error(method: str, refused: SlackApiError) -> Exception:
    answer = refused.response
    status = int(getattr(answer, "status_code", 0) or getattr(answer, "status", 0))
    headers = getattr(answer, "headers", {})
    body = getattr(answer, "data", None)
    error = str(body.get("error", "")) if isinstance(body, Mapping) else ""
    if status == 429 or error in ("ratelimited", "rate_limited"):
        return SendError("rate-limited", retry_after(headers) or A_WHILE)
    if status >= 500 or not error:
        return Uncertain(f"status {status}")
    if error in _TOKEN_IS_DEAD:
        return Disconnected(error)
    if error in _NEVER:
        return Unreachable(_NEVER[error])
    if error == "missing_scope" and method.startswith("chat."):  # other methods only add pictures or files
        log.error("slack.missing-scope", method=method)
        return SendError(error, UNMENDED)
    if error in _LATER:
        return Uncertain(error)
    log.warning("slack.refused", method=method, error=error)  # a fixed term of Slack's: no personal data
    return ScopeMissing(error) if error == "missing_scope" else SlackRefused("refused")


@asynccontextmanager
async def session() -> AsyncIterator[ClientSession]:
    """Open the session of the process, with time-outs: those of a client are ignored on a shared session."""
    timeout = ClientTimeout(total=SECONDS_A_CALL, sock_connect=SECONDS_TO_CONNECT)
    async with ClientSession(timeout=timeout) as opened:
        yield opened
