"""Installation on Slack by OAuth, which ends with a token in the store and a page in the browser."""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Any

import structlog
from aiohttp import ClientError, web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.oauth.async_callback_options import AsyncCallbackOptions, AsyncFailureArgs, AsyncSuccessArgs
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackClientError
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.chat.bodies import foreign_parser
from adapters.chat.platform import TokenStore
from adapters.slack import inbound
from adapters.slack.api import QUIET, SLACK, Api
from adapters.slack.inbound import SlackReceived
from adapters.slack.manifest import SCOPES
from adapters.slack.tokens import TokenRefused, check_token
from bot.prompts import Voice

log = structlog.get_logger()

STATE_LASTS = timedelta(minutes=10)
RELOADS_LAST = timedelta(days=1)
"""The time for which the last page may be loaded again."""
REASONS = frozenset(
    {"access_denied", "invalid_browser", "invalid_code", "invalid_state", "missing_code", "storage_error"}
)
"""The reasons that Slack and its SDK give. Only these are logged: a link may hold any other text."""
MOST_INSTALLS = 200
"""The installations that may be under way at once: anybody can begin one, and each is a row for some minutes."""
INSTALL, CALLBACK = "/slack/install", "/slack/oauth"
TEAM = re.compile("[TE][A-Z0-9]{1,30}")
HEADERS = {
    "Content-Type": ["text/html; charset=utf-8"],
    "Content-Security-Policy": ["default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"],
}
_STYLE = "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1.5rem;color:#1b1f24}"


def connect(
    api: Api,
    tokens: TokenStore,
    take: Callable[[SlackReceived], Awaitable[None]],
    voice: Voice,
    now: Callable[[], datetime],
    *,
    client_id: str,
    client_secret: str,
    public_url: str = "",
) -> list[web.RouteDef]:
    """Return the routes `/slack/install` and `/slack/oauth`; `take` handles the event of each installation.

    Where the bot's `public_url` is known, Slack is told where to come back.
    """
    states = _States(tokens, now)
    settings = AsyncOAuthSettings(
        client_id=client_id,
        client_secret=client_secret,
        scopes=sorted(SCOPES),
        authorization_url=_authorize_url(api.base_url),
        redirect_uri=f"{public_url}{CALLBACK}" if public_url else None,
        state_store=states,
        installation_store=_InstallationStore(tokens, take, now),
        install_path=INSTALL,
        redirect_uri_path=CALLBACK,
        install_page_rendering_enabled=False,
        state_expiration_seconds=int(STATE_LASTS.total_seconds()),
        callback_options=_pages(voice),
        logger=QUIET,
    )
    client = _InstallClient(base_url=api.base_url, session=api.session, retry_handlers=[], logger=QUIET)
    flow = AsyncOAuthFlow(client=client, logger=QUIET, settings=settings)

    async def begin(request: web.Request) -> web.Response:
        if await tokens.installs_begun(now()) >= MOST_INSTALLS:
            log.warning("slack.not-installed", reason="too many at once")
            busy = _page(voice, 429, voice.text("install.too-many"), voice.text("install.later"))
            return await to_aiohttp_response(busy)
        # Bolt copies the query's team into the address as it is, where only an id may stand.
        [team, *_] = _query_alone(request).query.get("team") or [""]
        asked = AsyncBoltRequest(body="", query=f"team={team}" if TEAM.fullmatch(team) else "")
        return await to_aiohttp_response(await flow.handle_installation(asked))

    async def end(request: web.Request) -> web.Response:
        asked = _query_alone(request)
        [state, *_] = asked.query.get("state") or [""]
        is_same_browser = settings.state_utils.is_valid_browser(state, asked.headers)
        if is_same_browser and await states.is_finished(state):  # the page is loaded again
            return await to_aiohttp_response(_success_page(voice))
        try:
            done = await flow.handle_callback(asked)
        except TokenRefused as refused:
            log.warning("slack.not-installed", reason=refused.key)
            done = _page(voice, 400, voice.text("install.failed"), voice.text(f"install.{refused.key}"))
        except (ClientError, TimeoutError, SlackClientError, OSError):
            log.warning("slack.not-installed", reason="slack is silent")
            done = _page(voice, 503, voice.text("install.failed"), voice.text("install.again"))
        if done.status == 200 and "error" not in asked.query:
            await states.finish(state)
        return await to_aiohttp_response(done)

    return [web.get(INSTALL, begin), web.get(CALLBACK, end)]


