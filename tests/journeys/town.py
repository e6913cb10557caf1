"""A small partnership on a real store, whose people type and press: the place in which journeys are played."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Self, TypeAlias, assert_never

from sqlalchemy import select

from bot.conversation.handler import EventHandler
from bot.events import Command, Event, Opened, Said, Submitted, What
from bot.message import (
    Button,
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
from bot.model import (
    Address,
    CheckIn,
    Cycle,
    CycleState,
    Delivery,
    Kind,
    Member,
    Pairing,
    Profile,
    Role,
    School,
)
from bot.model.roster import Roster, RosterPerson, RosterSchool
from bot.pairing import Engine, answer_here
from bot.prompts import Prompts
from bot.rules.school_time import Term
from bot.worker import delivery
from storage import tables
from storage.store import SqlStore, SqlTx

MakeTown: TypeAlias = "Callable[[Prompts, datetime, str], Town]"
ROADS: list[MakeTown] = []
"""The last one decides on which platform a town is built; none: at the core, without a platform."""

COORDINATOR = "Siân Morgan"
PACK = "joint-practice-6wk"


def plain(reply: Reply | None) -> str:
    """Return everything of a reply that a person can read, as text."""
    match reply:
        case None:
            return ""
        case Replacement(message):
            return plain(message)
        case Message(summary, elements):
            return "\n".join([summary, *(_element(each) for each in elements)])
        case Form():
            return _form(reply)
        case FieldErrors(form):
            return _form(form)
        case _:
            assert_never(reply)


def _form(form: Form) -> str:
    lines = [form.title, form.intro]
    for each in form.inputs:
        options = " / ".join(option.label for option in each.question.options)
        lines += [each.question.label, each.question.hint, options, each.value, each.error]
    return "\n".join([*lines, form.submit])


def _element(element: Element) -> str:  # one case an element
    match element:
        case Heading(text):
            return text
        case Text(md):
            return md.replace("\\", "")
        case Quote(text, by):
            return f"{by}: “{text}”"
        case Fields(items):
            return "\n".join(f"{label}: {value}" for label, value in items)
        case Divider():
            return ""
        case Buttons(items):
            return " ".join(f"[{each.label}]" for each in items)
        case Inputs(form, open_label, buttons):
            return "\n".join([_form(form), f"[{open_label}]", *(f"[{each.label}]" for each in buttons)])
        case Image(chart, alt):
            return f"{chart.title} {chart.subtitle} {' '.join(chart.levels)} {alt} {chart.footer}"
        case Table(header, rows):
            return "\n".join(" | ".join(row) for row in (header, *rows))
        case File(name, _, content):
            return f"{name}\n{content.decode()}"
        case _:
            assert_never(element)


def buttons_of(reply: Reply | None) -> Iterator[Button]:
    """Yield every button of a reply, the one that opens a form included."""
    message = reply.message if isinstance(reply, Replacement) else reply
    if isinstance(message, Message):
        for element in message.elements:
            if isinstance(element, Buttons):
                yield from element.items
            elif isinstance(element, Inputs):
                yield Button(element.open_label, Opened(element.form.name, element.form.context))
                yield from element.buttons


@dataclass
class Post:
    """A fake messenger, which keeps the messages of each person, and fails where a test says so."""

    received: dict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))
    updated: dict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))
    at: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    raises: list[Exception] = field(default_factory=list)
    one_at_a_time: bool = False

    def following(self, post: Post) -> Self:
        """Take over the messages of another fake messenger; return this one."""
        self.received, self.updated, self.at, self.now = post.received, post.updated, post.at, post.now
        return self

    async def send(self, address: Address, message: Message, delivery_id: int) -> str:
        if self.raises:
            raise self.raises.pop(0)
        self.received[address.user].append(message)
        self.at[address.user].append(self.now)
        return f"{address.user}#{len(self.received[address.user]) - 1}"

    async def update(self, address: Address, ref: str, message: Message) -> None:
        self.updated[address.user].append(message)
        self.received[address.user][int(ref.split("#")[1])] = message

    async def find(self, address: Address, delivery_id: int) -> str | None:
        return None


class Town:
    """The people of a partnership, by name: what they do becomes an event, and the replies are kept."""

    PLAYED: ClassVar[tuple[str, ...]] = ("now", "heard", "transcript", "answered", "post", "_events")
    """The attributes that playing changes."""

    def __init__(
        self,
        store: SqlStore,
        prompts: Prompts,
        now: datetime,
        partnership: str = "Town",
        engine: Engine = answer_here,
    ) -> None:
        self.store, self.prompts, self.now, self.partnership = store, prompts, now, partnership
        self.post = Post()
        self.heard: dict[str, list[Reply]] = defaultdict(list)
        """The bot's replies, by name."""
        self.transcript: list[str] = []
        self.answered: Counter[str] = Counter()
        """The number of messages that the test has answered, by name."""
        self._handle = EventHandler(store, prompts, engine=engine).handle
        self._events = 0

    async def open_up(self, tx: SqlTx, school: School, names: Mapping[str, str], now: datetime) -> None:
        """Admit the school's workspace with its people (name → e-mail address)."""
        await tx.workspaces.link("test", self.partnership, school, now)
        for member in await tx.members.of(school.partnership_id):
            if member.name in names:
                await tx.members.connect(self.address(member.name), member.id, now)

    # --- saving ---------------------------------------------------------------------------------------------------

    def played(self) -> dict[str, Any]:
        """Return what playing has changed outside the database, to be saved."""
        return {name: getattr(self, name) for name in self.PLAYED}

    def resume(self, played: Mapping[str, Any]) -> None:
        """Go on where another town was saved."""
        for name in self.PLAYED:
            setattr(self, name, played[name])

    # --- speaking -------------------------------------------------------------------------------------------------

    def address(self, name: str) -> Address:
        """Return a person's address: each partnership has one workspace."""
        return Address("test", self.partnership, name)

    async def hear(self, name: str, what: What, event_id: str = "") -> Reply | None:
        """Handle an event of this person, as an adapter hands it over."""
        self._events += 1
        number = event_id or f"e{self._events}"
        return await self._handle(Event(id=number, at=self.now, sender=self.address(name), what=what))

    async def _event(self, name: str, what: What, said: str) -> Reply | None:
        reply = await self.hear(name, what)
        if reply is not None:
            self.heard[name].append(reply)
        self.transcript += [f"{name}: {said}", f"  → {plain(reply)}"]
        return reply

    async def say(self, name: str, text: str) -> str:
        """Type something without a slash."""
        return plain(await self._event(name, Said(text), text))

    async def command(self, name: str, words: str) -> str:
        """Type a slash command."""
        return plain(await self._event(name, Command(words), f"/jpd {words}"))

    async def press(self, name: str, label: str) -> Reply | None:
        """Press the newest button with this label."""
        for reply in (*reversed(self.heard[name]), *reversed(self.post.received[name])):
            for button in buttons_of(reply):
                if button.label == label:
                    return await self._event(name, button.does, f"[{label}]")
        raise AssertionError(f"{name} has no button {label!r}")

    async def my_data(self, name: str) -> str:
        """Return the file with everything that is stored about a person."""
        reply = await self.hear(name, Command("my data"))
        assert isinstance(reply, Message)
        [file] = [each for each in reply.elements if isinstance(each, File)]
        return file.content.decode()

    async def open(self, name: str, form: str, context: str = "") -> Reply | None:
        """Open a form."""
        return await self._event(name, Opened(form, context), f"[{form}]")

    async def submit(self, name: str, form: str, context: str = "", /, **values: str) -> Reply | None:
        """Send a form."""
        return await self._event(name, Submitted(form, context, values), f"{form} {values}")

    async def form_of(self, name: str, asked: Inputs) -> Form:
        """Return the form of a question as this person sees it."""
        return asked.form

    async def fill(self, name: str, **values: str) -> str:
        """Fill in the newest check-in of this person; other fields stay empty."""
        message = self.post.received[name][-1]
        form = next(each.form for each in message.elements if isinstance(each, Inputs))
        return plain(await self.submit(name, form.name, form.context, **values))

    async def fill_step(self, name: str, step: str, **values: str) -> str:
        """Fill in the check-in of one step, even where its message is not the newest."""
        number = str((await self.check_ins(name))[step].id)
        return plain(await self.submit(name, "check-in", number, **values))

    def last(self, name: str) -> str:
        """Return the newest message that was delivered to a person."""
        return plain(self.post.received[name][-1])

    def everything(self, name: str) -> str:
        """Return everything that a person was ever shown."""
        shown = (*self.heard[name], *self.post.received[name], *self.post.updated[name])
        return "\n".join(plain(each) for each in shown)

    # --- time -----------------------------------------------------------------------------------------------------

    async def until(self, moment: datetime) -> None:
        """Let time pass, with a heartbeat whenever something falls due."""
        while True:
            async with self.store.transaction() as tx:
                due = await tx.deliveries.next_due()
            if due is None or due > moment:
                break
            self.now = max(due, self.now)
            await self.beat()
        self.now = moment

    async def beat(self) -> None:
        """Run one heartbeat."""
        self.post.now = self.now
        await delivery.run(self.store, self.prompts, {"test": self.post}, self.now)

    async def days(self, number: float) -> None:
        """Let days pass."""
        await self.until(self.now + timedelta(days=number))

    # --- the usual beginning --------------------------------------------------------------------------------------

    async def start(self, starts_on: date, pack: str = PACK) -> str:
        """Let the coordinator draft a cycle and invite."""
        await self.command(COORDINATOR, "start")
        await self.submit(
            COORDINATOR, "start", pack=pack, starts_on=starts_on.isoformat(), goal="Every child is heard"
        )
        return plain(await self.press(COORDINATOR, f"Invite {len(await self.teachers())} teachers"))

    async def gather(self, starts_on: date, pack: str = PACK, *, without: Sequence[str] = ()) -> None:
        """Start, and let everybody join except `without`."""
        await self.start(starts_on, pack)
        for name in await self.teachers():
            if name not in without:
                await self.command(name, "join")

    async def run(self, starts_on: date, pack: str = PACK, *, without: Sequence[str] = ()) -> None:
        """Start, let everybody join except `without`, preview and confirm."""
        await self.gather(starts_on, pack, without=without)
        await self.command(COORDINATOR, "preview")
        await self.command(COORDINATOR, "confirm")

    # --- looking into the store -----------------------------------------------------------------------------------

    async def teachers(self) -> list[str]:
        return [name for name, member in (await self.members()).items() if member.has(Role.TEACHER)]

    async def members(self) -> Mapping[str, Member]:
        async with self.store.transaction() as tx:
            partnership = await tx.schools.partnership_named(self.partnership)
            assert partnership is not None
            return {each.name: each for each in await tx.members.of(partnership.id)}

    async def cycle(self) -> Cycle:
        async with self.store.transaction() as tx:
            partnership = await tx.schools.partnership_named(self.partnership)
            assert partnership is not None
            found = await tx.cycles.last(partnership.id)
            assert found is not None
            return found

    async def check_ins(self, name: str) -> Mapping[str, CheckIn]:
        """Return a person's check-ins of the newest cycle, by step."""
        cycle, member = await self.cycle(), (await self.members())[name]
        async with self.store.transaction() as tx:
            return {each.step: each for each in await tx.check_ins.of_member(cycle.id, member.id)}

    async def deliveries(self) -> Sequence[Delivery]:
        """Return every delivery of the newest cycle."""
        cycle = await self.cycle()
        async with self.store.transaction() as tx:
            return await tx.deliveries.of_cycle(cycle.id)

    async def pairings(self) -> list[tuple[str, ...]]:
        """Return the names in each pairing, in the order of the pairings' numbers."""
        cycle = await self.cycle()
        async with self.store.transaction() as tx:
            pairings: Sequence[Pairing] = await tx.pairings.of_cycle(cycle.id)
            names = {
                each.id: each.name
                for each in (await tx.members.many({m for p in pairings for m in p.member_ids})).values()
            }
        return [tuple(names[each] for each in pairing.member_ids) for pairing in pairings]

    async def partners(self) -> set[frozenset[str]]:
        """Return the pairings as sets of names."""
        return {frozenset(each) for each in await self.pairings()}

    async def partner_of(self, name: str) -> str:
        """Return the name of the partner, of the first one in a trio."""
        [pairing] = [each for each in await self.pairings() if name in each]
        return next(each for each in pairing if each != name)

    async def state(self) -> CycleState:
        return (await self.cycle()).state


