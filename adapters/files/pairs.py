"""The files of `jpd pair`: members, history and blocked pairs in; groups and a report out."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from adapters.files.csv_writer import csv_line
from adapters.files.faults import FileFaults
from adapters.files.table import Row, read_table
from bot.model import Profile
from bot.pairing import Arrangement, Person, Weights, arrange
from bot.rules.spelling import folded

LISTS = ("subjects", "focus", "offers", "needs", "slots", "languages")
COLUMNS = ("id", "school", "level", "phase", "experience", "platform", *LISTS)
PAIR = ("member_a", "member_b")
GROUP = ("group", "member")

LARGEST_MB = 64
LONGEST_LIST = 1_000
MOST_YEARS = 80

WEIGHTS = Weights(slots=5, experience=5)
"""Experience has weight here only, since the bot does not ask for it."""


@dataclass(frozen=True, slots=True)
class PairFileInput:
    """The content of the files. People and schools are numbered independently of the order of rows."""

    people: tuple[Person, ...]
    names: Mapping[int, str]
    """The ids in the file, by number."""
    schools: Mapping[int, str]
    history: tuple[tuple[int, frozenset[int]], ...]
    blocked: frozenset[frozenset[int]]
    announced: frozenset[frozenset[int]]


def read(
    members: Path, history: Path | None = None, blocked: Path | None = None, announced: Path | None = None
) -> PairFileInput:
    """Read all files. Raises `RosterError` with every fault. Only ids and schools must not be empty.

    Ids are compared as a reader compares them: `007` in one file is `7` in another.

    History and announced groups may name former members. Blocked pairs may not, since a misspelt id there would let
    two people meet.
    """
    faults = FileFaults()
    rows = _members(members, faults)
    names = dict(enumerate(sorted(rows), start=1))
    number = {folded(name): at for at, name in names.items()}
    schools = dict(enumerate(sorted({row["school"] for row in rows.values()}), start=1))
    school_number = {name: at for at, name in schools.items()}
    met = _history(history, number, faults) if history else ()
    apart = frozenset(_pairs(blocked, number, faults)) if blocked else frozenset[frozenset[int]]()
    told = frozenset(_told(announced, number, faults)) if announced else frozenset[frozenset[int]]()
    faults.raise_any()
    if not rows:
        faults.stop(members.name, None, "", "pair.no-members")
    people = tuple(_person(at, rows[name], school_number) for at, name in names.items())
    return PairFileInput(people, names, schools, met, apart, told)


def _members(file: Path, faults: FileFaults) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    numbers: dict[str, int] = {}
    spellings: dict[tuple[str, str], tuple[int, str]] = {}
    with_level: int | None = None
    without: list[Row] = []
    for row in _rows(file, COLUMNS, ("id", "school"), faults):
        cells = {column: row.text(column, LONGEST_LIST if column in LISTS else 200) for column in COLUMNS}
        cells["id"] = row.identifier("id")
        _look_at(row, cells)
        if cells["id"] in numbers:
            row.fault("id", "pair.doubled-id", first_row=numbers[cells["id"]])
        for column in ("id", "school"):
            written = (row.number, cells[column])
            first_row, first = spellings.setdefault((column, folded(cells[column])), written)
            if first != cells[column]:
                row.fault(column, "pair.spelled-twice", first_row=first_row)
        numbers.setdefault(cells["id"], row.number)
        if cells["level"]:
            with_level = with_level or row.number
        else:
            without.append(row)
        found[cells["id"]] = cells
    for row in without if with_level else ():
        row.fault("level", "pair.level-sometimes", first_row=with_level or 0)
    return found


def _look_at(row: Row, cells: Mapping[str, str]) -> None:
    for column in ("id", "school"):
        if not cells[column]:
            row.fault(column, "roster.empty-cell", name=column)
    years = cells["experience"]
    if years and not (years.isascii() and years.isdigit() and int(years) <= MOST_YEARS):
        row.fault("experience", "pair.bad-experience", most=MOST_YEARS)


def _person(number: int, cells: Mapping[str, str], schools: Mapping[str, int]) -> Person:
    lists = {column: _list(cells[column]) for column in LISTS}
    return Person(
        id=number,
        school_id=schools[cells["school"]],
        level=folded(cells["level"]),
        focus=lists.pop("focus"),
        languages=lists.pop("languages"),
        experience=int(cells["experience"]) if cells["experience"] else None,
        platform=cells["platform"],
        time_zone="",
        profile=Profile(phase=cells["phase"], **lists),
    )


def _list(cell: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (each.strip() for each in cell.split(";")))))


def _history(
    file: Path, number: Mapping[str, int], faults: FileFaults
) -> tuple[tuple[int, frozenset[int]], ...]:
    met = []
    for row in _rows(file, ("cycle", *PAIR), ("cycle", *PAIR), faults):
        cycle, pair = row.text("cycle"), _two(row)
        if not (cycle.isascii() and cycle.isdigit() and len(cycle) < 10):
            row.fault("cycle", "pair.bad-cycle")
        if not row.is_faulty and all(each in number for each in pair):
            met.append((int(cycle), frozenset(number[each] for each in pair)))
    return tuple(met)


def _pairs(file: Path, number: Mapping[str, int], faults: FileFaults) -> Iterator[frozenset[int]]:
    for row in _rows(file, PAIR, PAIR, faults):
        pair = _two(row)
        for column, each in zip(PAIR, pair, strict=True):
            if each and each not in number:
                row.fault(column, "pair.unknown-member")
        if not row.is_faulty:
            yield frozenset(number[each] for each in pair)


def _told(file: Path, number: Mapping[str, int], faults: FileFaults) -> Iterator[frozenset[int]]:
    groups: dict[str, list[int]] = {}
    for row in _rows(file, GROUP, GROUP, faults):
        group, member = row.text("group"), folded(row.text("member"))
        for column, text in (("group", group), ("member", member)):
            if not text:
                row.fault(column, "roster.empty-cell", name=column)
        if member in number:
            groups.setdefault(group, []).append(number[member])
    for members in groups.values():
        for at, each in enumerate(members):
            yield from (frozenset((each, other)) for other in members[at + 1 :])


def _two(row: Row) -> tuple[str, str]:
    a, b = (folded(row.text(column)) for column in PAIR)
    for column, text in zip(PAIR, (a, b), strict=True):
        if not text:
            row.fault(column, "roster.empty-cell", name=column)
    if a and a == b:
        row.fault("member_b", "pair.same-member")
    return a, b


def _rows(file: Path, columns: Sequence[str], required: Sequence[str], faults: FileFaults) -> Iterator[Row]:
    if file.stat().st_size > LARGEST_MB << 20:
        faults.cut_off(file.name, None, "", "roster.too-large", limit=LARGEST_MB)
        return
    with file.open("rb") as stream:
        yield from read_table(stream, file.name, columns, required, faults)


def pair(
    asked: PairFileInput, *, size: int, free_together: bool, seed: int, done: Callable[[float], None]
) -> Arrangement:
    """Run the pairing engine on the files' content."""
    return arrange(
        asked.people,
        history=asked.history,
        blocked=asked.blocked,
        announced=asked.announced,
        need_slot=free_together,
        size=size,
        seed=seed,
        weights=WEIGHTS,
        on=date.min,  # slots are only names here, so no date is needed
        report=done,
    )


