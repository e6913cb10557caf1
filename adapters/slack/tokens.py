"""The kinds of Slack's tokens: only a bot's own token that never expires is used."""

from __future__ import annotations

_OTHER_KINDS = {
    "xoxe": "token-rotates",
    "xoxp-": "token-of-person",
    "xoxs-": "token-of-person",
    "xapp-": "no-bot-token",
}
"""The beginnings of tokens that the bot can't use, with the reasons why."""


class TokenRefused(Exception):
    """A token that the bot can't use: `key` names the reason, as `install.<key>` and `doctor.<key>` say it."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def check_token(token: str, *, rotates: bool = False, is_persons: bool = False) -> None:
    """Raise `TokenRefused` if the bot can't use the token.

    `rotates`: Slack gave it for some hours only, with another token to renew it. `is_persons`: it is a person's.
    """
    if rotates:
        raise TokenRefused("token-rotates")
    if not token:
        raise TokenRefused("no-bot-token")
    if is_persons:
        raise TokenRefused("token-of-person")
    if key := token_fault(token):
        raise TokenRefused(key)


def token_fault(token: str) -> str:
    """Return the reason why the bot can't use a token of this beginning, or nothing."""
    return next((key for beginning, key in _OTHER_KINDS.items() if token.startswith(beginning)), "")
