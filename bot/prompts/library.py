"""All content: voices by language, packs by id, the careful words, and those that calendars are read by."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bot.model import DEFAULT_LANGUAGE, Pack
from bot.prompts.calendar_words import CalendarWords, read_calendar_words
from bot.prompts.careful_words import Words, read_words
from bot.prompts.content import Sentence, facts_of, read_texts
from bot.prompts.flaws import ContentError, Flaw, Flaws, Level
from bot.prompts.packs import SETTINGS, parse_pack
from bot.prompts.phrases import Phrases, phrase_files, read_phrases
from bot.prompts.voice import Voice


class Prompts:
    """The content, made from files (name → text); `load` reads them from a folder. Raises `ContentError`."""

    def __init__(self, files: Mapping[str, str], shipped: Mapping[str, str] | None = None) -> None:
        """Make the content; a sentence of `shipped` stands in for one that is lost or names an unknown fact."""
        flaws = Flaws()
        texts = read_texts(files, flaws)
        self._words = read_words(files, flaws)
        self.calendar_words: CalendarWords = read_calendar_words(files, flaws)
        if flaws.wrong:
            raise ContentError.of(flaws.wrong[0])
        ours = read_texts(shipped, Flaws())[DEFAULT_LANGUAGE] if shipped is not None else {}
        self.stand_ins = _take_out_unusable(texts, ours)
        english = {**ours, **texts[DEFAULT_LANGUAGE]}
        # A text that a language lacks is taken from the default language; `jpd prompts check` reports it.
        self._voices = {language: self._made(language, {**english, **own}) for language, own in texts.items()}
        self._pack_files = {pack_id: files_of(files, pack_id) for pack_id in pack_ids(files)}
        self._packs = {pack_id: parse_pack(pack_id, own) for pack_id, own in self._pack_files.items()}
        self.files = files
        self.languages = tuple(self._voices)

    @classmethod
    def load(cls, folder: Path, shipped: Path | None = None) -> Prompts:
        """Read all files of a folder. Raises `ContentError` for content that cannot be used.

        Sentences of the folder `shipped` stand in for those that are lost or cannot be filled.
        """
        flaws = Flaws()
        files = read_folder(folder, flaws)
        if flaws.wrong:
            raise ContentError.of(flaws.wrong[0])
        return cls(files, None if shipped in (None, folder) else read_folder(shipped, Flaws()))

    def _made(self, language: str, texts: Mapping[str, Sentence]) -> Voice:
        return Voice(language, texts)

    @property
    def default_language(self) -> str:
        """The language in which people are answered until their own is known; it has every text."""
        return DEFAULT_LANGUAGE

    def voice(self, language: str) -> Voice:
        """Return the voice of a language, of its base language (`cy` for `cy-GB`), or of the default language."""
        return self._voices[_nearest(language, self._voices)]

    def words(self, language: str) -> Words:
        """Return the careful words of a language, or of the default language."""
        return self._words[_nearest(language, self._words)] if self._words else Words()

    def phrases(self, language: str) -> Phrases:
        """Return what people type in a language, or in the default language. Raises `ContentError`."""
        by_language = phrase_files(self.files)
        if not by_language:
            return Phrases()
        file = by_language[_nearest(language, by_language)]
        return read_phrases(file, self.files[file])

    def pack(self, pack_id: str) -> Pack:
        """Return the pack of that id, as its files are now; raises `KeyError`."""
        return self._packs[pack_id]

    def packs(self) -> tuple[Pack, ...]:
        """Return every pack, by id."""
        return tuple(self._packs.values())

    def pack_files(self, pack_id: str) -> Mapping[str, str]:
        """Return a pack's files (name → text), which a cycle stores: `parse_pack` makes the same pack of them later."""
        return self._pack_files[pack_id]


def _take_out_unusable(
    texts: Mapping[str, dict[str, Sentence]], ours: Mapping[str, Sentence]
) -> tuple[Flaw, ...]:
    """Delete the sentences that name a fact which nobody gives, and return a flaw for these and for lost ones."""
    found = [
        Flaw(Level.FIX, each.file, 1, "text-missing", (("key", key),))
        for key, each in ours.items()
        if key not in texts[DEFAULT_LANGUAGE]
    ]
    for own in texts.values():
        unusable = {
            key: each for key, each in own.items() if key in ours and facts_of(each) - facts_of(ours[key])
        }
        for key, each in unusable.items():
            word = ", ".join(sorted(facts_of(each) - facts_of(ours[key])))
            found.append(
                Flaw(Level.FIX, each.file, each.line, "word-unknown", (("key", key), ("word", word)))
            )
            del own[key]
    return tuple(found)


def read_folder(folder: Path, flaws: Flaws) -> dict[str, str]:
    """Return the text of every content file by its path within the folder, with `/` between."""
    texts: dict[str, str] = {}
    for file in sorted(each for pattern in ("*.yaml", "*/*.yaml", "*/*.md") for each in folder.glob(pattern)):
        name = file.relative_to(folder).as_posix()
        try:
            # An editor on Windows may have put a byte order mark first; reading makes all line ends the same.
            texts[name] = file.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            flaws.fix(name, 1, "not-utf-8")
    return texts


def pack_ids(files: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the folders that hold a `pack.yaml`."""
    return tuple(sorted(name.split("/")[0] for name in files if name.endswith(f"/{SETTINGS}")))


def files_of(files: Mapping[str, str], pack_id: str) -> dict[str, str]:
    """Return a pack's own files, by their name within its folder."""
    start = f"{pack_id}/"
    return {name.removeprefix(start): text for name, text in files.items() if name.startswith(start)}


def _nearest(language: str, known: Mapping[str, object]) -> str:
    candidates = (language, language.partition("-")[0], DEFAULT_LANGUAGE)
    return next((each for each in candidates if each in known), next(iter(known)))
