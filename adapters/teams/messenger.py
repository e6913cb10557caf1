"""The messenger and the directory on Teams."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from botbuilder.schema import Activity, Attachment, ChannelAccount, ConversationAccount

from adapters.chat.received import VoiceOf
from adapters.chat.texts import cut
from adapters.teams import cards, render
from adapters.teams.connector import Connector, Json
from adapters.teams.pictures import Pictures
from adapters.teams.route import Route
from bot.errors import Blocked, Disconnected, SendError, Uncertain, Unreachable, Untraceable, UserError
from bot.events import SentFile
from bot.message import File, Image, Message
from bot.model import Account, Address
from bot.prompts import Voice

PLATFORM = "teams"
CARD = "application/vnd.microsoft.card.adaptive"
CONSENT = "application/vnd.microsoft.teams.card.file.consent"
FILE_INFO = "application/vnd.microsoft.teams.card.file.info"
PART = " "
"""Between the ids of a message's cards."""
MOST_LANGUAGES_KEPT = 10_000


class TeamsMessenger:
    """The ports `Messenger` and `Directory` on Teams; a reference is the ids of a message's activities."""

    gathers = False
    """False, because a bot on Teams cannot open a chat of several people."""
    one_at_a_time = True

    def __init__(
        self,
        connector: Connector,
        voice_of: VoiceOf,
        pictures: Pictures | None = None,
    ) -> None:
        self._connector = connector
        self._voice_of = voice_of
        self._pictures = pictures
        self._languages: dict[Address, str] = {}

    # --- the messenger -------------------------------------------------------------------------------------

    async def send(self, address: Address, message: Message, delivery_id: int) -> str:  # noqa: ARG002  # Teams stores no mark of a delivery
        """Post the message in the person's chat with the bot, and return its reference."""
        return await self.say(address, message)

    async def update(self, address: Address, ref: str, message: Message) -> None:
        """Replace a sent message in all its cards; a card that is needed no more holds `…`."""
        route, posted = _route(address), ref.split(PART)
        shown = render.messages(message, self._pictures_of(message), most=len(posted))
        for each, card in zip_longest(posted, shown, fillvalue=render.more()):
            await self.replace(route, str(each), await self.ready(address, card), message.summary)

    async def find(self, address: Address, delivery_id: int) -> str | None:  # noqa: ARG002  # the port has them
        """Raise `Untraceable`: Teams cannot be searched, so a message that may have arrived is sent again."""
        raise Untraceable

    # --- what only Teams has -------------------------------------------------------------------------------

    async def card(self, address: Address, message: Message) -> Json:
        """Return the message in one card, with its pictures."""
        return await self.ready(address, render.message(message, self._pictures_of(message)))

    async def ready(self, address: Address, card: Json) -> Json:
        """Complete a card with its language, and a form with a mark, so that it counts once, and errors in it."""
        if not cards.has_form(card):
            return cards.in_language(card, await self._language_of(address))
        voice = self._remember(address, await self._voice_of(address))
        marked = cards.marked(card, secrets.token_hex(8), voice.text("field.needed"))
        return cards.in_language(marked, voice.language)

    async def _language_of(self, address: Address) -> str:
        """Return the language in which the person was written to lately: it need not be looked up for every card."""
        known = self._languages.get(address)
        return known or self._remember(address, await self._voice_of(address)).language

    def _remember(self, address: Address, voice: Voice) -> Voice:
        if len(self._languages) >= MOST_LANGUAGES_KEPT:
            self._languages.clear()
        self._languages[address] = voice.language
        return voice

    async def say(self, address: Address, message: Message) -> str:
        """Post a message in as many cards as it takes, then offer its files, and return the cards' reference.

        Raises as `send` does, and `Uncertain` when only a part has arrived, so that all of it is sent again.
        """
        route = _route(address)
        first, *more = render.messages(message, self._pictures_of(message))
        posted = [await self.show(route, await self.ready(address, first), message.summary)]
        try:
            posted += [
                await self.show(route, await self.ready(address, card), message.summary) for card in more
            ]
            for file in message.elements:
                if isinstance(file, File):
                    offer = {"description": file.name, "sizeInBytes": len(file.content), "acceptContext": {}}
                    await self._post(route, Attachment(content_type=CONSENT, name=file.name, content=offer))
        except SendError:
            raise Uncertain("partly") from None
        return PART.join(posted)

    async def show(self, route: Route, card: Json, summary: str) -> str:
        """Post a card in a chat, and return its reference."""
        return await self._post(route, Attachment(content_type=CARD, content=card), summary)

    async def say_plainly(self, route: Route, summary: str, sentence: str) -> None:
        """Post a summary and a sentence as plain text: for a card that Microsoft refused."""
        said = cut(summary, render.SUMMARY)
        activity = _activity(route, None, summary)
        activity.text, activity.text_format = f"{said}\n\n{sentence}", "plain"
        await self._connector.send(route.service_url, route.conversation, activity)

    async def replace(self, route: Route, ref: str, card: Json, summary: str) -> None:
        """Replace a card."""
        activity = _activity(route, Attachment(content_type=CARD, content=card), summary)
        activity.id = ref
        await self._connector.update(route.service_url, route.conversation, ref, activity)

    async def hand_over(self, route: Route, ref: str, file: File, place: Mapping[str, Any]) -> None:
        """Upload a file to the place to which its reader has agreed. Raises as `send` does."""
        await self._connector.upload(route.service_url, str(place.get("uploadUrl", "")), file.content)
        info = {"uniqueId": place.get("uniqueId"), "fileType": place.get("fileType")}
        done = Attachment(
            content_type=FILE_INFO,
            content_url=str(place.get("contentUrl", "")),
            name=str(place.get("name", file.name)),
            content=info,
        )
        activity = _activity(route, done, file.name)
        if not ref:
            await self._connector.send(route.service_url, route.conversation, activity)
            return
        activity.id = ref
        await self._connector.update(route.service_url, route.conversation, ref, activity)

    async def _post(self, route: Route, attachment: Attachment, summary: str = "") -> str:
        activity = _activity(route, attachment, summary)
        return await self._connector.send(route.service_url, route.conversation, activity)

    def _pictures_of(self, message: Message) -> Mapping[Image, str]:
        if self._pictures is None:
            return render.NO_PICTURES
        found = {each: self._pictures.address(each) for each in message.elements if isinstance(each, Image)}
        return {image: url for image, url in found.items() if url}

    # --- the directory -------------------------------------------------------------------------------------

    async def email_of(self, address: Address) -> str:
        """Return the name with which the person signs in, an e-mail address; empty for guests.

        Its domain is one that the tenant has proved to own. Entra's `mail` is left out: an administrator may set it
        to anybody's address.
        """
        route = _route(address)
        try:
            known = await self._connector.member(route.service_url, route.conversation, route.user)
        except (Unreachable, Blocked):
            return ""
        except (Uncertain, Disconnected):
            raise SendError("directory") from None
        name = str(known.get("userPrincipalName") or "")
        if "#EXT#" in name.upper() or known.get("userRole") in ("guest", "anonymous"):
            return ""
        return name

    async def named(self, workspace: str, email: str) -> Address | None:  # noqa: ARG002  # the port has them
        """Return None: a bot on Teams cannot search for people, it meets them when they install it."""
        return None

    async def members_of(self, sender: Address, channel: str) -> tuple[Account, ...]:  # noqa: ARG002  # the port has them
        """Raise `UserError`: only Slack lists the members of a channel."""
        raise UserError("no-such-channel")

    async def download(self, sender: Address, file: SentFile, most: int) -> bytes:
        """Return the content of a sent file, whose reference is its address."""
        return await self._connector.download(_route(sender).service_url, file.ref, most)


def _route(address: Address) -> Route:
    route = Route.unpack(address.route)
    if route is None:
        raise Unreachable("no-such-account")
    return route


def _activity(route: Route, attachment: Attachment | None, summary: str) -> Activity:
    return Activity(
        type="message",
        channel_id="msteams",
        service_url=route.service_url,
        conversation=ConversationAccount(id=route.conversation),
        from_property=ChannelAccount(id=route.bot),
        recipient=ChannelAccount(id=route.user),
        summary=cut(summary, render.SUMMARY) or None,
        channel_data={"tenant": {"id": route.tenant}},
        attachments=[attachment] if attachment else None,
    )
