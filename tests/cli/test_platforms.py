"""Each platform of the list brings all that the rest of the bot asks of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from adapters.chat.settings import name_of
from adapters.cli.platforms import PLATFORMS, AnyPlatform
from bot.prompts import Prompts
from tests.support.places import PROMPTS


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: str(platform.name))
def test_a_platform_has_its_texts_and_its_own_settings(
    platform: AnyPlatform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [name for name in os.environ if name.startswith("JPD_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    voice = Prompts.load(PROMPTS).voice("en")

    for key in ("", "-preview", "-manifest"):
        assert voice.text(f"platform.{platform.name}{key}")
    assert name_of(platform.settings, "per_second") == f"JPD_{platform.name.upper()}_PER_SECOND"
    assert not platform.settings().is_wanted, "a platform that nobody has named"


def test_every_platform_has_another_name() -> None:
    assert len({each.name for each in PLATFORMS}) == len(PLATFORMS)
