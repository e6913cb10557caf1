"""All content at once: voices by language, packs by id, and the careful words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bot.model import DEFAULT_LANGUAGE, Pack
from bot.prompts.careful_words import Words, read_words
from bot.prompts.content import Sentence, read_texts
from bot.prompts.flaws import ContentError, Flaws
from bot.prompts.packs import SETTINGS, parse_pack
from bot.prompts.voice import Voice


class Prompts:
    """What people read. Made from files by name within the folder of content; `load` reads that folder."""

    def __init__(self, files: Mapping[str, str]) -> None:
        flaws = Flaws()
        texts = read_texts(files, flaws)
        self._words = read_words(files, flaws)
        if flaws.wrong:
            raise ContentError.of(flaws.wrong[0])
        english = texts[DEFAULT_LANGUAGE]
        # What a language lacks is said in English: `jpd prompts check` asks for it, nobody gets an error.
        self._voices = {language: self._made(language, {**english, **own}) for language, own in texts.items()}
        self._pack_files = {pack_id: files_of(files, pack_id) for pack_id in pack_ids(files)}
        self._packs = {pack_id: parse_pack(pack_id, own) for pack_id, own in self._pack_files.items()}
        self.files = files
        self.languages = tuple(self._voices)

    @classmethod
    def load(cls, folder: Path) -> Prompts:
        """Read everything in the folder, once. Raises `ContentError` for what can't be used."""
        flaws = Flaws()
        files = read_folder(folder, flaws)
        if flaws.wrong:
            raise ContentError.of(flaws.wrong[0])
        return cls(files)

    def _made(self, language: str, texts: Mapping[str, Sentence]) -> Voice:
        return Voice(language, texts)

    @property
    def default_language(self) -> str:
        """The language in which people are answered until their own is known; it has every text."""
        return DEFAULT_LANGUAGE

    def voice(self, language: str) -> Voice:
        """The voice of that language, of its mother language (`cy` for `cy-GB`), or English."""
        return self._voices[_nearest(language, self._voices)]

    def words(self, language: str) -> Words:
        """The careful words of that language, or the English ones."""
        return self._words[_nearest(language, self._words)] if self._words else Words()

    def pack(self, pack_id: str) -> Pack:
        """The pack of that id, as its files are now."""
        return self._packs[pack_id]

    def packs(self) -> tuple[Pack, ...]:
        """Every pack, by id."""
        return tuple(self._packs.values())

    def pack_files(self, pack_id: str) -> Mapping[str, str]:
        """The pack's files by name, for a cycle to keep: `parse_pack` makes the same pack of them later."""
        return self._pack_files[pack_id]


def read_folder(folder: Path, flaws: Flaws) -> dict[str, str]:
    """Every content file's text by its path within the folder, with `/` between."""
    texts: dict[str, str] = {}
    for file in sorted(each for pattern in ("*.yaml", "*/*.yaml", "*/*.md") for each in folder.glob(pattern)):
        name = file.relative_to(folder).as_posix()
        try:
            # An editor on Windows may have put a byte order mark first; line ends are evened out by reading.
            texts[name] = file.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            flaws.fix(name, 1, "not-utf-8")
    return texts


def pack_ids(files: Mapping[str, str]) -> tuple[str, ...]:
    """The folders that hold a `pack.yaml`, by name."""
    return tuple(sorted(name.split("/")[0] for name in files if name.endswith(f"/{SETTINGS}")))


def files_of(files: Mapping[str, str], pack_id: str) -> dict[str, str]:
    """A pack's own files, named within its folder."""
    start = f"{pack_id}/"
    return {name.removeprefix(start): text for name, text in files.items() if name.startswith(start)}


def _nearest(language: str, known: Mapping[str, object]) -> str:
    candidates = (language, language.partition("-")[0], DEFAULT_LANGUAGE)
    return next((each for each in candidates if each in known), next(iter(known)))
