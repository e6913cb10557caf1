"""People of a Slack: of our fake in this process, or of another emulator by its driver's URL."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

import pytest
from aiohttp import ClientSession

from tests.platforms.slack import payloads
from tests.platforms.slack.fake import FakeSlack, running_slack
from tests.platforms.slack.remote import RemoteSlack
from tests.platforms.slack.wire import INTERACTION, Answer
from tests.platforms.slack.world import Json, Line, Upload, World

API_URL, DRIVER_URL = "JPD_SLACK_API_URL", "JPD_SLACK_DRIVER_URL"
"""The environment variables that name another Slack and its driver, on which the journeys are then played."""


@dataclass(frozen=True, slots=True)
class Modal:
    """The open view, with its errors and the text typed in it."""

    view: Json
    errors: Mapping[str, str]
    typed: Mapping[str, str]


class People(Protocol):
    """The actions of people, and what they see."""

    api_url: str

    async def connect_app(self, url: str, signing_secret: str) -> None: ...
    async def add_workspace(self, team: str, name: str, token: str) -> None: ...
    async def add_person(self, team: str, user: str, email: str, name: str) -> None: ...
    async def say(self, team: str, user: str, text: str, event_id: str) -> Answer: ...
    async def command(self, team: str, user: str, text: str) -> Answer: ...
    async def press(self, team: str, user: str, label: str) -> Answer: ...
    async def submit(self, team: str, user: str, values: Mapping[str, str]) -> Answer: ...
    async def close_modals(self, team: str, user: str) -> None: ...
    async def forge(self, team: str, user: str, kind: str, more: Json) -> Answer:
        """Send a signed interaction that no screen offers."""

    async def modal(self, team: str, user: str) -> Modal | None: ...
    async def conversation(self, team: str, user: str) -> list[Line]: ...
    async def files(self) -> list[Upload]: ...
    async def refused(self) -> list[str]:
        """Return the answers of the app that Slack could not use."""

    def world(self) -> World:
        """Return everything that this Slack holds, to be saved."""

    def resume(self, world: World) -> None:
        """Go on with what another Slack held."""


class Here:
    """Our own fake, called in this process."""

    def __init__(self, slack: FakeSlack) -> None:
        self.slack, self.api_url = slack, slack.api_url

    async def connect_app(self, url: str, signing_secret: str) -> None:
        self.slack.connect_app(url, signing_secret)

    async def add_workspace(self, team: str, name: str, token: str) -> None:
        self.slack.add_workspace(team, name, token=token)

    async def add_person(self, team: str, user: str, email: str, name: str) -> None:
        self.slack.add_person(team, user, email, name=name)

    async def say(self, team: str, user: str, text: str, event_id: str) -> Answer:
        return await self.slack.say(team, user, text, event_id=event_id)

    async def command(self, team: str, user: str, text: str) -> Answer:
        return await self.slack.command(team, user, text)

    async def press(self, team: str, user: str, label: str) -> Answer:
        return await self.slack.press(team, user, label=label)

    async def submit(self, team: str, user: str, values: Mapping[str, str]) -> Answer:
        return await self.slack.submit(team, user, values)

    async def close_modals(self, team: str, user: str) -> None:
        self.slack.world.modals.pop((team, user), None)

    async def forge(self, team: str, user: str, kind: str, more: Json) -> Answer:
        world = self.slack.world
        body = payloads.interaction(world, kind, team, world.people[user])
        return await self.slack.wire.deliver(INTERACTION, body | more)

    async def modal(self, team: str, user: str) -> Modal | None:
        found = self.slack.modal(team, user)
        return Modal(found.view, dict(found.errors), dict(found.typed)) if found else None

    async def conversation(self, team: str, user: str) -> list[Line]:
        return self.slack.conversation(team, user)

    async def files(self) -> list[Upload]:
        return self.slack.files

    async def refused(self) -> list[str]:
        return self.slack.refused

    def world(self) -> World:
        return self.slack.world

    def resume(self, world: World) -> None:
        self.slack.world = self.slack.wire.world = world


class ThroughDriver:
    """Any Slack by its driver's URL, which cannot forge requests."""

    def __init__(self, slack: RemoteSlack, api_url: str) -> None:
        self.slack, self.api_url = slack, api_url

    async def connect_app(self, url: str, signing_secret: str) -> None:
        await self.slack.connect_app(url, signing_secret)

    async def add_workspace(self, team: str, name: str, token: str) -> None:
        await self.slack.add_workspace(team, name, token=token)

    async def add_person(self, team: str, user: str, email: str, name: str) -> None:
        await self.slack.add_person(team, user, email, name=name)

    async def say(self, team: str, user: str, text: str, event_id: str) -> Answer:
        return await self.slack.say(team, user, text, **({"event_id": event_id} if event_id else {}))

    async def command(self, team: str, user: str, text: str) -> Answer:
        return await self.slack.command(team, user, text)

    async def press(self, team: str, user: str, label: str) -> Answer:
        return await self.slack.press(team, user, label=label)

    async def submit(self, team: str, user: str, values: Mapping[str, str]) -> Answer:
        return await self.slack.submit(team, user, dict(values))

    async def close_modals(self, team: str, user: str) -> None:
        while await self.slack.modal(team, user):
            await self.slack.ask("close", team=team, user=user)

    async def forge(self, team: str, user: str, kind: str, more: Json) -> Answer:  # the port's
        pytest.skip("only our own Slack can be made to forge a request")

    async def modal(self, team: str, user: str) -> Modal | None:
        found = await self.slack.modal(team, user)
        return Modal(found["view"], found["errors"], found["typed"]) if found else None

    async def conversation(self, team: str, user: str) -> list[Line]:
        return await self.slack.conversation(team, user)

    async def files(self) -> list[Upload]:
        return await self.slack.files()

    async def refused(self) -> list[str]:
        return list(await self.slack.ask("refused"))

    def world(self) -> World:
        pytest.skip("only our own Slack can be saved")

    def resume(self, world: World) -> None:
        pytest.skip("only our own Slack can be restored")


@asynccontextmanager
async def people_of_slack() -> AsyncIterator[People]:
    """Yield the people of the Slack that the environment names, or of our own fake."""
    api_url, driver_url = os.environ.get(API_URL), os.environ.get(DRIVER_URL)
    if api_url and driver_url:
        async with ClientSession() as session:
            yield ThroughDriver(RemoteSlack(session, driver_url), api_url)
    else:
        async with running_slack() as slack:
            yield Here(slack)
