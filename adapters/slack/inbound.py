"""Reading what Slack sends into events. Text is returned as it was typed."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html import unescape
from typing import TypeAlias

from emoji import emojize

from adapters.chat.actions import decode
from adapters.chat.bodies import Body, Malformed, part, strictly, string
from adapters.chat.received import Received
from adapters.chat.sent_files import kind_of
from adapters.slack.messenger import PLATFORM
from bot.events import (
    Command,
    Deleted,
    Edited,
    Installed,
    Opened,
    Removed,
    Said,
    SentFile,
    Submitted,
    What,
)
from bot.model import Address

_ID = re.compile("[!-~]{1,255}")
_MARK = re.compile(r"<([@#!]?)([^|<>]*)(?:\|([^<>]*))?>")
_INVITED_CHANNEL = re.compile(r"\s*(?:jpd\s+)?invite\s+<#([A-Z0-9]+)(?:\|[^>]*)?>\s*", re.IGNORECASE)
_EMOJI = re.compile(r"(?<![\w:]):[a-z0-9_+-]+:(?![\w:])")
"""Slack writes an emoji as its name; partners on other platforms must see the character."""
_MENTION = re.compile(r"\s*<@[A-Z0-9]+(?:\|[^>]*)?>")
_DIRECT_CHAT = "D"
"""The first letter of the id of a chat between one person and the bot."""
SLACKBOT = "USLACKBOT"
_TOMBSTONE = "tombstone"
"""The subtype of a deleted message that still has replies in its thread."""
_SUBTYPES_WITH_NEW_TEXT = frozenset({None, "", "file_share", "thread_broadcast"})


@dataclass(frozen=True, slots=True)
class SlackReplyTarget:
    """The message or thread that a person used, so that the reply goes there."""

    channel: str = ""
    ts: str = ""
    respond: str = ""
    """A `response_url`, the only way to update a message that one person alone sees."""

    def pack(self, context: str) -> str:
        """Return a view's `private_metadata`: the form's context and this target."""
        return json.dumps([context, self.channel, self.ts, self.respond])

    @classmethod
    def unpack(cls, metadata: str) -> tuple[str, SlackReplyTarget]:
        """Return the context and the target that `pack` wrote. Raises `Malformed`."""
        try:
            context, channel, ts, respond = json.loads(metadata)
        except (ValueError, TypeError):
            raise Malformed("no such view") from None
        return str(context), cls(str(channel), str(ts), str(respond))


SlackReceived: TypeAlias = Received[SlackReplyTarget]
NOWHERE = SlackReplyTarget()


# --- commands and presses -------------------------------------------------------------------------------------------


@strictly
def command(body: Body) -> SlackReceived:
    """Read a slash command."""
    is_for_organisation = str(body.get("is_enterprise_install")).casefold() == "true"
    workspace = _id(body, "enterprise_id" if is_for_organisation else "team_id")
    return Received(
        id=_id(body, "trigger_id"),
        sender=Address(PLATFORM, workspace, _id(body, "user_id")),
        what=Command(typed(string(body, "text"))),
        target=SlackReplyTarget(respond=str(body.get("response_url") or "")),
    )


@strictly
def pressed(body: Body) -> SlackReceived:
    """Read a pressed button; a button that only an older version of the bot knew opens the unknown form `gone`."""
    actions = body.get("actions")
    if not isinstance(actions, list) or not actions or not isinstance(actions[0], dict):
        raise Malformed("no action")
    try:
        what: What = decode(str(actions[0].get("value", "")))
    except ValueError:
        what = Opened("gone")
    return Received(_id(body, "trigger_id"), _presser(body), what, _pressed_message(body))


@strictly
def is_on_home(body: Body) -> bool:
    """Tell whether a button was pressed on the person's home tab."""
    return (body.get("view") or {}).get("type") == "home"


@strictly
def submitted(body: Body) -> SlackReceived:
    """Read a modal that was sent."""
    view = part(body, "view")
    context, target = SlackReplyTarget.unpack(string(view, "private_metadata"))
    inputs = part(part(view, "state"), "values")
    values = {str(key): _value(block) for key, block in inputs.items()}
    what = Submitted(string(view, "callback_id"), context, values)
    return Received(_id(body, "trigger_id"), _presser(body), what, target)


