"""What every command of the line needs: settings, content and voice, the store, the log, and the terminal."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import traceback
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import structlog
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from adapters.cli import settings
from bot.errors import StoreAway
from bot.prompts import Prompts, Voice

if TYPE_CHECKING:
    from storage.playground import SqlConversations
    from storage.store import SqlStore

Result = TypeVar("Result")

out, err = Console(highlight=False, markup=False), Console(stderr=True, highlight=False, markup=False)


def now() -> datetime:
    """Return the time: the only clock that the core is ever told of."""
    return datetime.now(UTC)


def say(text: str) -> None:
    """To the terminal as it is: no folding, no colours, at once."""
    print(text, flush=True)


def stop(sentence: str) -> NoReturn:
    """End with a sentence that says what to do."""
    err.print(sentence, soft_wrap=True)
    raise SystemExit(1)


def operator() -> tuple[settings.Settings, Prompts, Voice]:
    """Settings, content, and the voice in which operators are spoken to."""
    read = settings.read()
    prompts = Prompts.load(read.prompts)
    return read, prompts, prompts.voice(prompts.default_language)


def run_to_end(work: Coroutine[Any, Any, Result]) -> Result:
    with contextlib.suppress(KeyboardInterrupt):
        return asyncio.run(work)
    raise SystemExit(130)


@contextlib.asynccontextmanager
async def open_store(read: settings.Settings) -> AsyncIterator[SqlStore]:
    """The store, with its tables as they should be on a first use of SQLite; PostgreSQL waits for `jpd migrate`."""
    from storage import migrate as migrations
    from storage.store import SqlStore

    if read.database_url.startswith("sqlite"):
        migrations.upgrade(read.database_url)
    store = SqlStore(read.database_url, keys=read.deployment.keys)
    try:
        yield store
    finally:
        await store.close()


async def warn_if_away(store: SqlStore, voice: Voice) -> None:
    """A process that serves waits for its database; whoever started it hears of that at once."""
    try:
        await store.now()
    except StoreAway:
        err.print(voice.text("cli.waits-for-database"), soft_wrap=True)


@contextlib.asynccontextmanager
async def open_playground(
    folder: Path, *, fresh: bool, durable: bool = True
) -> AsyncIterator[tuple[SqlStore, SqlConversations]]:
    """The playground's own store, in a folder of its own."""
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


def _without_words(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """An error by its kind and place only: its message may quote what somebody wrote, or a token."""
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


def start_log(
    read: settings.Settings, level: int = logging.INFO, watching: Sequence[structlog.typing.Processor] = ()
) -> None:
    """Logs go to standard error: text for people, JSON lines for machines. `watching` sees every line as well."""
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
    """A bar on a terminal, nothing in a pipe. With a total it is told how much is done."""
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
