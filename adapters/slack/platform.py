"""Slack as one of the bot's platforms: its settings, its connection and its checks."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import Field, SecretStr, field_validator

from adapters.chat.platform import (
    Connected,
    Core,
    Finding,
    Manifest,
    ManifestOptions,
    TokenStore,
    required_address,
)
from adapters.chat.settings import Deployment, PlatformSettings, SettingsError
from adapters.slack.tokens import token_fault
from bot.errors import Disconnected, SendError, Uncertain, Unreachable
from bot.events import Event, Removed
from bot.message import Message
from bot.model import Address
from bot.prompts import Voice

if TYPE_CHECKING:
    from adapters.slack.api import Api

WORKSPACES_ASKED = 20
"""Workspaces whose tokens are tried by `jpd doctor`, the newest first: all are asked at once."""
NO_SECRET = SecretStr("")


class SlackSettings(PlatformSettings, env_prefix="JPD_SLACK_"):
    """Slack's settings: a client's for many workspaces, or a token for one."""

    client_id: str = Field(default="", description="The Slack app's client id, for many workspaces")
    client_secret: SecretStr = Field(default=NO_SECRET, description="The client's secret")
    signing_secret: SecretStr = Field(
        default=NO_SECRET, description="The Slack app's secret that proves that a request is Slack's"
    )
    bot_token: SecretStr = Field(
        default=NO_SECRET, description="Instead of the client's two, for one workspace"
    )
    app_token: SecretStr = Field(
        default=NO_SECRET,
        description="Instead of the signing secret, for one workspace behind a firewall (Socket Mode)",
    )
    api_url: str = Field(default="https://slack.com/api/", description="Slack's Web API, or an emulator's")
    per_second: float = Field(
        default=3.0,
        gt=0,
        le=1000,
        description="Messages a second that a Slack workspace takes, by all workers together",
    )

    @field_validator("api_url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        if not url.startswith(("https://", "http://")):
            raise ValueError("not an address: write https://…")
        return url if url.endswith("/") else f"{url}/"

    @property
    def is_wanted(self) -> bool:
        return any(self._credentials().values())

    @property
    def is_single(self) -> bool:
        """True for one workspace with its own token."""
        return bool(self.bot_token.get_secret_value() or self.app_token.get_secret_value())

    @property
    def needs_codes(self) -> bool:
        return bool(self.client_id)

    @property
    def hears_events(self) -> bool:
        return True

    def problems(self, deployment: Deployment) -> list[str]:
        given = self._credentials()
        needed = ["bot_token"] if self.is_single else ["client_id", "client_secret", "signing_secret"]
        needed += ["signing_secret"] if self.is_single and not given["app_token"] else []
        wrong = [f"JPD_SLACK_{name.upper()}: missing" for name in needed if not given[name]]
        if self.is_single and (given["client_id"] or given["client_secret"]):
            wrong.append("JPD_SLACK_CLIENT_ID: for many workspaces, beside the settings of one: unset either")
        if not self.is_single and not deployment.secret_keys:
            wrong.append(
                "JPD_SECRET_KEYS: missing, and tokens are never kept unsealed: jpd keys new makes one"
            )
        return wrong

    def _credentials(self) -> dict[str, str]:
        return {
            "client_id": self.client_id,
            "client_secret": self.client_secret.get_secret_value(),
            "signing_secret": self.signing_secret.get_secret_value(),
            "bot_token": self.bot_token.get_secret_value(),
            "app_token": self.app_token.get_secret_value(),
        }


class TokenCheck(StrEnum):
    """Slack's answer when a token is tried."""

    TAKEN = "taken"
    """True also if Slack asks us to try later: it is reachable, and the next check tries the token."""
    REFUSED = "refused"
    SILENT = "silent"