def _presser(body: Body) -> Address:
    """Return the address by the workspace in which somebody presses.

    In a channel shared with another organisation that is the person's own workspace, not the bot's. In the chat with
    the bot, a form or the home tab it is the one that they are in: Slack gives as `user.team_id` always the same one
    to a person of an organisation with several workspaces.
    """
    user = part(body, "user")
    if body.get("is_enterprise_install") in (True, "true"):
        return Address(PLATFORM, _id(part(body, "enterprise"), "id"), _id(user, "id"))
    container = body.get("container") or {}
    is_direct = str(container.get("channel_id") or _DIRECT_CHAT).startswith(_DIRECT_CHAT)
    is_here = is_direct or bool(container.get("is_ephemeral"))
    if user.get("team_id") and not (is_here and body.get("team")):
        return Address(PLATFORM, _id(user, "team_id"), _id(user, "id"))
    return Address(PLATFORM, _id(part(body, "team"), "id"), _id(user, "id"))


def _pressed_message(body: Body) -> SlackReplyTarget:
    container = body.get("container") or {}
    channel, ts = str(container.get("channel_id", "")), str(container.get("message_ts", ""))
    if container.get("is_ephemeral"):
        return SlackReplyTarget(channel, "", str(body.get("response_url", "")))
    return SlackReplyTarget(channel, ts) if ts else NOWHERE


def _value(block: object) -> str:
    """Return what stands in an input: text, a choice's key, keys joined by `;`, a date or a time."""
    if not isinstance(block, dict) or len(block) != 1:
        raise Malformed("no input")
    (given,) = block.values()
    if not isinstance(given, dict):
        raise Malformed("no input")
    for name in ("value", "selected_date", "selected_time"):
        if name in given:
            return with_emoji(str(given[name] or ""))
    if "selected_options" in given:
        return ";".join(string(option, "value") for option in given["selected_options"] or ())
    option = given.get("selected_option")
    return string(option, "value") if isinstance(option, dict) else ""


# --- events ---------------------------------------------------------------------------------------------------------


@strictly
def said(body: Body) -> SlackReceived | None:
    """Read what a person wrote, edited or deleted in the chat with the bot; None for every other event."""
    event = part(body, "event")
    if event.get("type") != "message" or not str(event.get("channel", "")).startswith(_DIRECT_CHAT):
        return None
    what, message = _what_was_said(event)
    if what is None or not _is_by_a_person(message):
        return None
    return Received(
        id=_message_id(body, event, what),
        sender=_sender(body, message, route=_id(event, "channel")),
        what=what,
        target=SlackReplyTarget(string(event, "channel"), str(message.get("thread_ts") or "")),
    )


def _what_was_said(event: Body) -> tuple[Said | Edited | Deleted | None, Body]:
    """Return what somebody did with a message, and that message; None for everything else."""
    subtype = event.get("subtype")
    if subtype in _SUBTYPES_WITH_NEW_TEXT:
        text, message = typed(str(event.get("text") or "")), str(event.get("ts") or "") or None
        return Said(text, message, _files(event)), event
    if subtype not in ("message_changed", "message_deleted"):
        return None, event
    before = event.get("previous_message")
    if not isinstance(before, dict):  # of a message that Slack no longer shows
        return None, event
    after = part(event, "message") if subtype == "message_changed" else before
    if subtype == "message_deleted" or after.get("subtype") == _TOMBSTONE:
        return Deleted(string(before, "ts")), before
    if after.get("text") == before.get("text"):  # a preview of a link was added, or a thread was begun
        return None, after
    return Edited(typed(str(after.get("text") or "")), string(before, "ts")), after


def _files(event: Body) -> tuple[SentFile, ...]:
    """Return the files of a message; Slack calls a clip that was recorded in it `slack_audio` or `slack_video`."""
    found = event.get("files")
    return tuple(map(_file, found)) if isinstance(found, list) else ()


def _file(file: Body) -> SentFile:
    name = str(file.get("name") or file.get("title") or "")
    media_type = {"slack_audio": "audio/", "slack_video": "video/"}.get(str(file.get("subtype") or ""))
    kind = kind_of(media_type or str(file.get("mimetype") or ""), name)
    return SentFile(kind, name, str(file.get("id") or ""))


def _is_by_a_person(message: Body) -> bool:
    """Tell whether a person wrote the message: Slackbot's are nobody's, and neither are those of bots."""
    return not message.get("bot_id") and bool(message.get("user")) and message["user"] != SLACKBOT


