"""Helpers of all commands: settings, content and voice, the store, the log, and the terminal."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import traceback
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeVar

from rich.console import Console

from adapters.cli import settings
from bot.errors import StoreAway
from bot.prompts import Prompts, Voice

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor

    from storage.playground import SqlConversations
    from storage.store import SqlStore

Result = TypeVar("Result")

out, err = Console(highlight=False, markup=False), Console(stderr=True, highlight=False, markup=False)


LIBRARIES = (
    "aiohttp",
    "aiosqlite",
    "alembic",
    "apscheduler",
    "asyncio",
    "botbuilder",
    "botframework",
    "markdown_it",
    "msal",
    "msrest",
    "psycopg",
    "slack_bolt",
    "slack_sdk",
    "sqlalchemy",
    "urllib3",
)
"""Loggers that write texts, statements, addresses or tokens below a warning: aiosqlite the words of every query."""


def now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


def say(text: str) -> None:
    """Print without wrapping or colours, and flush."""
    print(text, flush=True)


def stop(sentence: str) -> NoReturn:
    """End the command with a sentence that says what to do."""
    err.print(sentence, soft_wrap=True)
    raise SystemExit(1)


def text_or_stop(voice: Voice, key: str, **facts: str) -> str:
    """Return a text; end the command with the name of the text if the content lacks it."""
    if not voice.has(key):
        stop(voice.text("check.text-missing", key=key))
    return voice.text(key, **facts)


class Setup(NamedTuple):
    """The settings, the content, and the voice for operators."""

    settings: settings.Settings
    prompts: Prompts
    voice: Voice


def load_settings_and_content() -> Setup:
    """Read the settings and the content. Raises `SettingsError` or `ContentError`."""
    read = settings.read()
    prompts = Prompts.load(read.prompts, settings.PROMPTS)
    voice = prompts.voice(prompts.default_language)
    if prompts.stand_ins:
        first = prompts.stand_ins[0]
        place = f"{first.file}:{first.line} ({dict(first.facts)['key']})"
        err.print(voice.text("cli.stand-ins", n=len(prompts.stand_ins), first=place), soft_wrap=True)
    return Setup(read, prompts, voice)


def run_to_end(work: Coroutine[Any, Any, Result]) -> Result:
    with contextlib.suppress(KeyboardInterrupt):
        return asyncio.run(work)
    raise SystemExit(130)


@contextlib.asynccontextmanager
async def open_store(read: settings.Settings) -> AsyncIterator[SqlStore]:
    """Open the store while the block runs. SQLite is migrated first; PostgreSQL only by `jpd migrate`."""
    from storage import migrate as migrations
    from storage.drivers.engines import Connections
    from storage.store import SqlStore

    if read.database_url.startswith("sqlite"):
        migrations.upgrade(read.database_url)
    connections = Connections(read.database_connections, read.database_prepares)
    store = SqlStore(read.database_url, keys=read.deployment.keys, connections=connections)
    try:
        yield store
    finally:
        await store.close()


async def note_made(read: settings.Settings, platform: str, version: str) -> None:
    """Note in the store, if there is one, that an app of this version was made: `jpd doctor` finds an older one."""
    from sqlalchemy.exc import SQLAlchemyError

    from adapters.chat.watch import NoteKind
    from storage.notes import StoredNotes
    from storage.store import SqlStore

    file = read.database_url.partition("///")[2]
    if read.database_url.startswith("sqlite") and not await asyncio.to_thread(Path(file).exists):
        return
    store = SqlStore(read.database_url)
    try:
        with contextlib.suppress(StoreAway, SQLAlchemyError):
            await StoredNotes(store, platform).add(NoteKind.MADE, now(), reason=version)
    finally:
        await store.close()


async def warn_if_away(store: SqlStore, voice: Voice) -> None:
    """Print a warning if the database does not answer; a process that serves waits for it."""
    try:
        await store.now()
    except StoreAway:
        err.print(voice.text("cli.waits-for-database"), soft_wrap=True)


@contextlib.asynccontextmanager
async def open_playground(
    folder: Path, *, fresh: bool, durable: bool = True
) -> AsyncIterator[tuple[SqlStore, SqlConversations]]:
    """Open the playground's store in this folder while the block runs; with `fresh`, delete the old one first."""
    from storage import migrate as migrations
    from storage.playground import SqlConversations
    from storage.store import SqlStore

    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    file = folder / "playground.sqlite"
    if fresh:
        for old in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
            old.unlink(missing_ok=True)
    url = f"sqlite+aiosqlite:///{file}"
    migrations.upgrade(url)
    store = SqlStore(url, durable=durable)
    try:
        yield store, SqlConversations(store)
    finally:
        await store.close()


def _without_words(_: object, __: str, event: EventDict) -> EventDict:
    """Log an error by its kind and place only: its message may quote a person's text, or a token."""
    given = event.pop("exc_info", None)
    error = (
        given[1]
        if isinstance(given, tuple)
        else given
        if isinstance(given, BaseException)
        else sys.exception()
    )
    if given and error is not None:
        frames = traceback.extract_tb(error.__traceback__)[-6:]
        event["error"] = type(error).__name__
        event["where"] = " < ".join(
            f"{each.name} {Path(each.filename).name}:{each.lineno}" for each in reversed(frames)
        )
    return event


def start_log(read: settings.Settings, level: int = logging.INFO, watching: Sequence[Processor] = ()) -> None:
    """Log to standard error, as text or as JSON lines; the processors in `watching` see every line too.

    The libraries' own loggers keep to warnings, whatever level somebody gives to the root logger.
    """
    import structlog

    for name in LIBRARIES:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger(name).level))
    shape = structlog.processors.JSONRenderer() if read.log_json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            *watching,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            _without_words,
            shape,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


@contextlib.contextmanager
def progress_bar(sentence: str, total: int | None = None) -> Iterator[Callable[[float], None]]:
    """Show a progress bar on a terminal; give a function that is told how much of `total` is done."""
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
    ) as bar:
        task = bar.add_task(sentence, total=total)
        yield lambda part: bar.update(task, completed=part)
