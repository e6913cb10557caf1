"""`chat.*` and response URLs: messages that the app posts, updates and deletes."""

from __future__ import annotations

from typing import Any

from tests.platforms.slack.web_api import Call, check, checked_blocks, read_json
from tests.platforms.slack.world import (
    RESPONSE_USES,
    Channel,
    Json,
    Line,
    Person,
    Refusal,
    ResponseUrl,
    Workspace,
    World,
)

LONGEST = 40_000


def post_message(call: Call) -> Json:
    """`chat.postMessage`: a person's id opens their chat with the bot."""
    call.needs("chat:write")
    channel = _target(call)
    line = _written(call, channel)
    call.world.add(line)
    return {"channel": channel.id, "ts": line.ts, "message": shown(call.world, line, metadata=True)}


def post_ephemeral(call: Call) -> Json:
    """`chat.postEphemeral`: a message that one person sees."""
    call.needs("chat:write")
    channel = call.channel(call.arg("channel"), joined=True)
    person = call.person(call.arg("user"))
    if person.id not in channel.members:
        raise Refusal("user_not_in_channel")
    line = _written(call, channel)
    line.only_for, line.via = person.id, "ephemeral"
    call.world.add(line)
    return {"message_ts": line.ts}


def update(call: Call) -> Json:
    """`chat.update`: of the bot's own messages only, by the id of the conversation; arguments left out stay."""
    call.needs("chat:write")
    line = _own(call, "cant_update_message")
    change(call.world, line, call.args)
    return {
        "channel": line.channel,
        "ts": line.ts,
        "text": line.text,
        "message": shown(call.world, line, metadata=True),
    }


def delete(call: Call) -> Json:
    """`chat.delete`."""
    call.needs("chat:write")
    line = _own(call, "cant_delete_message")
    call.world.lines.remove(line)
    return {"channel": line.channel, "ts": line.ts}


def _own(call: Call, refusal: str) -> Line:
    channel = call.channel(call.arg("channel"))
    line = call.world.line(channel.id, call.arg("ts"))
    if line is None or line.only_for:
        raise Refusal("message_not_found")
    if not line.by_app:
        raise Refusal(refusal)
    return line


def _target(call: Call) -> Channel:
    target = call.arg("channel")
    if target[:1] in ("U", "W"):
        person = call.person(target)
        return call.world.direct(call.home_of(person), _willing(person).id)
    channel = call.channel(target, joined=True)
    if channel.archived:
        raise Refusal("is_archived")
    if channel.kind == "im":
        _willing(call.person(channel.members[1]))
    return channel


def _willing(person: Person) -> Person:
    """Return the person. Raises `Refusal` where the bot cannot write to them."""
    if person.refuses:
        raise Refusal(person.refuses)
    if person.deleted:
        raise Refusal("user_disabled")
    if person.is_bot:
        raise Refusal("cannot_dm_bot")
    return person


def _written(call: Call, channel: Channel) -> Line:
    text, blocks = (
        str(call.args.get("text") or ""),
        read_json(call.args.get("blocks"), "invalid_blocks_format"),
    )
    if not text and not blocks:
        raise Refusal("no_text")
    if len(text) > LONGEST:
        raise Refusal("msg_too_long")
    return Line(
        channel=channel.id,
        ts=call.world.ts(),
        author=call.world.workspace_of(channel.team).bot,
        text=text,
        blocks=checked_blocks(call.world, channel.team, text, blocks) if blocks else [],
        metadata=_metadata(call.args.get("metadata")),
        by_app=True,
        via="post",
        thread=str(call.args.get("thread_ts") or ""),
    )


def _metadata(value: object) -> Json:
    found: Any = read_json(value, "invalid_metadata_format") or {}
    match found:
        case {"event_type": str(kind), "event_payload": dict()} if kind:
            return dict(found)
        case {} if not found:
            return {}
        case _:
            raise Refusal("invalid_metadata_format")


def change(world: World, line: Line, args: Any) -> None:
    """Change a line's content; arguments left out stay."""
    blocks = read_json(args.get("blocks"), "invalid_blocks_format")
    if not args.get("text") and blocks is None:
        raise Refusal("no_text")
    text = str(args.get("text") or "")
    if blocks:
        line.blocks = checked_blocks(world, world.channels[line.channel].team, text, blocks)
    elif blocks is not None:
        line.blocks = []
    if "metadata" in args:
        line.metadata = _metadata(args["metadata"])
    line.text, line.edited = text or line.text, True


def shown(world: World, line: Line, *, metadata: bool) -> Json:
    """Return a line as Slack's JSON, with `metadata` only on request."""
    workspace = world.workspace_of(world.channels[line.channel].team)
    message: Json = {
        "type": "message", "user": line.author, "ts": line.ts, "text": line.text, "team": workspace.id,
    }  # fmt: skip
    if line.by_app:
        message |= _signed(workspace)
    if line.blocks:
        message["blocks"] = line.blocks
    if line.edited:
        message["edited"] = {"user": line.author, "ts": line.ts}
    if line.thread:
        message["thread_ts"] = line.thread
    if metadata and line.metadata:
        message["metadata"] = line.metadata
    return message


def _signed(workspace: Workspace) -> Json:
    profile = {"id": workspace.bot_id, "app_id": "A0JPD", "name": "jpd", "team_id": workspace.id}
    return {"bot_id": workspace.bot_id, "app_id": "A0JPD", "bot_profile": profile}


# --- answers without a token ----------------------------------------------------------------------------------------


def respond(world: World, name: str, body: Json) -> None:
    """Take a post to a response URL. Refusals: `used_url`, `expired_url`, and those of any message."""
    right = world.response_urls.get(name)
    if right is None or right.uses >= RESPONSE_USES:
        raise Refusal("used_url")
    if world.clock.now() > right.until:
        raise Refusal("expired_url")
    right.uses += 1
    answer(world, right, body, "response_url")


def answer(world: World, right: ResponseUrl, body: Json, via: str) -> None:
    """Show the app's answer to a command or a press, to one person unless it says `in_channel`."""
    line = world.line(right.channel, right.ts)
    if body.get("delete_original"):
        if line is None or not line.by_app:
            raise Refusal("message_not_found")
        world.lines.remove(line)
    elif body.get("replace_original"):
        if line is None or not line.by_app:
            raise Refusal("message_not_found")
        # A replacement is the whole message: a text alone takes the blocks away.
        change(world, line, {"blocks": [], **body})
    else:
        _answered(world, right, body, via)


def _answered(world: World, right: ResponseUrl, body: Json, via: str) -> None:
    channel = world.channels[right.channel]
    text, blocks = str(body.get("text") or ""), body.get("blocks") or []
    if not text and not blocks:
        raise Refusal("no_text")
    in_channel = body.get("response_type") == "in_channel"
    if body.get("response_type", "ephemeral") not in ("ephemeral", "in_channel"):
        raise Refusal("invalid_response_type")
    check(world, channel.team, {"text": text, "blocks": blocks or [{"type": "divider"}]})
    world.add(
        Line(
            channel=channel.id,
            ts=world.ts(),
            author=world.workspace_of(channel.team).bot,
            text=text,
            blocks=checked_blocks(world, channel.team, text, blocks) if blocks else [],
            by_app=True,
            only_for="" if in_channel else right.person,
            via=via,
        )
    )
