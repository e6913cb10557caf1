"""The words that are commands: the same on every platform, with or without a slash, in any case."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from bot.model import Member, Role

EVERYONE = ("status", "join", "profile", "tell", "pause", "leave", "language", "my data", "concern", "help")
COORDINATORS = (
    "start",
    "preview",
    "confirm",
    "pairs",
    "swap",
    "block",
    "nudge",
    "hold",
    "close",
    "ledger",
    "school",
)
DIGEST = "digest"

ALIASES = {
    "stop": "leave",
    "mydata": "my data",
    "data": "my data",
    "forget": "forget me",
    "safeguarding": "concern",
    "pairings": "pairs",
    "?": "help",
}

BUTTONS = frozenset(
    {
        "accept",
        "decline",
        "skip",
        "undo",
        "later",
        "take-back",
        "send",
        "put",
        "together",
        "another",
        "invite",
        "resume",
        "go on",
        "forget me",
    }
)
"""What only a button, or somebody who knows, says."""

ALONE = frozenset({*EVERYONE, *COORDINATORS, *ALIASES, DIGEST, "forget me", "resume", "invite", "go on"}) - {
    "tell",
    "swap",
    "block",
    "nudge",
    "school",
    "?",
}
"""Plain words without a slash that are a command when nothing follows them."""


def open_to(member: Member) -> tuple[str, ...]:
    """The commands this person may use, in the order `help` lists them."""
    digest = (DIGEST,) if member.has(Role.PRINCIPAL) or member.has(Role.COORDINATOR) else ()
    coordinator = COORDINATORS if member.has(Role.COORDINATOR) else ()
    return (*coordinator, *digest, *EVERYONE)


def split(words: str) -> tuple[str, str]:
    """The command and what follows it: `/jpd My  data` → (`my data`, ``)."""
    parts = words.strip().removeprefix("/").split(maxsplit=1)
    if parts and parts[0].casefold() == "jpd":
        parts = parts[1].removeprefix("/").split(maxsplit=1) if len(parts) > 1 else []
    if not parts:
        return "help", ""
    first, rest = parts[0].casefold(), parts[1].strip() if len(parts) > 1 else ""
    for pair in ("my data", "forget me", "go on"):
        head, tail = pair.split()
        if first == head and rest.casefold().split(maxsplit=1)[:1] == [tail]:
            return pair, rest[len(tail) :].strip()
    return ALIASES.get(first, first), rest


def is_plainly(
    text: str, *, known: Collection[str], partners: Collection[str], languages: Collection[str]
) -> bool:
    """Whether words typed without a slash are a command rather than an answer: only where they cannot be both.

    `known` are the commands this person may use: "pairs" is an answer where it is no command. Names are casefolded.
    """
    if "\n" in text.strip() or not text.strip():
        return False
    if text.lstrip().startswith("/") or text.casefold().split()[0] == "jpd":
        return True
    command, rest = split(text)
    needed = {"invite": "start", "go on": "hold"}.get(command, command)
    if needed in (*COORDINATORS, DIGEST) and needed not in known:
        return False
    folded = rest.casefold()
    match command:
        case "pause":
            return not rest or folded.split()[0] in ("until", "till", "for")
        case "tell":
            return folded.startswith(
                (
                    "my partner ",
                    "partner ",
                    *(f"{name} " for name in partners),
                    *(f"{name}," for name in partners),
                )
            )
        case "language":
            return not rest or folded in languages
        case "leave" | "close" | "forget me":
            return folded in ("", "yes")
        case "swap" | "block":
            return " and " in folded and len(folded.split()) <= 7
        case "nudge":
            return folded.isdecimal()
        case "invite":
            return not rest or (rest.startswith("#") and len(rest.split()) == 1)
        case "school":
            return folded.startswith("add ")
        case _:
            return not rest and command in ALONE


def nearest(word: str, known: Collection[str]) -> str | None:
    """The command that was probably meant."""
    close = get_close_matches(word.casefold(), [*known, *ALIASES], n=1, cutoff=0.6)
    return ALIASES.get(close[0], close[0]) if close else None
