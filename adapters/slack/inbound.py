"""What Slack sends, read into events: pure. Words are given back as they were typed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any, TypeAlias

from adapters.actions import decode
from bot.events import Command, Installed, Opened, Removed, Said, Submitted, What
from bot.model import Address

Body: TypeAlias = Mapping[str, Any]

PLATFORM = "slack"
_MARK = re.compile(r"<([@#!]?)([^|<>]*)(?:\|([^<>]*))?>")
_INVITED_CHANNEL = re.compile(r"\s*(?:jpd\s+)?invite\s+<#([A-Z0-9]+)(?:\|[^>]*)?>\s*", re.IGNORECASE)
_MENTION = re.compile(r"\s*<@[A-Z0-9]+(?:\|[^>]*)?>")
_CHATS_OF_OURS = ("D",)
"""How ids of a chat between one person and the bot begin."""
_WORDS_ARE_IN = frozenset({None, "", "file_share", "thread_broadcast"})
"""Subtypes of messages in which somebody says something new."""


class Garbage(ValueError):
    """Signed, and nothing that Slack would send."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Something that happened on Slack, before it gets its time."""

    id: str
    sender: Address
    what: What


@dataclass(frozen=True, slots=True)
class Place:
    """Where a form or a press came from, so that the answer goes there."""

    channel: str = ""
    ts: str = ""
    respond: str = ""
    """A `response_url`, for messages that only one person sees: they cannot be updated otherwise."""

    def pack(self, context: str) -> str:
        """As a view's `private_metadata`, together with the form's context."""
        return json.dumps([context, self.channel, self.ts, self.respond])

    @classmethod
    def unpack(cls, metadata: str) -> tuple[str, Place]:
        """The context and the place again."""
        try:
            context, channel, ts, respond = json.loads(metadata)
        except (ValueError, TypeError):
            raise Garbage("no such view") from None
        return str(context), cls(str(channel), str(ts), str(respond))


# --- commands and presses -------------------------------------------------------------------------------------------


def command(body: Body) -> Taken:
    """A slash command."""
    is_everywhere = str(body.get("is_enterprise_install")).casefold() == "true"
    workspace = _text(body, "enterprise_id" if is_everywhere else "team_id")
    sender = Address(PLATFORM, workspace, _text(body, "user_id"))
    return Taken(_text(body, "trigger_id"), sender, Command(typed(_text(body, "text"))))


def pressed(body: Body) -> tuple[Taken, Place]:
    """A button of ours; one that no version of ours has any more is an unknown form."""
    actions = body.get("actions")
    if not isinstance(actions, list) or not actions or not isinstance(actions[0], dict):
        raise Garbage("no action")
    try:
        what: What = decode(str(actions[0].get("value", "")))
    except ValueError:
        what = Opened("gone")
    return Taken(_text(body, "trigger_id"), _presser(body), what), _place(body)


def submitted(body: Body) -> tuple[Taken, Place]:
    """A modal that was sent."""
    view = _part(body, "view")
    context, place = Place.unpack(_text(view, "private_metadata"))
    values = _part(_part(view, "state"), "values")
    given = {str(key): _value(block) for key, block in values.items()}
    what = Submitted(_text(view, "callback_id"), context, given)
    return Taken(_text(body, "trigger_id"), _presser(body), what), place


def _presser(body: Body) -> Address:
    """In a shared channel somebody may press who belongs to another workspace."""
    user = _part(body, "user")
    if body.get("is_enterprise_install") in (True, "true"):
        return Address(PLATFORM, _text(_part(body, "enterprise"), "id"), _text(user, "id"))
    team = user.get("team_id") or (body.get("team") or {}).get("id")
    if not isinstance(team, str):
        raise Garbage("no team")
    return Address(PLATFORM, team, _text(user, "id"))


def _place(body: Body) -> Place:
    container = body.get("container") or {}
    channel, ts = str(container.get("channel_id", "")), str(container.get("message_ts", ""))
    if container.get("is_ephemeral"):
        return Place(channel, "", str(body.get("response_url", "")))
    return Place(channel, ts) if ts else Place()