def _message_id(body: Body, event: Body, what: Said | Edited | Deleted) -> str:
    """Return the id of what somebody did with a message.

    Slack may tell of one message under several event ids, so it is known by its place: the channel and the timestamp.
    """
    place = f"{_id(event, 'channel')}:{what.message or _id(body, 'event_id')}"
    match what:
        case Said():
            return place
        case Deleted():
            return f"{place}:deleted"
        case Edited():
            edited = part(event, "message").get("edited") or {}
            return f"{place}:edited:{edited.get('ts') or event.get('event_ts') or event.get('ts')}"


@strictly
def mentioned(body: Body) -> SlackReceived | None:
    """Read `@jpd status` in a channel, which is the same as `/jpd status`; None for a bot's text."""
    event = part(body, "event")
    if not _is_by_a_person(event):
        return None
    text = typed(_MENTION.sub("", string(event, "text"), count=1))
    place = f"{_id(event, 'channel')}:{event.get('ts') or _id(body, 'event_id')}"
    return Received(place, _sender(body, event), Command(text), _thread(event))


@strictly
def opened_home(body: Body) -> SlackReceived | None:
    """Read that a person looks at their home tab; None for the messages tab."""
    event = part(body, "event")
    if event.get("tab") != "home":
        return None
    return Received(_id(body, "event_id"), _sender(body, event), Opened("home"), NOWHERE)


@strictly
def removed(body: Body) -> tuple[SlackReceived, ...]:
    """Read that the bot was uninstalled, or its token revoked, for a team or for its whole organisation.

    Empty when only a person's own token was revoked.
    """
    event = part(body, "event")
    if event.get("type") == "tokens_revoked" and not (event.get("tokens") or {}).get("bot"):
        return ()
    # Slack no longer says for which of the two the bot was installed: the authorizations are gone.
    workspaces = [_id(body, name) for name in ("team_id", "enterprise_id") if body.get(name)]
    return tuple(
        Received(_id(body, "event_id"), Address(PLATFORM, workspace, ""), Removed(), NOWHERE)
        for workspace in workspaces
    )


def installed(workspace: str, user: str, event_id: str) -> SlackReceived:
    """Return the event of a person installing the bot."""
    return Received(event_id, Address(PLATFORM, workspace, user), Installed(), NOWHERE)


def _thread(event: Body) -> SlackReplyTarget:
    return SlackReplyTarget(string(event, "channel"), str(event.get("thread_ts") or ""))


def _sender(body: Body, event: Body, route: str = "") -> Address:
    """Return the address by the person's own workspace: in a shared channel it may be another than the bot's."""
    own = _workspace(body)
    name = next((each for each in ("user_team", "source_team") if event.get(each)), "")
    is_guest = name and event[name] != body.get("team_id") and not _is_for_organisation(body)
    return Address(PLATFORM, _id(event, name) if is_guest else own, _id(event, "user"), route)


def _workspace(body: Body) -> str:
    if _is_for_organisation(body):
        return _id(body if body.get("enterprise_id") else body["authorizations"][0], "enterprise_id")
    return _id(body, "team_id")


def _is_for_organisation(body: Body) -> bool:
    """Tell whether the bot was installed for a whole organisation."""
    first = (body.get("authorizations") or [{}])[0]
    return isinstance(first, dict) and first.get("is_enterprise_install") is True


# --- text -----------------------------------------------------------------------------------------------------------


def typed(text: str) -> str:
    """Return the text as it was typed: Slack writes links and names as marks, and `&`, `<`, `>` as entities."""
    if channel := _INVITED_CHANNEL.fullmatch(text):
        return f"invite #{channel[1]}"
    return with_emoji(unescape(_MARK.sub(_plain, text)))


def with_emoji(text: str) -> str:
    """Replace the names of emoji by their characters."""
    return _EMOJI.sub(lambda name: emojize(name[0], language="alias"), text)


def _plain(mark: re.Match[str]) -> str:
    sign, target, label = mark.groups()
    match sign:
        case "@" | "#":
            return f"{sign}{label or target}"
        case "!":
            return label or f"@{target.partition('^')[0]}"
        case _:
            # Text of which Slack made a link by itself is the link's label.
            plain = re.sub(r"^(mailto:|tel:|https?://)", "", target)
            if label is None or label == target:
                return target.removeprefix("mailto:").removeprefix("tel:")
            return label if label == plain else f"{label} ({target})"


def _id(body: Body, name: str) -> str:
    """Return an id of characters that every store takes. Raises `Malformed`."""
    found = string(body, name)
    if not _ID.fullmatch(found):
        raise Malformed(f"no {name}")
    return found
