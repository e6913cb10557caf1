"""The `jpd` command line: the composition root, where the core meets its store, its adapters and the clock."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import time
import traceback
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import structlog
import typer
from alembic.util import CommandError
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from sqlalchemy.exc import SQLAlchemyError

from adapters.web import PortTaken
from bot import settings
from bot.prompts import ContentError, Prompts, Voice

if TYPE_CHECKING:
    from storage.playground import Conversations
    from storage.store import SqlStore

Result = TypeVar("Result")

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False
)
prompts_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
app.add_typer(prompts_app, name="prompts", help="The content that a JPD lead edits.")
out, err = Console(highlight=False, markup=False), Console(stderr=True, highlight=False, markup=False)


def main() -> None:
    """Run a command; what a person can mend is one sentence, never a stack trace."""
    try:
        app()
    except (settings.SettingsError, ContentError) as wrong:
        _stop(str(wrong))
    except PortTaken as taken:
        _stop(_operator()[2]("cli.port-taken", port=taken.port))
    except (SQLAlchemyError, CommandError):  # their messages may hold the password of the database
        _stop(_operator()[2]("cli.database"))


def _say(text: str) -> None:
    """To the terminal as it is: no folding, no colours, at once."""
    print(text, flush=True)


def _stop(sentence: str) -> NoReturn:
    err.print(sentence, soft_wrap=True)
    raise SystemExit(1)


def _operator() -> tuple[settings.Settings, Prompts, Voice]:
    """Settings, content, and the voice in which operators are spoken to."""
    read = settings.read()
    prompts = Prompts.load(read.prompts)
    return read, prompts, prompts.voice("en")


# --- trying it ------------------------------------------------------------------------------------------------------


@app.command()
def play(
    port: Annotated[int, typer.Option(help="0 takes any free port.")] = 3979,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin again: forget what was played.")] = False,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
    folder: Annotated[Path, typer.Option(help="Where the playground keeps its store.")] = Path(".play"),
) -> None:
    """Play teacher, coordinator and principal in the browser: fictional people, no accounts, loopback only."""
    from adapters.engine import apart
    from adapters.playground.play import serve
    from adapters.playground.stage import Stage

    read, prompts, voice = _operator()
    _log(read, logging.WARNING)
    if named := settings.real_tokens():
        _stop(voice("cli.play-real-tokens", names=voice.listing(named)))

    async def on_stage() -> None:
        with apart() as engine:
            async with _playground_store(folder, fresh=fresh) as (store, conversations):
                stage = Stage(store, conversations, prompts, read.prompts / "sample", engine=engine)
                await serve(stage, port=port, browser=browser, say=_say)

    _run(on_stage())


@app.command()
def demo() -> None:
    """Play a whole six-week cycle without a person, and print what everybody got and said."""
    import tempfile

    from adapters.playground.demo import play_through

    read, prompts, _ = _operator()
    _log(read, logging.WARNING)

    async def on_stage() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with _playground_store(Path(folder), fresh=True, durable=False) as (store, _conversations):
                await play_through(store, prompts, read.prompts / "sample", _say)

    _run(on_stage())


# --- rosters and calendars ------------------------------------------------------------------------------------------


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A CSV, or a OneRoster 1.1 or 1.2 zip.")],
    partnership: Annotated[str, typer.Option(help="Its name; a new one is made.")] = "Our partnership",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the difference, change nothing.")] = False,
    administrators_are_principals: Annotated[
        bool | None, typer.Option(help="OneRoster 1.1 knows no principals: are its administrators?")
    ] = None,
) -> None:
    """Import a roster: staff only. A file with any fault changes nothing."""
    from adapters.rosters import read_roster
    from bot import imports
    from bot.roster import RosterError
    from bot.say import rosters as words

    read, _, voice = _operator()
    today = datetime.now(UTC)
    try:
        roster = read_roster(
            file,
            administrators_are_principals=administrators_are_principals,
            practices=frozenset(voice.keys("practice")),
            phases=frozenset(voice.keys("phase")),
            slots=frozenset(voice.keys("slot")),
            today=today.date(),
        )
    except RosterError as wrong:
        _stop("\n".join(words.faults(voice, wrong.faults)))

    async def apply() -> None:
        async with _store(read) as store, store.transaction() as tx:
            changes = await imports.import_roster(tx, partnership, roster, today, dry_run=dry_run)
        for line in words.changes(voice, changes, roster.left_out, dry_run=dry_run):
            out.print(line, soft_wrap=True)

    with _busy(voice("cli.importing", n=len(roster.people))):
        _run(apply())


@app.command()
def calendar(
    school: Annotated[str, typer.Argument(help="The school's id in the roster, or its name.")],
    file: Annotated[Path, typer.Argument(help="An .ics, or a CSV: kind,title,first_day,last_day.")],
    partnership: Annotated[str, typer.Option(help="Whose school.")] = "Our partnership",
    time_zone: Annotated[str, typer.Option(help="For example Europe/London.")] = "",
    holidays: Annotated[str, typer.Option(help="Public holidays: GB-WLS, NZ-AUK, AU-VIC, IE, US-CA …")] = "",
) -> None:
    """Set a school's term dates and closed days."""
    from adapters.rosters import read_calendar
    from bot import schools
    from bot.roster import RosterError
    from bot.say import rosters as words

    read, _, voice = _operator()
    try:
        found = read_calendar(file)
    except RosterError as wrong:
        _stop("\n".join(words.faults(voice, wrong.faults)))

    async def apply() -> str:
        async with _store(read) as store, store.transaction() as tx:
            known = await tx.schools.partnership_named(partnership)
            of = await tx.schools.of(known.id) if known else ()
            fits = [
                each for each in of if school.casefold() in (each.source_id.casefold(), each.name.casefold())
            ]
            if not fits:
                return voice(
                    "cli.no-such-school",
                    school=school,
                    schools=voice.listing([each.source_id for each in of]) or "–",
                )
            if problem := schools.unknown_place(time_zone, holidays):
                return voice(f"cli.{problem}", time_zone=time_zone, holidays=holidays)
            await schools.import_calendar(
                tx, fits[0], found.terms, found.closed, time_zone=time_zone, holidays=holidays
            )
            return ""

    if problem := _run(apply()):
        _stop(problem)
    out.print(voice("cli.calendar-done", school=school, terms=len(found.terms), closed=len(found.closed)))