def new_town(
    store: SqlStore, prompts: Prompts, now: datetime, partnership: str, engine: Engine | None = None
) -> Town:
    """Return a town without people on the open road; given an engine, at the core."""
    if ROADS and engine is None:
        return ROADS[-1](prompts, now, partnership)
    return Town(store, prompts, now, partnership, engine or answer_here)


async def build(
    store: SqlStore,
    prompts: Prompts,
    schools: Mapping[str, Sequence[str]],
    now: datetime,
    *,
    zones: Mapping[str, tuple[str, str]] | None = None,
    terms: Mapping[str, Sequence[Term]] | None = None,
    profiles: Mapping[str, Profile] | None = None,
    principals: bool = True,
    partnership: str = "Town",
    engine: Engine | None = None,
) -> Town:
    """Make a partnership: each school has its teachers and a principal (`Head <school>`), the first the coordinator."""
    roster = roster_of(schools, zones=zones, profiles=profiles, principals=principals)
    town = new_town(store, prompts, now, partnership, engine)
    async with store.transaction() as tx:
        made = await tx.schools.add_partnership(partnership)
        await tx.schools.apply(made.id, roster, now)
        members = await tx.members.of(made.id)
        for place in await tx.schools.of(made.id):
            await tx.schools.set_calendar(place.id, (terms or {}).get(place.name, ()), {})
            staff = {each.name: each.email for each in members if each.home_school_id == place.id}
            await town.open_up(tx, place, staff, now)
    return town


