"""People's actions in the fake Teams, each of which returns the app's answer."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession

from adapters.chat.actions import encode
from bot.events import Opened, Submitted
from tests.platforms.teams.fake import CARD, CONSENT, FakeMicrosoft, card_faults
from tests.platforms.teams.world import BOT, Dialog, Json, Line, Person, World, claims


class NotSent(Exception):
    """An action that Teams itself would not have allowed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The app's answer to an activity."""

    status: int
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None


class People:
    """The people of one fake Microsoft, who use one app."""

    def __init__(self, microsoft: FakeMicrosoft, session: ClientSession, url: str) -> None:
        """`url`: the app's `POST /api/messages`."""
        self.microsoft = microsoft
        self.world: World = microsoft.world
        self._session = session
        self._url = url
        self.sent: list[Json] = []
        self.old_clients: set[str] = set()
        """People whose clients know only the older buttons."""

    def add(self, who: str, tenant: str, email: str = "", **more: Any) -> Person:
        """Add a person of a tenant; `who` is a part of their account's id."""
        made = Person(tenant=tenant, id=f"aad-{who}", name=more.pop("name", who), email=email, **more)
        self.world.people[who] = made
        return made

    # --- coming and going -----------------------------------------------------------------------------------------

    async def install(self, who: str) -> Answer:
        """Install the app in personal scope, of which Teams sends two activities."""
        person = self.world.person(who)
        person.installed = True
        added = {"membersAdded": [{"id": BOT}, {"id": person.seen_as}]}
        await self._deliver(self._activity(person, "conversationUpdate", **added))
        return await self._deliver(self._activity(person, "installationUpdate", action="add"))

    async def uninstall(self, who: str) -> list[Answer]:
        """Remove the app, of which Teams sends two activities."""
        person = self.world.person(who)
        person.installed = False
        removed = {"membersRemoved": [{"id": BOT}]}
        return [
            await self._deliver(self._activity(person, "installationUpdate", action="remove")),
            await self._deliver(self._activity(person, "conversationUpdate", **removed)),
        ]

    async def upgrade(self, who: str) -> Answer:
        """Upgrade the app."""
        return await self._deliver(
            self._activity(self.world.person(who), "installationUpdate", action="add-upgrade")
        )

    # --- speaking -------------------------------------------------------------------------------------------------

    async def say(self, who: str, text: str, **more: Any) -> Answer:
        """Write in the chat with the bot."""
        person = self.world.person(who)
        activity = self._activity(person, "message", **({"text": text, "textFormat": "plain"} | more))
        self.world.lines.append(Line(id=activity["id"], chat=person.chat, by_bot=False, text=text))
        return await self._deliver(activity)

    async def mention(self, who: str, company: str, text: str, kind: str = "channel") -> Answer:
        """Write `@JPD …` in a team's channel or a group chat."""
        self.world.companies.add(company)
        entity = {"type": "mention", "mentioned": {"id": BOT, "name": "JPD"}, "text": "<at>JPD</at>"}
        activity = self._activity(
            self.world.person(who), "message", text=f"<at>JPD</at> {text}", entities=[entity]
        )
        activity["conversation"] = {
            "id": company, "conversationType": kind, "isGroup": True,
            "tenantId": self.world.person(who).tenant,
        }  # fmt: skip
        return await self._deliver(activity)

    async def react(self, who: str) -> Answer:
        """Put a heart on the newest message."""
        added = {"reactionsAdded": [{"type": "heart"}], "replyToId": self.world.seen(who)[-1].id}
        return await self._deliver(self._activity(self.world.person(who), "messageReaction", **added))

    # --- cards ----------------------------------------------------------------------------------------------------

    async def press(self, who: str, label: str, values: Mapping[str, str] | None = None) -> Answer:
        """Press the newest button of that label, with these values in the inputs beside it."""
        line, action = self._find(who, label)
        return await self._act(who, line, action, values or {})

    async def submit(self, who: str, values: Mapping[str, str] | None = None) -> Answer:
        """Send the form in the open dialog, or else the newest one in the chat."""
        dialog = self.world.dialogs.get(who)
        if dialog is not None:
            return await self._send_dialog(who, dialog, values or {})
        for line in reversed(self.world.seen(who)):
            if any(each["data"]["jpd"]["verb"] == "submit" for each in buttons(line.card)):
                return await self.fill_in(who, line, values or {})
        raise NotSent(f"{who} has no form in sight")

    async def fill_in(self, who: str, line: Line, values: Mapping[str, str]) -> Answer:
        """Send the form in that message."""
        [action] = [each for each in buttons(line.card) if each["data"]["jpd"]["verb"] == "submit"]
        return await self._act(who, line, action, values)

    async def forge(self, who: str, what: Opened | Submitted) -> Answer:
        """Send a signed press of a button that is not on the screen."""
        if isinstance(what, Opened):
            value: Json = {"jpd": {"verb": "press", "press": encode(what), "here": True}}
        else:
            value = {"jpd": {"verb": "submit", "form": what.form, "context": what.context}, **what.values}
        return await self._deliver(self._activity(self.world.person(who), "message", value=value))

    async def again(self) -> Answer:
        """Send the last activity again, as the channel retries it."""
        return await self._deliver(self.sent[-1])

    async def take_file(self, who: str, *, decline: bool = False) -> Answer:
        """Agree to the newest file that was offered."""
        person = self.world.person(who)
        offered = [line for line in self.world.seen(who) if _kind(line) == CONSENT]
        if not offered:
            raise NotSent("no file was offered")
        line = offered[-1]
        [attachment] = line.activity["attachments"]
        value: Json = {
            "type": "fileUpload",
            "action": "decline" if decline else "accept",
            "context": attachment["content"].get("acceptContext"),
        }
        if not decline:
            name = attachment["name"]
            value["uploadInfo"] = {
                "contentUrl": f"https://school-my.sharepoint.example/{name}",
                "uploadUrl": f"{self.microsoft.origin}/onedrive/{line.id}-{name}",
                "name": name,
                "uniqueId": "unique",
                "fileType": name.rpartition(".")[2],
            }
        return await self._invoke(person, "fileConsent/invoke", value, line.id)

    async def invoke(self, who: str, name: str, value: Any) -> Answer:
        """Send any invoke activity."""
        return await self._invoke(self.world.person(who), name, value, "")

    def file(self, who: str) -> bytes:
        """Return the newest uploaded file."""
        return list(self.world.files.values())[-1]

    # --- behind ---------------------------------------------------------------------------------------------------

    def _find(self, who: str, label: str) -> tuple[Line, Json]:
        for line in reversed(self.world.seen(who)):
            for action in buttons(line.card):
                if action["title"] == label:
                    return line, action
        raise NotSent(f"{who} has no button {label!r}")

    async def _act(self, who: str, line: Line, action: Json, values: Mapping[str, str]) -> Answer:
        person = self.world.person(who)
        line.fields |= values
        takes = action.get("associatedInputs") != "None"
        data = {**action["data"], **(_filled(line.card, line.fields) if takes else {})}
        if data.get("msteams") == {"type": "task/fetch"}:
            return await self._fetch(who, line, data)
        if action["type"] == "Action.Execute" and who not in self.old_clients:
            asked = {
                "action": {"type": "Action.Execute", "verb": action["verb"], "data": data},
                "trigger": "manual",
            }
            answer = await self._invoke(person, "adaptiveCard/action", asked, line.id)
            self._shown(line, answer)
            return answer
        return await self._deliver(self._activity(person, "message", value=data, replyToId=line.id))

    def _shown(self, line: Line, answer: Answer) -> None:
        """Show the answer to Action.Execute."""
        body = answer.json
        if answer.status != 200:
            self.world.faults.append(f"a press was answered {answer.status}")
        elif not isinstance(body, dict) or body.get("statusCode") != 200:
            self.world.faults.append(f"a press was answered {answer.body[:60]!r}")
        elif body["type"] == CARD:
            line.card = body["value"]
            line.fields = {}
            self.world.faults += card_faults(body["value"])
        elif body["type"] == "application/vnd.microsoft.activity.message" and isinstance(body["value"], str):
            self.world.told.append(body["value"])
        else:
            self.world.faults.append(f"a press was answered by {body['type']}")

    async def _fetch(self, who: str, line: Line, data: Json) -> Answer:
        value = {"data": data, "context": {"theme": "default"}}
        answer = await self._invoke(self.world.person(who), "task/fetch", value, line.id)
        self._dialog(who, line.id, answer)
        return answer

    async def _send_dialog(self, who: str, dialog: Dialog, values: Mapping[str, str]) -> Answer:
        [action] = [each for each in buttons(dialog.card) if each["data"]["jpd"]["verb"] == "submit"]
        if action["type"] != "Action.Submit":
            raise NotSent("a dialog knows Action.Submit only")
        data = {**action["data"], **_filled(dialog.card, values)}
        answer = await self._invoke(self.world.person(who), "task/submit", {"data": data}, "")
        self._dialog(who, dialog.ref, answer)
        return answer

    def _dialog(self, who: str, ref: str, answer: Answer) -> None:
        self.world.dialogs.pop(who, None)
        task = (answer.json or {}).get("task")
        if answer.status != 200:
            self.world.faults.append(f"a dialog was answered {answer.status}")
        elif task and task["type"] == "message":
            self.world.told.append(task["value"])
        elif task:
            value = task["value"]
            if value["card"]["contentType"] != CARD or not value["title"]:
                self.world.faults.append("a dialog without a card or a title")
            self.world.faults += card_faults(value["card"]["content"])
            self.world.dialogs[who] = Dialog(
                person=who, ref=ref, title=value["title"], card=value["card"]["content"]
            )

    async def _invoke(self, person: Person, name: str, value: Any, ref: str) -> Answer:
        more = {"replyToId": ref} if ref else {}
        return await self._deliver(self._activity(person, "invoke", name=name, value=value, **more))

    # --- activities -----------------------------------------------------------------------------------------------

    def _activity(self, person: Person, kind: str, **more: Any) -> Json:
        number = self.world.number()
        return {
            "type": kind,
            "id": f"f:{number}" if kind in ("invoke", "installationUpdate") else number,
            "timestamp": "2026-01-07T15:30:00Z",
            "channelId": "msteams",
            "serviceUrl": self.microsoft.service_url,
            "from": {"id": person.seen_as, "name": person.name, "aadObjectId": person.id},
            "conversation": {"conversationType": "personal", "tenantId": person.tenant, "id": person.chat},
            "recipient": {"id": BOT, "name": "JPD"},
            "channelData": {"tenant": {"id": person.tenant}},
            "locale": "en-GB",
            **more,
        }

    def activity(self, who: str, **changes: Any) -> Json:
        """Return a message of a person, without sending it."""
        return {**self._activity(self.world.person(who), "message", text="status"), **changes}

    async def _deliver(self, activity: Json) -> Answer:
        self.sent.append(activity)
        return await self.raw(json.dumps(activity).encode(), {"Authorization": f"Bearer {self.token()}"})

    def token(self, **changes: Any) -> str:
        """Return a signed token; a change to None leaves a claim out."""
        return self.world.keys[0].sign(claims(self.microsoft.service_url, **changes))

    async def raw(self, body: bytes, headers: Mapping[str, str], method: str = "POST") -> Answer:
        """Post exactly this body, as JSON unless a content type is given."""
        sent = {"Content-Type": "application/json; charset=utf-8", **headers}
        async with self._session.request(
            method,
            self._url,
            data=io.BytesIO(body),
            headers={k: v for k, v in sent.items() if v},
            skip_auto_headers=["Content-Type"],
        ) as response:
            return Answer(response.status, await response.text())


