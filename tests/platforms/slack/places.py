"""`conversations.*`, `users.*`, `team.info`: people, conversations and their messages."""

from __future__ import annotations

from tests.platforms.slack.posts import shown
from tests.platforms.slack.web_api import SCOPE_OF, Call, page
from tests.platforms.slack.world import MPIM_PEOPLE, Channel, Json, Person, Refusal


def open_conversation(call: Call) -> Json:
    """`conversations.open`: with one person or at most seven; the same people get the same conversation."""
    if call.args.get("channel"):
        channel = call.channel(call.arg("channel"), joined=True)
        call.needs(f"{SCOPE_OF[channel.kind]}:write")
        return {"channel": {"id": channel.id}, "already_open": True, "no_op": True}
    people = [call.person(each) for each in dict.fromkeys(call.listed("users"))]
    if not people:
        raise Refusal("users_list_not_supplied")
    if len(people) + 1 > MPIM_PEOPLE:
        raise Refusal("too_many_users")
    call.needs("im:write" if len(people) == 1 else "mpim:write")
    if any(each.deleted for each in people):
        raise Refusal("user_disabled")
    channel = _group(call, people) if len(people) > 1 else _direct(call, people[0])
    return {"channel": shape(call, channel) if call.flag("return_im") else {"id": channel.id}}


def _direct(call: Call, person: Person) -> Channel:
    return call.world.direct(call.home_of(person), person.id)


def _group(call: Call, people: list[Person]) -> Channel:
    workspace = call.world.workspace_of(call.home_of(people[0]))
    members = [workspace.bot, *(each.id for each in people)]
    for channel in call.world.channels.values():
        if channel.kind == "mpim" and set(channel.members) == set(members):
            return channel
    return call.world.open("mpim", workspace.id, members, name="mpdm-" + "--".join(members).casefold())


def history(call: Call) -> Json:
    """`conversations.history`, newest first; `oldest` itself only with `inclusive`."""
    channel = call.channel(call.arg("channel"), joined=True)
    call.needs(f"{SCOPE_OF[channel.kind]}:history")
    oldest, latest = float(call.args.get("oldest") or 0), float(call.args.get("latest") or "inf")
    inclusive, metadata = call.flag("inclusive"), call.flag("include_all_metadata")
    found = [
        shown(call.world, line, metadata=metadata)
        for line in reversed(call.world.lines)
        if line.channel == channel.id
        and not line.only_for
        and not line.thread
        and (oldest < float(line.ts) < latest or (inclusive and float(line.ts) in (oldest, latest)))
    ]
    some, more = page(call, found, most=999)
    return {"messages": some, "has_more": bool(more["response_metadata"]["next_cursor"]), **more}


def members(call: Call) -> Json:
    """`conversations.members`, with bots and guests."""
    channel = _readable(call)
    some, more = page(call, channel.members)
    return {"members": some, **more}


def info(call: Call) -> Json:
    """`conversations.info`."""
    channel = _readable(call)
    found = shape(call, channel)
    return {
        "channel": found | ({"num_members": len(channel.members)} if call.flag("include_num_members") else {})
    }


def of_person(call: Call) -> Json:
    """`users.conversations`: the bot's own, or those of a person that the bot can see too."""
    kinds = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}
    asked = [kinds[each] for each in call.listed("types") or ["public_channel"] if each in kinds]
    call.needs(*(f"{SCOPE_OF[kind]}:read" for kind in asked))
    team = call.team()
    who = call.person(str(call.args["user"])).id if call.args.get("user") else team.bot
    found = [
        shape(call, channel)
        for channel in call.world.channels.values()
        if channel.kind in asked
        and channel.team == team.id
        and who in channel.members
        and (channel.kind == "channel" or team.bot in channel.members)
        and not (channel.archived and call.flag("exclude_archived"))
    ]
    some, more = page(call, found)
    return {"channels": some, **more}


def _readable(call: Call) -> Channel:
    channel = call.channel(call.arg("channel"))
    call.needs(f"{SCOPE_OF[channel.kind]}:read")
    return channel


def shape(call: Call, channel: Channel) -> Json:
    """Return a conversation as Slack's JSON."""
    found: Json = {
        "id": channel.id,
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "group",
        "is_im": channel.kind == "im",
        "is_mpim": channel.kind == "mpim",
        "is_private": channel.kind != "channel",
        "is_archived": channel.archived,
        "is_ext_shared": channel.is_shared,
        "is_shared": channel.is_shared,
        "context_team_id": channel.team,
    }
    if channel.kind == "im":
        return found | {"user": channel.members[1]}
    bot = call.world.workspace_of(channel.team).bot
    return found | {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_member": bot in channel.members,
    }


def person_info(call: Call) -> Json:
    """`users.info`: the e-mail address only with `users:read.email`."""
    call.needs("users:read")
    return {"user": _person(call, call.person(call.arg("user")))}


def by_email(call: Call) -> Json:
    """`users.lookupByEmail`."""
    call.needs("users:read.email")
    asked = call.arg("email").casefold()
    for person in call.world.people.values():
        if call.reaches(person.team) and person.email.casefold() == asked and not person.deleted:
            return {"user": _person(call, person)}
    raise Refusal("users_not_found")


def all_people(call: Call) -> Json:
    """`users.list`."""
    call.needs("users:read")
    team = call.team().id
    some, more = page(call, [each for each in call.world.people.values() if each.team == team])
    return {"members": [_person(call, each) for each in some], **more}


def _person(call: Call, person: Person) -> Json:
    profile: Json = {"real_name": person.name, "display_name": person.name.split(" ")[0]}
    if person.email and "users:read.email" in call.token.scopes and not person.is_bot:
        profile["email"] = person.email
    return {
        "id": person.id,
        "team_id": person.team,
        "name": person.name.casefold().replace(" ", "."),
        "real_name": person.name,
        "deleted": person.deleted,
        "is_bot": person.is_bot,
        "is_app_user": False,
        "is_email_confirmed": person.is_email_confirmed,
        "is_restricted": person.is_guest,
        "is_ultra_restricted": False,
        "is_stranger": not call.reaches(person.team),
        "tz": person.zone,
        "profile": {**profile, "team": person.team},
    }


def team_info(call: Call) -> Json:
    """`team.info`."""
    call.needs("team:read")
    workspace = call.team()
    found: Json = {"id": workspace.id, "name": workspace.name, "domain": workspace.domain}
    if workspace.enterprise:
        found |= {"enterprise_id": workspace.enterprise, "enterprise_name": workspace.enterprise}
    return {"team": found}
