"""The chat platforms that the bot knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from adapters.chat.platform import Platform
from adapters.slack import platform as slack
from adapters.teams import platform as teams
from bot.message import Message

AnyPlatform: TypeAlias = Platform[Any]

PLATFORMS: tuple[AnyPlatform, ...] = (slack.PLATFORM, teams.PLATFORM)


def previews() -> Mapping[str, Callable[[Message], str]]:
    """Return each platform's way to show a message, by its name."""
    return {platform.name: platform.preview for platform in PLATFORMS}
