"""Every sentence comes from content: a whole cycle in a made-up language, in which nothing else is in brackets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from bot.message import (
    Buttons,
    Divider,
    Element,
    FieldErrors,
    Fields,
    File,
    Form,
    Heading,
    Image,
    Inputs,
    Message,
    Quote,
    Replacement,
    Reply,
    Table,
    Text,
)
from bot.model import Profile
from bot.prompts import Prompts
from storage.store import SqlStore
from tests.journeys.town import COORDINATOR, Town, build, values_for
from tests.support.pseudo import LANGUAGE, pseudo, unwrapped

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
SCHOOLS = {
    "Oak": ["Ann Ash", "Bob Box", "Dan Day", "Eve Eck", "Flo Fay"],
    "Elm": ["Cat Cox", "Gus Gem", "Hal Hay", "Ida Ive", "Jon Jay"],
}
GOAL, WORDS = "Every child is heard", "Four hands went up after the pause"
PEOPLE = [*(name for names in SCHOOLS.values() for name in names), COORDINATOR, "Head Oak", "Head Elm"]
THEIRS = [
    LANGUAGE,
    *PEOPLE,
    *(part for name in PEOPLE for part in name.split()),
    *SCHOOLS,
    GOAL,
    WORDS,
    "extension",
    "Lead of",
]
"""What is nobody's translation: names, and what people wrote."""
PROFILES = {
    "Ann Ash": Profile(phase="primary", subjects=("maths",), offers=("wait-time",), slots=("mon-after",)),
    "Cat Cox": Profile(phase="primary", subjects=("maths",), needs=("wait-time",), slots=("mon-after",)),
}


def sentences(reply: Reply) -> Iterator[str]:
    """Everything of a reply that is ours to say."""
    match reply:
        case Replacement(message):
            yield from sentences(message)
        case FieldErrors(form):
            yield from _form(form)
        case Form():
            yield from _form(reply)
        case Message(summary, elements):
            yield summary
            for element in elements:
                yield from _element(element)


def _form(form: Form) -> Iterator[str]:
    yield from (form.title, form.intro, form.submit)
    for each in form.inputs:
        yield from (each.question.label, each.question.hint, each.error)
        yield from (option.label for option in each.question.options)


def _element(element: Element) -> Iterator[str]:
    match element:
        case Heading(text):
            yield text
        case Text(md):
            yield md.replace("\\", "")
        case Quote(_, by):
            yield by
        case Fields(items):
            yield from (text for item in items for text in item)
        case Buttons(items):
            yield from (each.label for each in items)
        case Inputs(form, open_label, buttons):
            yield from (*_form(form), open_label, *(each.label for each in buttons))
        case Image(chart, alt):
            yield from (chart.title, chart.subtitle, *chart.levels, chart.gap, chart.footer, alt)
            yield from (week.label for week in chart.weeks)
        case Table(header, rows):
            yield from (*header, *(text for row in rows for text in row))
        case File() | Divider():
            return


async def _answer(town: Town, name: str, step: str, **given: str) -> None:
    form = await town.open(name, "check-in", str((await town.check_ins(name))[step].id))
    if isinstance(form, Form):  # whoever has no partner just now is told so
        await town.submit(name, "check-in", form.context, **{**values_for(form, WORDS), **given})


@pytest.mark.core
async def test_every_sentence_of_a_whole_cycle_comes_from_content(store: SqlStore, prompts: Prompts) -> None:
    town = await build(store, pseudo(prompts), SCHOOLS, MONDAY, profiles=PROFILES)
    for name in PEOPLE:
        await town.command(name, f"language {LANGUAGE}")
    town.heard.clear()

    await _set_up(town)
    await _work(town)
    await _end(town)

    strays = {
        (name, sentence, tuple(words))
        for name in PEOPLE
        for reply in (*town.heard[name], *town.post.received[name], *town.post.updated[name])
        for sentence in sentences(reply)
        if (words := unwrapped(sentence, THEIRS))
    }
    assert not strays, "\n".join(f"{name}: {words} in {sentence}" for name, sentence, words in sorted(strays))
    assert any("⟦Ŕéþļý⟧" in town.everything(name) for name in PEOPLE)
    assert sum(len(town.post.received[name]) for name in PEOPLE) > 80


