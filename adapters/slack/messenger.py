"""The messenger and the directory on Slack."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, zip_longest
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import structlog

from adapters.chat import charts
from adapters.chat.texts import cut
from adapters.slack import limits, render
from adapters.slack.api import Json, ScopeMissing, SlackRefused
from adapters.slack.calls import SlackCalls
from adapters.slack.downloads import download_file
from bot.errors import Disconnected, SendError, Uncertain, Unreachable, Untraceable, UserError
from bot.events import SentFile
from bot.message import File, Image, Message, Quote, Text
from bot.model import Account, Address

log = structlog.get_logger()

PLATFORM = "slack"
METADATA = "jpd_delivery"
"""The type of the metadata that marks a message with its delivery."""
NEWEST_MESSAGES = 200
"""The messages of a chat among which a delivery is looked for."""
PAGE = 200
MOST_SINGLE_CALLS = 40
"""The members of a channel who are looked up one by one; for more the whole directory takes fewer calls."""
CALLS_AT_ONCE = 8
PART = "+"
"""Stands between the timestamps of a message in several parts."""


@dataclass(frozen=True)
class OneToken:
    """The token of a single workspace, from the settings."""

    value: str

    async def token(self, workspace: str) -> str | None:  # noqa: ARG002  # the protocol's
        return self.value

    async def delete(self, workspace: str) -> None:
        """Do nothing: a setting stays until an operator changes it."""


def _mark(delivery_id: int, part: int, of: int) -> Mapping[str, object]:
    """Return the arguments by which a part of a delivery is found again."""
    name, payload = f"jpd:delivery:{delivery_id}", {"delivery": str(delivery_id)}
    if of > 1:
        name, payload = f"{name}:{part}", {**payload, "part": str(part), "of": str(of)}
    return {
        "metadata": {"event_type": METADATA, "event_payload": payload},
        "client_msg_id": str(uuid5(NAMESPACE_URL, name)),
    }


class SlackMessenger(SlackCalls):
    """The ports `Messenger` and `Directory` on Slack; a reference is `channel:timestamp`."""

    gathers = True
    one_at_a_time = False

    # --- the messenger -------------------------------------------------------------------------------------

    async def send(self, address: Address, message: Message, delivery_id: int) -> str:
        """Post the message, marked with its delivery, and return its reference."""
        return await self._post(address, message, partial(_mark, delivery_id))

    async def say(self, address: Address, message: Message, *, thread: str = "") -> str:
        """Post a message in the person's chat with the bot, or in a thread of it, and return its reference."""
        return await self._post(address, message, lambda *_: {"thread_ts": thread} if thread else {})

    async def say_plainly(
        self, address: Address, message: Message, sentence: str, *, thread: str = ""
    ) -> None:
        """Post only the message's summary, and a sentence after it: for a message that Slack refused."""
        channel = await self._chat(address) if "," in address.user else address.user
        said = render.shown_plainly(message, sentence)
        more = {"thread_ts": thread} if thread else {}
        await self._call(address, "chat.postMessage", channel=channel, unfurl_links=False, **more, **said)

    async def update(self, address: Address, ref: str, message: Message) -> None:
        """Replace a sent message in all its parts; a part that is needed no more holds `…`."""
        channel, _, stamps = ref.partition(":")
        posted = stamps.split(PART)
        pictures = await self._pictures(address, message)
        parts = render.messages(message, pictures, most=len(posted))
        for ts, part in zip_longest(posted, parts, fillvalue=render.more()):
            await self._call_with_pictures(address, "chat.update", channel=channel, ts=ts, **part)

    async def find(self, address: Address, delivery_id: int) -> str | None:
        """Return the reference of the message that carries the delivery's mark, if all its parts are there."""
        if "," in address.user:
            raise Untraceable  # the bot has no right to read chats of several people
        channel = address.route or await self._chat(address)
        history = await self._call(
            address,
            "conversations.history",
            channel=channel,
            limit=NEWEST_MESSAGES,
            include_all_metadata=True,
        )
        found: dict[int, str] = {}
        of = 1
        for each in history.get("messages", ()):
            mark = each.get("metadata") or {}
            payload = mark.get("event_payload") or {}
            if mark.get("event_type") == METADATA and payload.get("delivery") == str(delivery_id):
                of = int(payload.get("of", 1))
                found.setdefault(int(payload.get("part", 0)), str(each["ts"]))
        if len(found) < of:
            return None
        return f"{channel}:{PART.join(found[part] for part in sorted(found))}"

    # --- what only Slack has -------------------------------------------------------------------------------

    async def open_view(self, address: Address, trigger_id: str, view: Json) -> None:
        """Open a modal, within three seconds of the press."""
        await self._call(address, "views.open", trigger_id=trigger_id, view=view)

    async def show_home(self, address: Address, message: Message) -> None:
        """Publish the person's home tab."""
        await self._call(address, "views.publish", user_id=address.user, view=render.home(message))

    async def post_ephemeral(
        self, address: Address, channel: str, message: Message, *, thread: str = ""
    ) -> None:
        """Post a message in a channel, or a thread of it, that only this person sees."""
        said = {**render.message(message), **({"thread_ts": thread} if thread else {})}
        await self._call(address, "chat.postEphemeral", channel=channel, user=address.user, **said)

    async def respond(self, url: str, answer: Mapping[str, Any]) -> None:
        """Answer by a `response_url`, at most five times within half an hour."""
        await self._api.respond(url, answer)

    # --- the directory -------------------------------------------------------------------------------------

    async def email_of(self, address: Address) -> str:
        """Return the address in the person's profile; empty for guests and bots."""
        try:
            found = await self._ask(address, "users.info", user=address.user)
        except Unreachable:
            return ""
        return email_in(found.get("user", {}), address.workspace)

    async def named(self, workspace: str, email: str) -> Address | None:
        """Return the address of the person with that e-mail address, or None."""
        nobody = Address(PLATFORM, workspace, "")
        try:
            found = (await self._ask(nobody, "users.lookupByEmail", email=email)).get("user", {})
        except Unreachable:
            return None
        return Address(PLATFORM, workspace, found["id"]) if email_in(found, workspace) else None

    async def members_of(self, sender: Address, channel: str) -> tuple[Account, ...]:
        """Return the members of the channel `#C123`, without bots and guests."""
        try:
            ids = [
                user
                async for page in self._pages(sender, "conversations.members", channel=channel.lstrip("#"))
                for user in page.get("members", ())
            ]
        except Unreachable:
            raise UserError("no-such-channel") from None
        wanted = set(ids)
        return tuple(
            Account(Address(PLATFORM, sender.workspace, each["id"]), email)
            for each in await self._people(sender, ids)
            if each.get("id") in wanted and (email := email_in(each, sender.workspace))
        )

    async def download(self, sender: Address, file: SentFile, most: int) -> bytes:
        """Return the content of a sent file."""
        try:
            described = (await self._ask(sender, "files.info", file=file.ref)).get("file", {})
        except ScopeMissing:
            raise UserError("file-without-permission") from None
        except (SlackRefused, Unreachable):
            raise UserError("file-not-opened") from None
        except Disconnected:
            raise SendError("download") from None
        token = await self._tokens.token(sender.workspace)
        return await download_file(self._api, token or "", described, most)

    async def _people(self, sender: Address, ids: Sequence[str]) -> list[Json]:
        if len(ids) > MOST_SINGLE_CALLS:
            with suppress(Unreachable):  # an organisation has no list
                return await self._everybody(sender)
        return await self._each(sender, ids)

    async def _each(self, sender: Address, ids: Sequence[str]) -> list[Json]:
        limited = asyncio.Semaphore(CALLS_AT_ONCE)

        async def one(user: str) -> Json:
            async with limited:
                try:
                    return dict((await self._ask(sender, "users.info", user=user)).get("user", {}))
                except Unreachable:  # a person whom the bot may not see
                    return {}

        return await asyncio.gather(*map(one, ids))

    async def _everybody(self, sender: Address) -> list[Json]:
        return [user async for page in self._pages(sender, "users.list") for user in page.get("members", ())]

    async def _pages(self, sender: Address, method: str, **arguments: object):  # type: ignore[no-untyped-def]
        cursor: str | None = ""
        while cursor is not None:
            more = {"cursor": cursor} if cursor else {}
            page = await self._ask(sender, method, limit=PAGE, **arguments, **more)
            yield page
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or None

    # --- posting -------------------------------------------------------------------------------------------

    async def _post(
        self, address: Address, message: Message, more: Callable[[int, int], Mapping[str, object]]
    ) -> str:
        """Post the message in as many parts as it takes; `more` gives a part further arguments, by its number.

        Raises `Uncertain` when only a part has arrived, so that all of it is sent again.
        """
        channel = await self._chat(address) if "," in address.user else address.user
        files = [each for each in message.elements if isinstance(each, File)]
        try:
            ids = [await self._upload(address, each.name, each.content) for each in files]
        except SlackRefused:  # a workspace may forbid uploads
            message, files, ids = _with_files_as_text(message), [], []
        parts = render.messages(message, await self._pictures(address, message))
        target = {"channel": channel, "unfurl_links": False, "unfurl_media": False}
        stamps: list[str] = []
        try:
            for number, part in enumerate(parts):
                arguments = {**target, **more(number, len(parts)), **part}
                posted = await self._call_with_pictures(address, "chat.postMessage", **arguments)
                channel = str(posted["channel"])
                stamps.append(str(posted["ts"]))
            for file, file_id in zip(files, ids, strict=True):
                await self._complete(address, file_id, file.name, channel_id=channel)
        except SendError as failed:
            if stamps:  # another try would post the first part again
                raise Uncertain(failed.reason) from None
            raise
        return f"{channel}:{PART.join(stamps)}"

    async def _chat(self, address: Address) -> str:
        opened = await self._call(address, "conversations.open", users=address.user)
        return str(opened["channel"]["id"])

    async def _pictures(self, address: Address, message: Message) -> Mapping[Image, str]:
        """Upload the message's charts and return their ids; none where the workspace forbids uploads."""
        try:
            return {each: await self._picture(address, each) for each in _images(message)}
        except SlackRefused:
            return render.NO_PICTURES

    async def _call_with_pictures(self, address: Address, method: str, **arguments: Any) -> Json:
        """Make a call, tried again until Slack has processed the pictures in it; in the end with their text."""
        has_pictures = any(block["type"] == "image" for block in arguments["blocks"])
        for wait in self._picture_retry_seconds if has_pictures else ():
            try:
                return await self._call(address, method, **arguments)
            except SlackRefused:
                await asyncio.sleep(wait)
        return await self._call(address, method, **render.without_pictures(arguments))

    async def _picture(self, address: Address, image: Image) -> str:
        content = await asyncio.to_thread(charts.png, image.chart)
        number = await self._upload(address, "chart.png", content, alt_txt=cut(image.alt, limits.FILE_ALT))
        await self._complete(address, number, "chart.png")
        return number

    async def _upload(self, address: Address, name: str, content: bytes, **more: str) -> str:
        """Upload a file and return its id; nobody sees the file before it is completed and shared."""
        size = len(content)
        begun = await self._ask(address, "files.getUploadURLExternal", filename=name, length=size, **more)
        await self._api.upload(begun["upload_url"], content)
        return str(begun["file_id"])

    async def _complete(self, address: Address, number: str, name: str, **share: str) -> None:
        files = render.json_text([{"id": number, "title": name}])
        await self._call(address, "files.completeUploadExternal", files=files, **share)


