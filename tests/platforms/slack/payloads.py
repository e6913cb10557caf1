"""The payloads that Slack sends: events, commands, presses and submissions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.platforms.slack.posts import shown
from tests.platforms.slack.wire import NotSent
from tests.platforms.slack.world import APP, Channel, Json, Line, Modal, Person, Token, World

SCOPE_OF_EVENT = {
    "im": "im:history",
    "mpim": "mpim:history",
    "group": "groups:history",
    "channel": "channels:history",
    "app_mention": "app_mentions:read",
}


def escape(text: str) -> str:
    """Return a person's text as Slack writes it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def linked(world: World, team: str, text: str) -> str:
    """Return a command's text with `should_escape`: `#name` and `@name` become ids."""
    channels = {each.name: each for each in world.channels.values() if each.team == team and each.name}
    people = {handle(each): each for each in world.people.values() if each.team == team}

    def channel(match: re.Match[str]) -> str:
        found = channels.get(match[1])
        return f"<#{found.id}|{found.name}>" if found else match[0]

    def person(match: re.Match[str]) -> str:
        found = people.get(match[1])
        return f"<@{found.id}|{match[1]}>" if found else match[0]

    return re.sub(r"@([\w.-]+)", person, re.sub(r"#([\w-]+)", channel, escape(text)))


def handle(person: Person) -> str:
    """Return the short name behind an `@`."""
    return person.name.casefold().replace(" ", ".")


def token_for(world: World, team: str) -> Token:
    """Return the token of the installation by which the app gets events of that workspace."""
    token = world.live_token(team)
    if token is None:
        raise NotSent(f"the app is not installed in {team}")
    return token


def event(world: World, team: str, what: Json, *, event_id: str = "", heard: bool = True) -> Json:
    """Return the envelope of one event. `heard`: the app is still installed."""
    workspace = world.workspace_of(team)
    token = token_for(world, team) if heard else None
    who = {
        "enterprise_id": workspace.enterprise or None,
        "team_id": team,
        "user_id": workspace.bot,
        "is_bot": True,
        "is_enterprise_install": bool(token and not token.team),
    }
    channel = world.channels.get(str(what.get("channel")))
    return {
        "token": "legacy-verification",
        "team_id": team,
        **({"enterprise_id": workspace.enterprise} if workspace.enterprise else {}),
        "api_app_id": APP,
        "event": what,
        "type": "event_callback",
        "event_id": event_id or world.name("Ev"),
        "event_time": int(world.clock.now()),
        "authorizations": [who] if token else [],
        "is_ext_shared_channel": bool(channel and channel.is_shared),
        "context_team_id": team,
        "context_enterprise_id": workspace.enterprise or None,
    }


def said(world: World, channel: Channel, line: Line) -> Json:
    """Return the event of a person's message."""
    person = world.people[line.author]
    words = {"type": "text", "text": line.text}
    return {
        "type": "message",
        "channel": channel.id,
        "channel_type": channel.kind,
        "user": line.author,
        "text": line.text,
        "ts": line.ts,
        "event_ts": line.ts,
        "team": person.team,
        **({"user_team": person.team, "source_team": person.team} if person.team != channel.team else {}),
        **({"thread_ts": line.thread} if line.thread else {}),
        "client_msg_id": f"message-{line.ts}",
        "blocks": [
            {
                "type": "rich_text",
                "block_id": world.name("b"),
                "elements": [{"type": "rich_text_section", "elements": [words]}],
            }
        ],
    }


def command(
    world: World, team: str, person: Person, channel: Channel, name: str, text: str, url: str
) -> Json:
    """Return the form of a slash command."""
    workspace, token = world.workspace_of(team), token_for(world, team)
    grid = {"enterprise_id": workspace.enterprise, "enterprise_name": workspace.enterprise}
    return {
        "token": "legacy-verification",
        "team_id": team,
        "team_domain": workspace.domain,
        **(grid if workspace.enterprise else {}),
        "channel_id": channel.id,
        "channel_name": "directmessage" if channel.kind == "im" else channel.name or "privategroup",
        "user_id": person.id,
        "user_name": handle(person),
        "command": name,
        "text": linked(world, team, text),
        "api_app_id": APP,
        "is_enterprise_install": "true" if not token.team else "false",
        "response_url": url,
        "trigger_id": world.trigger(team, person.id),
    }


