"""The commands of `jpd`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.chat.platform import ManifestOptions, OptionsMissing
from adapters.chat.settings import SettingsError
from adapters.cli import imports, inspect, settings
from adapters.cli.platforms import PLATFORMS, previews
from adapters.cli.startup import (
    load_settings_and_content,
    note_made,
    open_playground,
    open_store,
    out,
    run_to_end,
    say,
    start_log,
    stop,
    text_or_stop,
    warn_if_away,
)
from bot.errors import StoreAway
from bot.prompts import ContentError

if TYPE_CHECKING:
    from adapters.server.web import PortTaken

NAMES = ", ".join(each.name for each in PLATFORMS)

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False
)
prompts_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
keys_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
app.command("import")(imports.import_)
app.command()(imports.calendar)
app.command()(imports.pair)
app.command()(imports.code)
app.command()(inspect.ledger)
app.command()(inspect.doctor)
app.command("settings")(inspect.show_settings)
app.add_typer(prompts_app, name="prompts", help="The content that a JPD lead edits.")
app.add_typer(keys_app, name="keys", help="The keys that seal tokens in the store.")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command of these arguments, or of the process. Always ends with `SystemExit`.

    Errors that the operator can fix are printed as one sentence.
    """
    try:
        app(arguments)
    except SystemExit:
        raise  # before the clauses below import the libraries of their errors
    except (SettingsError, ContentError) as wrong:
        stop(str(wrong))
    except _port_taken() as taken:
        stop(load_settings_and_content().voice.text("cli.port-taken", port=taken.port))
    except _database_errors() as wrong:  # their messages may hold the database's password
        from storage.drivers.engines import is_away

        is_there = not isinstance(wrong, StoreAway) and not is_away(wrong)
        stop(load_settings_and_content().voice.text("cli.database" if is_there else "cli.database-away"))


def _port_taken() -> type[PortTaken]:
    """Return the class; its import would cost every command the web server's."""
    from adapters.server.web import PortTaken

    return PortTaken


def _database_errors() -> tuple[type[Exception], ...]:
    """Return the errors of the store and its libraries, imported only once something went wrong."""
    from alembic.util import CommandError
    from sqlalchemy.exc import SQLAlchemyError

    return (StoreAway, SQLAlchemyError, CommandError)


# --- playground -----------------------------------------------------------------------------------------------------


@app.command()
def play(
    port: Annotated[int, typer.Option(help="0 takes any free port.")] = 3979,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin again: forget what was played.")] = False,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
    folder: Annotated[Path, typer.Option(help="Where the playground keeps its store.")] = Path(".play"),
) -> None:
    """Play teacher, coordinator and principal in the browser: fictional people, no accounts, loopback only."""
    from adapters.playground.play import serve
    from adapters.playground.stage import Stage
    from adapters.server.engine import start_engine
    from bot.understanding.reader import Reader

    read, prompts, voice = load_settings_and_content()
    start_log(read, logging.WARNING)
    if named := settings.real_tokens():
        stop(voice.text("cli.play-real-tokens", names=voice.listing(named)))

    async def run_playground() -> None:
        with start_engine() as engine:
            async with open_playground(folder, fresh=fresh) as (store, conversations):
                stage = Stage(
                    store, conversations, prompts, read.prompts / "sample", previews=previews(), engine=engine
                )
                # The page is there at once; until the phrases are learnt, the first typed text waits.
                learning = asyncio.create_task(
                    asyncio.to_thread(Reader(prompts.phrases(prompts.default_language)).prepare)
                )
                await serve(stage, port=port, browser=browser, say=say)
                await learning

    run_to_end(run_playground())


@app.command()
def demo() -> None:
    """Play a whole six-week cycle without a person, and print what everybody got and said."""
    import tempfile

    from adapters.playground.demo import play_through

    read, prompts, _ = load_settings_and_content()
    start_log(read, logging.WARNING)

    async def run_playground() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with open_playground(Path(folder), fresh=True, durable=False) as (store, _conversations):
                await play_through(store, prompts, read.prompts / "sample", say)

    run_to_end(run_playground())


# --- running the bot ------------------------------------------------------------------------------------------------


@app.command()
def migrate() -> None:
    """Bring the store's tables up to date."""
    from storage import migrate as migrations

    read, _, voice = load_settings_and_content()
    migrations.upgrade(read.database_url)
    out.print(voice.text("cli.migrated"))


