"""The content in `prompts/`, which a JPD lead can edit: loaded once, read through a `Voice`, checked by `check`."""

from __future__ import annotations

from bot.prompts.calendar_words import CalendarWords, Sign
from bot.prompts.careful_words import Words
from bot.prompts.check import ContentFinding, check
from bot.prompts.flaws import ContentError, Level, PackError
from bot.prompts.library import Prompts
from bot.prompts.markdown import escape
from bot.prompts.packs import parse_pack
from bot.prompts.phrases import Phrases
from bot.prompts.voice import Voice

__all__ = [
    "CalendarWords",
    "ContentError",
    "ContentFinding",
    "Level",
    "PackError",
    "Phrases",
    "Prompts",
    "Sign",
    "Voice",
    "Words",
    "check",
    "escape",
    "parse_pack",
]