async def _set_up(town: Town) -> None:
    for command in ("status", "help", "start", "nonsense", "statsu", "swap x", "pairs", "preview"):
        await town.command(COORDINATOR, command)
    await town.submit(COORDINATOR, "start", pack="", starts_on="2026-09-01", goal="")
    await town.submit(COORDINATOR, "start", pack="peer-visit-2wk", starts_on="2026-09-10", goal=GOAL)
    for command in ("status", "invite", "status"):
        await town.command(COORDINATOR, command)
    await town.days(0)
    for name in PEOPLE[:10]:
        for command in (
            "help",
            "status",
            "join",
            "profile",
            "concern",
            "language",
            "tell Hello",
            "leave",
            "pause",
        ):
            await town.command(name, command)
    await town.submit(
        "Bob Box", "times", slots="mon-after", days="mon;tue;wed;thu;fri", start="16:00", end="09:00"
    )
    await town.submit("Bob Box", "profile", phase="primary", subjects="maths", offers="nothing")
    await town.command("Jon Jay", "decline")
    for command in (
        "preview",
        "status",
        "swap Ann Ash and Bob Box",
        "swap Ann Ash and Dan Day",
        "confirm",
        "status",
    ):
        await town.command(COORDINATOR, command)
    for command in ("pairs", "swap Ann Ash and Zoe", "ledger", "digest", "nudge 99", "start"):
        await town.command(COORDINATOR, command)


async def _work(town: Town) -> None:
    await town.until(datetime(2026, 9, 10, 15, 0, tzinfo=UTC))
    names = PEOPLE[:9]
    partner = await town.partner_of("Ann Ash")
    await town.say("Ann Ash", WORDS)
    await town.say("Ann Ash", "status")
    await town.command("Bob Box", "skip 999999")
    skipped = (await town.check_ins("Bob Box"))["focus"].id
    for command in ("skip", "undo", "later", "put", "send"):
        await town.command("Bob Box", f"{command} {skipped}")
    for name in names[2:8]:
        await _answer(town, name, "focus")
    await town.command(partner, "another")
    await town.command(partner, "another")
    await town.command(COORDINATOR, "nudge 1")
    await town.submit("Ann Ash", "tell", text=f"{WORDS}")
    await town.until(datetime(2026, 9, 14, 15, 0, tzinfo=UTC))
    for name in names[:6]:
        await _answer(town, name, "visit", day="2026-09-16")
    await town.until(datetime(2026, 9, 17, 15, 0, tzinfo=UTC))
    for name in names:
        await _answer(town, name, "challenge", evidence=f"{WORDS} called Rhodri", question=WORDS)
        await _answer(town, name, "challenge", evidence=WORDS, question=WORDS)
    await _answer(town, "Cat Cox", "challenge", evidence=WORDS, question="A poor one?")
    await town.beat()
    label = town.prompts.voice(LANGUAGE).text("button.reply-challenge")
    challenged = [name for name in names if label in town.everything(name)]
    for name in challenged[:3]:
        form = await town.press(name, label)
        assert isinstance(form, Form)
        for day in ("2026-09-01", "2026-09-30"):
            await town.submit(name, "challenge", form.context, reply=WORDS, next_step=WORDS, next_step_on=day)
    await town.command("Gus Gem", f"take-back {(await town.check_ins('Gus Gem'))['challenge'].id}")
    await town.command(COORDINATOR, "pairs")
    await town.command(COORDINATOR, "block Ann Ash and Cat Cox")


async def _end(town: Town) -> None:
    await town.until(datetime(2026, 9, 22, 15, 0, tzinfo=UTC))
    for index, name in enumerate(PEOPLE[:9]):
        await _answer(town, name, "close", story="yes" if index else "no")
    await town.command("Hal Hay", "leave yes")
    await town.command("Hal Hay", "join")
    await town.command("Ida Ive", "pause until 1 October")
    for command in ("status", "resume", "resume", "digest", "my data", "forget me"):
        await town.command("Ida Ive", command)
    await town.days(14)
    for head in ("Head Oak", "Head Elm"):
        for command in ("digest", "status", "help", "preview", "tell me"):
            await town.command(head, command)
        await town.say(head, WORDS)
    for command in ("hold", "hold", "go on", "close", "close yes", "status", "ledger", "digest"):
        await town.command(COORDINATOR, command)
    await town.days(3)
    await town.command("Ida Ive", "forget me yes")
