"""Where somebody's chat with the bot is: what Microsoft calls a conversation reference, as the store keeps it."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass


@dataclass(frozen=True, slots=True)
class Route:
    """It may change with every activity, so it is kept anew with every event."""

    service_url: str
    conversation: str
    bot: str
    user: str
    """The person's id in that conversation: the bot's own name for them, other than the one they are known by."""
    tenant: str

    def pack(self) -> str:
        """As `Address.route`."""
        return json.dumps(astuple(self))

    @classmethod
    def unpack(cls, route: str) -> Route | None:
        """The route again; None where there never was one."""
        try:
            service_url, conversation, bot, user, tenant = map(str, json.loads(route))
        except (ValueError, TypeError):
            return None
        return cls(service_url, conversation, bot, user, tenant)