# --- pairing as a tool of its own -----------------------------------------------------------------------------------


@app.command()
def pair(  # noqa: PLR0917  # each is an option
    members: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="A CSV: id, school, what people bring.")
    ],
    history: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Who has met: cycle,member_a,member_b.")
    ] = None,
    blocked: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Who must not meet: member_a,member_b.")
    ] = None,
    announced: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Groups known to people: few change.")
    ] = None,
    size: Annotated[int, typer.Option(min=2, max=3, help="Pairs, or threes.")] = 2,
    free_together: Annotated[
        bool, typer.Option("--free-together", help="Only people with a free time in common.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Draws between equals.")] = 0,
    out_file: Annotated[
        Path | None, typer.Option("--out", help="Write group,member,reason here, not to the terminal.")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write how good they are, and who is left out.")] = None,
) -> None:
    """Pair the people of a file across their schools, with the proof of how good that is."""
    from adapters import pair_files
    from bot.roster import RosterError
    from bot.say import pair_files as words
    from bot.say import rosters

    voice = _operator()[2]
    try:
        asked = pair_files.read(members, history, blocked, announced)
    except RosterError as wrong:
        _stop("\n".join(rosters.faults(voice, wrong.faults, "pair.nothing-written")))
    started = time.perf_counter()
    with _busy(voice("pair.working", n=len(asked.people)), total=1) as done:
        made = pair_files.pair(asked, size=size, free_together=free_together, seed=seed, done=done)
    seconds = time.perf_counter() - started
    groups = pair_files.groups_csv(words.rows(voice, made, asked.names, asked.schools))
    facts = pair_files.facts(made, asked.names, words.left_out(voice, made, asked.names), seconds)
    try:
        pair_files.write({out_file: groups, report: pair_files.report_json(facts)})
    except OSError as wrong:
        _stop(voice("pair.cannot-write", file=str(wrong.filename or "")))
    if not out_file:
        print(groups, end="", flush=True)
    for line in words.summary(voice, made, asked.names):
        err.print(line, soft_wrap=True)