def _query_alone(request: web.Request) -> AsyncBoltRequest:
    """Return the request without its body, which anybody may send and nothing here needs."""
    headers: dict[str, str | Sequence[str]] = {"Cookie": request.headers.get("Cookie", "")}
    with foreign_parser():
        return AsyncBoltRequest(body="", query=request.query_string, headers=headers)


def _authorize_url(api_url: str) -> str:
    """Return the address of Slack's page *Allow*, which lies beside the Web API."""
    if api_url == SLACK:
        return "https://slack.com/oauth/v2/authorize"
    return f"{api_url.rstrip('/').removesuffix('/api')}/oauth/v2/authorize"


class _InstallClient(AsyncWebClient):
    """The SDK's client, which looks at an installation before anybody believes it."""

    async def oauth_v2_access(self, **arguments: Any) -> AsyncSlackResponse:
        """Exchange the code for a token. Raises `TokenRefused` for a token that the bot can't use."""
        answer = await super().oauth_v2_access(**arguments)
        token = str(answer.get("access_token") or "")
        check_token(
            token,
            rotates=bool(answer.get("refresh_token") or answer.get("expires_in")),
            is_persons=answer.get("token_type", "bot") != "bot",
        )
        return answer


@dataclass(frozen=True)
class _States(AsyncOAuthStateStore):
    """The proof that an installation ends in the browser in which it began."""

    tokens: TokenStore
    now: Callable[[], datetime]

    async def async_issue(self, *args: object, **kwargs: object) -> str:  # noqa: ARG002  # the SDK calls it so
        state = secrets.token_urlsafe(32)
        await self.tokens.begin_install(state, self.now() + STATE_LASTS)
        return state

    async def async_consume(self, state: str) -> bool:
        return await self.tokens.end_install(state, self.now())

    async def finish(self, state: str) -> None:
        """Note that the installation with this state has ended well."""
        await self.tokens.begin_install(f"finished:{state}", self.now() + RELOADS_LAST)

    async def is_finished(self, state: str) -> bool:
        """Tell whether the installation with this state has ended well before."""
        found = await self.tokens.end_install(f"finished:{state}", self.now())
        if found:
            await self.finish(state)
        return found


@dataclass(frozen=True)
class _InstallationStore(AsyncInstallationStore):
    """Stores the token of an installation, then tells the core."""

    tokens: TokenStore
    take: Callable[[SlackReceived], Awaitable[None]]
    now: Callable[[], datetime]

    async def async_save(self, installation: Installation) -> None:
        """Store the bot's token of a team or a whole organisation; no token of a person is asked for."""
        is_everywhere = bool(installation.is_enterprise_install)
        workspace = (installation.enterprise_id if is_everywhere else installation.team_id) or ""
        name = (installation.enterprise_name if is_everywhere else installation.team_name) or ""
        await self.tokens.save(workspace, str(installation.bot_token), name=name, now=self.now())
        log.info("slack.installed", workspace=workspace)
        event_id = f"installed:{secrets.token_hex(8)}"
        await self.take(inbound.installed(workspace, installation.user_id, event_id))


def _pages(voice: Voice) -> AsyncCallbackOptions:
    """Return the pages that a person sees when they come back from Slack."""

    async def success(_: AsyncSuccessArgs) -> BoltResponse:
        return _success_page(voice)

    async def failure(args: AsyncFailureArgs) -> BoltResponse:
        log.info("slack.not-installed", reason=args.reason if args.reason in REASONS else "another")
        if args.reason == "access_denied":
            return _page(voice, 200, voice.text("install.cancelled"), voice.text("install.again"))
        return _page(
            voice, args.suggested_status_code, voice.text("install.failed"), voice.text("install.again")
        )

    return AsyncCallbackOptions(success=success, failure=failure)


def _success_page(voice: Voice) -> BoltResponse:
    return _page(voice, 200, voice.text("install.done"), voice.text("install.next"))


def _page(voice: Voice, status: int, title: str, text: str) -> BoltResponse:
    body = (
        f'<!doctype html><html lang="{escape(voice.language)}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style><h1>{escape(title)}</h1><p>{escape(text)}</p></html>"
    )
    return BoltResponse(status=status, body=body, headers={**HEADERS})
