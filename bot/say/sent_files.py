"""Messages about files that people send: what becomes of each kind, and what a roster or a calendar would change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from bot.events import Command, FileKind
from bot.message import Button, Buttons, Element, Message, Quote, Text
from bot.model import CommandName, School
from bot.prompts import Voice, escape
from bot.say import basics

MOST_LINES = 150
LONGEST_PART = 1_500
"""Characters of one text of a message."""
BUTTONS_A_ROW = 4
ReplyOrTask = TypeVar("ReplyOrTask")


def not_taken(voice: Voice, kind: FileKind, *, is_coordinator: bool) -> Message:
    """Say that a file of this kind can't be taken and what to do instead; to a coordinator also what can be."""
    said = basics.plain(voice, f"sent-file.{kind}")
    return replace(said, elements=(*said.elements, *_what_i_read(voice))) if is_coordinator else said


def with_not_taken(voice: Voice, reply: ReplyOrTask, kind: FileKind) -> ReplyOrTask:
    """Return the reply to a text with a line on the file that came with it and was not opened."""
    line = Text(voice.markdown(f"sent-file.beside-{kind}"), small=True)
    return replace(reply, elements=(*reply.elements, line)) if isinstance(reply, Message) else reply


def one_at_a_time(voice: Voice, count: int) -> Message:
    """Say that several files at once are not read."""
    return basics.plain(voice, "sent-file.one-at-a-time", n=count)


def with_unread_text(voice: Voice, message: Message, text: str) -> Message:
    """Return the message with the text beside the file, which was not read as an answer."""
    if not text.strip():
        return message
    unread = (Text(voice.markdown("sent-file.words-unread"), small=True), Quote(text))
    return replace(message, elements=(*message.elements, *unread))


def dry_run(voice: Voice, file_id: int, first: str, lines: Sequence[str]) -> Message:
    """Show what a file would change, with the buttons to use it and to leave it; `first` is a key of the content."""
    buttons = (
        basics.runs(voice, "button.use-file", CommandName.USE_FILE, file_id, primary=True),
        _leave(voice, file_id),
    )
    until = Text(voice.markdown("sent-file.kept-until"), small=True)
    said = basics.plain(voice, first)
    return replace(said, elements=(*said.elements, *_listed(voice, lines), until, Buttons(buttons)))


def faults(voice: Voice, lines: Sequence[str]) -> Message:
    """Show why a file can't be used, and that nothing was changed."""
    said = basics.plain(voice, "sent-file.faults")
    last = Text(voice.markdown("sent-file.mend"))
    return replace(said, elements=(*said.elements, *_listed(voice, lines), last))


def neither(voice: Voice) -> Message:
    """Say that a file is neither a roster nor a calendar, and what those are."""
    said = basics.plain(voice, "sent-file.neither")
    return replace(said, elements=(*said.elements, *_what_i_read(voice)))


def no_days(voice: Voice, lines: Sequence[str]) -> Message:
    """Say that a calendar has neither terms nor closed days, and what was left out of it."""
    said = basics.plain(voice, "sent-file.no-days")
    return replace(said, elements=(*said.elements, *_listed(voice, lines)))


def which_school(voice: Voice, file_id: int, counts: str, schools: Iterable[School]) -> Message:
    """Ask whose calendar it is."""
    choices = [Button(each.name, _choice(file_id, f"school {each.id}")) for each in schools]
    asked = basics.plain(voice, "sent-file.which-school", counts=counts)
    return _with_rows(asked, (*choices, _leave(voice, file_id)))


def administrators(voice: Voice, file_id: int, count: int) -> Message:
    """Ask whether a roster's administrators are principals."""
    yes = Button(voice.text("button.file-principals"), _choice(file_id, "principals"))
    no = Button(voice.text("button.file-no-principals"), _choice(file_id, "no-principals"))
    asked = basics.plain(voice, "sent-file.administrators", n=count)
    return _with_rows(asked, (yes, no, _leave(voice, file_id)))


def likely_same(voice: Voice, file_id: int, before: str, after: str, *, is_school: bool) -> Message:
    """Ask whether somebody who is in a roster no more, or a school, is the one that is new in it."""
    one = Button(voice.text("button.file-one"), _choice(file_id, "one"))
    two = Button(voice.text("button.file-two"), _choice(file_id, "two"))
    key = "sent-file.same-school" if is_school else "sent-file.same-person"
    asked = basics.plain(voice, key, before=before, after=after)
    return _with_rows(asked, (one, two, _leave(voice, file_id)))


def roster_used(voice: Voice, lines: Sequence[str]) -> Message:
    """Say that a roster is in, and what it changed."""
    done = basics.plain(voice, "sent-file.roster-used")
    return replace(done, elements=(*done.elements, *_listed(voice, lines)))


def calendar_used(voice: Voice, school: str) -> Message:
    """Say that a school's calendar is in."""
    return basics.plain(voice, "sent-file.calendar-used", school=school)


def _what_i_read(voice: Voice) -> tuple[Element, ...]:
    return (Text(voice.markdown("sent-file.what-i-read"), small=True),)


def _leave(voice: Voice, file_id: int) -> Button:
    return basics.runs(voice, "button.leave-file", CommandName.LEAVE_FILE, file_id)


def _choice(file_id: int, choice: str) -> Command:
    return Command(f"{CommandName.READ_FILE} {file_id} {choice}")


def _with_rows(message: Message, buttons: Sequence[Button]) -> Message:
    rows = [Buttons(tuple(buttons[at : at + BUTTONS_A_ROW])) for at in range(0, len(buttons), BUTTONS_A_ROW)]
    return replace(message, elements=(*message.elements, *rows))


def _listed(voice: Voice, lines: Sequence[str]) -> Iterator[Text]:
    """Yield the lines as lists, each short enough for one text of a message; names in them are never Markdown."""
    said = [line for line in lines if line]
    shown = [f"- {escape(line)}" for line in said[:MOST_LINES]]
    if len(said) > MOST_LINES:
        shown.append(f"- {escape(voice.text('sent-file.more', n=len(said) - MOST_LINES))}")
    part: list[str] = []
    for line in shown:
        if part and sum(map(len, part)) + len(line) > LONGEST_PART:
            yield Text("\n".join(part))
            part = []
        part.append(line)
    if part:
        yield Text("\n".join(part))
