"""Which Microsoft the bot speaks with: the world's, or a sovereign cloud."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

OPENID_URL = "https://login.botframework.com/v1/.well-known/openidconfiguration"
LOGIN_URL = "https://login.microsoftonline.com"

_ISSUERS = {
    "login.botframework.azure.us": "https://api.botframework.us",
    "login.botframework.azure.cn": "https://api.botframework.azure.cn",
}
"""Who signs, by the host of the signing keys; everywhere else it is the world's."""
_WORLD = "https://api.botframework.com"
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Registration:
    """The bot as it is registered with Microsoft. Without an app id nobody is asked who they are: on loopback only."""

    app_id: str = ""
    password: str = ""
    """Empty: a managed identity of Azure signs in."""
    tenant: str = ""
    """The home tenant: there the bot signs in, wherever it is installed."""
    openid_url: str = OPENID_URL
    login_url: str = LOGIN_URL

    @property
    def issuer(self) -> str:
        """The only one whose tokens are looked at; what we send is for the same address."""
        return _ISSUERS.get(urlsplit(self.openid_url).hostname or "", _WORLD)

    def may_serve(self, url: str) -> bool:
        """Whether a `serviceUrl` is one to write to: HTTPS, or this machine where nothing real is at stake."""
        is_ours = is_loopback(url)
        if not self.app_id:
            return is_ours
        return url.startswith("https://") or (is_ours and is_loopback(self.login_url))


def is_loopback(url: str) -> bool:
    """Whether an address lies on this machine."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and parts.hostname in _LOOPBACK
    except ValueError:
        return False