def buttons(item: Any) -> Iterator[Json]:
    """Yield every button of a card, as its reader's client shows it."""
    match item:
        case {"type": "Action.Execute" | "Action.Submit"}:
            yield item
        case dict():
            for each in item.values():
                yield from buttons(each)
        case list():
            for each in item:
                yield from buttons(each)
        case _:
            pass


def inputs(item: Any) -> Iterator[Json]:
    """Yield every input of a card."""
    match item:
        case {"type": str(kind)} if kind.startswith("Input."):
            yield item
        case dict():
            for each in item.values():
                yield from inputs(each)
        case list():
            for each in item:
                yield from inputs(each)
        case _:
            pass


def _filled(card: Any, values: Mapping[str, str]) -> Json:
    """Return the values of the inputs; Teams checks required inputs, and joins several keys by commas."""
    fields = {each["id"]: each for each in inputs(card)}
    if unknown := set(values) - set(fields):
        raise NotSent(f"no such field: {sorted(unknown)}")
    filled = {}
    for key, each in fields.items():
        value = values.get(key, each.get("value", ""))
        value = value.replace(";", ",") if each.get("isMultiSelect") else value
        if each["isRequired"] and not value:
            raise NotSent(f"{key} is needed")
        if value:
            filled[key] = value
    return filled


def _kind(line: Line) -> str:
    [attachment] = line.activity.get("attachments") or [{}]
    return str(attachment.get("contentType", ""))
