"""A coordinator's roster or calendar is shown before it counts; every other file gets its sentence, unopened."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from structlog.processors import format_exc_info
from structlog.testing import capture_logs

from adapters.chat.downloads import require_size
from adapters.rosters import SentFileReader
from bot.conversation.handler import EventHandler
from bot.events import Command, FileKind, Said, SentFile
from bot.message import Message, Replacement, Reply, Text
from bot.model import Account, Address, Role
from bot.prompts import Prompts
from bot.say import sent_files as say_sent_files
from bot.use_cases import sent_files
from bot.worker.pruning import prune
from storage.store import SqlStore
from tests.journeys.town import COORDINATOR, Town, build, buttons_of, dump, plain, roster_of
from tests.rosters.make import make_oneroster
from tests.support.saved_towns import begins_with

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
START = date(2026, 9, 14)
ASKED = datetime(2026, 9, 14, 14, 30, tzinfo=UTC)  # 15:30 in London
FOUR = {"Oak": ["Ann Ash", "Bob Box"], "Elm": ["Cat Cox", "Dan Day"]}
HEADER = "school_id,school,person_id,given_name,family_name,email,role"
QUIET = ["event_seen", "address", "kept_file"]
"""What seeing a file changes."""
OAK = (
    "Oak,Oak,Ann Ash,Ann,Ash,ann.ash@example.org,teacher",
    "Oak,Oak,Bob Box,Bob,Box,bob.box@example.org,teacher",
    f"Oak,Oak,{COORDINATOR},{COORDINATOR.replace(' ', ',')},siân.morgan@example.org,coordinator",
)
CALENDAR = """kind,title,first_day,last_day
term,Autumn term,2026-09-02,2026-12-18
closed,Half term,2026-10-26,2026-10-30
"""


class Cabinet:
    """A directory of the town's platform that gives the files which a test puts there."""

    gathers = False

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.opened: list[str] = []

    async def email_of(self, address: Address) -> str:
        return ""

    async def named(self, workspace: str, email: str) -> Address | None:
        return None

    async def members_of(self, sender: Address, channel: str) -> tuple[Account, ...]:
        return ()

    async def download(self, sender: Address, file: SentFile, most: int) -> bytes:
        self.opened.append(file.ref)
        require_size(len(self.files[file.ref]), most)
        return self.files[file.ref]


async def four_teachers(store: SqlStore, prompts: Prompts) -> Town:
    return await build(store, prompts, FOUR, MONDAY, principals=False)


pytestmark = [pytest.mark.core, begins_with(four_teachers)]


@pytest.fixture
def cabinet(town: Town, store: SqlStore, prompts: Prompts) -> Cabinet:
    """Let the town's people send files."""
    cabinet = Cabinet()
    reader = SentFileReader(prompts)
    town._handle = EventHandler(store, prompts, {"test": cabinet}, reader=reader).handle  # noqa: SLF001  # a town without files has no directory
    return cabinet


async def send(
    town: Town,
    cabinet: Cabinet,
    content: str | bytes,
    name: str = "roster.csv",
    *,
    text: str = "",
    who: str = COORDINATOR,
) -> Reply | None:
    """Send a file, with a text beside it."""
    ref = f"F{len(cabinet.files)}"
    cabinet.files[ref] = content.encode() if isinstance(content, str) else content
    reply = await town.hear(COORDINATOR, Said(text, files=(SentFile(FileKind.FILE, name, ref),)))
    if reply is not None:
        town.heard[COORDINATOR].append(reply)
    return reply


def roster(*lines: str) -> str:
    return "\n".join((HEADER, *lines, ""))


async def coordinate_both(town: Town) -> None:
    """Make the coordinator that of both schools, by a roster of whoever runs the bot."""
    known = roster_of(FOUR, principals=False)
    both = ((Role.COORDINATOR, "Oak"), (Role.COORDINATOR, "Elm"))
    people = [replace(each, posts=both) if each.source_id == COORDINATOR else each for each in known.people]
    async with town.store.transaction() as tx:
        await tx.schools.apply(1, replace(known, people=tuple(people)), MONDAY)


# --- what is not taken ----------------------------------------------------------------------------------------------

