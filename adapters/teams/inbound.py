"""Reading what Teams sends into events. Text is returned as it was typed."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any, Literal, TypeAlias

from adapters.chat.actions import decode
from adapters.chat.bodies import Body, Malformed, part, strictly, string
from adapters.chat.received import Received
from adapters.chat.sent_files import kind_of
from adapters.teams.cards import DATA
from adapters.teams.messenger import PLATFORM
from adapters.teams.route import Route
from bot.events import (
    Command,
    Deleted,
    Edited,
    FileKind,
    Joined,
    Left,
    Opened,
    Said,
    SentFile,
    Submitted,
    What,
)
from bot.model import Address, CommandName

TargetKind: TypeAlias = Literal[
    "text", "submit", "execute", "fetch", "dialog", "file", "declined", "install", "elsewhere"
]

_NOT_INPUTS = (DATA, "msteams")
_SPACES = re.compile(r"^(?:&nbsp;|\s)+")
_PARAGRAPH = re.compile(r"</p>|<br ?/?>")
_MARKUP = re.compile(r"<[^<>]*>")


class UnknownInvoke(Exception):
    """An invoke activity that the bot has no answer for; Teams expects status 501."""


@dataclass(frozen=True, slots=True)
class TeamsReplyTarget:
    """The chat and the card that a person used, so that the reply goes there."""

    kind: TargetKind
    route: Route
    ref: str = ""
    """The message whose card was pressed."""
    here: bool = False
    """True when a long form is wanted as a card in the chat, not as a dialog."""
    upload: Mapping[str, Any] = field(default_factory=dict)
    """The address for the upload of a file, and its name there."""


TeamsReceived: TypeAlias = Received[TeamsReplyTarget]


@strictly
def read(activity: Body) -> TeamsReceived | None:
    """Read what a person did; None for activities that need no handling. Raises `Malformed` or `UnknownInvoke`."""
    kind, conversation = activity.get("type"), part(activity, "conversation")
    if kind not in ("message", "messageUpdate", "messageDelete", "invoke", "installationUpdate"):
        return None  # `conversationUpdate` too: Teams sends it beside every `installationUpdate`
    if conversation.get("isGroup") is True or conversation.get("conversationType") not in (None, "personal"):
        return _in_a_group(activity)
    if kind == "message":
        return _message(activity)
    if kind in ("messageUpdate", "messageDelete"):
        return _changed_message(activity)
    if kind == "invoke":
        return _invoke(activity)
    return _installation(activity)


# --- kinds of activity ----------------------------------------------------------------------------------------------


FILE = "application/vnd.microsoft.teams.file."
"""The beginning of the content types of files."""
DOWNLOAD = f"{FILE}download.info"
"""The content type of a file that the bot may download."""
_CARDS = {
    "application/vnd.microsoft.card.audio": FileKind.RECORDING,
    "application/vnd.microsoft.card.video": FileKind.VIDEO,
    "application/vnd.microsoft.card.animation": FileKind.STICKER,
}
_STICKER = re.compile(r"<img[^>]*schema\.skype\.com/(?:Giphy|Sticker|Meme)", re.IGNORECASE)


def _message(activity: Body) -> TeamsReceived:
    value = activity.get("value")
    if isinstance(value, Mapping) and DATA in value:
        return _pressed(activity, "submit", value)
    what = Said(typed(activity), _text(activity, "id") or None, _files(activity))
    return _received(activity, what, TeamsReplyTarget("text", _route(activity)))


def _changed_message(activity: Body) -> TeamsReceived | None:
    """Read that a person edited or deleted a message; one that is there again after that is not read."""
    event, message = _mapping(activity.get("channelData")).get("eventType"), _text(activity, "id")
    what: What
    match event:
        case "editMessage":
            what = Edited(typed(activity), message)
        case "softDeleteMessage":
            what = Deleted(message)
        case _:
            return None
    # The activity has the id of the message, so its time tells one edit from another.
    mark = json.dumps([event, message, _text(activity, "timestamp")])
    return _received(activity, what, TeamsReplyTarget("text", _route(activity)), mark)


def _invoke(activity: Body) -> TeamsReceived | None:
    value: Any = activity.get("value")
    match activity.get("name"):
        case "adaptiveCard/action":
            action = part(value, "action")
            if action.get("type") != "Action.Execute" or not isinstance(action.get("verb"), str):
                raise Malformed("no such action")
            return _pressed(activity, "execute", part(action, "data"))
        case "task/fetch":
            return _pressed(activity, "fetch", part(value, "data"))
        case "task/submit":
            return _pressed(activity, "dialog", part(value, "data"))
        case "fileConsent/invoke":
            return _consent(activity, value)
        case _:
            raise UnknownInvoke


def _pressed(activity: Body, kind: TargetKind, data: Body) -> TeamsReceived:
    what, mark = _button(data)
    ours = part(data, DATA)
    # A dialog carries in its data the message from which it was opened.
    ref = _ref(activity) if kind != "dialog" else str(ours.get("ref") or "")
    target = TeamsReplyTarget(kind, _route(activity), ref, here=ours.get("here") is True)
    return _received(activity, what, target, mark)


def _consent(activity: Body, value: Body) -> TeamsReceived:
    """Read the answer to an offered file. A consent repeats the command: the file is made anew and up to date."""
    match value.get("action"):
        case "accept":
            upload = part(value, "uploadInfo")
            target = TeamsReplyTarget("file", _route(activity), _ref(activity), upload=upload)
            return _received(activity, Command(CommandName.MY_DATA), target)
        case "decline":
            target = TeamsReplyTarget("declined", _route(activity), _ref(activity))
            return _received(activity, Said(""), target)
        case _:
            raise Malformed("no such file")


def _installation(activity: Body) -> TeamsReceived | None:
    what: What
    match activity.get("action"):
        case "add":
            what = Joined()
        case "remove":
            what = Left()
        case _:
            return None  # an upgrade of the app
    return _received(activity, what, TeamsReplyTarget("install", _route(activity)))


def _in_a_group(activity: Body) -> TeamsReceived | None:
    """Read text in a team or a group chat, which is answered by a pointer to the person's own chat only."""
    if activity.get("type") == "message" and _mapping(activity.get("from")).get("role") != "bot":
        return _received(activity, Said(""), TeamsReplyTarget("elsewhere", _route(activity)))
    if activity.get("type") == "invoke":
        raise UnknownInvoke
    return None