class SlackPlatform:
    """Slack. Its libraries are imported only when it is used."""

    name = "slack"
    settings = SlackSettings

    async def connect(
        self, settings: SlackSettings, core: Core, opened: AsyncExitStack, *, serving: bool
    ) -> Connected:
        """Connect one workspace by its token, or every workspace that has installed the bot."""
        from adapters.slack import install
        from adapters.slack.api import Api, session
        from adapters.slack.app import REAL_TIME, SlackApp
        from adapters.slack.messenger import OneToken, SlackMessenger

        async def removed(workspace: str) -> None:
            # Slack refuses our token: the bot was uninstalled, perhaps while we were not running.
            number = f"removed:{secrets.token_hex(8)}"
            sender = Address(self.name, workspace, "")
            await core.handle(Event(id=number, at=core.now(), sender=sender, what=Removed()))

        api = Api(await opened.enter_async_context(session()), settings.api_url)
        token = settings.bot_token.get_secret_value()
        messenger = SlackMessenger(
            api, OneToken(token) if token else core.tokens, removed, rests=core.watch.rests
        )
        if not serving:
            return Connected(messenger=messenger, directory=messenger)
        signing_secret = settings.signing_secret.get_secret_value()
        app = SlackApp(
            api,
            messenger,
            core.handle,
            core.voice_of,
            core.now,
            signing_secret=signing_secret,
            watch=core.watch,
            real_time=core.real_time or REAL_TIME,
        )
        routes = list(app.routes)
        if token:
            await _admit_workspace(api, token, core)
        else:
            client_secret = settings.client_secret.get_secret_value()
            routes += install.connect(
                api,
                core.tokens,
                app.take,
                core.voice,
                core.now,
                client_id=settings.client_id,
                client_secret=client_secret,
                public_url=core.deployment.public_url,
            )
        if app_token := settings.app_token.get_secret_value():
            try:
                await opened.enter_async_context(app.listening(app_token))
            except Disconnected:
                raise SettingsError("JPD_SLACK_APP_TOKEN: Slack does not take it") from None
        return Connected(messenger=messenger, directory=messenger, routes=routes, close=app.close)

    async def examine(
        self, settings: SlackSettings, tokens: TokenStore | None, seconds: float
    ) -> AsyncIterator[Finding]:
        """Try the tokens in the settings, or those of the newest workspaces."""
        if settings.is_single:
            finding, fact = "token", "name"
            tries = [("JPD_SLACK_BOT_TOKEN", "auth.test", settings.bot_token.get_secret_value())]
            if app_token := settings.app_token.get_secret_value():
                tries.append(("JPD_SLACK_APP_TOKEN", "apps.connections.open", app_token))
        else:
            finding, fact = "workspace-token", "workspace"
            newest = await tokens.newest(WORKSPACES_ASKED) if tokens else ()
            tries = [(name, "auth.test", token) for name, token in newest]
        for name, method, token in tries:
            if method == "auth.test" and (fault := token_fault(token)):
                yield Finding(fault, {"name": name})
        answers = await _try_tokens(
            settings.api_url, [(method, token) for _, method, token in tries], seconds
        )
        for (name, *_), answer in zip(tries, answers, strict=True):
            if answer is TokenCheck.REFUSED:
                yield Finding(finding, {fact: name})
            if isinstance(answer, frozenset):
                yield Finding("scopes", {"name": name, "scopes": ", ".join(sorted(answer))})
        if TokenCheck.SILENT in answers:
            yield Finding("platform-silent", {"url": settings.api_url})

    def manifest(self, voices: Mapping[str, Voice], options: ManifestOptions) -> Manifest:
        """Return the JSON that Slack's “Create an app from a manifest” takes."""
        from adapters.slack.manifest import manifest

        url = "" if options.socket else required_address("--url", options.url)
        made = manifest(next(iter(voices.values())), url, socket=options.socket)
        return Manifest(json.dumps(made, ensure_ascii=False, indent=2))

    def preview(self, message: Message) -> str:
        """Return the message as JSON of Slack's Block Kit."""
        from adapters.slack import render

        return json.dumps(render.message(message), ensure_ascii=False, indent=2)


PLATFORM = SlackPlatform()


async def _admit_workspace(api: Api, token: str, core: Core) -> None:
    """Let in the workspace of a token: the operator who set the token has decided that."""
    try:
        team = str((await api.call("auth.test", token))["team_id"])
    except Disconnected:
        raise SettingsError("JPD_SLACK_BOT_TOKEN: Slack does not take it") from None
    except (SendError, Uncertain, Unreachable):
        import structlog

        structlog.get_logger().warning(
            "slack.not-asked", why="Slack did not answer: the workspace is let in at the next start"
        )
        return
    await core.admit(team)


async def _try_tokens(
    url: str, tries: Sequence[tuple[str, str]], seconds: float
) -> list[TokenCheck | frozenset[str]]:
    """Call each method with its token, all at once; the answer may be the scopes that a token lacks."""
    from adapters.slack.api import Api, session
    from adapters.slack.manifest import SCOPES

    async with session() as opened:
        api = Api(opened, url)

        async def answer(method: str, token: str) -> TokenCheck | frozenset[str]:
            try:
                async with asyncio.timeout(seconds):
                    if method == "auth.test":
                        granted = await api.scopes(token)
                        return (SCOPES - granted if granted else None) or TokenCheck.TAKEN
                    await api.call(method, token)
            except Disconnected:
                return TokenCheck.REFUSED
            except SendError as refused:
                return TokenCheck.TAKEN if refused.reason == "rate-limited" else TokenCheck.SILENT
            except (Uncertain, Unreachable, TimeoutError):
                return TokenCheck.SILENT
            return TokenCheck.TAKEN

        return await asyncio.gather(*(answer(*each) for each in tries))