KINDS = {
    FileKind.PHOTO: "You sent a photo",
    FileKind.RECORDING: "You sent a voice message",
    FileKind.VIDEO: "You sent a video",
    FileKind.STICKER: "You sent a sticker",
    FileKind.CONTACT: "You sent a contact card",
    FileKind.FILE: "You sent a file",
}


async def test_each_kind_of_file_gets_its_own_sentence_and_is_not_opened(
    town: Town, cabinet: Cabinet
) -> None:
    before = await dump(town.store, without=QUIET)

    for kind in FileKind:
        said = plain(await town.hear("Ann Ash", Said(" ", files=(SentFile(kind, "x", "F1"),))))
        assert KINDS[kind] in said
        assert "roster" not in said

    assert cabinet.opened == []
    assert await dump(town.store, without=QUIET[:2]) == {**before, "kept_file": []}


async def test_a_coordinators_photo_is_not_opened_either_but_they_hear_what_is_read(
    town: Town, cabinet: Cabinet
) -> None:
    said = plain(await town.hear(COORDINATOR, Said("", files=(SentFile(FileKind.PHOTO, "x.png", "F1"),))))

    assert "You sent a photo" in said
    assert "a roster (a CSV, or a OneRoster zip) and a calendar" in said
    assert cabinet.opened == []


async def test_the_words_beside_a_file_are_the_answer_and_the_file_is_said_to_be_unread(town: Town) -> None:
    await town.run(START, "peer-visit-2wk")
    await town.until(ASKED)

    files = (SentFile(FileKind.PHOTO, "x", "F1"),)
    said = plain(await town.hear("Ann Ash", Said("Let pupils name the next step", files=files)))

    assert "Let pupils name the next step" in said
    assert "I have read your words only. I don’t open photos" in said


def test_each_kind_beside_words_has_its_own_sentence(prompts: Prompts) -> None:
    voice = prompts.voice("en")

    said = [plain(say_sent_files.with_not_taken(voice, Message(""), each)) for each in FileKind]

    assert len(set(said)) == len(FileKind)
    assert all("I have read your words only" in each for each in said)


async def test_where_no_file_can_be_opened_a_coordinator_hears_how_to_bring_it(town: Town) -> None:
    said = plain(await town.hear(COORDINATOR, Said("", files=(SentFile(FileKind.FILE, "r.csv", "F1"),))))

    assert "jpd import" in said
    assert "jpd calendar" in said


# --- a roster -------------------------------------------------------------------------------------------------------


async def test_a_roster_counts_only_when_its_sender_says_so(town: Town, cabinet: Cabinet) -> None:
    before = await dump(town.store, without=QUIET)

    shown = plain(await send(town, cabinet, roster(*OAK, "Oak,Oak,N1,Nia,New,nia.new@example.org,teacher")))

    assert "Nothing is changed yet" in shown
    assert "Nia New" in shown
    assert await dump(town.store, without=QUIET) == before

    used = await town.press(COORDINATOR, "Use it")

    assert isinstance(used, Replacement)
    assert "Done: your roster is in" in plain(used)
    assert {"Nia New", "Ann Ash", "Cat Cox"} <= (await town.members()).keys()
    assert (await dump(town.store))["kept_file"] == []
    assert "I no longer have that file" in plain(await town.press(COORDINATOR, "Use it"))


async def test_a_roster_that_is_left_changes_nothing_and_is_gone(town: Town, cabinet: Cabinet) -> None:
    before = await dump(town.store, without=QUIET)
    await send(town, cabinet, roster(*OAK, "Oak,Oak,N1,Nia,New,nia.new@example.org,teacher"))

    said = plain(await town.press(COORDINATOR, "Leave it"))

    assert "Nothing was changed, and I keep nothing" in said
    assert await dump(town.store, without=QUIET[:2]) == {**before, "kept_file": []}


