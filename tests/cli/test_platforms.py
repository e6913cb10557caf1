"""Each platform of the list brings all that the rest of the bot asks of it."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

from adapters.chat.settings import EnvironmentSettings, name_of
from adapters.cli.platforms import PLATFORMS, AnyPlatform
from adapters.cli.settings import Settings
from bot.prompts import Prompts
from tests.support.places import PROMPTS, ROOT


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


KINDS: list[type[EnvironmentSettings]] = [Settings, *(platform.settings for platform in PLATFORMS)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.__name__))
def test_every_setting_is_read_somewhere(kind: type[EnvironmentSettings]) -> None:
    read = {
        node.attr
        for file in (ROOT / "adapters").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    }

    assert set(kind.model_fields) - read == set()
