"""The app package that a Teams administrator uploads: manifest, icons, and texts in every language."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from adapters.teams.icons import BLUE, icons
from bot.model import CommandName
from bot.prompts import Voice
from bot.rules.commands import MENU
from bot.rules.privacy import FLOOR
from bot.say.commands import description

Json: TypeAlias = dict[str, Any]

SCHEMA_VERSION = "1.29"
SCHEMA = f"https://developer.microsoft.com/json-schemas/teams/v{SCHEMA_VERSION}/MicrosoftTeams.schema.json"
VERSION = "1.3.0"
"""Teams brings a new package to people only if its version is higher: raise it with every change of the manifest."""
IN_COMPANY = (CommandName.HELP,)


def package(voices: Mapping[str, Voice], app_id: str, url: str, about: str = "") -> bytes:
    """Return the zip. `about`: the page of the bot's operator. The first voice is the default language."""
    _, *others = voices
    files = {"manifest.json": _text(manifest(voices, app_id, url, about))}
    files |= {f"{language}.json": _text(translations(voices[language])) for language in others}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
        for name, icon in icons().items():
            archive.writestr(name, icon)
    return packed.getvalue()


def manifest(voices: Mapping[str, Voice], app_id: str, url: str, about: str = "") -> Json:
    """Return the app's manifest; `url` is the bot's own HTTPS address."""
    default, *others = voices
    voice = voices[default]
    own = url.rstrip("/")
    return {
        "$schema": SCHEMA,
        "manifestVersion": SCHEMA_VERSION,
        "version": VERSION,
        "id": app_id,
        "developer": {
            "name": voice.text("manifest.name"),
            "websiteUrl": about or f"{own}/about",
            "privacyUrl": f"{own}/privacy",
            "termsOfUseUrl": f"{own}/terms",
        },
        "name": {"short": voice.text("manifest.name"), "full": voice.text("manifest.name")},
        "description": {
            "short": voice.text("manifest.short"),
            "full": voice.text("manifest.long", floor=FLOOR),
        },
        "icons": {"color": "color.png", "outline": "outline.png"},
        "accentColor": BLUE,
        "defaultInstallScope": "personal",
        "bots": [_bot(voice, app_id)],
        "permissions": ["identity", "messageTeamMembers"],
        "validDomains": [urlsplit(url).netloc],
        **({"localizationInfo": _languages(default, others)} if others else {}),
    }


def translations(voice: Voice) -> dict[str, str]:
    """Return the manifest's texts in another language, by their path in it."""
    found = {
        "name.short": voice.text("manifest.name"),
        "name.full": voice.text("manifest.name"),
        "description.short": voice.text("manifest.short"),
        "description.full": voice.text("manifest.long", floor=FLOOR),
    }
    for number, each in enumerate(_lists(voice)):
        for place, command in enumerate(each["commands"]):
            path = f"bots[0].commandLists[{number}].commands[{place}]"
            found |= {f"{path}.{name}": command[name] for name in ("title", "description")}
    return found


def _languages(default: str, others: list[str]) -> Json:
    more = [{"languageTag": each, "file": f"{each}.json"} for each in others]
    return {"defaultLanguageTag": default, "additionalLanguages": more}


def _bot(voice: Voice, app_id: str) -> Json:
    return {
        "botId": app_id,
        "scopes": ["personal", "team", "groupChat"],
        "supportsFiles": True,  # `my data` goes to its owner's OneDrive; a coordinator's roster comes from there
        "isNotificationOnly": False,
        "supportsTargetedMessages": True,
        "commandLists": _lists(voice),
    }


def _lists(voice: Voice) -> list[Json]:
    commands = [
        _starter(voice, spec.name) if spec.is_starter else _command(voice, spec.name) for spec in MENU
    ]
    return [
        {"scopes": ["personal"], "triggers": ["mention", "slash"], "commands": commands},
        {"scopes": ["team", "groupChat"], "commands": [_command(voice, each) for each in IN_COMPANY]},
    ]


def _starter(voice: Voice, command: CommandName) -> Json:
    """Return a command as a sentence for an empty chat, which sends the command when it is chosen."""
    title = voice.text(f"starter.{command}")
    return {**_command(voice, command), "title": title, "type": "prompt", "prompt": command}


def _command(voice: Voice, command: CommandName) -> Json:
    """Return a command as it is typed, with its description."""
    return {"title": command, "description": description(voice, command)}


def _text(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2)