def roster_of(
    schools: Mapping[str, Sequence[str]],
    *,
    zones: Mapping[str, tuple[str, str]] | None = None,
    profiles: Mapping[str, Profile] | None = None,
    principals: bool = True,
) -> Roster:
    """Return the roster that a file of these people holds."""
    people = []
    for school, names in schools.items():
        people += [_person(name, school, Role.TEACHER, (profiles or {}).get(name)) for name in names]
        if principals:
            people.append(_person(f"Head {school}", school, Role.PRINCIPAL))
    people.append(_person(COORDINATOR, next(iter(schools)), Role.COORDINATOR))
    place_of = zones or {}
    return Roster(
        schools=tuple(
            RosterSchool(
                source_id=school, name=school, time_zone=place_of.get(school, ("Europe/London", ""))[0],
                holidays=place_of.get(school, ("", ""))[1], lead_name=f"Lead of {school}", lead_contact="extension 7",
            )
            for school in schools
        ),
        people=tuple(people),
    )  # fmt: skip


def _person(name: str, school: str, role: Role, profile: Profile | None = None) -> RosterPerson:
    given, family = name.split(" ", 1)
    return RosterPerson(
        source_id=name, given_name=given, family_name=family, email=f"{name.replace(' ', '.').casefold()}@example.org",
        posts=((role, school),), profile=profile,
    )  # fmt: skip


async def dump(store: SqlStore, *, without: Collection[str] = ()) -> dict[str, list[str]]:
    """Return every row of every table except `without`, to compare what has changed or what is left of a person."""
    async with store.transaction() as tx:
        return {
            table.name: sorted(repr(tuple(row)) for row in await tx.connection.execute(select(table)))
            for table in tables.metadata.sorted_tables
            if table.name not in without
        }


def values_for(form: Form, text: str = "Four hands went up after the pause") -> dict[str, str]:
    """Return a fitting value for every field of a form."""
    fitting = {Kind.SCALE: "4", Kind.DATE: "2027-03-01", Kind.TIME: "15:30"}
    return {
        each.question.key: each.question.options[0].key
        if each.question.kind in (Kind.ONE, Kind.MANY)
        else fitting.get(each.question.kind, text)
        for each in form.inputs
    }
