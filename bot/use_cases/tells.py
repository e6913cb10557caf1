"""Use cases on typed text for the partners: find the words in it, and for whom they are, and hold them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.message import Message, Replacement, Reply
from bot.model import Member
from bot.prompts import Prompts, Words
from bot.say import basics
from bot.use_cases import careful_answers, notes
from bot.use_cases.kept_text import keep_text, take_text
from bot.use_cases.request import Request

TO_PARTNERS = "tell"
"""The destination of a text for the partners, before the context of the form for it."""
_PARTNER, _WORDS = "{partner}", "{words}"


@dataclass(frozen=True, slots=True)
class Told:
    """The words for the partners, and those who are named; nobody means every partner."""

    words: str
    named: tuple[Member, ...] = ()


async def tell(request: Request, prompts: Prompts, text: str) -> Reply:
    """Hold and then send a note, typed as `tell Tama see you on Tuesday`; without text, return the form."""
    _, partners = await notes.get_partners(request)
    return await _send(request, prompts, _begun_with_names(text.strip(), partners), partners)


async def pass_on(request: Request, prompts: Prompts, text: str) -> Reply:
    """Hold and then send what a request carries (`can you tell Tama that I'll be late`).

    Where it isn't plain which words are meant, the whole text goes.
    """
    _, partners = await notes.get_partners(request)
    told = find_told(text, partners, prompts.words(request.voice.language))
    return await _send(request, prompts, told, partners)


async def pass_kept_text_on(request: Request, prompts: Prompts) -> Reply:
    """Hold and then send the kept text as a note to the partners."""
    text = await take_text(request)
    if text is None:
        return await notes.open_form(request, "")
    reply = await pass_on(request, prompts, text)
    return Replacement(reply) if isinstance(reply, Message) else reply


async def send_carefully(
    request: Request, prompts: Prompts, choice: str, destination: str, text: str
) -> Reply:
    """Hold and then send a note as its author has decided, to the partners of the destination."""
    context = destination.removeprefix(TO_PARTNERS).strip()
    _, partners = await notes.get_partners(request)
    found = careful_answers.find_in_note(request, prompts, text, _names(partners))
    changed = careful_answers.change(request.voice, choice, text, found)
    if not changed:
        return Replacement(basics.plain(request.voice, "typed.nothing-left"))
    return Replacement(await notes.hold(request, context, changed))


async def _send(request: Request, prompts: Prompts, told: Told, partners: list[Member]) -> Reply:
    """Hold a note; one that names a pupil or tells of a colleague's health is shown to its author first."""
    context = await notes.get_context(request, told.named)
    if not told.words:
        return await notes.open_form(request, context)
    notes.check_length(told.words)
    found = careful_answers.find_in_note(request, prompts, told.words, _names(partners))
    if found:
        await keep_text(request, told.words)
        return careful_answers.show(request, told.words, found, f"{TO_PARTNERS} {context}")
    return await notes.hold(request, context, told.words)


def _names(partners: Sequence[Member]) -> tuple[str, ...]:
    return tuple(name for each in partners for name in (each.given_name, each.family_name) if name)


def _begun_with_names(text: str, partners: Sequence[Member]) -> Told:
    """Return the words after the partners' names in front of them."""
    named = list[Member]()
    names = [(name, each) for each in partners for name in (each.name, each.given_name)]
    names.sort(key=lambda pair: len(pair[0]), reverse=True)
    while found := next(
        (pair for pair in names if pair[1] not in named and _begins_with(text, pair[0])), None
    ):
        named.append(found[1])
        text = text[len(found[0]) :].lstrip(" ,:")
        if len(named) < len(partners) and any(_begins_with(text, f"and {name}") for name, _ in names):
            text = text[len("and ") :].lstrip()
        else:
            break
    for name in ("my partner", "partner"):
        if not named and text.casefold().startswith(f"{name} "):
            return Told(text[len(name) :].lstrip(" ,:"))
    return Told(text, tuple(named))


def _begins_with(text: str, name: str) -> bool:
    """Return whether the text begins with the name as a whole word, in any case."""
    return text.casefold().startswith(name.casefold()) and not text[len(name) :][:1].isalnum()


def find_told(text: str, partners: Sequence[Member], words: Words) -> Told:
    """Return the words that a request carries and the partners whom it names."""
    text = text.strip()
    if found := _cut(text, partners, words):
        return found
    return Told(text, _named_in(text, partners))


def _cut(text: str, partners: Sequence[Member], words: Words) -> Told | None:
    """Return the words after a plain beginning (`can you tell Tama that …`), or None."""
    plain = text.replace("’", "'")
    polite = _any_of(words.tell_polite)
    names = _any_of(
        [*words.tell_partner, *(name for each in partners for name in (each.name, each.given_name))]
    )
    who = rf"(?P<who>{names}(?:\s*(?:,|&|\band\b)\s*{names})*)"
    for pattern in words.tell:
        before, _, between = pattern.removesuffix(_WORDS).partition(_PARTNER)
        found = re.match(
            rf"(?:{polite}\b[\s,]*)*{_spaced(before)}\s+{who}(?!\w){_spaced(between)}[\s,:–-]+(?P<words>.+)",
            plain,
            re.IGNORECASE | re.DOTALL,
        )
        if found is None:
            continue
        rest = text[found.start("words") :].strip()
        if re.match(rf"{_any_of(words.tell_unclear)}\b", rest, re.IGNORECASE):
            return None
        return Told(rest, _named_in(found["who"], partners))
    for pattern in words.tell:  # "let my partner know", and nothing after it
        before, _, between = pattern.removesuffix(_WORDS).partition(_PARTNER)
        found = re.fullmatch(
            rf"(?:{polite}\b[\s,]*)*{_spaced(before)}\s+{who}(?!\w){_spaced(between)}\W*",
            plain,
            re.IGNORECASE,
        )
        if found is not None:
            return Told("", _named_in(found["who"], partners))
    return None


def _named_in(who: str, partners: Sequence[Member]) -> tuple[Member, ...]:
    named = set(re.findall(r"\w+", who.casefold()))
    return tuple(each for each in partners if each.given_name.casefold() in named)


def _spaced(part: str) -> str:
    """Return a pattern for these words, with any spaces between them."""
    return "".join(rf"\s+{re.escape(word)}" for word in part.split()).removeprefix(
        r"\s+" if part[:1] != " " else ""
    )


def _any_of(alternatives: Collection[str]) -> str:
    longest_first = sorted(alternatives, key=len, reverse=True)
    return "(?:" + "|".join(map(re.escape, longest_first)) + ")" if longest_first else "(?!)"
