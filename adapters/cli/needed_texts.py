"""The texts that the content must have for what only the command line brings together."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.cli.platforms import PLATFORMS, AnyPlatform
from bot.pairing import quality


def needed_texts(platforms: Sequence[AnyPlatform] = PLATFORMS) -> frozenset[str]:
    """Return the keys of the platforms' texts and of the reasons why people are paired."""
    own = (f"platform.{each.name}{part}" for each in platforms for part in ("", "-preview", "-manifest"))
    return frozenset((*own, *(f"reason-why.{key}" for key in quality.REASON_KEYS)))
