"""A tiny scripted core and scene: what the page and the routes are tried against, without a store."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from adapters.playground.world import Travel
from bot.events import Command, Event, Opened, Said, Submitted
from bot.message import (
    Button,
    Buttons,
    Chart,
    Divider,
    FieldErrors,
    Fields,
    File,
    Form,
    Heading,
    Image,
    Input,
    Inputs,
    Message,
    Quote,
    Replacement,
    Reply,
    Table,
    Text,
    Week,
)
from bot.model import Kind, Member, Option, Post, Question, Role, School
from bot.model.roster import Fault, RosterError

NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)

WHAT = Question(
    key="what", kind=Kind.LONG, label="What did you try?", hint="One thing is plenty.", needed=True, limit=500
)
SURE = Question(
    key="sure",
    kind=Kind.SCALE,
    label="How sure are you that it helped pupils?",
    options=(Option("1", "just a hunch"), Option("5", "I have evidence")),
)
WHEN = Question(key="when", kind=Kind.DATE, label="When will you try it again?")
AT = Question(key="at", kind=Kind.TIME, label="At what time?")
WITH = Question(
    key="with",
    kind=Kind.MANY,
    label="With whom?",
    options=(Option("8b", "The class I tried it with"), Option("9a", "Another class")),
)
PLACE = Question(
    key="place", kind=Kind.ONE, label="Where?", options=(Option("here", "Here"), Option("there", "There"))
)
NAME = Question(key="name", kind=Kind.SHORT, label="What would you call it?")
EVERY_KIND = (WHAT, SURE, WHEN, AT, WITH, PLACE, NAME)

LEVELS = ("Some", "About half", "Most", "Nearly all")


def week(number: int, ours: int | None, everyone: int | None, *, is_gap: bool = False) -> Week:
    """A week of a chart."""
    monday = date(2026, 10, 5) + timedelta(weeks=number)
    return Week(monday, f"{monday.day} {monday:%b}", ours, everyone, is_gap)


CHART = Chart(
    title="Nearly all of those asked replied",
    subtitle="Ysgol Bryn Derw, by week. Dashed line: all schools.",
    levels=LEVELS,
    weeks=(
        week(0, 2, 2),
        week(1, 3, 2),
        week(2, 3, 3),
        week(3, None, None, is_gap=True),
        week(4, 2, 3),
        week(5, 3, 3),
        week(6, 4, 3),
    ),
    gap="no questions",
    footer="Week starting. A chosen skip counts as a reply.",
)

ASK = Message(
    "A question about this week.",
    (
        Heading("What did you try this week?"),
        Text("You and Tama are working on *wait time after questions*."),
        Inputs(
            Form(
                name="check-in",
                context="12",
                title="This week",
                intro="Only **Tama** sees this.",
                inputs=(Input(WHAT), Input(SURE)),
                submit="Send to Tama",
            ),
            "Answer now",
            (Button("In an hour", Command("later 12")), Button("Skip this week", Command("skip 12"))),
        ),
        Text("Why this message? You joined the autumn cycle. [Change it](https://example.org)", small=True),
    ),
)

DIGEST = Message(
    "Ysgol Bryn Derw: nearly all replied.",
    (
        Heading("Ysgol Bryn Derw this week"),
        Text("**Nearly all** of those asked replied this week; 8 of your teachers take part."),
        Image(CHART, "How many of those asked replied, by week: 5 Oct: about half here, about half in all."),
        Divider(),
        Fields((("Schools linked", "5 of 6"), ("Stage", "Trying it in class"))),
        Table(("Stage", "Pairs"), (("Sharing practice", "4"), ("Trying it in class", "7"))),
        Quote(
            "I counted to four <b>slowly</b>. *It worked*, & they talked.",
            "One teacher agreed that you may read this",
        ),
        File("my-data.json", "application/json", b'{"a": 1}'),
        Buttons(
            (
                Button("I'll arrange cover", Command("cover 3"), primary=True),
                Button("See the term", Command("status")),
            )
        ),
        Text("- one\n- two **bold**\n\n1. first\n2. second", small=True),
    ),
)


def everything(values: dict[str, str] | None = None, error: str = "") -> Form:
    """A form with every kind of question."""
    known = values or {}
    return Form(
        name="everything",
        context="7",
        title="Everything at once",
        intro="Only Tama sees this.",
        inputs=tuple(
            Input(each, known.get(each.key, ""), error if each is WHAT else "") for each in EVERY_KIND
        ),
        submit="Send it",
    )


def kept(words: str) -> Message:
    """A reply of the bot."""
    return Message(
        "Your words are kept.",
        (
            Text("Sent to Tama. You can change it until Friday 17:00."),
            Quote(words, "What did you try?"),
            Buttons(
                (
                    Button("Change my answer", Opened("everything", "7")),
                    Button("Take it back", Command("take-back 12")),
                )
            ),
        ),
    )


@dataclass
class Core:
    """A fake core that knows a few commands and remembers every event."""

    events: list[Event] = field(default_factory=list)

    async def handle(self, event: Event) -> Reply | None:
        """Return a reply; None for a repeated id."""
        if event.id in {each.id for each in self.events}:
            return None
        self.events.append(event)
        match event.what:
            case Command("ask"):
                return ASK
            case Command("digest"):
                return DIGEST
            case Command("form"):
                return everything()
            case Command("break"):
                raise RuntimeError("a fault of ours")
            case Opened():
                return everything(
                    {"what": "Counted to four", "sure": "4", "with": "8b;9a", "when": "2026-11-20"}
                )
            case Submitted(form, _, values):
                if not values.get("what", "").strip():
                    missing = "Please write a word or two: this one is needed."
                    if form == "everything":
                        return FieldErrors(everything(dict(values), missing))
                    asked = next(each for each in ASK.elements if isinstance(each, Inputs)).form
                    inputs = tuple(
                        replace(each, value=values.get(each.question.key, "")) for each in asked.inputs
                    )
                    return FieldErrors(
                        replace(asked, inputs=(replace(inputs[0], error=missing), *inputs[1:]))
                    )
                return Replacement(kept(values["what"]))
            case Command(words) if words.startswith("skip"):
                return Replacement(Message("Skipped.", (Text("Skipped, and that is fine."),)))
            case Command(words) | Said(words):
                return Message("Heard.", (Text("I heard you:"), Quote(words)))
            case _:
                return None


@dataclass(frozen=True)
class KeptLine:
    """A line of a fake conversation."""

    id: int
    workspace: str
    person: str
    at: datetime
    author: str
    html: str
    plain: str
    previews: Mapping[str, str] | None = None
    delivery_id: int | None = None
    replaced: bool = False


class KeptConversations:
    """Conversations in memory."""

    def __init__(self) -> None:
        self.kept: list[KeptLine] = []
        self.now: datetime | None = NOW

    async def lines(self, workspace: str, person: str) -> Sequence[KeptLine]:
        return tuple(line for line in self.kept if (line.workspace, line.person) == (workspace, person))

    async def add(
        self,
        *,
        workspace: str,
        person: str,
        at: datetime,
        author: str,
        html: str,
        plain: str,
        previews: Mapping[str, str] | None = None,
        delivery_id: int | None = None,
    ) -> int:
        if delivery_id is not None and (first := await self.find(delivery_id)) is not None:
            return first
        line = KeptLine(len(self.kept) + 1, workspace, person, at, author, html, plain, previews, delivery_id)
        self.kept.append(line)
        return line.id

    async def replace(
        self, line_id: int, html: str, plain: str, previews: Mapping[str, str], at: datetime
    ) -> None:
        old = self.kept[line_id - 1]
        self.kept[line_id - 1] = replace(old, html=html, plain=plain, previews=previews, at=at, replaced=True)

    async def find(self, delivery_id: int) -> int | None:
        return next((line.id for line in self.kept if line.delivery_id == delivery_id), None)

    async def clock(self) -> datetime | None:
        return self.now

    async def set_clock(self, now: datetime) -> None:
        self.now = now


SCHOOLS = (
    School(id=1, partnership_id=1, source_id="bryn-derw", name="Ysgol Bryn Derw"),
    School(id=2, partnership_id=1, source_id="te-awa", name="Te Awa School", time_zone="Pacific/Auckland"),
    School(id=3, partnership_id=1, source_id="northgate", name="Northgate Community Primary"),
)
PEOPLE = (
    ("elin", "Elin", "Pugh", Role.TEACHER, 0),
    ("grace", "Grace", "Okafor", Role.PRINCIPAL, 0),
    ("sian", "Siân", "Morgan", Role.COORDINATOR, 0),
    ("tama", "Tama", "Rewi", Role.TEACHER, 1),
    ("mere", "Mere", "Parata", Role.TEACHER, 1),
    ("jo", "Jo", "Hart", Role.TEACHER, 2),
)


class PlaygroundState:
    """A few people of three schools, and a clock that only moves."""

    def __init__(self, conversations: KeptConversations) -> None:
        self._conversations = conversations
        self.played: list[str] = []
        self.imported: list[tuple[str, bytes, bool]] = []

    async def people(self) -> Sequence[tuple[Member, School]]:
        return tuple(
            (
                Member(
                    id=number,
                    partnership_id=1,
                    source_id=source_id,
                    given_name=given,
                    family_name=family,
                    posts=(Post(role, SCHOOLS[school].id),),
                ),
                SCHOOLS[school],
            )
            for number, (source_id, given, family, role, school) in enumerate(PEOPLE, 1)
        )

    def roles(self, member: Member) -> str:
        return member.posts[0].role.capitalize()

    def take_over(self, member: Member) -> None:
        self.played.append(member.source_id)

    async def now(self) -> datetime:
        return await self._conversations.clock() or NOW

    async def travel(self, how: Travel) -> datetime:
        ahead = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}
        await self._conversations.set_clock(await self.now() + ahead.get(how.value, timedelta(hours=3)))
        return await self.now()

    async def import_roster(
        self, file: Path, *, dry_run: bool, administrators_are_principals: bool | None
    ) -> Sequence[str]:
        content = await asyncio.to_thread(file.read_bytes)
        if b"broken" in content:
            raise RosterError((Fault(file.name, 3, "email", "roster.not-utf-8"),))
        self.imported.append((file.name, content, dry_run))
        return ("Ann Lee is added.", "1 person is added.")
