"""The chat platforms that the settings connect: the core meets its adapters here, for `jpd serve` and `jpd work`."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import structlog
from aiohttp import web

from adapters.cli import settings
from adapters.cli.startup import now
from adapters.server.engine import apart
from adapters.server.operation import Metrics
from adapters.server.patience import within
from bot.conversation.handler import EventHandler
from bot.errors import Disconnected, SendError, StoreAway, Uncertain, Unreachable
from bot.events import Event, Left, Removed
from bot.model import Address, Limit
from bot.ports import Directory, Handle, Messenger
from bot.prompts import Prompts, Voice
from bot.use_cases import workspaces
from bot.worker import pruning
from bot.worker.work import WorkerSettings, work
from storage.installations import StoredInstallations
from storage.secrets import Seal
from storage.standing import standing
from storage.store import SqlStore

log = structlog.get_logger()

PRUNE_SECONDS = 3600
SECONDS_TO_FINISH_PRUNING = 2
BURST = 5
"""Messages that a workspace is given at once: few, so that few are in doubt when a process dies."""
SECONDS_FOR_A_VOICE = 0.5
"""So that somebody is answered in time, if not in their language, where the database is not."""


@dataclass
class Platforms:
    """What is connected, by platform; filled while it is being connected."""

    messengers: dict[str, Messenger] = field(default_factory=dict)
    directories: dict[str, Directory] = field(default_factory=dict)
    routes: list[web.RouteDef] = field(default_factory=list)
    closing: list[Callable[[], Awaitable[None]]] = field(default_factory=list)


@asynccontextmanager
async def observed(
    read: settings.Settings, store: SqlStore, voice: Voice, metrics: Metrics
) -> AsyncIterator[None]:
    """With a port of its own for figures and health, where the settings name one."""
    from adapters.server.operation import figures, health
    from adapters.server.web import application, listening

    if read.metrics_port is None:
        yield
        return
    look = partial(standing, store)
    app = application([*health(look), *figures(metrics, look)], voice=voice)
    async with listening(app, read.host, read.metrics_port) as port:
        log.info("metrics.listening", port=port)
        yield


def rhythm(read: settings.Settings, hands: int = 4) -> WorkerSettings:
    """How the settings want workers to work."""
    per_second = {"slack": read.slack_per_second, "teams": read.teams_per_second}
    limits = {
        platform: Limit(gap=timedelta(seconds=1) / rate, burst=min(BURST, max(1, round(rate))))
        for platform, rate in per_second.items()
    }
    return WorkerSettings(
        limits, timedelta(seconds=read.tick_seconds), timedelta(seconds=read.stop_seconds), hands
    )


async def working(
    read: settings.Settings,
    store: SqlStore,
    prompts: Prompts,
    platforms: Platforms,
    rhythm: WorkerSettings,
    stopped: asyncio.Event,
) -> None:
    """Send what is due, and prune now and then, until stopped."""
    from adapters.server.scheduler import heartbeat

    at_work = asyncio.Lock()

    async def prune(_: datetime) -> None:
        async with at_work:
            await pruning.prune(store, timedelta(days=read.ledger_days), stopped)

    scheduler = heartbeat({prune: PRUNE_SECONDS})
    await work(store, prompts, platforms.messengers, platforms.directories, rhythm, stopped)
    # What is being forgotten at this moment; the rest is left for another time.
    with suppress(TimeoutError):
        await asyncio.wait_for(at_work.acquire(), SECONDS_TO_FINISH_PRUNING)
    scheduler.shutdown()


@asynccontextmanager
async def connected(
    read: settings.Settings,
    store: SqlStore,
    prompts: Prompts,
    *,
    is_serving: bool,
    timed: Callable[[Handle], Handle] = lambda handle: handle,
) -> AsyncIterator[Platforms]:
    """Everything the settings name. Raises `SettingsError` where they name it by halves.

    Only who serves listens: with `is_serving` the routes are there, and a socket is opened where one is asked for.
    """
    platforms = Platforms()
    async with AsyncExitStack() as opened:
        handle = timed(
            EventHandler(store, prompts, platforms.directories, opened.enter_context(apart())).handle
        )
        slack = settings.slack(read)
        if slack is not None:
            await _slack(opened, platforms, slack, read, store, prompts, handle, is_serving=is_serving)
        teams = settings.teams(read)
        if teams is not None:
            await _teams(opened, platforms, teams, read, store, prompts, handle, is_serving=is_serving)
        yield platforms


async def _slack(  # the parts of the composition
    opened: AsyncExitStack,
    platforms: Platforms,
    slack: settings.Slack,
    read: settings.Settings,
    store: SqlStore,
    prompts: Prompts,
    handle: Handle,
    *,
    is_serving: bool,
) -> None:
    from adapters.slack import app, install
    from adapters.slack.api import Api, session
    from adapters.slack.messenger import PLATFORM, OneToken, SlackMessenger

    async def removed(workspace: str) -> None:
        """Slack takes our token no more: the same as being uninstalled, which we may have slept through."""
        number = f"removed:{secrets.token_hex(8)}"
        await handle(Event(id=number, at=now(), sender=Address(PLATFORM, workspace, ""), what=Removed()))

    api = Api(await opened.enter_async_context(session()), slack.api_url)
    installations = None if slack.bot_token else StoredInstallations(store, Seal(settings.keys(read)))
    messenger = SlackMessenger(api, installations or OneToken(slack.bot_token), removed)
    platforms.messengers[PLATFORM] = platforms.directories[PLATFORM] = messenger
    if not is_serving:
        return
    voice, voice_of = prompts.voice(prompts.default_language), voice_lookup(store, prompts)
    connection = app.connect(api, messenger, handle, voice_of, now, signing_secret=slack.signing_secret)
    platforms.routes += connection.routes
    platforms.closing.append(connection.close)
    if installations is not None:
        client = {"client_id": slack.client_id, "client_secret": slack.client_secret}
        platforms.routes += install.connect(api, installations, connection.take, voice, now, **client)
    else:
        await _admit_the_only_workspace(api, slack.bot_token, store)
    if slack.app_token:
        try:
            await opened.enter_async_context(connection.listening(slack.app_token))
        except Disconnected:
            raise settings.SettingsError("JPD_SLACK_APP_TOKEN: Slack does not take it") from None


def voice_lookup(store: SqlStore, prompts: Prompts) -> Callable[[Address], Awaitable[Voice]]:
    """In whose language somebody is spoken to; in English where the store does not say so at once."""
    asking: set[asyncio.Task[str]] = set()

    async def language_of(address: Address) -> str:
        async with store.transaction() as tx:
            member = await tx.members.at(address, now())
        return member.language if member else prompts.default_language

    async def voice_of(address: Address) -> Voice:
        asked = asyncio.create_task(language_of(address))
        asking.add(asked)
        asked.add_done_callback(asking.discard)
        try:
            return prompts.voice(await within(SECONDS_FOR_A_VOICE, asked))
        except (TimeoutError, StoreAway):
            return prompts.voice(prompts.default_language)

    return voice_of


async def _admit_the_only_workspace(api, token: str, store: SqlStore) -> None:  # type: ignore[no-untyped-def]  # imported late
    """Whoever set a workspace's token has let it in: for all schools, where there is one partnership."""
    try:
        team = str((await api.call("auth.test", token))["team_id"])
    except Disconnected:
        raise settings.SettingsError("JPD_SLACK_BOT_TOKEN: Slack does not take it") from None
    except (SendError, Uncertain, Unreachable):
        log.warning("slack.not-asked", why="Slack did not answer: the workspace is let in at the next start")
        return
    async with store.transaction() as tx:
        partnerships = await tx.schools.partnerships()
        if len(partnerships) == 1:
            schools = await tx.schools.of(partnerships[0].id)
            await workspaces.admit(tx, "slack", team, schools, now())
            await tx.workspaces.come_back("slack", team, now())  # an earlier token may have been taken away


