"""What is wrong, or soon will be, with an installation: each finding with its mend. It changes nothing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy.exc import SQLAlchemyError

from adapters.cli import settings
from bot.errors import Disconnected, SendError, Uncertain, Unreachable
from bot.model import Role, School
from bot.prompts import Level, check
from bot.rules.school_time import is_holidays_code, is_time_zone
from storage import migrate
from storage.installations import StoredInstallations
from storage.secrets import NoSuchKey, Seal
from storage.standing import standing
from storage.store import SqlStore, SqlTx

FOR_TESTS = ("JPD_TEST_DATABASE_URL", "JPD_CRASH")
ENDS_SOON = timedelta(days=28)
LAG = timedelta(minutes=10)
CLOCKS_APART = timedelta(seconds=30)
SECONDS_TO_ANSWER = 5
WORKSPACES_ASKED = 20
"""Of many whose token could be tried, those that were installed last: all are asked at once."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong: `doctor.<key>` says it, and how to mend it."""

    key: str
    facts: Mapping[str, str | int] = field(default_factory=dict)


async def examine(read: settings.Settings, now: datetime) -> AsyncIterator[Finding]:
    """Everything that can be looked at, the cheapest first. `now` is by this machine's clock."""
    problems = _database(read)
    for finding in (*_settings(read), *_content(read), *problems):
        yield finding
    if not problems:
        store = SqlStore(read.database_url)
        try:
            async for finding in _store(read, store, now):
                yield finding
        finally:
            await store.close()
    async for finding in _platforms(read):
        yield finding
    if read.public_url:
        async for finding in _public(read.public_url):
            yield finding


def unknown_names(environment: Collection[str]) -> tuple[str, ...]:
    """Names that look like settings of ours, and are none."""
    known = {f"JPD_{name.upper()}" for name in settings.Settings.model_fields} | set(FOR_TESTS)
    return tuple(sorted(name for name in environment if name.startswith("JPD_") and name not in known))


def wrong_settings(wrong: settings.SettingsError) -> Iterator[Finding]:
    """A finding a line."""
    for line in str(wrong).splitlines():
        yield Finding("setting", {"line": line})


def _settings(read: settings.Settings) -> Iterator[Finding]:
    for name in unknown_names(os.environ):
        yield Finding("unknown-setting", {"name": name})
    looks: list[Callable[[settings.Settings], object]] = [settings.slack, settings.teams]
    for look in [*looks, settings.keys] if read.secret_keys else looks:
        try:
            look(read)
        except settings.SettingsError as wrong:
            yield from wrong_settings(wrong)
    is_near = read.slack_api_url.startswith(("http://127.0.0.1", "http://localhost"))
    if read.slack_api_url.startswith("http://") and not is_near:
        yield Finding("not-secure", {"name": "JPD_SLACK_API_URL"})
    if read.metrics_port and read.metrics_port == read.port:
        yield Finding("one-port-twice", {"port": read.port})


def _content(read: settings.Settings) -> Iterator[Finding]:
    wrong = [each for each in check(read.prompts) if each.level is Level.FIX]
    if wrong:
        yield Finding("content", {"n": len(wrong), "first": str(wrong[0])})


def _database(read: settings.Settings) -> tuple[Finding, ...]:
    file = read.database_url.partition("///")[2]
    if read.database_url.startswith("sqlite") and not os.path.exists(file):  # noqa: PTH110  # looking would make it
        return (Finding("no-database-yet", {"file": file}),)
    try:
        differences = migrate.check(read.database_url)
    except SQLAlchemyError:
        return (Finding("database"),)
    return (Finding("migrations"),) if differences else ()


async def _store(read: settings.Settings, store: SqlStore, now: datetime) -> AsyncIterator[Finding]:
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
                for finding in await _school(tx, school, now.date(), needs_workspace=_has_slack(read)):
                    yield finding
    async for finding in _installed(read, store):
        yield finding


async def _school(tx: SqlTx, school: School, today: date, *, needs_workspace: bool) -> list[Finding]:
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
    if needs_workspace and not await tx.workspaces.of_school(school.id):
        found.append(Finding("no-workspace", facts))
    return found


def _has_slack(read: settings.Settings) -> bool:
    """For many workspaces: a single one is let in for every school when it starts."""
    return bool(read.slack_client_id)


