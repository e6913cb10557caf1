"""Microsoft Teams as one of the bot's platforms: its settings, its connection and its checks."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import Field, SecretStr, field_validator

from adapters.chat.platform import (
    Connected,
    Core,
    Finding,
    Manifest,
    ManifestOptions,
    OptionsMissing,
    TokenStore,
    required_address,
)
from adapters.chat.settings import (
    LOOPBACK,
    NOBODY_APP,
    Deployment,
    PlatformSettings,
    checked_address,
)
from adapters.teams.cloud import LOGIN_URL, OPENID_URL, Registration
from bot.errors import Disconnected, SendError
from bot.message import Message
from bot.prompts import Voice

if TYPE_CHECKING:
    from adapters.teams.pictures import Pictures


class TeamsSettings(PlatformSettings, env_prefix="JPD_TEAMS_"):
    """Teams' settings. With `anonymous`, nobody proves who they are, so the bot serves loopback only."""

    app_id: str = Field(
        default="", description="The application (client) id of the bot's registration with Microsoft"
    )
    app_password: SecretStr = Field(default=SecretStr(""), description="The application's secret")
    managed_identity: bool = Field(
        default=False,
        description="Instead of the secret: signs in as the managed identity of a machine in Azure",
    )
    tenant_id: str = Field(default="", description="The home tenant, where the bot is registered")
    openid_url: str = Field(
        default=OPENID_URL, description="Microsoft's signing keys; a sovereign cloud has its own"
    )
    login_url: str = Field(
        default=LOGIN_URL, description="Where the bot signs in; a sovereign cloud has its own"
    )
    anonymous: bool = Field(
        default=False, description="Believe anybody: for Microsoft's Agents Playground, on loopback"
    )
    per_second: float = Field(
        default=20.0,
        gt=0,
        le=1000,
        description="Messages a second that a Teams tenant takes, by all workers together",
    )

    @field_validator("openid_url", "login_url")
    @classmethod
    def _is_secure(cls, url: str) -> str:
        return checked_address(url)

    @property
    def password(self) -> str:
        """The application's secret, if there is one."""
        return self.app_password.get_secret_value()

    @property
    def is_wanted(self) -> bool:
        given = (self.app_id, self.password, self.tenant_id, self.managed_identity, self.anonymous)
        return any(given)

    @property
    def hears_events(self) -> bool:
        return bool(self.app_id)

    @property
    def app_version(self) -> str:
        from adapters.teams.package import VERSION

        return VERSION

    def problems(self, deployment: Deployment) -> list[str]:
        wrong = [] if self.anonymous else self._problems_of_registration(deployment)
        if self.anonymous and (self.app_id or self.password):
            wrong.append("JPD_TEAMS_ANONYMOUS: believes anybody, beside a real bot: unset either")
        if self.anonymous and deployment.host not in LOOPBACK:
            wrong.append("JPD_TEAMS_ANONYMOUS: believes anybody, so JPD_HOST must be 127.0.0.1")
        if self.anonymous and deployment.public_url:
            wrong.append("JPD_TEAMS_ANONYMOUS: believes anybody, and JPD_PUBLIC_URL is public: unset either")
        return wrong

    def _problems_of_registration(self, deployment: Deployment) -> list[str]:
        needed = {"APP_ID": self.app_id, "TENANT_ID": self.tenant_id}
        if not self.managed_identity:
            needed["APP_PASSWORD"] = self.password
        wrong = [f"JPD_TEAMS_{name}: missing" for name, value in needed.items() if not value]
        if self.managed_identity and self.password:
            wrong.append("JPD_TEAMS_APP_PASSWORD: a managed identity has none: unset either")
        if deployment.public_url and not deployment.secret_keys:
            wrong.append(
                "JPD_SECRET_KEYS: missing, and the addresses of charts are sealed: jpd keys new makes one"
            )
        return wrong

    def registration(self) -> Registration:
        """Return the bot as Microsoft knows it."""
        return Registration(self.app_id, self.password, self.tenant_id, self.openid_url, self.login_url)


