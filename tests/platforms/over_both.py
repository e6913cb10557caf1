"""The town on both platforms: schools are in Slack and in Teams by turns, on one store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.events import What
from bot.message import Form, Inputs, Reply
from bot.model import Address, School
from bot.ports import Directory, Messenger
from bot.prompts import Prompts
from bot.worker import delivery
from storage.store import SqlStore, SqlTx
from tests.journeys.town import Town
from tests.platforms.over_slack import SlackRoad, SlackTown, slack_road
from tests.platforms.over_teams import TeamsRoad, TeamsTown, teams_road
from tests.platforms.teams.fake import FakeMicrosoft


@dataclass
class BothRoads:
    """The road to Slack and the road to Teams."""

    slack: SlackRoad
    teams: TeamsRoad
    store: SqlStore
    turned: bool
    """True where the first school is in Teams."""

    def town(self, prompts: Prompts, now: datetime, partnership: str) -> TownOfBoth:
        return TownOfBoth(self, self.store, prompts, now, partnership)


@asynccontextmanager
async def both_roads(
    store: SqlStore, prompts: Prompts, microsoft: FakeMicrosoft, *, turned: bool
) -> AsyncIterator[BothRoads]:
    """Start one application on either platform."""
    async with slack_road(store, prompts) as slack, teams_road(store, prompts, microsoft) as teams:
        yield BothRoads(slack, teams, store, turned)


class TownOfBoth(Town):
    """People by name, each on the platform of their school."""

    PLAYED = (*Town.PLAYED, "_schools", "_place")

    def __init__(
        self, road: BothRoads, store: SqlStore, prompts: Prompts, now: datetime, partnership: str
    ) -> None:
        super().__init__(store, prompts, now, partnership)
        self.slack: SlackTown = road.slack.town(prompts, now, partnership)
        self.teams: TeamsTown = road.teams.town(prompts, now, partnership)
        self.road = road
        self._towns: Sequence[SlackTown | TeamsTown] = (
            (self.teams, self.slack) if road.turned else (self.slack, self.teams)
        )
        self._schools = 0
        self._place: dict[str, int] = {}
        """The place in `_towns` of everybody's town, by name."""
        self.post = self.slack.post
        screens = self.slack.screens
        self.teams.screens.received, self.teams.screens.updated = screens.received, screens.updated
        self.teams.screens.at = screens.at
        self.slack.heard = self.teams.heard = self.heard

    def played(self) -> dict[str, Any]:
        return {**super().played(), "on_slack": self.slack.played(), "on_teams": self.teams.played()}

    def resume(self, played: Mapping[str, Any]) -> None:
        super().resume(played)
        self.slack.resume(played["on_slack"])
        self.teams.resume(played["on_teams"])

    async def open_up(self, tx: SqlTx, school: School, names: Mapping[str, str], now: datetime) -> None:
        """Admit this school on the platform that is next."""
        place = self._schools % 2
        self._schools += 1
        self._place |= dict.fromkeys(names, place)
        await self._towns[place].open_up(tx, school, names, now)

    def _town(self, name: str) -> SlackTown | TeamsTown:
        town = self._towns[self._place.get(name, 0)]
        town.now = self.now
        return town

    def address(self, name: str) -> Address:
        return self._town(name).address(name)

    async def hear(self, name: str, what: What, event_id: str = "") -> Reply | None:
        return await self._town(name).hear(name, what, event_id)

    async def press(self, name: str, label: str) -> Reply | None:
        return await self._town(name).press(name, label)

    async def form_of(self, name: str, asked: Inputs) -> Form:
        return await self._town(name).form_of(name, asked)

    async def fill(self, name: str, **values: str) -> str:
        return await self._town(name).fill(name, **values)

    async def my_data(self, name: str) -> str:
        return await self._town(name).my_data(name)

    async def beat(self) -> None:
        """Run one heartbeat for both platforms; then everybody looks at their screen."""
        for town in self._towns:
            town.now = self.now
            await town.before_the_beat()
        messengers: dict[str, Messenger] = {
            "slack": self.road.slack.messenger,
            "teams": self.road.teams.stage.messenger,
        }
        directories: dict[str, Directory] = {
            "slack": self.road.slack.messenger,
            "teams": self.road.teams.stage.messenger,
        }
        await delivery.run(self.store, self.prompts, messengers, self.now, directories)
        for town in self._towns:
            await town.after_the_beat()