async def _installed(read: settings.Settings, store: SqlStore) -> AsyncIterator[Finding]:
    """Of many workspaces the keys to their tokens, and whether Slack takes the newest of these."""
    try:
        slack = settings.slack(read)
        if slack is None or slack.bot_token:
            return
        installations = StoredInstallations(store, Seal(settings.keys(read)))
        await installations.try_keys()
        asked = await installations.newest(WORKSPACES_ASKED)
    except settings.SettingsError:  # said already
        return
    except NoSuchKey:
        yield Finding("no-such-key")
        return
    answers = await _asked_slack(slack.api_url, [("auth.test", token) for _, token in asked])
    for (name, _), answer in zip(asked, answers, strict=True):
        if answer is TokenCheck.REFUSED:
            yield Finding("workspace-token", {"workspace": name})
    if TokenCheck.SILENT in answers:
        yield Finding("platform-silent", {"url": slack.api_url})


# --- what lies outside ----------------------------------------------------------------------------------------------


class TokenCheck(StrEnum):
    """What comes back when a token is tried."""

    TAKEN = "taken"
    """Or Slack asks for patience: then it is there, and the next look will tell."""
    REFUSED = "refused"
    SILENT = "silent"


async def _platforms(read: settings.Settings) -> AsyncIterator[Finding]:
    try:
        slack, teams = settings.slack(read), settings.teams(read)
    except settings.SettingsError:  # said already
        return
    if slack is None and teams is None:
        yield Finding("no-platform")
    if slack is not None and slack.bot_token:
        async for finding in _slack(slack):
            yield finding
    if teams is not None and teams.app_id:
        async for finding in _teams(teams):
            yield finding


async def _slack(slack: settings.Slack) -> AsyncIterator[Finding]:
    """The tokens of a single workspace."""
    tokens = {"JPD_SLACK_BOT_TOKEN": ("auth.test", slack.bot_token)}
    if slack.app_token:
        tokens["JPD_SLACK_APP_TOKEN"] = ("apps.connections.open", slack.app_token)
    answers = await _asked_slack(slack.api_url, list(tokens.values()))
    for name, answer in zip(tokens, answers, strict=True):
        if answer is TokenCheck.REFUSED:
            yield Finding("token", {"name": name})
    if TokenCheck.SILENT in answers:
        yield Finding("platform-silent", {"url": slack.api_url})


async def _asked_slack(url: str, tries: Sequence[tuple[str, str]]) -> list[TokenCheck]:
    """What Slack answers to each method with its token; nobody is waited for long."""
    from adapters.slack.api import Api, session

    async with session() as opened:
        api = Api(opened, url)

        async def asked(method: str, token: str) -> TokenCheck:
            try:
                async with asyncio.timeout(SECONDS_TO_ANSWER):
                    await api.call(method, token)
            except Disconnected:
                return TokenCheck.REFUSED
            except SendError as refused:
                return TokenCheck.TAKEN if refused.reason == "rate-limited" else TokenCheck.SILENT
            except (Uncertain, Unreachable, TimeoutError):
                return TokenCheck.SILENT
            return TokenCheck.TAKEN

        return await asyncio.gather(*(asked(*each) for each in tries))


async def _teams(teams: settings.Teams) -> AsyncIterator[Finding]:
    """Sign in as the bot does."""
    from adapters.teams.cloud import Registration
    from adapters.teams.tokens import NO_TENANT, TeamsTokens

    known = Registration(teams.app_id, teams.password, teams.tenant, teams.openid_url, teams.login_url)
    try:
        await TeamsTokens(known).get()
    except Disconnected as refused:
        reason = str(refused)
        yield Finding("no-tenant") if reason == NO_TENANT else Finding("sign-in-refused", {"reason": reason})
    except SendError:
        # Without a password the machine itself is asked, and what it has not, it does not refuse.
        yield (
            Finding("sign-in-silent", {"url": teams.login_url}) if teams.password else Finding("no-identity")
        )


async def _public(url: str) -> AsyncIterator[Finding]:
    """Whether it is us who answer where others are sent. No redirect is followed: whoever is sent there would not."""
    from aiohttp import ClientConnectorCertificateError, ClientError, ClientSession, ClientTimeout

    from adapters.server.web import OURS

    try:
        async with (
            ClientSession(timeout=ClientTimeout(total=SECONDS_TO_ANSWER)) as session,
            session.get(f"{url}/healthz", allow_redirects=False) as answer,
        ):
            is_ours = all(answer.headers.get(name) == value for name, value in OURS.items())
            if answer.status != 200 or not is_ours:
                yield Finding("public-other", {"url": url, "status": answer.status})
    except ClientConnectorCertificateError:
        yield Finding("public-certificate", {"url": url})
    except (ClientError, TimeoutError, OSError):
        yield Finding("public-silent", {"url": url})
