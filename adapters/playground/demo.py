"""A whole cycle played by the residents alone, as a transcript with counts at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from adapters.chat import plain
from adapters.playground.messenger import Rendered
from adapters.playground.stage import Stage
from adapters.playground.world import Travel, address
from bot.events import Command, Submitted
from bot.message import Message
from bot.model import CommandName, CycleState, DeliveryKind, DeliveryState, FormName, Member, Role
from bot.ports import Store
from bot.prompts import Prompts

FIRST_DAY = date(2026, 10, 19)
LONGEST = timedelta(weeks=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptLine:
    """A message in one person's conversation, from them or from the bot."""

    id: int
    workspace: str
    person: str
    at: datetime
    author: str
    delivery_id: int | None
    plain: str
    html: str = ""
    previews: Mapping[str, str] = field(default_factory=dict)
    replaced: bool = False


class Transcript:
    """Conversations in memory, and the playground's time."""

    def __init__(self) -> None:
        self.said: list[TranscriptLine] = []
        self._now: datetime | None = None

    async def lines(self, workspace: str, person: str) -> Sequence[TranscriptLine]:
        """Return one person's conversation, oldest first."""
        return [each for each in self.said if (each.workspace, each.person) == (workspace, person)]

    async def add(
        self,
        *,
        workspace: str,
        person: str,
        at: datetime,
        author: str,
        plain: str,
        delivery_id: int | None = None,
        **_: object,
    ) -> int:
        """Add a line and return its id."""
        line = TranscriptLine(
            id=len(self.said),
            workspace=workspace,
            person=person,
            at=at,
            author=author,
            plain=plain,
            delivery_id=delivery_id,
        )
        self.said.append(line)
        return line.id

    async def replace(self, line_id: int, *, plain: str, at: datetime, **_: object) -> None:
        """Add the new message as a line of its own: a transcript keeps the earlier one."""
        earlier = self.said[line_id]
        self.said.append(replace(earlier, id=len(self.said), at=at, plain=plain, delivery_id=None))

    async def find(self, delivery_id: int) -> int | None:
        """Return the id of the line by which a delivery arrived, or None."""
        return next((each.id for each in self.said if each.delivery_id == delivery_id), None)

    async def clock(self) -> datetime | None:
        """Return the playground's time, or None before it was set."""
        return self._now

    async def set_clock(self, now: datetime) -> None:
        """Set the playground's time."""
        self._now = now


def as_plain_text(message: Message) -> Rendered:
    """Render a message for a transcript."""
    return Rendered(html="", plain=plain.message(message), previews={})


async def play_through(store: Store, prompts: Prompts, sample: Path, say: Callable[[str], None]) -> None:
    """Play a six-week cycle and print what each person got and typed, then the counts as the last line."""
    transcript = Transcript()
    stage = Stage(store, transcript, prompts, sample, rendered=as_plain_text)
    world = stage.world
    await world.begin(stage.sample)
    world.residents.played.clear()
    coordinator = next(member for member, _ in await world.people() if member.has(Role.COORDINATOR))
    goal = stage.prompts.voice(stage.prompts.default_language).text("play.goal")
    values = {"pack": "joint-practice-6wk", "starts_on": FIRST_DAY.isoformat(), "goal": goal}
    await stage.converse(coordinator, Command(CommandName.START), await world.now())
    await stage.converse(coordinator, Submitted(FormName.START, "", values), await world.now())
    await stage.converse(coordinator, Command(CommandName.INVITE), await world.now())
    for _ in range(3):
        await world.travel(Travel.DAY)
    for command in (CommandName.PREVIEW, CommandName.CONFIRM):
        await stage.converse(coordinator, Command(command), await world.now())
    end = await world.now() + LONGEST
    while await world.now() < end and not await _is_over(stage, coordinator):
        await world.travel(Travel.WEEK)
    await stage.converse(coordinator, Command(f"{CommandName.CLOSE} yes"), await world.now())
    while await world.next_due() is not None:  # a school that is on holiday hears of it in its next term
        await world.travel(Travel.NEXT)
    people = await _people(stage)
    for line in transcript.said:
        arrow = "→" if line.author == "bot" else "←"
        name, zone = people[line.workspace, line.person]
        say(f"\n{line.at.astimezone(zone):%a %d %b %H:%M} {arrow} {name}")
        say("\n".join(f"    {each}" for each in line.plain.splitlines()))
    say(await _counts(stage, coordinator))


async def _is_over(stage: Stage, coordinator: Member) -> bool:
    async with stage.store.transaction() as tx:
        cycle = await tx.cycles.last(coordinator.partnership_id)
        deliveries = await tx.deliveries.of_cycle(cycle.id) if cycle else ()
    ends = [each for each in deliveries if each.kind is DeliveryKind.CYCLE_END]
    return all(each.state is not DeliveryState.QUEUED for each in ends)


async def _people(stage: Stage) -> dict[tuple[str, str], tuple[str, ZoneInfo]]:
    """Return each person's name and time zone by workspace and user."""
    found = {}
    for member, school in await stage.world.people():
        home = address(member, school)
        found[home.workspace, home.user] = f"{member.name}, {school.name}", ZoneInfo(school.time_zone)
    return found


async def _counts(stage: Stage, coordinator: Member) -> str:
    people = await stage.world.people()
    async with stage.store.transaction() as tx:
        cycle = await tx.cycles.last(coordinator.partnership_id)
        if cycle is None or cycle.state is not CycleState.CLOSED:
            raise LookupError("the demo's cycle did not end")
        pairings = await tx.pairings.of_cycle(cycle.id)
        check_ins = await tx.check_ins.of_cycle(cycle.id)
        challenges = await tx.challenges.of_cycle(cycle.id)
        deliveries = await tx.deliveries.of_cycle(cycle.id)
    sent = Counter(each.kind for each in deliveries if each.state is DeliveryState.SENT)
    undelivered = sum(each.state not in (DeliveryState.SENT, DeliveryState.DROPPED) for each in deliveries)
    return stage.prompts.voice(stage.prompts.default_language).text(
        "cli.demo-counts",
        members=len(people),
        pairings=len(pairings),
        check_ins=sent[DeliveryKind.CHECK_IN],
        answered=sum(each.state == "answered" for each in check_ins),
        challenges=sum(each.released_at is not None for each in challenges),
        digests=sent[DeliveryKind.DIGEST],
        undelivered=undelivered,
    )
