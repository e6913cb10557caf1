"""Whatever people do in whatever order: what is theirs stays theirs, and nobody is asked too much or at night."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypeAlias
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from bot.message import Form, Inputs
from bot.model import DeliveryState
from bot.prompts import Prompts
from storage.store import SqlStore
from tests.journeys.town import COORDINATOR, Town, build, plain, values_for
from tests.support.examples import share_of_examples

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
SCHOOLS = {"Oak": ["Xaqi Zvyx", "Xbqo Zwyk"], "Elm": ["Xcqu Zvog", "Xdqa Zwiq"], "Fir": ["Xeqy Zvug"]}
ZONES = {"Oak": ("Europe/London", ""), "Elm": ("Pacific/Auckland", ""), "Fir": ("Europe/London", "")}
TEACHERS = [name for names in SCHOOLS.values() for name in names]
WINDOW = 8
"""So many characters in a row of somebody's words would be their words."""

Action: TypeAlias = tuple[str, int, int]
"""What is done, by which teacher, and a number to vary it."""

OWN = (
    "say",
    "fill",
    "fill",
    "fill",
    "skip",
    "undo",
    "take-back",
    "later",
    "send",
    "leave",
    "join",
    "another",
    "tell",
)
RARE = ("pause", "resume", "forget me", "reply", "consent")
COORDINATORS = ("swap", "block", "nudge", "hold", "go on", "pairs")
actions = st.lists(
    st.tuples(
        st.sampled_from((*OWN, *OWN, *RARE, *COORDINATORS, *["wait"] * 12)),
        st.integers(0, 4),
        st.integers(0, 60),
    ),
    min_size=15,
    max_size=45,
)


