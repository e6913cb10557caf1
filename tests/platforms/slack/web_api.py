"""The rules of Slack's Web API over a `World`: rights, scopes and answers."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from tests.platforms.slack.limits_of_slack import faults, is_too_long
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
        """Check the token's scopes. Raises `Refusal`."""
        if missing := [scope for scope in scopes if scope not in self.token.scopes]:
            provided = ",".join(sorted(self.token.scopes))
            raise Refusal("missing_scope", needed=",".join(missing), provided=provided)

    def arg(self, name: str) -> str:
        """Return a required text."""
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
        """Return ids, given as a list or as one text with commas."""
        value = self.args.get(name) or []
        return [each for each in (value.split(",") if isinstance(value, str) else value) if each]

    # --- what the token can see -----------------------------------------------------------------------------------

    def reaches(self, team: str) -> bool:
        """Tell whether a workspace is the token's own, or of its organisation."""
        workspace = self.world.workspaces.get(team)
        if workspace is None:
            return False
        return team == self.token.team or (
            not self.token.team and workspace.enterprise == self.token.enterprise != ""
        )

    def team(self) -> Workspace:
        """Return the workspace, which an organisation's token must name."""
        team = self.token.team or str(self.args.get("team_id") or "")
        if not team:
            raise Refusal("missing_argument", argument="team_id")
        if not self.reaches(team):
            raise Refusal("team_access_not_granted")
        return self.world.workspace_of(team)

    def person(self, id: str) -> Person:  # noqa: A002  # Slack's word
        """Return a person whom the token can see: of its workspaces, or of a shared channel."""
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
        """Return the workspace in which the bot talks to a person."""
        return person.team if self.reaches(person.team) else self.team().id

    def channel(self, id: str, *, joined: bool = False) -> Channel:  # noqa: A002  # Slack's word
        """Return a conversation that the bot can see; `joined`: of which it is a member."""
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
    """Return the page that `limit` and `cursor` ask for, and the cursor of the next one."""
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
    """Return an argument that is JSON as text in a form, and a value in a JSON body."""
    try:
        return json.loads(value) if isinstance(value, str) and value else value
    except ValueError as wrong:
        raise Refusal(error) from wrong


# --- blocks and views -----------------------------------------------------------------------------------------------


def checked_blocks(world: World, team: str, text: str, blocks: object) -> list[Json]:
    """Return a message's blocks with ids. Raises `Refusal` for any fault."""
    if not isinstance(blocks, list):
        raise Refusal("invalid_blocks_format")
    check(world, team, {"text": text, "blocks": blocks})
    if is_too_long(blocks):
        raise Refusal("msg_blocks_too_long")
    return named(world, blocks)


def check(world: World, team: str, payload: Json) -> None:
    """Check a message or a view. Raises `Refusal` where Slack's servers would not take it."""
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
    """Return a block without its picture, which is checked here, where the files are."""
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
    """Return the blocks with ids where the app gave none."""
    return [{**block, "block_id": block.get("block_id") or world.name("b")} for block in blocks]