# --- output -------------------------------------------------------------------------------------------------


def groups_csv(rows: Iterable[tuple[int, str, str]]) -> str:
    """Return a CSV of `group,member,reason` with a row for everybody in a group."""
    lines = [csv_line(("group", "member", "reason")), *(csv_line(row) for row in rows)]
    return "".join(f"{line}\n" for line in lines)


def facts(
    made: Arrangement, names: Mapping[int, str], left_out: Iterable[tuple[str, str]], seconds: float
) -> dict[str, object]:
    """Return the report. Values are points; the gap is a fraction of the value."""
    return {
        "groups": [[names[each] for each in group.member_ids] for group in made.groups],
        "left_out": [{"member": member, "reason": reason} for member, reason in left_out],
        "value": made.value / 100,
        "bound": made.bound / 100,
        "gap": float(made.gap),
        "repeats": made.repeats,
        "seconds": round(seconds, 3),
        "peak_mb": _peak_mb(),
    }


def _peak_mb() -> float | None:
    """Return the peak memory of this process, or None on Windows."""
    try:
        import resource  # noqa: PLC0415  # missing on Windows
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10), 1)


def report_json(report: Mapping[str, object]) -> str:
    """Return the report as indented JSON."""
    return json.dumps(report, indent=1, ensure_ascii=False) + "\n"


def write(texts: Mapping[Path | None, str]) -> None:
    """Write each text to its file, or nowhere for None. Raises `OSError` before any file is replaced."""
    parts = [(file.with_name(f"{file.name}.part"), file, text) for file, text in texts.items() if file]
    try:
        for part, _, text in parts:
            part.write_text(text, encoding="utf-8")
        for part, file, _ in parts:
            part.replace(file)
    finally:
        for part, _, _ in parts:
            part.unlink(missing_ok=True)
