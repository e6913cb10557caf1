"""Installation on Slack by OAuth, which ends with a token in the store and a page in the browser."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

import structlog
from aiohttp import ClientError, web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.oauth.async_callback_options import AsyncCallbackOptions, AsyncFailureArgs, AsyncSuccessArgs
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackClientError
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from adapters.chat.platform import TokenStore
from adapters.slack import inbound
from adapters.slack.api import QUIET, SLACK, Api
from adapters.slack.inbound import SlackReceived
from adapters.slack.manifest import SCOPES
from bot.prompts import Voice

log = structlog.get_logger()

STATE_LASTS = timedelta(minutes=10)
REASONS = frozenset(
    {"access_denied", "invalid_browser", "invalid_code", "invalid_state", "missing_code", "storage_error"}
)
"""The reasons that Slack and its SDK give. Only these are logged: a link may hold any other text."""
INSTALL, CALLBACK = "/slack/install", "/slack/oauth"
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
) -> list[web.RouteDef]:
    """Return the routes `/slack/install` and `/slack/oauth`; `take` handles the event of each installation."""
    settings = AsyncOAuthSettings(
        client_id=client_id,
        client_secret=client_secret,
        scopes=sorted(SCOPES),
        authorization_url=_authorize_url(api.base_url),
        state_store=_States(tokens, now),
        installation_store=_InstallationStore(tokens, take, now),
        install_path=INSTALL,
        redirect_uri_path=CALLBACK,
        install_page_rendering_enabled=False,
        state_expiration_seconds=int(STATE_LASTS.total_seconds()),
        callback_options=_pages(voice),
        logger=QUIET,
    )
    flow = AsyncOAuthFlow(client=api.client(), logger=QUIET, settings=settings)

    async def begin(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await flow.handle_installation(await to_bolt_request(request)))

    async def end(request: web.Request) -> web.Response:
        try:
            done = await flow.handle_callback(await to_bolt_request(request))
        except (ClientError, TimeoutError, SlackClientError, OSError):
            log.warning("slack.not-installed", reason="slack is silent")
            done = _page(voice, 503, voice.text("install.failed"), voice.text("install.again"))
        return await to_aiohttp_response(done)

    return [web.get(INSTALL, begin), web.get(CALLBACK, end)]


def _authorize_url(api_url: str) -> str:
    """Return the address of Slack's page *Allow*, which lies beside the Web API."""
    if api_url == SLACK:
        return "https://slack.com/oauth/v2/authorize"
    return f"{api_url.rstrip('/').removesuffix('/api')}/oauth/v2/authorize"


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
        await self.tokens.save(workspace, installation.bot_token or "", name=name, now=self.now())
        log.info("slack.installed", workspace=workspace)
        event_id = f"installed:{secrets.token_hex(8)}"
        await self.take(inbound.installed(workspace, installation.user_id, event_id))


def _pages(voice: Voice) -> AsyncCallbackOptions:
    """Return the pages that a person sees when they come back from Slack."""

    async def success(_: AsyncSuccessArgs) -> BoltResponse:
        return _page(voice, 200, voice.text("install.done"), voice.text("install.next"))

    async def failure(args: AsyncFailureArgs) -> BoltResponse:
        log.info("slack.not-installed", reason=args.reason if args.reason in REASONS else "another")
        if args.reason == "access_denied":
            return _page(voice, 200, voice.text("install.cancelled"), voice.text("install.again"))
        return _page(
            voice, args.suggested_status_code, voice.text("install.failed"), voice.text("install.again")
        )

    return AsyncCallbackOptions(success=success, failure=failure)


def _page(voice: Voice, status: int, title: str, text: str) -> BoltResponse:
    body = (
        f'<!doctype html><html lang="{escape(voice.language)}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style><h1>{escape(title)}</h1><p>{escape(text)}</p></html>"
    )
    return BoltResponse(status=status, body=body, headers={**HEADERS})