def interaction(world: World, kind: str, team: str, person: Person) -> Json:
    """Return the fields that a press and a submission share."""
    workspace, token = world.workspace_of(team), token_for(world, team)
    grid = {"enterprise_id": workspace.enterprise, "enterprise_name": workspace.enterprise}
    return {
        "type": kind,
        "team": {"id": team, "domain": workspace.domain, **(grid if workspace.enterprise else {})},
        "user": {
            "id": person.id,
            "username": handle(person),
            "name": handle(person),
            "team_id": person.home_team or person.team,
        },
        "api_app_id": APP,
        "token": "legacy-verification",
        "trigger_id": world.trigger(team, person.id),
        "enterprise": {"id": workspace.enterprise, "name": workspace.enterprise}
        if workspace.enterprise
        else None,
        "is_enterprise_install": not token.team,
    }


def pressed_in_message(world: World, line: Line, element: Json, url: str) -> Json:
    """Return a press under a message; Slack adds no copy of an ephemeral message."""
    channel = world.channels[line.channel]
    name = "directmessage" if channel.kind == "im" else channel.name
    copy = {} if line.only_for else {"message": shown(world, line, metadata=True)}
    return {
        "container": {
            "type": "message",
            "message_ts": line.ts,
            "channel_id": line.channel,
            "is_ephemeral": bool(line.only_for),
        },
        "channel": {"id": line.channel, "name": name},
        **copy,
        "state": {"values": {}},
        "response_url": url,
        "actions": [action(world, element)],
    }


def pressed_in_view(world: World, view: Json, element: Json) -> Json:
    """Return a press in a modal or on the home tab."""
    return {
        "container": {"type": "view", "view_id": view["id"]},
        "view": view,
        "actions": [action(world, element)],
    }


def action(world: World, element: Json) -> Json:
    """Return the pressed element."""
    kept = ("action_id", "block_id", "type", "text", "value", "style")
    return {**{name: element[name] for name in kept if name in element}, "action_ts": world.ts()}


def pressable(blocks: Sequence[Json]) -> Iterator[Json]:
    """Yield every button in a message or a view, with its block's id."""
    for block in blocks:
        inside = block.get("elements", []) if block["type"] == "actions" else [block.get("accessory")]
        for element in inside:
            if element and element["type"] == "button":
                yield {**element, "block_id": block["block_id"]}


# --- forms ----------------------------------------------------------------------------------------------------------


def state(modal: Modal, values: Mapping[str, Any]) -> Json:
    """Return the inputs of a modal as they are sent. Raises `NotSent` where Slack's client would not send them."""
    blocks = {block["block_id"]: block for block in modal.view["blocks"] if block["type"] == "input"}
    if unknown := set(values) - set(blocks):
        raise NotSent(f"no such field: {', '.join(sorted(unknown))}")
    found: Json = {}
    for name, block in blocks.items():
        element = block["element"]
        given = values.get(name, modal.typed.get(name))
        value = _initial(element) if given is None else as_text(given)
        if not value and not block.get("optional"):
            raise NotSent(f"{name} has to be filled in")
        found[name] = {element["action_id"]: _entered(element, value)}
    return {"values": found}


def as_text(value: Any) -> str:
    """Return one value as a text; several choices are joined by `;`."""
    return ";".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _initial(element: Json) -> str:
    """Return the initial value of an input."""
    if options := element.get("initial_options"):
        return ";".join(option["value"] for option in options)
    option = element.get("initial_option") or {}
    plain = (element.get(name) for name in ("initial_value", "initial_date", "initial_time"))
    return str(option.get("value") or next(filter(None, plain), ""))


def _entered(element: Json, value: str) -> Json:
    kind = element["type"]
    match kind:
        case "plain_text_input":
            if len(value) > element.get("max_length", 3_000):
                raise NotSent(f"longer than {element['max_length']}")
            return {"type": kind, "value": value or None}
        case "datepicker":
            return {"type": kind, "selected_date": value or None}
        case "timepicker":
            return {"type": kind, "selected_time": value or None}
        case "checkboxes" | "multi_static_select":
            return {
                "type": kind,
                "selected_options": [_option(element, each) for each in value.split(";") if each],
            }
        case _:
            return {"type": kind, "selected_option": _option(element, value) if value else None}


def _option(element: Json, value: str) -> Json:
    for option in element["options"]:
        if option["value"] == value:
            return dict(option)
    raise NotSent(f"not offered: {value}")
