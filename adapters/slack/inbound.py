"""What Slack sends, read into events: pure. Words are given back as they were typed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from html import unescape
from typing import ParamSpec, TypeVar

from emoji import emojize

from adapters.chat.actions import decode
from adapters.chat.bodies import Body, Garbage, part, string
from bot.events import Command, Installed, Opened, Removed, Said, Submitted, What
from bot.model import Address

P = ParamSpec("P")
T = TypeVar("T")

PLATFORM = "slack"
_ID = re.compile("[!-~]{1,255}")
_MARK = re.compile(r"<([@#!]?)([^|<>]*)(?:\|([^<>]*))?>")
_INVITED_CHANNEL = re.compile(r"\s*(?:jpd\s+)?invite\s+<#([A-Z0-9]+)(?:\|[^>]*)?>\s*", re.IGNORECASE)
_EMOJI = re.compile(r"(?<![\w:]):[a-z0-9_+-]+:(?![\w:])")
"""Slack writes a sign that somebody chose as its name; partners elsewhere are to see the sign."""
_MENTION = re.compile(r"\s*<@[A-Z0-9]+(?:\|[^>]*)?>")
_CHATS_OF_OURS = ("D",)
"""How ids of a chat between one person and the bot begin."""
_WORDS_ARE_IN = frozenset({None, "", "file_share", "thread_broadcast"})
"""Subtypes of messages in which somebody says something new."""


MISSHAPEN = (TypeError, ValueError, AttributeError, KeyError, IndexError)
"""What reading another shape than the expected one raises."""


def _strict(read: Callable[P, T]) -> Callable[P, T]:
    """Raises `Garbage` for whatever is not as Slack writes it."""

    @wraps(read)
    def strictly(*args: P.args, **more: P.kwargs) -> T:
        try:
            return read(*args, **more)
        except Garbage:
            raise
        except MISSHAPEN:
            raise Garbage("another shape") from None

    return strictly


@dataclass(frozen=True, slots=True)
class Taken:
    """Something that happened on Slack, before it gets its time."""

    id: str
    sender: Address
    what: What


@dataclass(frozen=True, slots=True)
class SlackReplyTarget:
    """Where a form or a press came from, so that the answer goes there."""

    channel: str = ""
    ts: str = ""
    respond: str = ""
    """A `response_url`, for messages that only one person sees: they cannot be updated otherwise."""

    def pack(self, context: str) -> str:
        """As a view's `private_metadata`, together with the form's context."""
        return json.dumps([context, self.channel, self.ts, self.respond])

    @classmethod
    def unpack(cls, metadata: str) -> tuple[str, SlackReplyTarget]:
        """The context and the place again."""
        try:
            context, channel, ts, respond = json.loads(metadata)
        except (ValueError, TypeError):
            raise Garbage("no such view") from None
        return str(context), cls(str(channel), str(ts), str(respond))


# --- commands and presses -------------------------------------------------------------------------------------------


@_strict
def command(body: Body) -> Taken:
    """A slash command."""
    is_everywhere = str(body.get("is_enterprise_install")).casefold() == "true"
    workspace = _id(body, "enterprise_id" if is_everywhere else "team_id")
    sender = Address(PLATFORM, workspace, _id(body, "user_id"))
    return Taken(_id(body, "trigger_id"), sender, Command(typed(string(body, "text"))))


@_strict
def pressed(body: Body) -> tuple[Taken, SlackReplyTarget]:
    """A button of ours; one that no version of ours has any more is an unknown form."""
    actions = body.get("actions")
    if not isinstance(actions, list) or not actions or not isinstance(actions[0], dict):
        raise Garbage("no action")
    try:
        what: What = decode(str(actions[0].get("value", "")))
    except ValueError:
        what = Opened("gone")
    return Taken(_id(body, "trigger_id"), _presser(body), what), _place(body)


@_strict
def submitted(body: Body) -> tuple[Taken, SlackReplyTarget]:
    """A modal that was sent."""
    view = part(body, "view")
    context, place = SlackReplyTarget.unpack(string(view, "private_metadata"))
    values = part(part(view, "state"), "values")
    given = {str(key): _value(block) for key, block in values.items()}
    what = Submitted(string(view, "callback_id"), context, given)
    return Taken(_id(body, "trigger_id"), _presser(body), what), place


def _presser(body: Body) -> Address:
    """In a shared channel somebody may press who belongs to another workspace."""
    user = part(body, "user")
    if body.get("is_enterprise_install") in (True, "true"):
        return Address(PLATFORM, _id(part(body, "enterprise"), "id"), _id(user, "id"))
    team = _id(user, "team_id") if user.get("team_id") else _id(part(body, "team"), "id")
    return Address(PLATFORM, team, _id(user, "id"))


def _place(body: Body) -> SlackReplyTarget:
    container = body.get("container") or {}
    channel, ts = str(container.get("channel_id", "")), str(container.get("message_ts", ""))
    if container.get("is_ephemeral"):
        return SlackReplyTarget(channel, "", str(body.get("response_url", "")))
    return SlackReplyTarget(channel, ts) if ts else SlackReplyTarget()


def _value(block: object) -> str:
    """What stands in an input: words, a choice's key, keys joined by `;`, a day or a time."""
    if not isinstance(block, dict) or len(block) != 1:
        raise Garbage("no input")
    (given,) = block.values()
    if not isinstance(given, dict):
        raise Garbage("no input")
    for name in ("value", "selected_date", "selected_time"):
        if name in given:
            return signs(str(given[name] or ""))
    if "selected_options" in given:
        return ";".join(string(each, "value") for each in given["selected_options"] or ())
    chosen = given.get("selected_option")
    return string(chosen, "value") if isinstance(chosen, dict) else ""