FOREIGN: Mapping[str, tuple[Sequence[str], str]] = {
    "another school": ((*OAK, "Elm,Elm,N1,Nia,New,nia.new@example.org,principal"), "Elm"),
    "a new school": ((*OAK, "Ivy,Ivy,N1,Nia,New,nia.new@example.org,teacher"), "Ivy"),
    "an address": ((*OAK, "Oak,Oak,Cat Cox,Cat,Cox,thief@example.org,teacher"), "Elm"),
    "a name": ((*OAK, "Oak,Oak,Cat Cox,Cat,Crook,cat.cox@example.org,teacher"), "Elm"),
    "an address for somebody new": ((*OAK, "Oak,Oak,N1,Carl,Cox,cat.cox@example.org,teacher"), "Elm"),
    "an address taken": (("Oak,Oak,Ann Ash,Ann,Ash,Cat.Cox@example.org,teacher", *OAK[1:]), "Elm"),
}


async def test_a_coordinator_of_one_school_says_nothing_of_another(town: Town, cabinet: Cabinet) -> None:
    before = await dump(town.store, without=QUIET)

    for what, (lines, named) in FOREIGN.items():
        said = plain(await send(town, cabinet, roster(*lines)))

        assert f"says something of {named}" in said, what
        assert "Send me the people of Oak only" in said
    assert await dump(town.store, without=QUIET[:2]) == {**before, "kept_file": []}


@pytest.mark.parametrize("role", ["teacher", ""])
async def test_nobody_locks_themselves_out(town: Town, cabinet: Cabinet, role: str) -> None:
    rows = [OAK[2].replace("coordinator", role)] if role else []

    said = plain(await send(town, cabinet, roster(*OAK[:2], *rows)))

    assert "does not name you as coordinator of Oak" in said


async def test_somebody_of_two_schools_may_get_a_role_at_ones_own(town: Town, cabinet: Cabinet) -> None:
    await send(town, cabinet, roster(*OAK, "Oak,Oak,Cat Cox,Cat,Cox,cat.cox@example.org,teacher"))
    await town.press(COORDINATOR, "Use it")

    async with town.store.transaction() as tx:
        [cat] = await tx.members.by_email("cat.cox@example.org")
    assert {post.role for post in cat.posts} == {Role.TEACHER}
    assert len({post.school_id for post in cat.posts}) == 2


async def test_a_roster_without_ids_means_the_people_and_the_school_that_are_known(
    town: Town, cabinet: Cabinet
) -> None:
    async with town.store.transaction() as tx:
        before = await tx.members.by_email("ann.ash@example.org")

    shown = plain(
        await send(
            town,
            cabinet,
            "given_name,family_name,email,role\n"
            "Ann,Ash,Ann.Ash@example.org,teacher\nBob,Box,bob.box@example.org,teacher\n"
            "Siân,Morgan,siân.morgan@example.org,coordinator\nNia,New,nia.new@example.org,teacher\n",
        )
    )
    assert "Nia New" in shown
    await town.press(COORDINATOR, "Use it")

    async with town.store.transaction() as tx:
        assert await tx.members.by_email("ann.ash@example.org") == before
    assert len(await town.members()) == 6


async def test_addresses_that_change_hands_are_not_taken_for_one_person(town: Town, cabinet: Cabinet) -> None:
    """Bob gets a new address, and somebody new his old one."""
    lines = (
        "Oak,Oak,Bob Box,Bob,Box,bob@example.org,teacher",
        "Oak,Oak,N1,Bo,Bex,bob.box@example.org,teacher",
    )

    await send(town, cabinet, roster(OAK[0], *lines, OAK[2]))
    await town.press(COORDINATOR, "Use it")

    after = await town.members()
    assert (after["Bob Box"].email, after["Bo Bex"].email) == ("bob@example.org", "bob.box@example.org")


async def test_a_coordinator_of_every_school_brings_new_ones_too(town: Town, cabinet: Cabinet) -> None:
    await coordinate_both(town)
    lines = (*OAK, "Elm,Elm,Siân Morgan,Siân,Morgan,siân.morgan@example.org,coordinator")
    elm = (
        "Elm,Elm,Cat Cox,Cat,Cox,cat.cox@example.org,teacher",
        "Ivy,Ivy,N1,Nia,New,nia.new@example.org,teacher",
    )

    shown = plain(await send(town, cabinet, roster(*lines, *elm)))

    assert "Dan Day" in shown  # whom the file no longer names
    await town.press(COORDINATOR, "Use it")
    assert "Dan Day" not in await town.members()
    async with town.store.transaction() as tx:
        assert [each.name for each in await tx.schools.of(1)] == ["Elm", "Ivy", "Oak"]


