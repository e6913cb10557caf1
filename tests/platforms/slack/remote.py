"""People in a Slack behind a driver's URL: our fake's own, or one that drives another emulator.

The same deeds as `Driver`, all over HTTP, so that a journey which uses nothing else runs against any of them.
"""

from __future__ import annotations

import base64
from typing import Any

from aiohttp import ClientSession

from tests.platforms.slack.mishaps import NAMES, Mishap
from tests.platforms.slack.wire import Answer, NotSent
from tests.platforms.slack.world import Json, Line, Upload


class RemoteSlack:
    """Slack by its driver's URL, which ends with a slash."""

    def __init__(self, session: ClientSession, driver_url: str) -> None:
        self._session, self._url = session, driver_url

    async def ask(self, deed: str, **asked: Any) -> Any:
        """Do an action by its name. Raises `NotSent` where the driver refuses."""
        async with self._session.post(f"{self._url}{deed}", json=asked) as response:
            found = await response.json()
            if response.status != 200:
                raise NotSent(str(found.get("error")))
            return found

    async def connect_app(self, url: str, signing_secret: str) -> None:
        await self.ask("connect_app", url=url, signing_secret=signing_secret)

    async def add_workspace(self, team: str, name: str = "", **more: Any) -> None:
        await self.ask("add_workspace", team=team, name=name, **more)

    async def add_person(self, team: str, user: str, email: str = "", **more: Any) -> None:
        await self.ask("add_person", team=team, user=user, email=email, **more)

    async def add_channel(self, team: str, channel: str, name: str, members: list[str], **more: Any) -> None:
        await self.ask("add_channel", team=team, channel=channel, name=name, members=members, **more)

    async def fail(self, method: str, *mishaps: Mishap, team: str = "") -> None:
        """As `Stage.fail`."""
        kinds = {kind: name for name, kind in NAMES.items()}
        planned = [
            {"kind": kinds[type(each)], **{name: getattr(each, name) for name in each.__dataclass_fields__}}
            for each in mishaps
        ]
        await self.ask("fail", method=method, mishaps=planned, team=team)

    async def wait(self, seconds: float) -> None:
        await self.ask("wait", seconds=seconds)

    # --- what people do -------------------------------------------------------------------------------------------

    async def command(self, team: str, user: str, text: str, **more: Any) -> Answer:
        return await self._do("command", team=team, user=user, text=text, **more)

    async def say(self, team: str, user: str, text: str, **more: Any) -> Answer:
        return await self._do("say", team=team, user=user, text=text, **more)

    async def press(
        self, team: str, user: str, where: str = "", action_id: str = "", label: str = ""
    ) -> Answer:
        return await self._do("press", team=team, user=user, where=where, action_id=action_id, label=label)

    async def submit(self, team: str, user: str, values: Json | None = None) -> Answer:
        return await self._do("submit", team=team, user=user, values=values or {})

    async def open_home(self, team: str, user: str) -> Answer:
        return await self._do("open_home", team=team, user=user)

    async def mention(self, team: str, user: str, channel: str, text: str) -> Answer:
        return await self._do("mention", team=team, user=user, channel=channel, text=text)

    async def _do(self, deed: str, **asked: Any) -> Answer:
        return Answer(**await self.ask(deed, **asked))

    # --- what they see --------------------------------------------------------------------------------------------

    async def conversation(self, team: str, user: str) -> list[Line]:
        return [Line(**each) for each in await self.ask("conversation", team=team, user=user)]

    async def files(self) -> list[Upload]:
        """Return the files with their content, which is sent as base64."""
        return [
            Upload(**{**each, "content": each["content"] and base64.b64decode(each["content"])})
            for each in await self.ask("files")
        ]

    async def modal(self, team: str, user: str) -> Json | None:
        """Return the open view with `errors` and `typed`."""
        found: Json | None = await self.ask("modal", team=team, user=user)
        return found

    async def home(self, team: str, user: str) -> Json | None:
        found: Json | None = await self.ask("home", team=team, user=user)
        return found