@dataclass
class Play:
    """A town in which people do things, and what may not be said to whom."""

    town: Town
    words: list[str] = field(default_factory=list)
    """Everything anybody wrote; each text has letters that no sentence of ours has."""

    def new_words(self, name: str) -> str:
        number = len(self.words)
        self.words.append(f"qxz{number}wvq {name[:4].lower()}jq zzx{number}qy kvxj{number}")
        return self.words[-1]

    async def do(self, action: Action) -> None:
        what, who, number = action
        town, name = self.town, TEACHERS[who]
        match what:
            case "wait":
                await town.days((number % 40) / 24 + 0.05)
            case "say":
                await town.say(name, self.new_words(name))
            case "tell":
                await town.command(name, f"tell {self.new_words(name)}")
            case "fill" | "consent":
                await self._fill(name, number, {"story": "yes"} if what == "consent" else {})
            case "reply":
                await self._reply(name, number)
            case "skip" | "undo" | "take-back" | "later" | "send":
                for number_of in await self._open(name):
                    await town.command(name, f"{what} {number_of}")
            case "leave" | "forget me":
                if number % 3 == 0:
                    await town.command(name, f"{what} yes")
            case "pause":
                await town.command(name, f"pause until {town.now.date() + timedelta(days=number % 9 + 1)}")
            case "join" | "resume" | "another":
                await town.command(name, what)
            case _:
                other = TEACHERS[(who + number) % len(TEACHERS)]
                words = {"swap": f" {name} and {other}", "block": f" {name} and {other}", "nudge": " 1"}
                await town.command(COORDINATOR, what + words.get(what, ""))

    async def _open(self, name: str) -> list[str]:
        if name not in await self.town.members():
            return []
        return [
            str(each.id)
            for each in (await self.town.check_ins(name)).values()
            if each.state != "planned" and each.closes_at > self.town.now
        ]

    async def _fill(self, name: str, number: int, more: dict[str, str]) -> None:
        for number_of in (await self._open(name))[-1:]:
            form = await self.town.open(name, "check-in", number_of)
            if isinstance(form, Form):
                values = values_for(form, self.new_words(name)[:110])
                if number % 7 == 0:
                    values = {
                        key: f"A poor {value}" if key == "evidence" else value
                        for key, value in values.items()
                    }
                await self.town.submit(name, "check-in", number_of, **{**values, **more})

    async def _reply(self, name: str, number: int) -> None:
        for challenge in range(1, 6):
            step = {"next_step": "Count to five", "next_step_on": "2026-12-01"}
            await self.town.submit(name, "challenge", str(challenge), reply=self.new_words(name), **step)

    # --- what always holds ------------------------------------------------------------------------------------------

    async def check_now(self) -> None:
        schools = {name: school for school, names in SCHOOLS.items() for name in names}
        pairings = [[name for name in each if name.strip()] for each in await self.town.pairings()]
        seated = Counter(name for each in pairings for name in each)
        assert all(count == 1 for count in seated.values()), pairings
        for each in pairings:
            assert len({schools[name] for name in each}) > 1, pairings
        await self._check_challenges()

    async def _check_challenges(self) -> None:
        """What was not released is read by nobody but its giver."""
        cycle, names = (
            await self.town.cycle(),
            {each.id: each.name for each in (await self.town.members()).values()},
        )
        async with self.town.store.transaction() as tx:
            challenges = await tx.challenges.of_cycle(cycle.id)
        for each in challenges:
            if each.released_at is None:
                for name in TEACHERS:
                    if name != names.get(each.giver_id or 0):
                        said = "\n".join(plain(message) for message in self.town.post.received[name])
                        assert each.evidence not in said
                        assert each.question not in said or each.question in (each.evidence, "")

    async def check_in_the_end(self) -> None:
        await self.town.command(COORDINATOR, "go on")
        await self.town.days(45)
        await self.town.beat()
        states = Counter(each.state for each in await self.town.deliveries())
        assert set(states) <= {DeliveryState.SENT, DeliveryState.DROPPED, DeliveryState.QUEUED}, states
        for name in TEACHERS:
            self._check_hours(name)
        for head in ("Head Oak", "Head Elm", "Head Fir", COORDINATOR):
            self._check_principal(head)

    def _check_hours(self, name: str) -> None:
        zone = next(ZoneInfo(ZONES[school][0]) for school, names in SCHOOLS.items() if name in names)
        asked: list[date] = []
        for at, message in zip(self.town.post.at[name], self.town.post.received[name], strict=True):
            local = at.astimezone(zone)
            assert local.weekday() < 5, (name, local)
            assert (8, 30) <= (local.hour, local.minute) < (17, 0), (name, local)
            is_ask = any(isinstance(each, Inputs) for each in message.elements)
            if is_ask and "Here it is again" not in plain(message):
                asked.append(local.date())
        assert len(asked) == len(set(asked)), (name, asked)

    def _check_principal(self, head: str) -> None:
        """No eight characters in a row of anybody's words, and no name of a teacher to a principal."""
        text = self.town.everything(head)
        windows = {text[start : start + WINDOW] for start in range(len(text) - WINDOW + 1)}
        for words in self.words:
            leaked = {words[start : start + WINDOW] for start in range(len(words) - WINDOW + 1)} & windows
            assert not leaked, (head, words)
        if head != COORDINATOR:
            assert not any(part in text for name in TEACHERS for part in name.split())


async def _play(file: Path, prompts: Prompts, sequence: list[Action]) -> None:
    store = SqlStore(f"sqlite+aiosqlite:///{file}", durable=False)
    try:
        town = await build(store, prompts, SCHOOLS, MONDAY, zones=ZONES)
        await town.run(date(2026, 9, 9), "peer-visit-2wk")
        await town.until(datetime(2026, 9, 9, 15, 0, tzinfo=UTC))
        play = Play(town)
        for action in sequence:
            await play.do(action)
            await town.beat()
            await play.check_now()
        await play.check_in_the_end()
        replies = [plain(reply) for heard in town.heard.values() for reply in heard]
        assert not any("something went wrong on my side" in reply for reply in replies)
    finally:
        await store.close()


ALL_ANSWER: list[Action] = [
    act for _ in range(22) for act in (*(("fill", who, 1) for who in range(5)), ("reply", 0, 0), ("wait", 0, 18))
]  # fmt: skip


# Plays are long: what they find becomes an `@example`, and is cut short by hand.
@settings(
    max_examples=share_of_examples(3),
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(sequence=actions)
@example(sequence=ALL_ANSWER)
@example(
    sequence=[
        ("fill", 0, 1),
        ("swap", 0, 1),
        ("fill", 1, 1),
        ("wait", 0, 30),
        ("forget me", 0, 0),
        ("wait", 0, 30),
    ]
)
def test_whatever_people_do_words_stay_where_they_belong(
    migrated_file: Path, prompts: Prompts, sequence: list[Action]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "jpd.sqlite"
        shutil.copyfile(migrated_file, file)
        asyncio.run(_play(file, prompts, sequence))
