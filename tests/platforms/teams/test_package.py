"""The app package: a manifest that Microsoft's schema takes, icons of the right size, and texts in every language."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from hashlib import sha256
from typing import Any

import pytest
from jsonschema import Draft4Validator  # type: ignore[import-untyped]  # it publishes no types

from adapters.server.pages import pages
from adapters.teams import icons
from adapters.teams.package import manifest, package, translations
from bot.conversation.commands import parse
from bot.prompts import Prompts, Voice
from tests.support.places import SCHEMAS
from tests.support.pseudo import LANGUAGE, pseudo

MANIFEST_SCHEMA = SCHEMAS / "teams-manifest-1.29.schema.json"
APP = "11111111-2222-3333-4444-555555555555"
URL = "https://jpd.example.org"


@pytest.fixture
def voice(prompts: Prompts) -> Voice:
    return prompts.voice("en")


def unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_manifest_is_what_microsofts_schema_wants(voice: Voice) -> None:
    schema = json.loads(MANIFEST_SCHEMA.read_text())
    found = json.loads(unzipped(package({"en": voice}, APP, URL))["manifest.json"])

    assert [error.message[:200] for error in Draft4Validator(schema).iter_errors(found)] == []
    assert [each.message for each in Draft4Validator(schema).iter_errors({**found, "colour": "red"})]


def test_it_says_who_the_bot_is_and_where(voice: Voice) -> None:
    found = manifest({"en": voice}, APP, URL, "https://partnership.example.org/about")

    assert found["bots"][0]["botId"] == found["id"] == APP
    assert found["validDomains"] == ["jpd.example.org"]
    assert found["developer"]["websiteUrl"] == "https://partnership.example.org/about"
    own = manifest({"en": voice}, APP, URL)["developer"]
    links = [
        own[name].removeprefix(URL.rstrip("/")) for name in ("websiteUrl", "privacyUrl", "termsOfUseUrl")
    ]
    assert links == ["/about", "/privacy", "/terms"]
    assert [route.path for route in pages(voice, "")] == links, "jpd serve has them"
    assert "localizationInfo" not in found


@pytest.mark.parametrize(("name", "size"), [("color.png", 192), ("outline.png", 32)])
def test_the_icons_have_the_sizes_that_teams_wants(voice: Voice, name: str, size: int) -> None:
    icon = unzipped(package({"en": voice}, APP, URL))[name]

    assert icon[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", icon[16:24]) == (size, size)
    assert icon[25] == 6, "with transparency"
    assert len(icon) > 400, "something is drawn"


def test_every_visible_pixel_of_the_outline_is_pure_white(voice: Voice) -> None:
    pixels = pixels_of(unzipped(package({"en": voice}, APP, URL))["outline.png"])
    opacities = {pixel[3] for pixel in pixels}

    assert {pixel[:3] for pixel in pixels} == {b"\xff\xff\xff"}
    assert {0, 255} < opacities, "transparent around the figures, and soft at their edges"
    assert 200 < sum(pixel[3] > 0 for pixel in pixels) < 400


def pixels_of(png: bytes) -> list[bytes]:
    """Return the pixels of a picture whose rows have no filter, read anew and not as the product reads."""
    width, height = struct.unpack(">II", png[16:24])
    start = png.index(b"IDAT")
    [length] = struct.unpack(">I", png[start - 4 : start])
    raw = zlib.decompress(png[start + 4 : start + 4 + length])
    rows = [raw[row * (4 * width + 1) : (row + 1) * (4 * width + 1)] for row in range(height)]
    assert {row[0] for row in rows} == {0}
    return [row[place : place + 4] for row in rows for place in range(1, 4 * width, 4)]


VERSIONS = {
    "1.1.0": "cb9d9f17097555bc",
    "1.2.0": "696661a3b2bd7cb7",
    "1.3.0": "3a1fcbbafe4d99f5",
}
"""What each version of the manifest held: a changed manifest needs a higher version, and a line here."""


def test_a_changed_manifest_has_a_higher_version(voice: Voice) -> None:
    found = manifest({"en": voice}, APP, URL)
    version = str(found.pop("version"))
    content = json.dumps([found, icons.COLOR, icons.OUTLINE], sort_keys=True).encode()

    assert {version: sha256(content).hexdigest()[:16]} == {version: VERSIONS.get(version)}, (
        "raise VERSION in adapters/teams/package.py"
    )
    assert version == max(VERSIONS, key=lambda each: tuple(map(int, each.split("."))))


def test_every_command_it_offers_is_one(voice: Voice) -> None:
    personal, company = manifest({"en": voice}, APP, URL)["bots"][0]["commandLists"]

    assert len(personal["commands"]) <= 12
    for each in (*personal["commands"], *company["commands"]):
        assert parse(each.get("prompt") or each["title"]).name is not None
        assert each["description"][0].isupper(), each
        assert each["description"].endswith("."), "a whole sentence"
        assert "*" not in each["description"]


def test_other_languages_have_their_words_at_the_same_places(prompts: Prompts, voice: Voice) -> None:
    other = pseudo(prompts).voice(LANGUAGE)
    files = unzipped(package({"en": voice, "cy": other}, APP, URL))
    found: dict[str, Any] = json.loads(files["manifest.json"])
    translated = json.loads(files["cy.json"])

    assert found["localizationInfo"] == {
        "defaultLanguageTag": "en",
        "additionalLanguages": [{"languageTag": "cy", "file": "cy.json"}],
    }
    assert translated == translations(other)
    for place in translated:
        assert isinstance(at(found, place), str), place
    assert translated["description.short"] != found["description"]["short"]


def at(found: Any, place: str) -> Any:
    """Return the value at a path such as `bots[0].commandLists[1].commands[0].title`."""
    for part in place.replace("]", "").replace("[", ".").split("."):
        found = found[int(part)] if part.isdecimal() else found[part]
    return found
