"""What Teams sends, read into events: pure. Words are given back as they were typed."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any, Literal, TypeAlias

from adapters.chat.actions import decode
from adapters.chat.bodies import Body, Garbage, part, string
from adapters.teams.cards import DATA
from adapters.teams.route import Route
from bot.events import Command, Joined, Left, Opened, Said, Submitted, What
from bot.model import Address

Kind: TypeAlias = Literal["words", "submit", "execute", "fetch", "dialog", "file", "install", "elsewhere"]

PLATFORM = "teams"
FILE = "my data"
"""The command whose answer is a file."""
_OURS = (DATA, "msteams")
_SPACES = re.compile(r"^(?:&nbsp;|\s)+")
_PARAGRAPH = re.compile(r"</p>|<br ?/?>")
_MARKUP = re.compile(r"<[^<>]*>")


class UnknownInvoke(Exception):
    """A question that we have no answer for: the platform asks for it with a status of its own."""


@dataclass(frozen=True, slots=True)
class TeamsReplyTarget:
    """Where the answer goes."""

    kind: Kind
    route: Route
    ref: str = ""
    """The message whose card was pressed."""
    here: bool = False
    """Whether a long form is wanted as a card."""
    upload: Mapping[str, Any] = field(default_factory=dict)
    """Where a file may be put, and how it is called there."""

    @property
    def is_asked(self) -> bool:
        """Whether the platform waits for the answer itself."""
        return self.kind in ("execute", "fetch", "dialog", "file")


@dataclass(frozen=True, slots=True)
class Taken:
    """Something that happened on Teams, before it gets its time."""

    id: str
    sender: Address
    what: What
    place: TeamsReplyTarget


def read(activity: Body) -> Taken | None:
    """What somebody did; None for what is taken and left alone. Raises `Garbage` or `UnknownInvoke`."""
    kind, conversation = activity.get("type"), part(activity, "conversation")
    if kind not in ("message", "invoke", "installationUpdate"):
        return None  # `conversationUpdate` too: it comes beside every installing and uninstalling
    if conversation.get("conversationType") not in (None, "personal"):
        return _in_company(activity)
    if kind == "message":
        return _message(activity)
    if kind == "invoke":
        return _invoke(activity)
    return _installation(activity)


# --- kinds of activity ----------------------------------------------------------------------------------------------


def _message(activity: Body) -> Taken:
    value = activity.get("value")
    if isinstance(value, Mapping) and DATA in value:
        return _pressed(activity, "submit", value)
    return _taken(activity, Said(typed(activity)), TeamsReplyTarget("words", _route(activity)))


def _invoke(activity: Body) -> Taken | None:
    value = activity.get("value")
    match activity.get("name"):
        case "adaptiveCard/action":
            action = part(_mapping(value), "action")
            if action.get("type") != "Action.Execute" or not isinstance(action.get("verb"), str):
                raise Garbage("no such action")
            return _pressed(activity, "execute", part(action, "data"))
        case "task/fetch":
            return _pressed(activity, "fetch", part(_mapping(value), "data"))
        case "task/submit":
            return _pressed(activity, "dialog", part(_mapping(value), "data"))
        case "fileConsent/invoke":
            return _consent(activity, _mapping(value))
        case _:
            raise UnknownInvoke


def _pressed(activity: Body, kind: Kind, data: Body) -> Taken:
    """A dialog says itself from which message it was opened."""
    what, mark = _acted(data)
    ours = part(data, DATA)
    ref = _ref(activity) if kind != "dialog" else str(ours.get("ref") or "")
    return _taken(
        activity, what, TeamsReplyTarget(kind, _route(activity), ref, here=ours.get("here") is True), mark
    )


def _consent(activity: Body, value: Body) -> Taken | None:
    """Somebody takes the file that was offered to them: it is made anew, so that it says what is true now."""
    match value.get("action"):
        case "accept":
            upload = part(value, "uploadInfo")
            place = TeamsReplyTarget("file", _route(activity), _ref(activity), upload=upload)
            return _taken(activity, Command(FILE), place)
        case "decline":
            return None
        case _:
            raise Garbage("no such file")


def _installation(activity: Body) -> Taken | None:
    what: What
    match activity.get("action"):
        case "add":
            what = Joined()
        case "remove":
            what = Left()
        case _:
            return None  # a new version of the app: nobody came or went
    return _taken(activity, what, TeamsReplyTarget("install", _route(activity)))


def _in_company(activity: Body) -> Taken | None:
    """In a team or a group chat nothing private is shown or taken: who speaks there is pointed to their own chat."""
    if activity.get("type") == "message" and _mapping(activity.get("from")).get("role") != "bot":
        return _taken(activity, Said(""), TeamsReplyTarget("elsewhere", _route(activity)))
    if activity.get("type") == "invoke":
        raise UnknownInvoke
    return None


def _taken(activity: Body, what: What, place: TeamsReplyTarget, mark: str = "") -> Taken:
    """Known by their account in the tenant: the id that a bot sees is other for every bot."""
    sender, route = part(activity, "from"), place.route
    user = _words(sender, "aadObjectId") or route.user
    number = _words(activity, "id")
    if not (user and route.tenant and number):
        raise Garbage("from nobody")
    told = json.dumps([user, mark or [route.conversation, number]])
    address = Address(PLATFORM, route.tenant, user, route.pack())
    return Taken(hashlib.sha256(told.encode()).hexdigest(), address, what, place)


def _route(activity: Body) -> Route:
    """The tenant stands in two places; the SDK loses one of them, so neither is read by it."""
    conversation = part(activity, "conversation")
    tenant = _mapping(_mapping(activity.get("channelData")).get("tenant"))
    return Route(
        service_url=_words(activity, "serviceUrl"),
        conversation=_words(conversation, "id"),
        bot=_words(_mapping(activity.get("recipient")), "id"),
        user=_words(_mapping(activity.get("from")), "id"),
        tenant=_words(tenant, "id") or _words(conversation, "tenantId"),
    )


def _ref(activity: Body) -> str:
    return _words(activity, "replyToId")


# --- cards ----------------------------------------------------------------------------------------------------------


def _acted(data: Body) -> tuple[What, str]:
    """What a button of ours says, and (for a form) the mark by which a second press of it is known as one."""
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
            values = {key: _value(given, key in several) for key, given in data.items() if key not in _OURS}
            what = Submitted(string(ours, "form"), string(ours, "context"), values)
            return what, _mark(ours, values)
        case _:
            raise Garbage("no such verb")


def _mark(ours: Body, values: Mapping[str, str]) -> str:
    """The same card with the same words in it: pressed twice, it is sent once."""
    card = ours.get("card")
    return json.dumps([card, sorted(values.items())]) if isinstance(card, str) and card else ""


def _value(given: object, is_several: bool) -> str:
    """What stands in an input: words, a number, a key, or keys that Teams joins by a comma."""
    match given:
        case None:
            return ""
        case str():
            return ";".join(filter(None, map(str.strip, given.split(",")))) if is_several else given
        case bool() | int() | float():
            return str(given)
        case _:
            raise Garbage("no input")


# --- words ----------------------------------------------------------------------------------------------------------


def typed(activity: Body) -> str:
    """The words as they were typed, without the bot's own name where it was mentioned."""
    text = _named(activity, _words(activity, "text"))
    if activity.get("textFormat") == "xml":
        text = unescape(_MARKUP.sub("", _PARAGRAPH.sub("\n", text)))
    return text.strip()


def _named(activity: Body, text: str) -> str:
    """Mentions as the names they show; what only looks like a mention stays."""
    us = _mapping(activity.get("recipient")).get("id")
    entities = activity.get("entities")
    for each in map(_mapping, entities if isinstance(entities, list) else ()):
        mention, mentioned = each.get("text"), _mapping(each.get("mentioned"))
        if each.get("type") != "mention" or not isinstance(mention, str) or not mention:
            continue
        before, found, after = text.partition(mention)
        if mentioned.get("id") == us:
            text = before + _SPACES.sub("", after)
        elif found:
            text = f"{before}{mentioned.get('name') or ''}{after}"
    return text


# --- parts ----------------------------------------------------------------------------------------------------------


def _mapping(value: object) -> Body:
    return value if isinstance(value, Mapping) else {}


def _words(body: Body, name: str) -> str:
    """A text, or nothing."""
    found = body.get(name)
    return found if isinstance(found, str) else ""
