"""What an operator looks at from the command line: the ledger."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from bot.model import DeliveryKind, DeliveryState, LedgerFilter, LedgerLine
from bot.operating import err, open_store, operator, run_to_end, say


class Format(StrEnum):
    """How the ledger is printed."""

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
    from adapters import ledger_files
    from storage import ledger as store_ledger

    read, _, voice = operator()
    wanted = LedgerFilter(
        states=frozenset(state or ()),
        kinds=frozenset(kind or ()),
        school=school,
        partnership=partnership,
        since=since.replace(tzinfo=UTC) if since else None,
        until=until.replace(tzinfo=UTC) if until else None,
        limit=limit,
    )

    async def find() -> list[LedgerLine]:
        async with open_store(read) as store, store.transaction() as tx:
            return [line async for line in store_ledger.lines(tx.connection, wanted)]

    lines = run_to_end(find())
    as_asked = {
        Format.TEXT: ledger_files.as_text,
        Format.CSV: ledger_files.as_csv,
        Format.JSON: ledger_files.as_json,
    }
    for line in as_asked[format_](lines):
        say(line)
    if format_ is Format.TEXT:
        err.print(voice("cli.ledger-lines", n=len(lines)))
