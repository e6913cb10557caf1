"""The app's manifest, with the reason for each scope."""

from __future__ import annotations

from typing import Any

from bot.prompts import Voice
from bot.rules.privacy import FLOOR
from bot.say.commands import hint

SCOPES_OF_METHODS = {
    "auth.test": "",
    "chat.postMessage": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.update": "chat:write",
    "conversations.history": "im:history",  # looks for a message that may have arrived
    "conversations.members": "channels:read",  # `invite #channel`, of a public one
    "conversations.open": "im:write",  # the chat in which that message is looked for
    "files.completeUploadExternal": "files:write",
    "files.getUploadURLExternal": "files:write",  # charts, and `my data`
    "files.info": "files:read",  # rosters and calendars that a coordinator sends
    "users.info": "users:read",
    "users.list": "users:read",
    "users.lookupByEmail": "users:read.email",  # finds people of the roster
    "views.open": "",
    "views.publish": "",
}
"""The scope of every method of the Web API that is called with a bot's token."""

SCOPES_OF_EVENTS = {
    "app_home_opened": "",
    "app_mention": "app_mentions:read",
    "app_uninstalled": "",
    "message.im": "im:history",  # plain replies are answers
    "tokens_revoked": "",
}

MORE_SCOPES = {
    "commands": "`/jpd`",
    "groups:read": "`invite #channel`, of a private one",
    "mpim:write": "one chat for a pairing in one workspace",
}

SCOPES = frozenset({*SCOPES_OF_METHODS.values(), *SCOPES_OF_EVENTS.values(), *MORE_SCOPES} - {""})


def manifest(voice: Voice, url: str, *, socket: bool = False) -> dict[str, Any]:
    """Return the manifest for *Create an app from a manifest*; `url` is the bot's own HTTPS address.

    With `socket` (Socket Mode) Slack needs no address.
    """
    events = {} if socket else {"request_url": f"{url}/slack/events"}
    address = {} if socket else {"url": f"{url}/slack/events"}
    redirects = {} if socket else {"redirect_urls": [f"{url}/slack/oauth"]}
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": voice.text("manifest.name"),
            "description": voice.text("manifest.short"),
            "long_description": voice.text("manifest.long", floor=FLOOR),
            "background_color": "#0b5c9c",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": voice.text("manifest.name"), "always_online": True},
            "slash_commands": [
                {
                    "command": "/jpd",
                    "description": voice.text("manifest.command"),
                    "usage_hint": hint(voice),
                    "should_escape": True,
                    **address,
                }
            ],
        },
        "oauth_config": {**redirects, "scopes": {"bot": sorted(SCOPES)}},
        "settings": {
            "event_subscriptions": {**events, "bot_events": sorted(SCOPES_OF_EVENTS)},
            "interactivity": {
                "is_enabled": True,
                **({} if socket else {"request_url": f"{url}/slack/events"}),
            },
            "org_deploy_enabled": not socket,
            "socket_mode_enabled": socket,
            "token_rotation_enabled": False,
        },
    }
