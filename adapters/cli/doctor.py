"""Checks of an installation, for present and coming faults. Each finding says how to fix it; nothing is changed."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from sqlalchemy.exc import SQLAlchemyError

from adapters.chat.platform import Finding
from adapters.chat.settings import (
    PlatformSettings,
    SettingsError,
    name_of,
    read_platform,
    read_settings,
)
from adapters.chat.watch import NoteKind
from adapters.cli.needed_texts import needed_texts
from adapters.cli.platforms import PLATFORMS, AnyPlatform
from adapters.cli.settings import PROMPTS, Settings, unknown_names
from bot.model import Role, School
from bot.prompts import Level, check
from bot.rules.school_time import is_holidays_code, is_time_zone
from storage import migrate
from storage.drivers.at_rest import is_readable_by_others, is_writable_by_others
from storage.drivers.engines import examine_server
from storage.notes import StoredNotes
from storage.secrets import NoSuchKey, Seal
from storage.standing import standing
from storage.store import SqlStore, SqlTx
from storage.tokens import StoredTokens

ENDS_SOON = timedelta(days=28)
LAG = timedelta(minutes=10)
CLOCKS_APART = timedelta(seconds=30)
SECONDS_TO_ANSWER = 5.0
PROCESSES = 2
"""`jpd serve` and `jpd work`."""
SPARE_CONNECTIONS = 2
"""For `jpd migrate`, a backup, or this command beside them."""
NEAR = ("http://127.0.0.1", "http://localhost")


Wanted: TypeAlias = list[tuple[AnyPlatform, PlatformSettings]]
"""The platforms that the settings name, with their settings."""


async def examine(
    read: Settings,
    now: datetime,
    *,
    seconds: float = SECONDS_TO_ANSWER,
    known: Sequence[AnyPlatform] = PLATFORMS,
) -> AsyncIterator[Finding]:
    """Yield what is wrong: first with the settings, then in the store, then outside.

    `now` is this machine's time; whoever is asked outside has `seconds` to answer.
    """
    wanted, wrong = _wanted(read, known)
    open_to_others = _open_to_others(read)  # before the database is opened, which closes the file to others
    problems = _database(read)
    for finding in (*_settings(read, known), *wrong, *_content(read), *problems, *open_to_others):
        yield finding
    store = None if problems else SqlStore(read.database_url)
    try:
        if store is not None:
            needs_codes = any(settings.needs_codes for _, settings in wanted)
            for finding in await _server(store, read):
                yield finding
            async for finding in _store(store, now, needs_codes=needs_codes):
                yield finding
        if not wanted and not wrong:
            yield Finding("no-platform")
        async for finding in _platforms(wanted, read, store, seconds):
            yield finding
    finally:
        if store is not None:
            await store.close()
    if read.public_url:
        async for finding in _public(read.public_url, seconds):
            yield finding


def findings(wrong: SettingsError) -> Iterator[Finding]:
    """Yield a finding for each line of the error."""
    for line in str(wrong).splitlines():
        yield Finding("setting", {"line": line})


# --- settings and content -------------------------------------------------------------------------------------------


def _wanted(read: Settings, known: Sequence[AnyPlatform]) -> tuple[Wanted, list[Finding]]:
    """Return the platforms that the settings name, and what is wrong with the settings of others."""
    wanted: Wanted = []
    wrong: list[Finding] = []
    for platform in known:
        try:
            settings = read_platform(platform.settings, read.deployment)
        except SettingsError as error:
            wrong += findings(error)
        else:
            wanted += [] if settings is None else [(platform, settings)]
    return wanted, wrong


def _settings(read: Settings, known: Sequence[AnyPlatform]) -> Iterator[Finding]:
    for name in unknown_names(os.environ):
        yield Finding("unknown-setting", {"name": name})
    try:
        _ = read.deployment.keys
    except SettingsError as wrong:
        yield from findings(wrong)
    for platform in known:
        for field, value in read_settings(platform.settings):
            if isinstance(value, str) and value.startswith("http://") and not value.startswith(NEAR):
                yield Finding("not-secure", {"name": name_of(platform.settings, field)})
    if read.metrics_port and read.metrics_port == read.port:
        yield Finding("one-port-twice", {"port": read.port})


def _content(read: Settings) -> Iterator[Finding]:
    wrong = [each for each in check(read.prompts, needed_texts(), PROMPTS) if each.level is Level.FIX]
    if wrong:
        yield Finding("content", {"n": len(wrong), "first": str(wrong[0])})


# --- the store ------------------------------------------------------------------------------------------------------


def _database(read: Settings) -> tuple[Finding, ...]:
    file = read.database_url.partition("///")[2]
    if read.database_url.startswith("sqlite") and not os.path.exists(file):  # noqa: PTH110  # looking would make it
        return (Finding("no-database-yet", {"file": file}),)
    try:
        differences = migrate.check(read.database_url)
    except SQLAlchemyError:
        return (Finding("database"),)
    return (Finding("migrations"),) if differences else ()


def _open_to_others(read: Settings) -> tuple[Finding, ...]:
    """Return what lets other users of the machine read the SQLite file, or put another in its place."""
    if not read.database_url.startswith("sqlite"):
        return ()
    file = Path(read.database_url.partition("///")[2])
    found = []
    if is_readable_by_others(file):
        found.append(Finding("file-open", {"file": str(file)}))
    if is_writable_by_others(file.absolute().parent):
        found.append(Finding("folder-open", {"folder": str(file.absolute().parent)}))
    return tuple(found)


async def _server(store: SqlStore, read: Settings) -> list[Finding]:
    """Return what does not fit the PostgreSQL server, or the pooler before it."""
    async with store.transaction() as tx:
        server = await examine_server(tx.connection)
    found = []
    if server.is_pooled and read.database_prepares:
        found.append(Finding("prepares", {"name": name_of(Settings, "database_prepares")}))
    wanted = PROCESSES * read.database_connections + SPARE_CONNECTIONS
    if server.most_connections is not None and wanted > server.most_connections and not server.is_pooled:
        facts: dict[str, str | int] = {
            "name": name_of(Settings, "database_connections"),
            "most": server.most_connections,
        }
        fits = max(1, (server.most_connections - SPARE_CONNECTIONS) // PROCESSES)
        found.append(Finding("connections", facts | {"now": read.database_connections, "fits": fits}))
    return found


async def _store(store: SqlStore, now: datetime, *, needs_codes: bool) -> AsyncIterator[Finding]:
    apart = abs(await store.now() - now)
    if apart > CLOCKS_APART:
        yield Finding("clock", {"seconds": round(apart.total_seconds())})
    found = await standing(store)
    if found.lag > LAG:
        yield Finding("nobody-works", {"n": found.due, "minutes": found.lag // timedelta(minutes=1)})
    async with store.transaction() as tx:
        partnerships = await tx.schools.partnerships()
        if not partnerships:
            yield Finding("nobody-there")
        for partnership in partnerships:
            members = await tx.members.of(partnership.id)
            if not any(post.role is Role.COORDINATOR for each in members for post in each.posts):
                yield Finding("no-coordinator", {"partnership": partnership.name})
            for school in await tx.schools.of(partnership.id):
                for finding in await _school(tx, school, now.date(), needs_codes=needs_codes):
                    yield finding


async def _school(tx: SqlTx, school: School, today: date, *, needs_codes: bool) -> list[Finding]:
    facts: dict[str, str | int] = {"school": school.name, "id": school.source_id}
    if not is_time_zone(school.time_zone):
        return [Finding("time-zone", facts | {"time_zone": school.time_zone})]
    if not is_holidays_code(school.holidays):
        return [Finding("holidays", facts | {"holidays": school.holidays})]
    found = []
    calendar = await tx.schools.calendar(school.id)
    last = max((term.last_day for term in calendar.terms), default=None)
    if last is None:
        found.append(Finding("no-calendar", facts))
    elif last < today:
        found.append(Finding("calendar-over", facts | {"day": last.isoformat()}))
    elif last - today < ENDS_SOON:
        found.append(Finding("calendar-ends", facts | {"day": last.isoformat()}))
    if needs_codes and not await tx.workspaces.of_school(school.id):
        found.append(Finding("no-workspace", facts))
    return found


# --- outside --------------------------------------------------------------------------------------------------------


async def _platforms(
    wanted: Wanted, read: Settings, store: SqlStore | None, seconds: float
) -> AsyncIterator[Finding]:
    """Yield what each platform finds; without the store or its keys, the stored tokens are not tried."""
    seal = None
    with suppress(SettingsError):  # found already
        seal = Seal(read.deployment.keys) if read.deployment.keys else None
    for platform, settings in wanted:
        tokens = StoredTokens(store, seal, platform.name) if store and seal else None
        try:
            if tokens is not None:
                await tokens.check_keys()
        except NoSuchKey:
            tokens = None
            yield Finding("no-such-key")
        is_well = True
        async for finding in platform.examine(settings, tokens, seconds):
            is_well = False
            yield finding
        if store is not None:
            async for finding in _notes(platform, settings, store, is_well=is_well):
                yield finding


async def _notes(
    platform: AnyPlatform, settings: PlatformSettings, store: SqlStore, *, is_well: bool
) -> AsyncIterator[Finding]:
    """Yield what was noted about a platform while the bot served; `is_well`: it lets the bot in."""
    notes = await StoredNotes(store, platform.name).all()
    if is_well and settings.hears_events and not any(each.kind == NoteKind.HEARD for each in notes):
        yield Finding(f"no-event-{platform.name}")
    for note in notes:
        facts: dict[str, str | int] = {
            "platform": platform.name,
            "day": note.first_at.date().isoformat(),
            "n": note.times,
        }
        match note.kind:
            case NoteKind.RESTS:
                yield Finding("rests", facts | {"workspace": note.workspace, "reason": note.reason})
            case NoteKind.REFUSED:
                yield Finding("refused", facts | {"day": note.last_at.date().isoformat()})
            case NoteKind.MADE if note.reason != settings.app_version:
                yield Finding("app-is-older", facts | {"made": note.reason, "now": settings.app_version})


async def _public(url: str, seconds: float) -> AsyncIterator[Finding]:
    """Yield what is wrong with the public address. No redirect is followed: Slack and Microsoft follow none."""
    from aiohttp import ClientConnectorCertificateError, ClientError, ClientSession, ClientTimeout

    from adapters.server.web import OURS

    try:
        async with (
            ClientSession(timeout=ClientTimeout(total=seconds)) as session,
            session.get(f"{url}/healthz", allow_redirects=False) as answer,
        ):
            is_ours = all(answer.headers.get(name) == value for name, value in OURS.items())
            if answer.status != 200 or not is_ours:
                yield Finding("public-other", {"url": url, "status": answer.status})
    except ClientConnectorCertificateError:
        yield Finding("public-certificate", {"url": url})
    except (ClientError, TimeoutError, OSError):
        yield Finding("public-silent", {"url": url})