async def _teams(  # the parts of the composition
    opened: AsyncExitStack,
    platforms: Platforms,
    teams: settings.Teams,
    read: settings.Settings,
    store: SqlStore,
    prompts: Prompts,
    handle: Handle,
    *,
    is_serving: bool,
) -> None:
    from aiohttp import ClientSession, DummyCookieJar

    from adapters.teams import app
    from adapters.teams.cloud import Registration
    from adapters.teams.connector import Connector
    from adapters.teams.keys import SigningKeys
    from adapters.teams.messenger import PLATFORM, TeamsMessenger
    from adapters.teams.pace import Pace
    from adapters.teams.pictures import Pictures
    from adapters.teams.tokens import TeamsTokens

    async def left(address: Address) -> None:
        """Their chat takes nothing from us: the same as uninstalling, which we may have slept through."""
        await handle(Event(id=f"left:{secrets.token_hex(8)}", at=now(), sender=address, what=Left()))

    registration = Registration(teams.app_id, teams.password, teams.tenant, teams.openid_url, teams.login_url)
    if not teams.app_id:
        log.warning("teams.anonymous", why="JPD_TEAMS_ANONYMOUS is set: anybody on this machine is believed")
    session = await opened.enter_async_context(ClientSession(cookie_jar=DummyCookieJar()))
    tokens = TeamsTokens(registration) if teams.app_id else None
    pictures = Pictures(teams.public_url, settings.keys(read), now) if teams.public_url else None
    voice_of = voice_lookup(store, prompts)
    messenger = TeamsMessenger(Connector(session, tokens, Pace()), left, voice_of, pictures)
    platforms.messengers[PLATFORM] = platforms.directories[PLATFORM] = messenger
    if is_serving:
        keys = SigningKeys(registration.openid_url, session)
        connection = app.connect(registration, keys, tokens, messenger, handle, voice_of, now)
        platforms.routes += [*connection.routes, *(pictures.routes() if pictures else ())]
        platforms.closing.append(connection.close)