async def test_a_question_about_who_is_who_comes_before_the_dry_run(town: Town, cabinet: Cabinet) -> None:
    married = (OAK[0], "Oak,Oak,B2,Bob,Barnes,bob.barnes@example.org,teacher", OAK[2])

    asked = plain(await send(town, cabinet, roster(*married)))
    assert "Bob Box is in the file no more, and Bob Barnes is new" in asked
    assert "--same" not in asked

    shown = plain(await town.press(COORDINATOR, "One and the same"))
    assert "Nothing is changed yet" in shown
    number = (await town.members())["Bob Box"].id
    await town.press(COORDINATOR, "Use it")
    assert (await town.members())["Bob Barnes"].id == number


async def test_two_who_are_not_one_are_two(town: Town, cabinet: Cabinet) -> None:
    await send(town, cabinet, roster(OAK[0], "Oak,Oak,B2,Bob,Barnes,bob.barnes@example.org,teacher", OAK[2]))

    shown = plain(await town.press(COORDINATOR, "Two different ones"))

    assert "Bob Barnes" in shown
    before = (await town.members())["Bob Box"].id
    await town.press(COORDINATOR, "Use it")
    after = await town.members()
    assert "Bob Box" not in after
    assert after["Bob Barnes"].id != before


@pytest.mark.parametrize(("label", "has_principal"), [("They are principals", True), ("They are not", False)])
async def test_who_administrators_are_is_asked(
    town: Town, cabinet: Cabinet, tmp_path: Path, label: str, has_principal: bool
) -> None:
    await coordinate_both(town)
    export = make_oneroster(tmp_path / "x.zip", schools=1, staff=3, version="1.1").read_bytes()

    asked = plain(await send(town, cabinet, export, "export.zip"))
    assert "one administrator" in asked
    shown = plain(await town.press(COORDINATOR, label))
    assert "School 0" in shown

    await town.press(COORDINATOR, "Use it")
    async with town.store.transaction() as tx:
        found = await tx.members.by_email("principal-0@school-0.example.org") or await tx.members.by_email(
            "administrator-0@school-0.example.org"
        )
    assert bool(found) is has_principal


async def test_what_has_changed_since_is_shown_anew(town: Town, cabinet: Cabinet) -> None:
    await send(town, cabinet, roster(*OAK, "Oak,Oak,N1,Nia,New,nia.new@example.org,teacher"))
    async with town.store.transaction() as tx:
        names = {**FOUR, "Oak": [*FOUR["Oak"], "Nia New"]}
        await tx.schools.apply(1, roster_of(names, principals=False), MONDAY)

    said = plain(await town.press(COORDINATOR, "Use it"))

    assert "Things have changed since" in said
    assert "Done" in plain(await town.press(COORDINATOR, "Use it"))


async def test_who_is_no_coordinator_any_more_changes_nothing(town: Town, cabinet: Cabinet) -> None:
    await send(town, cabinet, roster(*OAK, "Oak,Oak,N1,Nia,New,nia.new@example.org,teacher"))
    async with town.store.transaction() as tx:
        town_roster = roster_of(FOUR, principals=False)
        people = [
            replace(each, posts=((Role.TEACHER, "Oak"),)) if each.source_id == COORDINATOR else each
            for each in town_roster.people
        ]
        await tx.schools.apply(1, replace(town_roster, people=tuple(people)), MONDAY)

    for label in ("Use it", "Leave it"):
        assert "That is for coordinators" in plain(await town.press(COORDINATOR, label))
    assert "Nia New" not in await town.members()


async def test_nobody_uses_the_file_of_somebody_else(town: Town, cabinet: Cabinet) -> None:
    await send(town, cabinet, roster(*OAK, "Oak,Oak,N1,Nia,New,nia.new@example.org,teacher"))
    before = await dump(town.store, without=QUIET[:2])

    for line in ("use-file 1", "leave-file 1", "read-file 1 school 1", "read-file", "use-file"):
        assert "That is for coordinators" in await town.command("Ann Ash", line)

    assert await dump(town.store, without=QUIET[:2]) == before


