"""The event of a button, as a short text that the platform carries and gives back."""

from __future__ import annotations

from bot.events import Command, Opened

LONGEST = 255
"""Characters that every platform takes. Buttons carry ids and no state, so a longer text is a programming error."""


def encode(does: Command | Opened) -> str:
    """Return the text, such as `c:skip 12` or `o:check-in:12`.

    Raises `ValueError` for a text over `LONGEST`, or a colon in a form's name.
    """
    token = f"c:{does.line}" if isinstance(does, Command) else f"o:{does.form}:{does.context}"
    if decode(token) != does:
        raise ValueError(f"a form's name holds no colon: {token!r}")
    if len(token) > LONGEST:
        raise ValueError(f"a button carries {LONGEST} characters at most: {token[:40]!r} …")
    return token


def decode(token: str) -> Command | Opened:
    """Return the event. Raises `ValueError` for a text that `encode` never returns."""
    kind, colon, rest = token.partition(":")
    if colon and kind == "c":
        return Command(rest)
    form, colon, context = rest.partition(":")
    if colon and kind == "o" and form:
        return Opened(form, context)
    raise ValueError("not a button's text")
