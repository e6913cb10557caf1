"""The commands that show: the ledger, the settings, and what is wrong."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from adapters.chat.settings import SettingsError
from adapters.cli import settings
from adapters.cli.startup import err, load_settings_and_content, now, open_store, run_to_end, say, start_log
from bot.model import DeliveryKind, DeliveryState, LedgerFilter
from bot.prompts import Prompts


class Format(StrEnum):
    """The formats of the printed ledger."""

    TEXT = "text"
    CSV = "csv"
    JSON = "json"


def ledger(
    state: Annotated[list[DeliveryState] | None, typer.Option(help="Only these; may be repeated.")] = None,
    kind: Annotated[list[DeliveryKind] | None, typer.Option(help="Only these; may be repeated.")] = None,
    school: Annotated[str, typer.Option(help="The school's id in the roster.")] = "",
    partnership: Annotated[str, typer.Option(help="Its name.")] = "",
    since: Annotated[datetime | None, typer.Option(help="Due from then on, in UTC.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Due before then, in UTC.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many lines.")] = 1_000_000,
    format_: Annotated[Format, typer.Option("--format", help="JSON: an object a line.")] = Format.TEXT,
) -> None:
    """Print what was planned, sent, uncertain, failed and dropped, with the reasons: never a word or a name."""
    from adapters.files import ledger as ledger_files
    from storage import ledger as store_ledger

    read, _, voice = load_settings_and_content()
    wanted = LedgerFilter(
        states=frozenset(state or ()),
        kinds=frozenset(kind or ()),
        school=school,
        partnership=partnership,
        since=since.replace(tzinfo=UTC) if since else None,
        until=until.replace(tzinfo=UTC) if until else None,
        limit=limit,
    )

    writers = {
        Format.TEXT: ledger_files.as_text,
        Format.CSV: ledger_files.as_csv,
        Format.JSON: ledger_files.as_json,
    }

    async def show() -> int:
        number = 0
        async with open_store(read) as store:
            async for line in writers[format_](store_ledger.lines(store, wanted)):
                say(line)
                number += 1
        return number

    number = run_to_end(show())
    if format_ is Format.TEXT:
        err.print(voice.text("cli.ledger-lines", n=number))


def show_settings() -> None:
    """Print every setting with its default, as a table in Markdown."""
    say("| Setting | Default | What it is |")
    say("| --- | --- | --- |")
    for row in settings.rows():
        say(f"| `{row.name}` | {row.default} | {row.description} |")


def doctor() -> None:
    """Look for present and coming faults, and say how to fix them. Nothing is changed."""
    from adapters.chat.platform import Finding
    from adapters.cli.doctor import examine, findings

    shipped = Prompts.load(settings.PROMPTS)
    voice = shipped.voice(shipped.default_language)
    try:
        read = settings.read()
    except SettingsError as wrong:
        found = list(findings(wrong))
    else:
        start_log(read, logging.CRITICAL)

        async def look() -> list[Finding]:
            return [finding async for finding in examine(read, now())]

        found = run_to_end(look())
    for finding in found:
        say(f"- {voice.text(f'doctor.{finding.key}', **finding.facts)}")
    say(voice.text("cli.doctor-done", n=len(found)))
    if found:
        raise SystemExit(1)