@pytest.mark.parametrize("by", ["asking", "pruning"])
async def test_a_file_is_kept_for_a_day_at_most(
    town: Town, cabinet: Cabinet, store: SqlStore, by: str
) -> None:
    await send(town, cabinet, roster(*OAK, "Oak,Oak,N1,Nia,New,nia.new@example.org,teacher"))

    if by == "asking":
        town.now += timedelta(hours=24)
        assert "I no longer have that file" in plain(await town.press(COORDINATOR, "Use it"))
    else:
        async with store.transaction() as tx:
            assert await tx.files.prune(MONDAY) == 0
        await prune(store, timedelta(days=400), asyncio.Event())  # years after 2026
        assert (await dump(store))["kept_file"] == []
    assert "Nia New" not in await town.members()


async def test_a_file_at_rest_is_sealed(town: Town, cabinet: Cabinet) -> None:
    await send(town, cabinet, roster(*OAK, "Oak,Oak,N1,Nia,New,nia.new@example.org,teacher"))

    assert "nia" not in str((await dump(town.store))["kept_file"]).casefold()


@pytest.mark.long
async def test_a_pairing_that_a_roster_ends_is_named_before_and_its_people_are_told_after(
    town: Town, cabinet: Cabinet
) -> None:
    await town.run(START, "peer-visit-2wk")
    await town.until(ASKED)
    partner = await town.partner_of("Bob Box")

    shown = plain(await send(town, cabinet, roster(OAK[0], OAK[2])))
    assert "Inactive from now on, nothing is deleted: Bob Box" in shown
    assert f"Bob Box and {partner}" in shown or f"{partner} and Bob Box" in shown
    assert await town.partner_of(partner) == "Bob Box"

    told = len(town.post.received[partner])
    await town.press(COORDINATOR, "Use it")
    await town.days(1)

    assert not any("Bob Box" in pair for pair in await town.partners())
    assert "The pairings have changed" in plain(town.post.received[partner][told])


# --- a calendar -----------------------------------------------------------------------------------------------------


async def test_a_calendar_is_that_of_the_school_which_its_sender_coordinates(
    town: Town, cabinet: Cabinet
) -> None:
    shown = plain(await send(town, cabinet, CALENDAR, "terms.csv"))
    assert "Oak: 1 term and 5 closed days" in shown
    assert "Half term" in shown

    used = plain(await town.press(COORDINATOR, "Use it"))

    assert "the calendar of Oak is in" in used
    async with town.store.transaction() as tx:
        elm, oak = await tx.schools.of(1)
        assert len((await tx.schools.calendar(oak.id)).terms) == 1
        assert (await tx.schools.calendar(elm.id)).terms == ()


async def test_who_coordinates_several_schools_is_asked_whose_calendar_it_is(
    town: Town, cabinet: Cabinet
) -> None:
    await coordinate_both(town)
    ics = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Closed for training\r\nDTSTART;VALUE=DATE:20261102\r\n"
    await send(town, cabinet, f"{ics}END:VEVENT\r\nEND:VCALENDAR\r\n", "school.ics")

    shown = plain(await town.press(COORDINATOR, "Elm"))
    assert "Elm:" in shown
    await town.press(COORDINATOR, "Use it")

    async with town.store.transaction() as tx:
        elm, oak = await tx.schools.of(1)
        assert date(2026, 11, 2) in (await tx.schools.calendar(elm.id)).closed
        assert not (await tx.schools.calendar(oak.id)).closed


async def test_nobody_chooses_a_school_that_is_not_theirs(town: Town, cabinet: Cabinet) -> None:
    await send(town, cabinet, CALENDAR, "terms.csv")
    async with town.store.transaction() as tx:
        elm, _ = await tx.schools.of(1)
    does = next(buttons_of(town.heard[COORDINATOR][-1])).does
    assert isinstance(does, Command)
    number = does.line.split()[1]

    shown = await town.command(COORDINATOR, f"read-file {number} school {elm.id}")

    assert "Oak: 1 term" in shown