# --- events ---------------------------------------------------------------------------------------------------------


@_strict
def said(body: Body) -> tuple[Taken, SlackReplyTarget] | None:
    """Words in the chat with the bot; None for what is no person's new words. The place is the thread, if any."""
    event = part(body, "event")
    is_words = event.get("subtype") in _WORDS_ARE_IN and not event.get("bot_id") and event.get("user")
    if not is_words or not str(event.get("channel", "")).startswith(_CHATS_OF_OURS):
        return None
    sender = _sender(body, event, route=_id(event, "channel"))
    text = str(event.get("text") or "")
    return Taken(_id(body, "event_id"), sender, Said(typed(text))), SlackReplyTarget(
        string(event, "channel"), str(event.get("thread_ts") or "")
    )


@_strict
def mentioned(body: Body) -> tuple[Taken, SlackReplyTarget] | None:
    """`@jpd status` in a channel is the same as `/jpd status`; None where a bot says it."""
    event = part(body, "event")
    if event.get("bot_id") or not event.get("user"):
        return None
    words = typed(_MENTION.sub("", string(event, "text"), count=1))
    taken = Taken(_id(body, "event_id"), _sender(body, event), Command(words))
    return taken, SlackReplyTarget(string(event, "channel"), str(event.get("thread_ts") or ""))


@_strict
def opened_home(body: Body) -> Taken | None:
    """Somebody looks at their own page; None where they look at the messages."""
    event = part(body, "event")
    if event.get("tab") != "home":
        return None
    return Taken(_id(body, "event_id"), _sender(body, event), Opened("home"))


@_strict
def removed(body: Body) -> tuple[Taken, ...]:
    """The bot was uninstalled, or its token taken away: a team's, or that of its whole organisation.

    Nothing where only somebody's own token was.
    """
    event = part(body, "event")
    if event.get("type") == "tokens_revoked" and not (event.get("tokens") or {}).get("bot"):
        return ()
    # Slack no longer says for whom the bot was installed: the authorizations are gone.
    meant = [_id(body, name) for name in ("team_id", "enterprise_id") if body.get(name)]
    return tuple(
        Taken(_id(body, "event_id"), Address(PLATFORM, workspace, ""), Removed()) for workspace in meant
    )


def installed(workspace: str, user: str, number: str) -> Taken:
    """Somebody has let the bot in."""
    return Taken(number, Address(PLATFORM, workspace, user), Installed())


def _sender(body: Body, event: Body, route: str = "") -> Address:
    """By their own workspace: in a shared channel it may be another than the one the bot was installed in."""
    own = _workspace(body)
    name = next((each for each in ("user_team", "source_team") if event.get(each)), "")
    is_guest = name and event[name] != body.get("team_id") and not _is_everywhere(body)
    return Address(PLATFORM, _id(event, name) if is_guest else own, _id(event, "user"), route)


def _workspace(body: Body) -> str:
    if _is_everywhere(body):
        return _id(body if body.get("enterprise_id") else body["authorizations"][0], "enterprise_id")
    return _id(body, "team_id")


def _is_everywhere(body: Body) -> bool:
    """Whether the bot was installed for a whole organisation."""
    first = (body.get("authorizations") or [{}])[0]
    return isinstance(first, dict) and first.get("is_enterprise_install") is True


# --- words ----------------------------------------------------------------------------------------------------------


def typed(text: str) -> str:
    """The words as they were typed: Slack writes links and names as marks, and three signs as entities."""
    if channel := _INVITED_CHANNEL.fullmatch(text):
        return f"invite #{channel[1]}"
    return signs(unescape(_MARK.sub(_plain, text)))


def signs(text: str) -> str:
    """With the signs that people chose in the place of their names."""
    return _EMOJI.sub(lambda name: emojize(name[0], language="alias"), text)


def _plain(mark: re.Match[str]) -> str:
    sign, target, label = mark.groups()
    match sign:
        case "@" | "#":
            return f"{sign}{label or target}"
        case "!":
            return label or f"@{target.partition('^')[0]}"
        case _:
            # What Slack made a link of by itself keeps the words as its label.
            plain = re.sub(r"^(mailto:|tel:|https?://)", "", target)
            if label is None or label == target:
                return target.removeprefix("mailto:").removeprefix("tel:")
            return label if label == plain else f"{label} ({target})"


def _id(body: Body, name: str) -> str:
    """Signs that every store takes: an id is no place for a person's words."""
    found = string(body, name)
    if not _ID.fullmatch(found):
        raise Garbage(f"no {name}")
    return found