@app.command()
def serve() -> None:
    """Serve the connected chat platforms, /healthz and /readyz; on SQLite also send what is due."""
    from adapters.cli.running import connect_platforms, send_and_prune, serve_metrics, worker_settings
    from adapters.server.operation import Metrics, health
    from adapters.server.pages import pages
    from adapters.server.signals import stop_event
    from adapters.server.web import application, listening
    from storage.standing import standing

    read, prompts, voice = load_settings_and_content()
    metrics = Metrics()
    start_log(read, watching=[metrics.count])
    is_working = read.embedded_worker
    if is_working is None:
        is_working = read.database_url.startswith("sqlite")

    async def run_server() -> None:
        async with open_store(read) as store, serve_metrics(read, store, voice, metrics):
            stopped = stop_event()
            async with connect_platforms(
                read, store, prompts, is_serving=True, timed=metrics.timed
            ) as platforms:
                routes = [*health(partial(standing, store)), *pages(voice, read.contact), *platforms.routes]
                app = application(routes, voice=voice, closing=platforms.closing)
                async with listening(app, read.host, read.port) as port:
                    names = voice.listing([voice.text(f"platform.{each}") for each in platforms.messengers])
                    named = names or voice.text("platform.none")
                    say(voice.text("cli.serving", host=read.host, port=port, platforms=named))
                    await warn_if_away(store, voice)
                    if is_working:
                        await send_and_prune(read, store, prompts, platforms, worker_settings(read), stopped)
                    else:
                        await stopped.wait()

    run_to_end(run_server())


@app.command()
def work(
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Batches under way at once.")] = 4,
) -> None:
    """Send what is due, again and again, until stopped."""
    from adapters.cli.running import connect_platforms, send_and_prune, serve_metrics, worker_settings
    from adapters.server.operation import Metrics
    from adapters.server.signals import stop_event

    read, prompts, voice = load_settings_and_content()
    metrics = Metrics()
    start_log(read, watching=[metrics.count])

    async def run_worker() -> None:
        async with open_store(read) as store, serve_metrics(read, store, voice, metrics):
            stopped = stop_event()
            async with connect_platforms(read, store, prompts, is_serving=False) as platforms:
                say(voice.text("cli.working", seconds=read.tick_seconds))
                await warn_if_away(store, voice)
                await send_and_prune(
                    read, store, prompts, platforms, worker_settings(read, concurrency), stopped
                )

    run_to_end(run_worker())


# --- connecting platforms -------------------------------------------------------------------------------------------


@app.command()
def manifest(
    platform: Annotated[str, typer.Argument(help=f"One of: {NAMES}.")],
    url: Annotated[str, typer.Option(help="Where the bot is reached: https://…")] = "",
    about: Annotated[
        str, typer.Option(help="A page that says whose bot this is; by default the bot's own, /about.")
    ] = "",
    app_id: Annotated[str, typer.Option(help="Teams: the bot's application (client) id from Entra.")] = "",
    socket: Annotated[bool, typer.Option("--socket", help="Slack: Socket Mode, for one workspace.")] = False,
    file: Annotated[Path | None, typer.Option(help="Teams: the zip to write.")] = None,
) -> None:
    """Print the Slack app manifest, or write the Teams app package."""
    chosen = next((each for each in PLATFORMS if each.name == platform), None)
    if chosen is None:
        raise typer.BadParameter(f"{platform} is none of: {NAMES}")
    read, prompts, voice = load_settings_and_content()
    voices = {each: prompts.voice(each) for each in prompts.languages}
    try:
        made = chosen.manifest(voices, ManifestOptions(url=url, about=about, app_id=app_id, socket=socket))
    except OptionsMissing as missing:
        stop("\n".join([*missing.args, text_or_stop(voice, f"platform.{chosen.name}-manifest")]))
    if isinstance(made.content, str):
        say(made.content)
        return
    written = file or Path(made.file)
    done = text_or_stop(voice, f"platform.{chosen.name}-written", file=str(written))
    written.write_bytes(made.content)
    if made.version:
        run_to_end(note_made(read, chosen.name, made.version))
    say(done)


@keys_app.command("new")
def keys_new() -> None:
    """Print a new key for JPD_SECRET_KEYS."""
    from storage.secrets import new_key

    say(new_key())


@keys_app.command("rotate")
def keys_rotate() -> None:
    """Seal every token anew with the first of JPD_SECRET_KEYS, so that the others may go."""
    from storage.secrets import NoSuchKey, Seal
    from storage.tokens import reseal

    read, _, voice = load_settings_and_content()
    keys = settings.keys(read)

    async def rotate() -> int:
        async with open_store(read) as store:
            return await reseal(store, Seal(keys))

    try:
        out.print(voice.text("cli.keys-rotated", n=run_to_end(rotate())), soft_wrap=True)
    except NoSuchKey:
        stop(voice.text("cli.no-such-key"))


@prompts_app.command("check")
def check_prompts(
    folder: Annotated[Path | None, typer.Argument(help="Another folder of content.")] = None,
) -> None:
    """Check the content. FIX: correct it; look: a suggestion."""
    from adapters.cli.needed_texts import needed_texts
    from bot.prompts import Level, check

    findings = check(folder or settings.read().prompts, needed_texts(), settings.PROMPTS)
    wrong_first = sorted(findings, key=lambda each: each.level is not Level.FIX)
    for finding in wrong_first:
        out.print(str(finding), soft_wrap=True)
    if any(finding.level is Level.FIX for finding in findings):
        raise SystemExit(1)
