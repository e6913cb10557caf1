"""`views.*`: modals by trigger, and the home tab."""

from __future__ import annotations

import json

from tests.platforms.slack.web_api import Call, check, named, read_json
from tests.platforms.slack.world import APP, Json, Modal, Refusal, World

DEEPEST = 3
LARGEST = 250_000


def open_view(call: Call) -> Json:
    """`views.open`: within three seconds of the press, once."""
    team, person = _exchanged(call)
    view = kept(call.world, team, _view(call))
    call.world.modals[team, person] = [Modal(team=team, person=person, view=view)]
    return {"view": view}


def push(call: Call) -> Json:
    """`views.push`: over the view that is open, at most three."""
    team, person = _exchanged(call)
    stack = call.world.modals.get((team, person), [])
    if not stack:
        raise Refusal("not_found")
    view = pushed(call.world, stack, _view(call))
    return {"view": view}


def pushed(world: World, stack: list[Modal], view: Json) -> Json:
    """Add a view on top of a stack."""
    if len(stack) >= DEEPEST:
        raise Refusal("push_limit_reached")
    below = stack[-1]
    made = kept(world, below.team, view)
    made |= {"root_view_id": stack[0].view["id"], "previous_view_id": below.view["id"]}
    stack.append(Modal(team=below.team, person=below.person, view=made))
    return made


def update(call: Call) -> Json:
    """`views.update`: by the view's id or the app's own."""
    view = _view(call)
    wanted, own = call.args.get("view_id"), call.args.get("external_id")
    for stack in call.world.modals.values():
        for modal in stack:
            if call.reaches(modal.team) and (
                modal.view["id"] == wanted or (own and modal.view["external_id"] == own)
            ):
                if call.args.get("hash") and call.args["hash"] != modal.view["hash"]:
                    raise Refusal("hash_conflict")
                replace(call.world, modal, view)
                return {"view": modal.view}
    raise Refusal("not_found")


def publish(call: Call) -> Json:
    """`views.publish`: a person's home tab."""
    person = call.person(call.arg("user_id"))
    view = _view(call)
    if view.get("type") != "home":
        raise Refusal("invalid_arguments", response_metadata={"messages": ["[ERROR] not a home view"]})
    team = call.home_of(person)
    old = call.world.homes.get((team, person.id))
    if call.args.get("hash") and old is not None and call.args["hash"] != old["hash"]:
        raise Refusal("hash_conflict")
    check(call.world, team, view)
    call.world.homes[team, person.id] = kept(call.world, team, view, id=old["id"] if old else "")
    return {"view": call.world.homes[team, person.id]}


def replace(world: World, modal: Modal, view: Json) -> None:
    """Replace a view: the id and the typed text of inputs with the same names stay, errors go."""
    old = modal.view
    check_modal(world, modal.team, view)
    modal.view = kept(world, modal.team, view, id=old["id"])
    modal.view |= {"root_view_id": old["root_view_id"], "previous_view_id": old["previous_view_id"]}
    fields = {
        block["block_id"] for block in view["blocks"] if block["type"] == "input" and "block_id" in block
    }
    modal.typed = {name: text for name, text in modal.typed.items() if name in fields}
    modal.errors = {}


def check_modal(world: World, team: str, view: Json) -> None:
    """Check a modal. Raises `Refusal`."""
    if view.get("type") != "modal":
        raise Refusal("invalid_arguments", response_metadata={"messages": ["[ERROR] not a modal"]})
    if len(json.dumps(view)) > LARGEST:
        raise Refusal("view_too_large")
    check(world, team, view)


def kept(world: World, team: str, view: Json, id: str = "") -> Json:  # noqa: A002  # Slack's word
    """Return a view with the fields that Slack adds."""
    if view.get("type") == "modal":
        check_modal(world, team, view)
    id = id or world.name("V")  # noqa: A001  # the same
    token = world.live_token(team)
    return {
        "close": None,
        "submit": None,
        "callback_id": "",
        "private_metadata": "",
        "external_id": "",
        "clear_on_close": False,
        "notify_on_close": False,
        **view,
        "id": id,
        "team_id": team,
        "blocks": named(world, view["blocks"]),
        "state": {"values": {}},
        "hash": world.name("h"),
        "root_view_id": id,
        "previous_view_id": None,
        "app_id": APP,
        "app_installed_team_id": token.team or token.enterprise if token else team,
        "bot_id": world.workspace_of(team).bot_id,
    }


def _exchanged(call: Call) -> tuple[str, str]:
    """Use up the trigger of a press, and return its team and person."""
    view = _view(call)
    trigger = call.world.triggers.get(call.arg("trigger_id"))
    if trigger is None or not call.reaches(trigger.team):
        raise Refusal("invalid_trigger_id")
    if trigger.used:
        raise Refusal("exchanged_trigger_id")
    if call.world.clock.now() > trigger.until:
        raise Refusal("expired_trigger_id")
    check_modal(call.world, trigger.team, view)
    trigger.used = True
    return trigger.team, trigger.person


def _view(call: Call) -> Json:
    view = read_json(
        call.arg("view") if isinstance(call.args.get("view"), str) else call.args.get("view"),
        "invalid_arguments",
    )
    if not isinstance(view, dict) or not isinstance(view.get("blocks"), list):
        raise Refusal("invalid_arguments", response_metadata={"messages": ["[ERROR] no view"]})
    return view
