"""People's actions in the fake Slack, and the effects of the app's answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from yarl import URL

from tests.platforms.slack import payloads, posts, views
from tests.platforms.slack.stage import Stage
from tests.platforms.slack.uploads import shown_in_event
from tests.platforms.slack.wire import COMMAND, EVENT, INTERACTION, Answer, NotSent
from tests.platforms.slack.world import Channel, Json, Line, Modal, Refusal, Upload


class Driver(Stage):
    """The fake Slack with people's actions, each of which returns the app's answer."""

    origin = ""
    """`http://127.0.0.1:PORT/`."""

    async def command(
        self, team: str, user: str, text: str, *, channel: str = "", name: str = "/jpd"
    ) -> Answer:
        """Send a slash command, in the chat with the bot unless a channel is given."""
        where = self.world.channels[channel] if channel else self.world.direct(team, user)
        right = self.world.response_url(where.id, user)
        url = f"{self.origin}response/{right}"
        told = payloads.command(self.world, team, self.world.people[user], where, name, text, url)
        answer = await self.wire.deliver(COMMAND, told)
        self._shown(right, answer)
        return answer

    async def say(
        self,
        team: str,
        user: str,
        text: str,
        *,
        channel: str = "",
        thread: str = "",
        file: str | Upload | Json = "",
        bot_id: str = "",
        event_id: str = "",
    ) -> Answer:
        """Write in the chat with the bot, or in a channel, perhaps with a file, or as another bot."""
        where = self.world.channels[channel] if channel else self.world.direct(team, user)
        line = self._typed(where, user, text, thread)
        told = payloads.said(self.world, where, line)
        if file:
            told |= {"subtype": "file_share", "files": [self._sent(file)]}
        if bot_id:
            told |= {"bot_id": bot_id, "app_id": "A0OTHER"}
        return await self._heard(team, told, where.kind, event_id)

    def _sent(self, file: str | Upload | Json) -> Json:
        """Return a file as an event has it: one that the test describes, or one that only has a name."""
        match file:
            case str():
                return {"id": self.world.name("F"), "name": file}
            case Upload():
                return shown_in_event(file)
            case _:
                return file

    async def edit(self, team: str, user: str, ts: str, text: str) -> Answer:
        """Edit one's own message: an event with the subtype `message_changed`."""
        where = self.world.direct(team, user)
        line = self.world.line(where.id, ts)
        if line is None or line.author != user:
            raise NotSent("not theirs to change")
        before = payloads.said(self.world, where, line)
        line.text, line.edited = payloads.escape(text), True
        told = {
            "type": "message",
            "subtype": "message_changed",
            "hidden": True,
            "channel": where.id,
            "channel_type": where.kind,
            "ts": self.world.ts(),
            "event_ts": self.world.ts(),
            "message": payloads.said(self.world, where, line),
            "previous_message": before,
        }
        return await self._heard(team, told, where.kind, "")

    async def mention(self, team: str, user: str, channel: str, text: str) -> Answer:
        """Write `@jpd …` in a channel."""
        where = self.world.channels[channel]
        line = self._typed(where, user, "", "")
        line.text = f"<@{self.world.workspace_of(team).bot}> {payloads.escape(text)}"
        told = payloads.said(self.world, where, line) | {"type": "app_mention"}
        return await self._heard(team, told, "app_mention", "")

    async def press(
        self, team: str, user: str, where: str = "", action_id: str = "", *, label: str = ""
    ) -> Answer:
        """Press a button by its action id or label, of that message (ts) or view (id, `home`), else the newest one."""
        person = self.world.people[user]
        body = payloads.interaction(self.world, "block_actions", team, person)
        for place in self._places(team, user, where):
            blocks = place.blocks if isinstance(place, Line) else place["blocks"]
            for element in payloads.pressable(blocks):
                if element["action_id"] == action_id or (label and element["text"]["text"] == label):
                    return await self.wire.deliver(INTERACTION, body | self._pressed(place, user, element))
        raise NotSent(f"{user} has no button {action_id or label!r}")

    async def submit(self, team: str, user: str, values: Mapping[str, Any] | None = None) -> Answer:
        """Send the open modal with these values by block; other inputs keep their values."""
        modal = self._open(team, user)
        state = payloads.state(modal, values or {})
        modal.typed |= {name: payloads.as_text(each) for name, each in (values or {}).items()}
        body = payloads.interaction(self.world, "view_submission", team, self.world.people[user])
        body |= {"view": {**modal.view, "state": state}, "response_urls": []}
        answer = await self.wire.deliver(INTERACTION, body)
        self._submitted(modal, answer)
        return answer

    async def close(self, team: str, user: str) -> Answer | None:
        """Close the modal; the app gets an event only where its view asked for that."""
        modal = self._open(team, user)
        self.world.modals[team, user].remove(modal)
        if not modal.view["notify_on_close"]:
            return None
        body = payloads.interaction(self.world, "view_closed", team, self.world.people[user])
        del body["trigger_id"]
        return await self.wire.deliver(INTERACTION, body | {"view": modal.view, "is_cleared": False})

    async def open_home(self, team: str, user: str, tab: str = "home") -> Answer:
        """Look at the app's home or messages tab."""
        ts = self.world.ts()
        told: Json = {
            "type": "app_home_opened", "user": user, "tab": tab, "event_ts": ts,
            "channel": self.world.direct(team, user).id,
        }  # fmt: skip
        if tab == "home" and (view := self.home(team, user)):
            told["view"] = view
        return await self.event(team, told)

    async def uninstall(self, team: str, *, tokens_first: bool = False) -> list[Answer]:
        """Remove the app, whose tokens are dead before it gets the two events, in either order."""
        self.world.end_tokens(team, "account_inactive")
        revoked = {
            "type": "tokens_revoked",
            "tokens": {"oauth": [], "bot": [self.world.workspace_of(team).bot]},
        }
        told: list[Json] = [{"type": "app_uninstalled"}, revoked]
        return [
            await self.event(team, each, heard=False) for each in (reversed(told) if tokens_first else told)
        ]

    async def tokens_revoked(self, team: str) -> Answer:
        """Revoke the app's tokens; the app stays installed."""
        self.world.end_tokens(team, "token_revoked")
        bot = self.world.workspace_of(team).bot
        return await self.event(
            team, {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [bot]}}, heard=False
        )

    async def event(self, team: str, what: Json, *, event_id: str = "", heard: bool = True) -> Answer:
        """Send any event."""
        what = {"event_ts": self.world.ts(), **what}
        return await self.wire.deliver(
            EVENT, payloads.event(self.world, team, what, event_id=event_id, heard=heard)
        )

    async def again(self, retry: int = 1, reason: str = "http_timeout") -> Answer:
        """Send the last request again, as Slack retries it: with the same ids and a new signature."""
        last = self.wire.sent[-1]
        return await self.wire.deliver(last.kind, last.payload, retry=retry, reason=reason)

    async def verify_url(self, challenge: str = "challenge") -> Answer:
        """Send the request by which Slack verifies an address."""
        told = {"type": "url_verification", "token": "legacy-verification", "challenge": challenge}
        return await self.wire.deliver(EVENT, told)

    async def raw(self, body: bytes | str, headers: Mapping[str, str] | None = None) -> Answer:
        """Post exactly this body; without headers it is signed as JSON."""
        data = body.encode() if isinstance(body, str) else body
        return await self.wire.raw(
            data, self.wire.headers(data, "application/json") if headers is None else headers
        )

    def signed(
        self,
        body: bytes | str,
        *,
        age: float = 0,
        secret: str = "",
        media_type: str = "application/x-www-form-urlencoded",
    ) -> dict[str, str]:
        """Return headers for `raw`, signed some seconds ago or with another secret."""
        data = body.encode() if isinstance(body, str) else body
        return self.wire.headers(data, media_type, age=age, secret=secret)

    async def install(self, url: str) -> Answer:
        """Install the app as a browser with cookies does: from the app's page (or link) through *Allow* and back."""
        async with self.session.get(url, allow_redirects=False) as page:
            text, cookies = await page.text(), {name: each.value for name, each in page.cookies.items()}
            way = page.headers.get("Location") or _authorize_link(text)
        async with self.session.get(URL(way, encoded=True), allow_redirects=False) as allowed:
            back = allowed.headers.get("Location")
            if back is None:
                raise NotSent(f"Slack shows an error: {await allowed.text()}")
        header = (
            {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())} if cookies else {}
        )
        async with self.session.get(URL(back, encoded=True), headers=header, allow_redirects=False) as done:
            return Answer(done.status, dict(done.headers), await done.text())

    # --- behind ---------------------------------------------------------------------------------------------------

    def _typed(self, where: Channel, user: str, text: str, thread: str) -> Line:
        text = payloads.escape(text)
        return self.world.add(
            Line(channel=where.id, ts=self.world.ts(), author=user, text=text, thread=thread)
        )

    async def _heard(self, team: str, told: Json, kind: str, event_id: str) -> Answer:
        needed = payloads.SCOPE_OF_EVENT[kind]
        if needed not in payloads.token_for(self.world, team).scopes:
            raise NotSent(f"without {needed} the app hears nothing of this")
        return await self.event(team, told, event_id=event_id)

    def _shown(self, right: str, answer: Answer) -> None:
        """Show the answer to a command to the person who gave it."""
        body = answer.json or ({"text": answer.body} if answer.body.strip() else {})
        if answer.status != 200:
            self.world.refused.append(f"a command was answered {answer.status}")
        elif body:
            self._taken(lambda: posts.answer(self.world, self.world.response_urls[right], body, "command"))

    def _submitted(self, modal: Modal, answer: Answer) -> None:
        stack = self.world.modals[modal.team, modal.person]
        body = answer.json
        if answer.status != 200:
            self.world.refused.append(f"a submission was answered {answer.status}")
            return
        match body.get("response_action"):
            case None if not body:
                if modal in stack:  # the app may have opened another over it meanwhile
                    stack.remove(modal)
            case "clear":
                stack.clear()
            case "errors":
                modal.errors = self._errors(modal, body.get("errors"))
            case "update":
                self._taken(lambda: views.replace(self.world, modal, body.get("view") or {}))
            case "push":
                self._taken(lambda: views.pushed(self.world, stack, body.get("view") or {}))
            case unknown:
                self.world.refused.append(f"a submission was answered {unknown!r}")

    def _errors(self, modal: Modal, errors: Any) -> dict[str, str]:
        inputs = {block["block_id"] for block in modal.view["blocks"] if block["type"] == "input"}
        if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
            self.world.refused.append(f"errors of no field: {errors}")
            return {}
        return {str(name): str(text) for name, text in errors.items()}

    def _taken(self, act: Any) -> None:
        try:
            act()
        except Refusal as refusal:
            self.world.refused.append(f"{refusal.error} {refusal.more}")

    def _open(self, team: str, user: str) -> Modal:
        modal = self.modal(team, user)
        if modal is None:
            raise NotSent(f"{user} has no modal open")
        return modal

    def _places(self, team: str, user: str, where: str) -> list[Line | Json]:
        modal, home = self.modal(team, user), self.home(team, user)
        sight = [*([modal.view] if modal else []), *([home] if home else [])]
        lines = [line for line in reversed(self.world.lines) if self._sees(team, user, line)]
        if not where:
            return [*sight[: 1 if modal else 0], *lines]
        if where == "home":
            return [home] if home else []
        return [
            *(each for each in sight if each["id"] == where),
            *(each for each in lines if each.ts == where),
        ]

    def _sees(self, team: str, user: str, line: Line) -> bool:
        channel = self.world.channels[line.channel]
        return channel.team == team and user in channel.members and line.only_for in ("", user)

    def _pressed(self, place: Line | Json, user: str, element: Json) -> Json:
        if isinstance(place, Line):
            right = self.world.response_url(place.channel, user, place.ts)
            url = f"{self.origin}response/{right}"
            return payloads.pressed_in_message(self.world, place, element, url)
        return payloads.pressed_in_view(self.world, place, element)


def _authorize_link(page: str) -> str:
    found = re.search(r'href="([^"]*oauth/v2/authorize[^"]*)"', page)
    if found is None:
        raise NotSent("no way to Slack on that page")
    return unescape(found[1])