def _received(activity: Body, what: What, target: TeamsReplyTarget, mark: str = "") -> TeamsReceived:
    sender, route = part(activity, "from"), target.route
    # The account in the tenant: `from.id` is another one for every bot.
    user = _text(sender, "aadObjectId") or route.user
    activity_id = _text(activity, "id")
    if not (user and route.tenant and activity_id):
        raise Malformed("from nobody")
    unique = json.dumps([user, mark or [route.conversation, activity_id]])
    address = Address(PLATFORM, route.tenant, user, route.pack())
    return Received(hashlib.sha256(unique.encode()).hexdigest(), address, what, target)


def _route(activity: Body) -> Route:
    """Return the route to the sender's chat; the tenant stands in one of two places."""
    conversation = part(activity, "conversation")
    tenant = _mapping(_mapping(activity.get("channelData")).get("tenant"))
    return Route(
        service_url=_text(activity, "serviceUrl"),
        conversation=_text(conversation, "id"),
        bot=_text(_mapping(activity.get("recipient")), "id"),
        user=_text(_mapping(activity.get("from")), "id"),
        tenant=_text(tenant, "id") or _text(conversation, "tenantId"),
    )


def _ref(activity: Body) -> str:
    """Return the message whose card was pressed; empty where Teams does not tell."""
    return _text(activity, "replyToId")


