"""What a button does, as a short text that a platform carries and gives back."""

from __future__ import annotations

from bot.events import Command, Opened

LONGEST = 255
"""The shortest room any platform has for it. Buttons carry ids, never state, so a longer one is a slip of ours."""


def encode(does: Command | Opened) -> str:
    """`c:skip 12`, `o:check-in:12`. A text over `LONGEST`, or a colon in a form's name, is a `ValueError`."""
    token = f"c:{does.line}" if isinstance(does, Command) else f"o:{does.form}:{does.context}"
    if decode(token) != does:
        raise ValueError(f"a form's name holds no colon: {token!r}")
    if len(token) > LONGEST:
        raise ValueError(f"a button carries {LONGEST} characters at most: {token[:40]!r} …")
    return token


def decode(token: str) -> Command | Opened:
    """The event again; what `encode` never wrote is a `ValueError`."""
    kind, colon, rest = token.partition(":")
    if colon and kind == "c":
        return Command(rest)
    form, colon, context = rest.partition(":")
    if colon and kind == "o" and form:
        return Opened(form, context)
    raise ValueError("not a button's text")
