"""The running bot, for `jpd serve` and `jpd work`: platforms are connected to the core, and workers send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import structlog
from aiohttp import web

from adapters.chat.in_time import RealTime
from adapters.chat.platform import Core
from adapters.chat.received import VoiceOf
from adapters.chat.settings import PlatformSettings, SettingsError, read_platform, read_settings
from adapters.chat.watch import Watch
from adapters.cli.platforms import PLATFORMS, AnyPlatform
from adapters.cli.settings import Settings
from adapters.cli.startup import now
from adapters.server.engine import start_engine
from adapters.server.operation import Metrics
from adapters.server.patience import wait_at_most
from bot.conversation.handler import EventHandler
from bot.errors import StoreAway
from bot.model import Address, Limit
from bot.ports import Directory, FileReader, Handle, Messenger
from bot.prompts import Prompts, Voice
from bot.understanding.reader import Reader
from bot.use_cases import workspaces
from bot.worker import pruning
from bot.worker.work import WorkerSettings, work
from storage.notes import StoredNotes
from storage.secrets import Seal
from storage.standing import standing
from storage.store import SqlStore
from storage.tokens import StoredTokens

log = structlog.get_logger()

PRUNE_SECONDS = 3600
SECONDS_TO_FINISH_PRUNING = 2
BURST = 5
"""Messages that a workspace is given at once: few, so that few are in doubt when a process dies."""
MOST_VOICES_ASKED = 32
SECONDS_FOR_A_VOICE = 0.5
"""Time to find out a person's language: while the database is away, they get an answer in the default language."""


@dataclass
class Platforms:
    """The connected platforms by name; filled while they are being connected."""

    messengers: dict[str, Messenger] = field(default_factory=dict)
    directories: dict[str, Directory] = field(default_factory=dict)
    routes: list[web.RouteDef] = field(default_factory=list)
    closing: list[Callable[[], Awaitable[None]]] = field(default_factory=list)


@asynccontextmanager
async def connect_platforms(
    read: Settings,
    store: SqlStore,
    prompts: Prompts,
    *,
    is_serving: bool,
    timed: Callable[[Handle], Handle] = lambda handle: handle,
    known: Sequence[AnyPlatform] = PLATFORMS,
    real_time: RealTime | None = None,
    clock: Callable[[], datetime] = now,
) -> AsyncIterator[Platforms]:
    """Connect every platform that the settings name, while the block runs. Raises `SettingsError`.

    Only a process that is serving listens: then the routes are there, and a socket is opened if one is wanted.
    """
    platforms = Platforms()
    wanted = _wanted(read, known)
    seal = Seal(read.deployment.keys)
    voice_of = voice_lookup(store, prompts)
    if is_serving and wanted:
        # Learning the phrases takes seconds: the first typed text must not wait for it.
        await asyncio.to_thread(Reader(prompts.phrases(prompts.default_language)).prepare)
    async with AsyncExitStack() as opened:
        engine = opened.enter_context(start_engine())
        hold = timedelta(minutes=read.hold_minutes)
        reader = _reader(prompts) if is_serving else None
        handle = timed(EventHandler(store, prompts, platforms.directories, engine, hold, reader).handle)
        for platform, settings in wanted:
            core = Core(
                handle=handle,
                voice_of=voice_of,
                voice=prompts.voice(prompts.default_language),
                now=clock,
                tokens=StoredTokens(store, seal, platform.name),
                watch=Watch(StoredNotes(store, platform.name), clock),
                admit=partial(_admit, store, clock, platform.name),
                deployment=read.deployment,
                real_time=real_time,
            )
            made = await platform.connect(settings, core, opened, serving=is_serving)
            platforms.messengers[platform.name] = made.messenger
            platforms.directories[platform.name] = made.directory
            platforms.routes += made.routes
            if made.close is not None:
                platforms.closing.append(made.close)
        yield platforms