# --- cards ----------------------------------------------------------------------------------------------------------


def _button(data: Body) -> tuple[What, str]:
    """Return the event of a pressed button, and for a form the mark by which a second press is recognised."""
    ours = part(data, DATA)
    match ours.get("verb"):
        case "press":
            try:
                return decode(str(ours.get("press", ""))), ""
            except ValueError:
                return Opened("gone"), ""
        case "submit":
            many = ours.get("many")
            several = [str(each) for each in many] if isinstance(many, list) else []
            values = {
                key: _value(given, key in several) for key, given in data.items() if key not in _NOT_INPUTS
            }
            what = Submitted(string(ours, "form"), string(ours, "context"), values)
            return what, _mark(ours, values)
        case _:
            raise Malformed("no such verb")


def _mark(ours: Body, values: Mapping[str, str]) -> str:
    """Return the same mark for the same card with the same values: sent twice, it counts once."""
    card = ours.get("card")
    return json.dumps([card, sorted(values.items())]) if isinstance(card, str) and card else ""


def _value(given: object, is_several: bool) -> str:
    """Return what stands in an input: text, a number, a key, or several keys, which Teams joins by commas."""
    match given:
        case None:
            return ""
        case str():
            return ";".join(filter(None, map(str.strip, given.split(",")))) if is_several else given
        case bool() | int() | float():
            return str(given)
        case _:
            raise Malformed("no input")


# --- text -----------------------------------------------------------------------------------------------------------


def typed(activity: Body) -> str:
    """Return the text as it was typed, without a mention of the bot."""
    text = _with_names(activity, _text(activity, "text"))
    if activity.get("textFormat") == "xml":
        text = unescape(_MARKUP.sub("", _PARAGRAPH.sub("\n", text)))
    return text.strip()


def _files(activity: Body) -> tuple[SentFile, ...]:
    """Return the files of a message: Teams attaches the text itself as well, as HTML, with stickers in it."""
    attachments = activity.get("attachments")
    found = map(_file, map(_mapping, attachments if isinstance(attachments, list) else ()))
    return tuple(each for each in found if each is not None)


def _file(attachment: Body) -> SentFile | None:
    """Return the file of an attachment; None for one that is part of the text."""
    media_type, name = _text(attachment, "contentType"), _text(attachment, "name")
    if media_type == DOWNLOAD:
        content = _mapping(attachment.get("content"))
        ending = _text(content, "fileType") or name.rpartition(".")[2]
        return SentFile(kind_of("", f"{name}.{ending}"), name, _text(content, "downloadUrl"))
    if media_type in _CARDS:
        return SentFile(_CARDS[media_type], name)
    if media_type.startswith(("image/", "audio/", "video/", "text/vcard", FILE)):
        return SentFile(kind_of(media_type, name), name)
    if media_type == "text/html" and _STICKER.search(_text(attachment, "content")):
        return SentFile(FileKind.STICKER)
    return None


def _with_names(activity: Body, text: str) -> str:
    """Replace each mention by the name that it shows; text that only looks like a mention stays."""
    bot = _mapping(activity.get("recipient")).get("id")
    entities = activity.get("entities")
    for each in map(_mapping, entities if isinstance(entities, list) else ()):
        mention, mentioned = each.get("text"), _mapping(each.get("mentioned"))
        if each.get("type") != "mention" or not isinstance(mention, str) or not mention:
            continue
        before, found, after = text.partition(mention)
        if mentioned.get("id") == bot:
            text = before + _SPACES.sub("", after)
        elif found:
            text = f"{before}{mentioned.get('name') or ''}{after}"
    return text


# --- parts ----------------------------------------------------------------------------------------------------------


def _mapping(value: object) -> Body:
    return value if isinstance(value, Mapping) else {}


def _text(body: Body, name: str) -> str:
    """Return the text of that name, or nothing."""
    found = body.get(name)
    return found if isinstance(found, str) else ""