# --- running it -----------------------------------------------------------------------------------------------------


@app.command()
def migrate() -> None:
    """Bring the store's tables up to date."""
    from storage import migrate as migrations

    read, _, voice = _operator()
    migrations.upgrade(read.database_url)
    out.print(voice("cli.migrated"))


@app.command()
def serve() -> None:
    """Serve the connected chat platforms, and /healthz."""
    from adapters.signals import stopping
    from adapters.web import application, listening

    read, _, voice = _operator()
    _log(read)

    async def on_air() -> None:
        async with _store(read) as store:

            async def ready() -> bool:
                with contextlib.suppress(Exception):  # whatever is wrong with the database: not ready
                    async with store.transaction() as tx:
                        await tx.schools.partnerships()
                        return True
                return False

            app = application([], voice=voice, ready=ready)
            stopped = stopping()
            async with listening(app, read.host, read.port) as port:
                _say(voice("cli.serving", host=read.host, port=port))
                await stopped.wait()

    _run(on_air())


@app.command()
def work() -> None:
    """Send what is due, again and again, until stopped."""
    from adapters.scheduler import heartbeat
    from adapters.signals import stopping
    from bot import delivery

    read, prompts, voice = _operator()
    _log(read)

    async def beating() -> None:
        async with _store(read) as store:
            stopped = stopping()
            scheduler = heartbeat(lambda now: delivery.run(store, prompts, {}, now), read.tick_seconds)
            _say(voice("cli.working", seconds=read.tick_seconds))
            await stopped.wait()
            scheduler.shutdown()

    _run(beating())


@prompts_app.command("check")
def check_prompts(
    folder: Annotated[Path | None, typer.Argument(help="Another folder of content.")] = None,
) -> None:
    """Find what is wrong in the content: FIX must be mended, look is a matter of taste."""
    from bot.prompts import Level, check

    findings = check(folder or settings.read().prompts)
    for finding in findings:
        out.print(str(finding), soft_wrap=True)
    if any(finding.level is Level.FIX for finding in findings):
        raise SystemExit(1)


# --- small parts ----------------------------------------------------------------------------------------------------


def _run(work: Coroutine[Any, Any, Result]) -> Result:
    with contextlib.suppress(KeyboardInterrupt):
        return asyncio.run(work)
    raise SystemExit(130)


@contextlib.asynccontextmanager
async def _store(read: settings.Settings) -> AsyncIterator[SqlStore]:
    """The store, with its tables as they should be on a first use of SQLite; PostgreSQL waits for `jpd migrate`."""
    from storage import migrate as migrations
    from storage.store import SqlStore

    if read.database_url.startswith("sqlite"):
        migrations.upgrade(read.database_url)
    store = SqlStore(read.database_url)
    try:
        yield store
    finally:
        await store.close()


@contextlib.asynccontextmanager
async def _playground_store(
    folder: Path, *, fresh: bool, durable: bool = True
) -> AsyncIterator[tuple[SqlStore, Conversations]]:
    """The playground's own store, in a folder of its own."""
    from storage import migrate as migrations
    from storage.playground import Conversations
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
        yield store, Conversations(store)
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


def _log(read: settings.Settings, level: int = logging.INFO) -> None:
    """Logs go to standard error: text for people, JSON lines for machines."""
    shape = structlog.processors.JSONRenderer() if read.log_json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            _without_words,
            shape,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


@contextlib.contextmanager
def _busy(sentence: str, total: int | None = None) -> Iterator[Callable[[float], None]]:
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