def test_a_long_dry_run_says_what_it_leaves_out_and_keeps_its_parts_short(prompts: Prompts) -> None:
    lines = [f"Line {n} of a *long* list" for n in range(500)]

    shown = say_sent_files.dry_run(prompts.voice("en"), 7, "sent-file.roster-shown", lines)

    assert "Line 149 of" in plain(shown)
    assert "Line 150 of" not in plain(shown)
    assert "… and 350 lines more" in plain(shown)
    assert all(len(each.md) < 3_000 for each in shown.elements if isinstance(each, Text))
    assert [each.label for each in buttons_of(shown)] == ["Use it", "Leave it"]


# --- what is no roster and no calendar ------------------------------------------------------------------------------

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


NEITHER = (
    (b"", "roster.csv"),
    (b"PK\x03\x04 a document", "Plan.docx"),
    (PNG, "roster.csv"),
    (b"%PDF-1.7 a letter", "calendar.pdf"),
    (b"<!DOCTYPE html><html><body>Sign in</body></html>", "calendar.ics"),
    (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Cl", "cut.ics"),
    (HEADER.encode() + b"\n", "only-headings.csv"),
    (b"\xff\xfe\x00\x00", "odd.csv"),
)


async def test_a_file_that_is_neither_is_answered_in_a_sentence_and_not_kept(
    town: Town, cabinet: Cabinet
) -> None:
    for content, name in NEITHER:
        said = plain(await send(town, cabinet, content, name))

        assert "Nothing was changed, and I keep nothing of it" in said, name
    assert (await dump(town.store))["kept_file"] == []


async def test_a_letter_is_neither_a_roster_nor_a_calendar(town: Town, cabinet: Cabinet) -> None:
    said = plain(await send(town, cabinet, "Dear all,\nsee you on Monday.\n", "letter.txt"))

    assert "it is neither a roster nor a calendar" in said
    assert "a roster (a CSV, or a OneRoster zip) and a calendar" in said


async def test_a_file_that_is_too_large_is_not_downloaded(town: Town, cabinet: Cabinet) -> None:
    assert "larger than 5 MB" in plain(await send(town, cabinet, bytes(5 * 1024 * 1024 + 1)))


async def test_more_people_than_a_chat_should_import_are_brought_otherwise(
    town: Town, cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sent_files, "MOST_PEOPLE", 2)

    assert "names 3 people, and I take 2 at most" in plain(await send(town, cabinet, roster(*OAK)))


async def test_signs_in_a_name_are_shown_and_do_nothing(town: Town, cabinet: Cabinet) -> None:
    name = "*bold*_x_ <!channel> [a](http://x.example) ../../etc/passwd\r\n.csv"

    reply = await send(town, cabinet, "school,email\n*Oak*,a\n", name)

    assert isinstance(reply, Message)
    for each in reply.elements:
        assert not isinstance(each, Text) or ("*Oak*" not in each.md and "<!" not in each.md)
    assert "passwd" in plain(reply)
    assert "etc/" not in plain(reply)


async def test_several_files_are_not_read(town: Town, cabinet: Cabinet) -> None:
    files = tuple(SentFile(FileKind.FILE, f"{n}.csv", f"F{n}") for n in range(3))

    said = plain(await town.hear(COORDINATOR, Said("", files=files)))

    assert "You sent 3 files. I read one at a time" in said
    assert cabinet.opened == []


async def test_words_beside_a_roster_are_given_back(town: Town, cabinet: Cabinet) -> None:
    said = plain(await send(town, cabinet, roster(*OAK), text="Here is our list"))

    assert "not what you wrote beside it" in said
    assert "Here is our list" in said


async def test_a_childs_safety_comes_before_a_file(town: Town, cabinet: Cabinet) -> None:
    said = plain(await send(town, cabinet, roster(*OAK), text="A child told me that her stepfather hits her"))

    assert "Lead of Oak" in said
    assert cabinet.opened == []


async def test_nothing_of_a_file_is_logged(town: Town, cabinet: Cabinet) -> None:
    with capture_logs(processors=[format_exc_info]) as logs:
        await send(
            town, cabinet, roster(*OAK, "Oak,Oak,N1,Nia,New,nia.new@example.org,teacher"), "secret.csv"
        )
        await town.press(COORDINATOR, "Use it")
        await send(town, cabinet, "school,email\nOak,nia", "secret.csv")

    assert not [each for each in logs if "nia" in str(each).casefold() or "secret" in str(each)]
