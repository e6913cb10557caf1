"""The Microsoft cloud that the bot talks to: the public one or a sovereign cloud."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

OPENID_URL = "https://login.botframework.com/v1/.well-known/openidconfiguration"
LOGIN_URL = "https://login.microsoftonline.com"

_ISSUERS = {
    "login.botframework.azure.us": "https://api.botframework.us",
    "login.botframework.azure.cn": "https://api.botframework.azure.cn",
}
"""The issuers of sovereign clouds, by the host of their signing keys."""
_PUBLIC = "https://api.botframework.com"
SERVICE_HOSTS = (
    "smba.trafficmanager.net",
    "smba.infra.gcc.teams.microsoft.com",
    "smba.infra.gov.teams.microsoft.us",
    "smba.infra.dod.teams.microsoft.us",
    "frontend.botapi.msg.infra.teams.microsoftonline.cn",
)
"""The hosts of Microsoft's Connector for Teams: the public cloud, GCC, GCC High, DoD, China (21Vianet)."""
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Registration:
    """The bot as it is registered with Microsoft. Without an app id no request is verified: for loopback only."""

    app_id: str = ""
    password: str = ""
    """The client secret; empty when a managed identity of Azure signs in."""
    tenant: str = ""
    """The home tenant, where the bot signs in, wherever it is installed."""
    openid_url: str = OPENID_URL
    login_url: str = LOGIN_URL

    @property
    def issuer(self) -> str:
        """The only issuer whose tokens are accepted, and the audience of our own tokens."""
        return _ISSUERS.get(urlsplit(self.openid_url).hostname or "", _PUBLIC)

    def may_serve(self, url: str) -> bool:
        """Tell whether the bot may send to a `serviceUrl`: Microsoft's, or on this machine if it signs in here too."""
        is_local = is_loopback(url)
        if not self.app_id:
            return is_local
        return _is_microsoft(url) or (is_local and is_loopback(self.login_url))


def _is_microsoft(url: str) -> bool:
    """Tell whether the address is of one of Microsoft's hosts, by HTTPS at the usual port, and nothing but that."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    is_plain = not (parts.username or parts.password or parts.query or parts.fragment) and port in (None, 443)
    return parts.scheme == "https" and is_plain and parts.hostname in SERVICE_HOSTS


def is_loopback(url: str) -> bool:
    """Tell whether an address is on this machine."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and parts.hostname in _LOOPBACK
    except ValueError:
        return False