def _with_files_as_text(message: Message) -> Message:
    """Return the message with the content of each file in its place, for a workspace where none may be uploaded."""
    elements = (
        (Text(each.name), Quote(each.content.decode("utf-8", "replace")))
        if isinstance(each, File)
        else (each,)
        for each in message.elements
    )
    return replace(message, elements=tuple(chain.from_iterable(elements)))


def _images(message: Message) -> Iterator[Image]:
    return (each for each in message.elements if isinstance(each, Image))


def email_in(user: Mapping[str, Any], workspace: str) -> str:
    """Return the confirmed e-mail address of a member of the workspace; empty for anybody else."""
    excluded = ("is_bot", "deleted", "is_restricted", "is_ultra_restricted", "is_stranger")
    if any(user.get(each) for each in excluded) or user.get("id") == "USLACKBOT":
        return ""
    if not _belongs(user, workspace) or user.get("is_email_confirmed") is False:
        return ""
    return str((user.get("profile") or {}).get("email") or "")


def _belongs(user: Mapping[str, Any], workspace: str) -> bool:
    """Tell whether the person is a member of the workspace, and not only in a channel that is shared with it."""
    wide = user.get("enterprise_user") or {}
    if workspace.startswith("E"):
        return bool(wide.get("enterprise_id", workspace) == workspace)
    return workspace in (user.get("team_id", workspace), *wide.get("teams", ()))
