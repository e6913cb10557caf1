"""Slack's Web API as pure rules over a `World`: who may call what, with which scopes, and what they get."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from tests.platforms.slack.limits_of_slack import faults
from tests.platforms.slack.world import Channel, Json, Person, Refusal, Token, Workspace, World

T = TypeVar("T")

SCOPE_OF = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a method, by one token."""

    world: World
    token: Token
    args: Mapping[str, Any]

    def needs(self, *scopes: str) -> None:
        """Refuse unless the token has every one of them."""
        if missing := [scope for scope in scopes if scope not in self.token.scopes]:
            provided = ",".join(sorted(self.token.scopes))
            raise Refusal("missing_scope", needed=",".join(missing), provided=provided)

    def arg(self, name: str) -> str:
        """A text that has to be there."""
        value = self.args.get(name)
        if value in (None, ""):
            raise Refusal(
                "invalid_arguments",
                response_metadata={"messages": [f"[ERROR] missing required field: {name}"]},
            )
        return str(value)

    def flag(self, name: str) -> bool:
        return str(self.args.get(name, "")).casefold() in ("1", "true")

    def listed(self, name: str) -> list[str]:
        """Ids as Slack takes them: a list, or one text with commas."""
        value = self.args.get(name) or []
        return [each for each in (value.split(",") if isinstance(value, str) else value) if each]

    # --- what the token can see -----------------------------------------------------------------------------------

    def reaches(self, team: str) -> bool:
        """Whether a workspace is the token's own, or its organisation's."""
        workspace = self.world.workspaces.get(team)
        if workspace is None:
            return False
        return team == self.token.team or (
            not self.token.team and workspace.enterprise == self.token.enterprise != ""
        )

    def team(self) -> Workspace:
        """The workspace that is meant: an organisation's token has to say which."""
        team = self.token.team or str(self.args.get("team_id") or "")
        if not team:
            raise Refusal("missing_argument", argument="team_id")
        if not self.reaches(team):
            raise Refusal("team_access_not_granted")
        return self.world.workspace_of(team)

    def person(self, id: str) -> Person:  # noqa: A002  # Slack's word
        """Somebody whom the token can see: of its workspaces, or met in a shared channel."""
        found = self.world.people.get(id)
        if found is None or not (self.reaches(found.team) or self._meets(found)):
            raise Refusal("user_not_found")
        return found

    def _meets(self, person: Person) -> bool:
        return any(
            person.id in channel.members and self.reaches(channel.team)
            for channel in self.world.channels.values()
        )

    def home_of(self, person: Person) -> str:
        """The workspace in which the bot talks with them."""
        return person.team if self.reaches(person.team) else self.team().id

    def channel(self, id: str, *, joined: bool = False) -> Channel:  # noqa: A002  # Slack's word
        """A conversation that the bot can see; `joined`: in which it is."""
        found = self.world.channels.get(id)
        if found is None or not self.reaches(found.team):
            raise Refusal("channel_not_found")
        inside = self.world.workspace_of(found.team).bot in found.members
        if not inside and found.kind != "channel":
            raise Refusal("channel_not_found")
        if joined and not inside:
            raise Refusal("not_in_channel")
        return found


Method: TypeAlias = Callable[[Call], Json]


def page(call: Call, items: Sequence[T], *, usual: int = 100, most: int = 1_000) -> tuple[list[T], Json]:
    """The part of a list that `limit` and `cursor` ask for, and what tells where the next begins."""
    try:
        size = int(call.args.get("limit") or usual)
        start = int(base64.b64decode(call.args.get("cursor") or "MA==", validate=True).removeprefix(b"next:"))
    except ValueError as wrong:
        raise Refusal("invalid_cursor" if call.args.get("cursor") else "invalid_limit") from wrong
    if not 1 <= size <= most:
        raise Refusal("invalid_limit")
    after = start + size
    cursor = base64.b64encode(f"next:{after}".encode()).decode() if after < len(items) else ""
    return list(items[start:after]), {"response_metadata": {"next_cursor": cursor}}


def read_json(value: object, error: str) -> Any:
    """An argument that a form carries as a text and a JSON body as it is."""
    try:
        return json.loads(value) if isinstance(value, str) and value else value
    except ValueError as wrong:
        raise Refusal(error) from wrong


# --- blocks and views -----------------------------------------------------------------------------------------------


def checked_blocks(world: World, team: str, text: str, blocks: object) -> list[Json]:
    """A message's blocks as Slack keeps them, with ids; a fault refuses them all."""
    if not isinstance(blocks, list):
        raise Refusal("invalid_blocks_format")
    check(world, team, {"text": text, "blocks": blocks})
    return named(world, blocks)


def check(world: World, team: str, payload: Json) -> None:
    """Refuse a message or a view that Slack's servers would not take."""
    found = [*_pictures(world, team, payload.get("blocks")), *_faults(payload)]
    if found:
        raise Refusal("invalid_blocks", response_metadata={"messages": [f"[ERROR] {each}" for each in found]})


def _faults(payload: Json) -> list[str]:
    try:
        blocks = [_without_pictures(block) for block in payload["blocks"]]
        match payload.get("type"):
            case "home":
                rows = [blocks[start : start + 50] for start in range(0, len(blocks), 50)]
                found = [each for row in rows for each in faults({"text": "", "blocks": row})]
                return found if 1 <= len(blocks) <= 100 else [*found, f"{len(blocks)} blocks"]
            case "modal":
                usual: Json = {"callback_id": "", "private_metadata": ""}
                if not any(block["type"] == "input" for block in blocks):
                    usual["submit"] = {"type": "plain_text", "text": "–", "emoji": False}
                return faults({**usual, **payload, "blocks": blocks})
            case None:
                return faults({**payload, "blocks": blocks})
            case unknown:
                return [f"a view of type {unknown}"]
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as wrong:
        return [f"{type(wrong).__name__}: {wrong}"]


def _without_pictures(block: Json) -> Json:
    """What the table of limits knows of a block: pictures are checked here, where the files are."""
    if block["type"] == "image":
        return {"type": "divider"}
    if block["type"] == "section" and "accessory" in block:
        return {name: each for name, each in block.items() if name != "accessory"}
    return block


def _pictures(world: World, team: str, blocks: object) -> list[str]:
    match blocks:
        case dict() if blocks.get("type") == "image":
            return _picture(world, team, blocks)
        case dict():
            return [fault for each in blocks.values() for fault in _pictures(world, team, each)]
        case list():
            return [fault for each in blocks for fault in _pictures(world, team, each)]
        case _:
            return []


def _picture(world: World, team: str, image: Json) -> list[str]:
    found = [] if 1 <= len(str(image.get("alt_text", ""))) <= 2_000 else ["image alt_text"]
    if not image.get("slack_file"):
        return (
            found
            if 1 <= len(str(image.get("image_url", ""))) <= 3_000
            else [*found, "image without a source"]
        )
    file = world.files.get(str(image["slack_file"].get("id", "")))
    if file is None or file.team != team or not file.ready:
        found.append("invalid slack file")
    return found


def named(world: World, blocks: Sequence[Json]) -> list[Json]:
    """The blocks with the ids that Slack gives where an app gave none."""
    return [{**block, "block_id": block.get("block_id") or world.name("b")} for block in blocks]