def _value(block: object) -> str:
    """What stands in an input: words, a choice's key, keys joined by `;`, a day or a time."""
    if not isinstance(block, dict) or len(block) != 1:
        raise Garbage("no input")
    (given,) = block.values()
    if not isinstance(given, dict):
        raise Garbage("no input")
    for name in ("value", "selected_date", "selected_time"):
        if name in given:
            return str(given[name] or "")
    if "selected_options" in given:
        return ";".join(_text(each, "value") for each in given["selected_options"] or ())
    chosen = given.get("selected_option")
    return _text(chosen, "value") if isinstance(chosen, dict) else ""


# --- events ---------------------------------------------------------------------------------------------------------


def said(body: Body) -> tuple[Taken, Place] | None:
    """Words in the chat with the bot; None for what is no person's new words. The place is the thread, if any."""
    event = _part(body, "event")
    is_words = event.get("subtype") in _WORDS_ARE_IN and not event.get("bot_id") and event.get("user")
    if not is_words or not str(event.get("channel", "")).startswith(_CHATS_OF_OURS):
        return None
    sender = _sender(body, event, route=_text(event, "channel"))
    text = str(event.get("text") or "")
    return Taken(_text(body, "event_id"), sender, Said(typed(text))), Place(
        _text(event, "channel"), str(event.get("thread_ts") or "")
    )


def mentioned(body: Body) -> tuple[Taken, Place]:
    """`@jpd status` in a channel is the same as `/jpd status`."""
    event = _part(body, "event")
    words = typed(_MENTION.sub("", _text(event, "text"), count=1))
    taken = Taken(_text(body, "event_id"), _sender(body, event), Command(words))
    return taken, Place(_text(event, "channel"), str(event.get("thread_ts") or ""))


def opened_home(body: Body) -> Taken | None:
    """Somebody looks at their own page; None where they look at the messages."""
    event = _part(body, "event")
    if event.get("tab") != "home":
        return None
    return Taken(_text(body, "event_id"), _sender(body, event), Opened("home"))


def removed(body: Body) -> Taken | None:
    """The bot was uninstalled, or its token taken away; None where only somebody's own token was."""
    event = _part(body, "event")
    if event.get("type") == "tokens_revoked" and not (event.get("tokens") or {}).get("bot"):
        return None
    return Taken(_text(body, "event_id"), Address(PLATFORM, _workspace(body), ""), Removed())


def installed(workspace: str, user: str, number: str) -> Taken:
    """Somebody has let the bot in."""
    return Taken(number, Address(PLATFORM, workspace, user), Installed())


def _sender(body: Body, event: Body, route: str = "") -> Address:
    """By their own workspace: in a shared channel it may be another than the one the bot was installed in."""
    own, theirs = _workspace(body), event.get("user_team") or event.get("source_team")
    is_guest = isinstance(theirs, str) and theirs != body.get("team_id") and not _is_everywhere(body)
    return Address(PLATFORM, str(theirs) if is_guest else own, _text(event, "user"), route)


def _workspace(body: Body) -> str:
    if _is_everywhere(body):
        return str(body.get("enterprise_id") or body["authorizations"][0].get("enterprise_id") or "")
    return _text(body, "team_id")


def _is_everywhere(body: Body) -> bool:
    """Whether the bot was installed for a whole organisation."""
    first = (body.get("authorizations") or [{}])[0]
    return isinstance(first, dict) and first.get("is_enterprise_install") is True


# --- words ----------------------------------------------------------------------------------------------------------


def typed(text: str) -> str:
    """The words as they were typed: Slack writes links and names as marks, and three signs as entities."""
    if channel := _INVITED_CHANNEL.fullmatch(text):
        return f"invite #{channel[1]}"
    return unescape(_MARK.sub(_plain, text))


def _plain(mark: re.Match[str]) -> str:
    sign, target, label = mark.groups()
    match sign:
        case "@" | "#":
            return f"{sign}{label or target}"
        case "!":
            return label or f"@{target.partition('^')[0]}"
        case _:
            return (
                target.removeprefix("mailto:") if label is None or label in target else f"{label} ({target})"
            )


def _part(body: Body, name: str) -> Body:
    found = body.get(name)
    if not isinstance(found, dict):
        raise Garbage(f"no {name}")
    return found


def _text(body: Body, name: str) -> str:
    found = body.get(name)
    if not isinstance(found, str):
        raise Garbage(f"no {name}")
    return found
