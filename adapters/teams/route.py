"""The route to a person's chat with the bot, which Microsoft calls a conversation reference."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass


@dataclass(frozen=True, slots=True)
class Route:
    """A route, which may change with every activity and is stored with every event."""

    service_url: str
    conversation: str
    bot: str
    user: str
    """The person's id in that conversation, which is another one than their account's."""
    tenant: str

    def pack(self) -> str:
        """Return the text for `Address.route`."""
        return json.dumps(astuple(self))

    @classmethod
    def unpack(cls, route: str) -> Route | None:
        """Return the route that `pack` wrote; None for any other text."""
        try:
            service_url, conversation, bot, user, tenant = map(str, json.loads(route))
        except (ValueError, TypeError):
            return None
        return cls(service_url, conversation, bot, user, tenant)