def _reader(prompts: Prompts) -> FileReader:
    """Return the reader of rosters and calendars, whose libraries only a process that is serving needs."""
    from adapters.rosters import SentFileReader

    return SentFileReader(prompts)


def _wanted(read: Settings, known: Sequence[AnyPlatform]) -> list[tuple[AnyPlatform, PlatformSettings]]:
    """Return the platforms that the settings name. Raises `SettingsError` with what is wrong in all of them."""
    found, wrong = [], []
    for platform in known:
        try:
            settings = read_platform(platform.settings, read.deployment)
        except SettingsError as error:
            wrong.append(str(error))
        else:
            found += [] if settings is None else [(platform, settings)]
    if wrong:
        raise SettingsError("\n".join(wrong))
    return found


async def _admit(store: SqlStore, clock: Callable[[], datetime], platform: str, workspace: str) -> None:
    """Let the only workspace in for all schools, if there is one partnership."""
    async with store.transaction() as tx:
        partnerships = await tx.schools.partnerships()
        if len(partnerships) == 1:
            schools = await tx.schools.of(partnerships[0].id)
            await workspaces.admit(tx, platform, workspace, schools, clock())
            # An earlier token may have been revoked.
            await tx.workspaces.come_back(platform, workspace, clock())


def voice_lookup(store: SqlStore, prompts: Prompts) -> VoiceOf:
    """Return a function that finds a person's voice; the default one if the store doesn't answer at once."""
    asking: set[asyncio.Task[str]] = set()

    async def language_of(address: Address) -> str:
        async with store.transaction() as tx:
            member = await tx.members.find(address)
        return member.language if member else prompts.default_language

    async def voice_of(address: Address) -> Voice:
        if len(asking) >= MOST_VOICES_ASKED:  # the store has more to do than to find out languages
            return prompts.voice(prompts.default_language)
        asked = asyncio.create_task(language_of(address))
        asking.add(asked)
        asked.add_done_callback(asking.discard)
        try:
            return prompts.voice(await wait_at_most(SECONDS_FOR_A_VOICE, asked))
        except (TimeoutError, StoreAway):
            return prompts.voice(prompts.default_language)

    return voice_of


@asynccontextmanager
async def serve_metrics(
    read: Settings, store: SqlStore, voice: Voice, metrics: Metrics
) -> AsyncIterator[None]:
    """Serve health and figures on a port of their own while the block runs, if the settings name one."""
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


def worker_settings(
    read: Settings, concurrency: int = 4, known: Sequence[AnyPlatform] = PLATFORMS
) -> WorkerSettings:
    """Return the settings of a worker."""
    limits = {}
    for platform in known:
        rate = read_settings(platform.settings).per_second
        limits[platform.name] = Limit(gap=timedelta(seconds=1) / rate, burst=min(BURST, max(1, round(rate))))
    return WorkerSettings(
        limits, timedelta(seconds=read.tick_seconds), timedelta(seconds=read.stop_seconds), concurrency
    )


async def send_and_prune(
    read: Settings,
    store: SqlStore,
    prompts: Prompts,
    platforms: Platforms,
    settings: WorkerSettings,
    stopped: asyncio.Event,
) -> None:
    """Send what is due, and prune every hour, until stopped."""
    from adapters.server.scheduler import heartbeat

    pruning_now = asyncio.Lock()

    async def prune(_: datetime) -> None:
        async with pruning_now:
            await pruning.prune(store, timedelta(days=read.ledger_days), stopped)

    scheduler = heartbeat({prune: PRUNE_SECONDS})
    await work(store, prompts, platforms.messengers, platforms.directories, settings, stopped)
    # A batch that is being deleted is finished; the rest is left for another time.
    with suppress(TimeoutError):
        await asyncio.wait_for(pruning_now.acquire(), SECONDS_TO_FINISH_PRUNING)
    scheduler.shutdown()
