"""The messenger and the directory on Slack."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import NAMESPACE_URL, uuid5

from adapters.chat import charts
from adapters.chat.texts import cut
from adapters.slack import limits, render
from adapters.slack.api import Api, Json, SlackRefused
from bot.errors import Disconnected, SendError, Uncertain, Unreachable, Untraceable, UserError
from bot.message import File, Image, Message
from bot.model import Account, Address

PLATFORM = "slack"
METADATA = "jpd_delivery"
"""The type of the metadata that marks a message with its delivery."""
NEWEST_MESSAGES = 200
"""The messages of a chat among which a delivery is looked for."""
PAGE = 200
MOST_SINGLE_CALLS = 40
"""The members of a channel who are looked up one by one; for more the whole directory takes fewer calls."""
CALLS_AT_ONCE = 8


class SlackTokens(Protocol):
    """The store of the bot's tokens."""

    async def token(self, workspace: str) -> str | None:
        """Return the token for a team or an organisation; None when the bot is not installed there."""

    async def delete(self, workspace: str) -> None:
        """Delete the token."""


@dataclass(frozen=True)
class OneToken:
    """The token of a single workspace, from the settings."""

    value: str

    async def token(self, workspace: str) -> str | None:  # noqa: ARG002  # the protocol's
        return self.value

    async def delete(self, workspace: str) -> None:
        """Do nothing: a setting stays until an operator changes it."""


class SlackMessenger:
    """The ports `Messenger` and `Directory` on Slack; a reference is `channel:timestamp`."""

    gathers = True
    one_at_a_time = False

    def __init__(
        self,
        api: Api,
        tokens: SlackTokens,
        removed: Callable[[str], Awaitable[None]],
        *,
        picture_retry_seconds: Sequence[float] = (0.5, 1, 2, 4),
    ) -> None:
        """Call `removed` with a workspace that refuses our token. `picture_retry_seconds`: waits between tries."""
        self._api = api
        self._tokens = tokens
        self._removed = removed
        self._picture_retry_seconds = picture_retry_seconds

    # --- the messenger -------------------------------------------------------------------------------------

    async def send(self, address: Address, message: Message, delivery_id: int) -> str:
        """Post the message, marked with its delivery, and return its reference."""
        mark = {
            "metadata": {"event_type": METADATA, "event_payload": {"delivery": str(delivery_id)}},
            "client_msg_id": str(uuid5(NAMESPACE_URL, f"jpd:delivery:{delivery_id}")),
        }
        return await self._post(address, message, mark)

    async def say(self, address: Address, message: Message, *, thread: str = "") -> str:
        """Post a message in the person's chat with the bot, or in a thread of it, and return its reference."""
        return await self._post(address, message, {"thread_ts": thread} if thread else {})

    async def update(self, address: Address, ref: str, message: Message) -> None:
        """Replace a sent message."""
        channel, _, ts = ref.partition(":")
        await self._with_pictures(address, message, "chat.update", {"channel": channel, "ts": ts})

    async def find(self, address: Address, delivery_id: int) -> str | None:
        """Return the reference of the message that carries the delivery's mark, or None."""
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
        for each in history.get("messages", ()):
            mark = each.get("metadata") or {}
            payload = mark.get("event_payload") or {}
            if mark.get("event_type") == METADATA and payload.get("delivery") == str(delivery_id):
                return f"{channel}:{each['ts']}"
        return None

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

    async def is_removed(self, workspace: str) -> bool:
        """Ask Slack whether our token for this workspace still works.

        If it does not, or there is no answer, delete it and return True.
        """
        token = await self._tokens.token(workspace)
        if token is not None:
            with suppress(SendError, Uncertain, Unreachable, Disconnected):
                await self._api.call("auth.test", token)
                return False
            await self._tokens.delete(workspace)
        return True

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

    async def _post(self, address: Address, message: Message, more: Mapping[str, object]) -> str:
        channel = await self._chat(address) if "," in address.user else address.user
        files = [each for each in message.elements if isinstance(each, File)]
        ids = [await self._upload(address, each.name, each.content) for each in files]
        target = {"channel": channel, "unfurl_links": False, "unfurl_media": False, **more}
        posted = await self._with_pictures(address, message, "chat.postMessage", target)
        for file, number in zip(files, ids, strict=True):
            try:
                await self._complete(address, number, file.name, channel_id=posted["channel"])
            except SendError as failed:  # the message is posted: another try would post it again
                raise Uncertain(failed.reason) from None
        return f"{posted['channel']}:{posted['ts']}"

    async def _chat(self, address: Address) -> str:
        opened = await self._call(address, "conversations.open", users=address.user)
        return str(opened["channel"]["id"])

    async def _with_pictures(
        self, address: Address, message: Message, method: str, target: Mapping[str, object]
    ) -> Json:
        """Make a call with pictures, tried again until Slack has processed the uploads; in the end with their text."""
        try:
            pictures = {each: await self._picture(address, each) for each in _images(message)}
        except SlackRefused:  # a workspace may forbid uploads
            pictures = {}
        for wait in self._picture_retry_seconds if pictures else ():
            try:
                return await self._call(address, method, **target, **render.message(message, pictures))
            except SlackRefused:
                await asyncio.sleep(wait)
        return await self._call(address, method, **target, **render.message(message))

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

    async def _call(self, address: Address, method: str, **arguments: object) -> Json:
        token = await self._tokens.token(address.workspace)
        if token is None:
            raise Disconnected("no token")
        try:
            return await self._api.call(method, token, **arguments)
        except Disconnected:
            # While we called, the bot may have been installed again: then the refused token is an old one.
            if await self._tokens.token(address.workspace) == token:
                await self._tokens.delete(address.workspace)
                await self._removed(address.workspace)
            raise

    async def _ask(self, address: Address, method: str, **arguments: object) -> Json:
        """Make a call that changes nothing, so that a lost one can be tried again."""
        try:
            return await self._call(address, method, **arguments)
        except Uncertain as lost:
            raise SendError(lost.reason) from None


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
