"""The commands that read files: rosters, calendars, people to pair; and the code of a school."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from adapters.cli.startup import (
    err,
    load_settings_and_content,
    now,
    open_store,
    out,
    progress_bar,
    run_to_end,
    stop,
)
from bot.model import School
from bot.ports import Tx
from bot.prompts import Voice


def import_(
    file: Annotated[Path, typer.Argument(help="A CSV, or a OneRoster 1.1 or 1.2 zip.")],
    partnership: Annotated[str, typer.Option(help="Its name; a new one is made.")] = "Our partnership",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the difference, change nothing.")] = False,
    administrators_are_principals: Annotated[
        bool | None, typer.Option(help="OneRoster 1.1 knows no principals: are its administrators?")
    ] = None,
    school: Annotated[str, typer.Option(help="The school, where the file has no column for it.")] = "",
    role: Annotated[
        str, typer.Option(help="The role, where the file has no column for it, such as teacher.")
    ] = "",
    same: Annotated[
        list[str] | None, typer.Option(help="OLD=NEW: the ids of one person or school. Repeat it.")
    ] = None,
    different: Annotated[
        bool, typer.Option("--different", help="All others who are asked about are two.")
    ] = False,
) -> None:
    """Import a roster: staff only. A file with any fault changes nothing."""
    from adapters.rosters import read_roster
    from bot.model.roster import RosterError
    from bot.say import rosters as say_rosters
    from bot.use_cases import rosters as imports

    read, _, voice = load_settings_and_content()
    today = now()
    try:
        roster = read_roster(
            file,
            administrators_are_principals=administrators_are_principals,
            practices=frozenset(voice.keys("practice")),
            phases=frozenset(voice.keys("phase")),
            slots=frozenset(voice.keys("slot")),
            today=today.date(),
            school=school,
            role=role.casefold(),
        )
    except RosterError as wrong:
        stop("\n".join(say_rosters.faults(voice, wrong.faults)))
    pairs = dict(each.partition("=")[::2] for each in same or ())
    identity = imports.Identity(pairs, all_others_differ=different)

    async def apply() -> str:
        try:
            async with open_store(read) as store, store.transaction() as tx:
                made = await imports.import_roster(
                    tx, partnership, roster, today, dry_run=dry_run, identity=identity
                )
        except RosterError as unsure:
            return "\n".join(say_rosters.faults(voice, unsure.faults))
        for line in say_rosters.report(voice, roster, made, dry_run=dry_run):
            out.print(line, soft_wrap=True)
        return ""

    with progress_bar(voice.text("cli.importing", n=len(roster.people))):
        problem = run_to_end(apply())
    if problem:
        stop(problem)


def calendar(
    school: Annotated[str, typer.Argument(help="The school's id in the roster, or its name.")],
    file: Annotated[Path, typer.Argument(help="An .ics, or a CSV: kind,title,first_day,last_day.")],
    partnership: Annotated[str, typer.Option(help="Whose school.")] = "Our partnership",
    time_zone: Annotated[str, typer.Option(help="For example Europe/London.")] = "",
    holidays: Annotated[str, typer.Option(help="Public holidays: GB-WLS, NZ-AUK, AU-VIC, IE, US-CA …")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show all that was read and left out, change nothing.")
    ] = False,
) -> None:
    """Set a school's term dates and closed days, and say what was read and what was left out."""
    from zoneinfo import ZoneInfo

    from adapters.rosters import read_calendar
    from bot.model.roster import RosterError
    from bot.say import calendars as say_calendars
    from bot.say import rosters as say_rosters
    from bot.use_cases import schools

    read, prompts, voice = load_settings_and_content()

    async def apply() -> None:
        async with open_store(read) as store, store.transaction() as tx:
            known = await _school(tx, voice, partnership, school)
            if problem := schools.find_unknown_setting(time_zone, holidays):
                stop(voice.text(f"cli.{problem}", time_zone=time_zone, holidays=holidays))
            zone = ZoneInfo(time_zone or known.time_zone)
            found = read_calendar(file, prompts.calendar_words, today=now().date(), zone=zone)
            for line in say_calendars.lines(voice, school, found, everything=dry_run or not found.has_days):
                out.print(line, soft_wrap=True)
            if not found.has_days:
                stop(f"{voice.text('calendar-answer.no-days')}\n{voice.text('roster.nothing-changed')}")
            if dry_run:
                out.print(voice.text("roster.dry-run"))
                return
            await schools.import_calendar(
                tx, known, found.terms, found.closed, time_zone=time_zone, holidays=holidays
            )
        out.print(voice.text("cli.calendar-done"))

    try:
        run_to_end(apply())
    except RosterError as wrong:
        stop("\n".join(say_rosters.faults(voice, wrong.faults)))


# --- pairing as a tool of its own -----------------------------------------------------------------------------------


def pair(  # noqa: PLR0917  # one parameter for each option
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
    from adapters.files import pairs as pair_files
    from bot.model.roster import RosterError
    from bot.say import pair_files as say_pair_files
    from bot.say import rosters

    voice = load_settings_and_content().voice
    try:
        asked = pair_files.read(members, history, blocked, announced)
    except RosterError as wrong:
        stop("\n".join(rosters.faults(voice, wrong.faults, "pair.nothing-written")))
    started = time.perf_counter()
    with progress_bar(voice.text("pair.working", n=len(asked.people)), total=1) as done:
        made = pair_files.pair(asked, size=size, free_together=free_together, seed=seed, done=done)
    seconds = time.perf_counter() - started
    groups = pair_files.groups_csv(say_pair_files.rows(voice, made, asked.names, asked.schools))
    facts = pair_files.facts(made, asked.names, say_pair_files.left_out(voice, made, asked.names), seconds)
    try:
        pair_files.write({out_file: groups, report: pair_files.report_json(facts)})
    except OSError as wrong:
        stop(voice.text("pair.cannot-write", file=str(wrong.filename or "")))
    if not out_file:
        print(groups, end="", flush=True)
    for line in say_pair_files.summary(voice, made, asked.names):
        err.print(line, soft_wrap=True)


def code(
    school: Annotated[str, typer.Argument(help="The school's id in the roster, or its name.")],
    partnership: Annotated[str, typer.Option(help="Whose school.")] = "Our partnership",
    without_asking: Annotated[
        bool,
        typer.Option(
            "--without-asking", help="Do not ask the leaders of a school that is connected already."
        ),
    ] = False,
) -> None:
    """Make a one-time code that lets a workspace in for a school. The school's own coordinators can make one, too."""
    from bot.use_cases import workspaces

    read, _, voice = load_settings_and_content()

    async def make() -> str:
        async with open_store(read) as store, store.transaction() as tx:
            found = await _school(tx, voice, partnership, school)
            return await workspaces.make_code(tx, found, now(), asks=not without_asking)

    out.print(voice.text("cli.code", code=run_to_end(make()), school=school), soft_wrap=True)


async def _school(tx: Tx, voice: Voice, partnership: str, named: str) -> School:
    """Return the school of this id or name, or end the command with the ids that there are."""
    found = await tx.schools.partnership_named(partnership)
    schools = await tx.schools.of(found.id) if found else ()
    fits = [each for each in schools if named.casefold() in (each.source_id.casefold(), each.name.casefold())]
    if not fits:
        ids = voice.listing([each.source_id for each in schools]) or "–"
        stop(voice.text("cli.no-such-school", school=named, schools=ids))
    return fits[0]