class TeamsPlatform:
    """Microsoft Teams. Its libraries are imported only when it is used."""

    name = "teams"
    settings = TeamsSettings

    async def connect(
        self, settings: TeamsSettings, core: Core, opened: AsyncExitStack, *, serving: bool
    ) -> Connected:
        """Connect the bot with every tenant in which it is installed."""
        from aiohttp import ClientSession, DummyCookieJar

        from adapters.teams.app import REAL_TIME, TeamsApp
        from adapters.teams.connector import Connector
        from adapters.teams.keys import SigningKeys
        from adapters.teams.messenger import TeamsMessenger
        from adapters.teams.pace import Pace
        from adapters.teams.tokens import TeamsTokens

        registration = settings.registration()
        if not settings.app_id:
            import structlog

            structlog.get_logger().warning(
                "teams.anonymous", why="JPD_TEAMS_ANONYMOUS is set: anybody on this machine is believed"
            )
        session = await opened.enter_async_context(ClientSession(cookie_jar=DummyCookieJar()))
        tokens = TeamsTokens(registration) if settings.app_id else None
        pictures = _pictures(core)
        messenger = TeamsMessenger(Connector(session, tokens, Pace()), core.voice_of, pictures)
        if not serving:
            return Connected(messenger=messenger, directory=messenger)
        keys = SigningKeys(registration.openid_url, session)
        app = TeamsApp(
            registration,
            keys,
            tokens,
            messenger,
            core.handle,
            core.voice_of,
            core.now,
            watch=core.watch,
            real_time=core.real_time or REAL_TIME,
        )
        routes = [*app.routes, *(pictures.routes() if pictures else ())]
        return Connected(messenger=messenger, directory=messenger, routes=routes, close=app.close)

    async def examine(
        self,
        settings: TeamsSettings,
        tokens: TokenStore | None,  # noqa: ARG002  # Microsoft's are never stored
        seconds: float,  # noqa: ARG002  # the SDK has its own limit
    ) -> AsyncIterator[Finding]:
        """Sign in with the bot's credentials, and yield a finding if that fails."""
        from adapters.teams.tokens import NO_TENANT, TeamsTokens

        if not settings.app_id:
            return
        try:
            await TeamsTokens(settings.registration()).get()
        except Disconnected as refused:
            reason = str(refused)
            yield (
                Finding("no-tenant")
                if reason == NO_TENANT
                else Finding("sign-in-refused", {"reason": reason})
            )
        except SendError:
            # Without a password the machine itself is asked, which refuses nothing that it does not have.
            is_silent = bool(settings.password)
            yield (
                Finding("sign-in-silent", {"url": settings.login_url})
                if is_silent
                else Finding("no-identity")
            )

    def manifest(self, voices: Mapping[str, Voice], options: ManifestOptions) -> Manifest:
        """Return the app package that a Teams administrator uploads."""
        from adapters.teams.package import VERSION, package

        url = required_address("--url", options.url)
        about = required_address("--about", options.about) if options.about else ""
        try:
            app_id = str(UUID(options.app_id))
        except ValueError:
            raise OptionsMissing from None
        if app_id == NOBODY_APP:
            raise OptionsMissing("--app-id: only zeros stand there, as in the guide")
        return Manifest(package(voices, app_id, url, about), "jpd-teams.zip", VERSION)

    def preview(self, message: Message) -> str:
        """Return the message as JSON of an Adaptive Card."""
        from adapters.teams import render

        return json.dumps(render.message(message), ensure_ascii=False, indent=2)


PLATFORM = TeamsPlatform()


def _pictures(core: Core) -> Pictures | None:
    from adapters.teams.pictures import Pictures

    url = core.deployment.public_url
    return Pictures(url, core.deployment.keys, core.now) if url else None
