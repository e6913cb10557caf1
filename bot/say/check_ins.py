"""Messages about check-ins: the question, the confirmation, and what partners and other members read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from bot.message import Button, Form, Heading, Input, Inputs, Message, Quote, Text
from bot.model import Answer, CheckIn, CommandName, FormName, Kind, Question, Share, Step
from bot.prompts import Voice
from bot.say.basics import Departure, goes_to, opens, plain, row, runs


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedCheckIn:
    """A check-in with everything that its messages need."""

    check_in: CheckIn
    step: Step
    cycle_name: str
    partner: str
    """Given names of those who will read the answer, as a phrase: the partners, or the receiver of a challenge."""
    readers: int
    facts: Mapping[str, str]
    """Values of the words in braces that a pack may use."""
    plan: tuple[str, date] | None
    """The member's own when–then plan, and the day on which they made it."""
    answers: Sequence[Answer]
    closes: datetime
    last_closing: datetime
    """When the step closes for the last member of the pairing, and challenges are released at the latest."""
    today: date
    """`closes`, `last_closing` and `today` are in the member's own time."""

    @property
    def partner_names(self) -> tuple[str, ...]:
        """The words of `partner` that are names; between several people stand others, such as "and"."""
        words = self.partner.replace(",", " ").split()
        return tuple(each for each in words if self.readers == 1 or not each.islower())

    @property
    def values(self) -> dict[str, str]:
        """The answers so far, by question key."""
        return {answer.question: answer.text for answer in self.answers}


def title(voice: Voice, step: Step) -> str:
    """Return the title of the step's form, which is also the name of the step."""
    return step.words(voice.language).form


def questions(voice: Voice, ask: AskedCheckIn) -> tuple[Question, ...]:
    """Return the step's questions in the voice's language."""
    return ask.step.words(voice.language).questions


def form(voice: Voice, ask: AskedCheckIn, values: Mapping[str, str] | None = None) -> Form:
    """Return the step's form, filled with `values` or with the answers so far."""
    known = ask.values if values is None else values
    return Form(
        name=FormName.CHECK_IN,
        context=str(ask.check_in.id),
        title=title(voice, ask.step),
        intro=privacy_note(voice, ask),
        inputs=tuple(Input(each, known.get(each.key, "")) for each in questions(voice, ask)),
        submit=_submit(voice, ask),
    )


def _submit(voice: Voice, ask: AskedCheckIn) -> str:
    shared = ask.step.is_challenge or ask.step.share is Share.PARTNER
    return (
        voice.text("button.send-to", who=ask.partner) if shared and ask.partner else voice.text("button.keep")
    )


def privacy_note(voice: Voice, ask: AskedCheckIn) -> str:
    """Return the sentence above the inputs that says who will read the answer, as Markdown."""
    key = "share.challenge" if ask.step.is_challenge else f"share.{ask.step.share}"
    if not ask.partner and ask.step.share is Share.PARTNER:
        key = "share.me"
    latest = voice.until(ask.last_closing, ask.today)
    text = voice.markdown(key, partner=ask.partner, latest=latest, n=ask.readers)
    return f"{text} {voice.markdown('share.story')}" if ask.step.story else text


def question(voice: Voice, ask: AskedCheckIn, opening: str = "") -> Message:
    """Ask a check-in: its question, the form, buttons to put it off or skip it, and why the member gets it."""
    wording = ask.step.words(voice.language)
    name = title(voice, ask.step)
    plan = (
        (Quote(ask.plan[0], voice.text("check-in.plan", day=voice.day(ask.plan[1]))),)
        if ask.plan and not ask.step.plan
        else ()
    )
    return Message(
        voice.text("check-in.summary", title=name),
        (
            Heading(name),
            *((Text(opening, small=True),) if opening else ()),
            Text(voice.fill(f"{wording.lead}\n\n{wording.body}".strip(), ask.facts, md=True)),
            *plan,
            Inputs(form(voice, ask), voice.text("button.answer"), _buttons_past_form(voice, ask.check_in)),
            Text(
                voice.markdown(
                    "check-in.why", cycle=ask.cycle_name, until=voice.until(ask.closes, ask.today)
                ),
                small=True,
            ),
        ),
    )


def reminder(voice: Voice, ask: AskedCheckIn, key: str) -> Message:
    """Remind of an open check-in in two lines, with its buttons; the whole question stands further up."""
    name, until = title(voice, ask.step), voice.until(ask.closes, ask.today)
    answer = opens(voice, "button.answer", FormName.CHECK_IN, ask.check_in.id, primary=True)
    skip = runs(voice, "button.skip", CommandName.SKIP, ask.check_in.id)
    return Message(
        voice.text("check-in.summary", title=name),
        (Text(voice.markdown(key, title=name, until=until)), *row((answer, skip))),
    )


def _buttons_past_form(voice: Voice, check_in: CheckIn) -> tuple[Button, ...]:
    return (
        runs(voice, "button.later", CommandName.LATER, check_in.id),
        runs(voice, "button.skip", CommandName.SKIP, check_in.id),
    )


def kept(
    voice: Voice, ask: AskedCheckIn, departure: Departure, following: Question | None = None, typed: str = ""
) -> Message:
    """Confirm answers: who gets them and when, until when they can be changed, and the next optional question.

    `typed` is the key of the question that was answered by typing.
    """
    is_closed = ask.closes <= departure.now
    key = "check-in.changeable-later" if is_closed else "check-in.changeable"
    changeable = voice.markdown(key, until=voice.until(ask.closes, ask.today))
    is_held = bool(departure.held_until and departure.first)
    more = (
        (
            Text(voice.markdown("check-in.next-question", question=following.label)),
            *_options(voice, following),
        )
        if following
        else ()
    )
    return Message(
        voice.text("check-in.your-words"),
        (
            Text(f"{_destination(voice, ask, departure)} {changeable}"),
            *quotes(voice, ask.step, ask.answers),
            *_read_back(voice, ask.step, typed),
            *more,
            *row(_buttons_after(voice, ask.check_in, typed, is_held=is_held)),
        ),
    )


def _read_back(voice: Voice, step: Step, key: str) -> tuple[Text, ...]:
    """Ask once whether a typed focus or plan is right, because it is quoted for weeks."""
    if key and key == step.focus:
        return (Text(voice.markdown("check-in.read-back-focus")),)
    return (Text(voice.markdown("check-in.read-back-plan")),) if key in (step.plan or ()) else ()


def _destination(voice: Voice, ask: AskedCheckIn, departure: Departure) -> str:
    """Say who gets the answers and when, as Markdown."""
    if ask.step.is_challenge and departure.first is None:
        latest = voice.until(ask.last_closing, ask.today)
        return voice.markdown("check-in.given", partner=ask.partner, latest=latest)
    if departure.first is not None and ask.partner:
        return goes_to(voice, ask.partner, departure)
    return voice.markdown("check-in.pooled" if ask.step.share is Share.POOL else "check-in.kept")


def _buttons_after(voice: Voice, check_in: CheckIn, typed: str, *, is_held: bool) -> tuple[Button, ...]:
    """Return the buttons below answers; those of a held one send it now, or say that it was not meant as one."""
    number = str(check_in.id)
    return (
        *((runs(voice, "button.send-now", CommandName.SEND, number, primary=True),) if is_held else ()),
        opens(voice, "button.change", FormName.CHECK_IN, number),
        runs(voice, "button.not-meant", CommandName.NOT_MEANT, f"{number} {typed}")
        if typed
        else runs(voice, "button.take-back", CommandName.TAKE_BACK, number),
    )


def _options(voice: Voice, asked: Question) -> tuple[Text, ...]:
    """Return the options of a question, if it has any, as a text."""
    labels = voice.listing([each.label for each in asked.options])
    return (Text(voice.markdown("check-in.options", options=labels)),) if asked.options else ()


def quotes(voice: Voice, step: Step, answers: Sequence[Answer], *, story: bool = True) -> tuple[Quote, ...]:
    """Quote each answer with its question, in the step's order; without `story`, leave the consent question out."""
    given = {answer.question: answer.text for answer in answers}
    hidden = {step.story[1]} if step.story and not story else set()
    return tuple(
        Quote(shown_value(voice, each, given[each.key]), each.label)
        for each in step.words(voice.language).questions
        if given.get(each.key) and each.key not in hidden
    )


def shown_value(voice: Voice, question: Question, value: str) -> str:
    """Return a stored value as people read it: labels instead of keys, a day instead of an ISO date."""
    labels = {option.key: option.label for option in question.options}
    match question.kind:
        case Kind.SHORT | Kind.LONG:
            return value
        case Kind.ONE | Kind.SCALE:
            return labels.get(value, value)
        case Kind.MANY:
            return voice.listing([labels.get(key, key) for key in value.split(";") if key])
        case Kind.DATE:
            return voice.day(date.fromisoformat(value))
        case Kind.TIME:
            return voice.time(time.fromisoformat(value))


def next_question(
    voice: Voice, ask: AskedCheckIn, answered: Question, asked: Question, kept_text: str
) -> Message:
    """Quote the answer that was kept, say that nobody gets it yet, and ask the next question."""
    key = "check-in.next-needed" if asked.needed else "check-in.next-question"
    return Message(
        voice.text(key, question=asked.label),
        (
            Quote(kept_text, voice.text("check-in.your-words")),
            *_read_back(voice, ask.step, answered.key),
            Text(f"{voice.markdown('check-in.not-yet')} {voice.markdown(key, question=asked.label)}"),
            *_options(voice, asked),
            *row(_buttons_after(voice, ask.check_in, answered.key, is_held=False)),
            Text(privacy_note(voice, ask), small=True),
        ),
    )


def explain_choices(voice: Voice, asked: Question) -> Message:
    """Explain which answers the question takes, after a text that is none of them."""
    match asked.kind:
        case Kind.DATE:
            return plain(voice, "field.not-a-date")
        case Kind.TIME:
            return plain(voice, "field.not-a-time")
        case Kind.SCALE | Kind.ONE | Kind.MANY | Kind.SHORT | Kind.LONG:
            choices = [each.label for each in asked.options] or ["1", "2", "3", "4", "5"]
            return plain(voice, "check-in.options", options=voice.listing(choices))


def suggestion(voice: Voice, ask: AskedCheckIn, *, judging: Sequence[str], naming: Sequence[str]) -> Message:
    """Suggest once, before an answer is sent, to change the words that judge and those that name somebody."""
    number = str(ask.check_in.id)
    parts = [
        voice.markdown("suggest.opening"),
        *([voice.markdown("suggest.naming", words=voice.listing(list(naming)))] if naming else []),
        *([voice.markdown("suggest.judging", words=voice.listing(list(judging)))] if judging else []),
        voice.markdown("suggest.foot"),
    ]
    return Message(
        voice.text("suggest.summary"),
        (
            Text(" ".join(parts)),
            *quotes(voice, ask.step, ask.answers),
            *row(
                (
                    opens(voice, "button.change", FormName.CHECK_IN, number, primary=True),
                    runs(voice, "button.send", CommandName.SEND, number),
                )
            ),
        ),
    )


def not_meant(voice: Voice, ask: AskedCheckIn, text: str, *, has_gone: bool) -> Message:
    """Return a text that was no answer to its author; `has_gone`: it was sent to the partner before."""
    number = str(ask.check_in.id)
    key = "check-in.not-meant-gone" if has_gone and ask.partner else "check-in.not-meant"
    return Message(
        voice.text(key, partner=ask.partner),
        (
            Text(voice.markdown(key, partner=ask.partner)),
            Quote(text, voice.text("check-in.your-words")),
            *row((opens(voice, "button.answer", FormName.CHECK_IN, number),)),
        ),
    )


def choose_check_in(voice: Voice, titles: Sequence[tuple[int, str]]) -> Message:
    """Ask which of several open check-ins a typed answer belongs to."""
    buttons = tuple(
        runs(voice, "button.put", CommandName.PUT, number, title=name) for number, name in titles[:4]
    )
    return plain(voice, "check-in.which", *buttons)


def skipped(voice: Voice, ask: AskedCheckIn) -> Message:
    """Confirm that a check-in was skipped."""
    return plain(voice, "check-in.skipped", runs(voice, "button.undo", CommandName.UNDO, ask.check_in.id))


def open_again(voice: Voice, ask: AskedCheckIn, key: str = "check-in.unskipped") -> Message:
    """Confirm that a check-in is open again, after a skip or an answer that was taken back."""
    return plain(
        voice, key, opens(voice, "button.answer", FormName.CHECK_IN, ask.check_in.id, primary=True),
        until=voice.until(ask.closes, ask.today),
    )  # fmt: skip


def all_answered(voice: Voice, check_in: CheckIn, pairing_id: int | None, partner: str) -> Message:
    """Say that every open check-in is answered, and offer to change the answer or to write to the partner."""
    tell = (opens(voice, "button.tell", FormName.TELL, pairing_id, partner=partner),) if pairing_id else ()
    return plain(
        voice, "check-in.all-answered", opens(voice, "button.change", FormName.CHECK_IN, check_in.id), *tell
    )


def partner_answer(
    voice: Voice, step: Step, name: str, answers: Sequence[Answer], pairing_id: int | None
) -> Message:
    """Carry a partner's answer, with a button to reply; without answers, say that it was taken back."""
    if not answers:
        return plain(voice, "partner.took-back", name=name) if name else plain(voice, "words.gone")
    reply = (opens(voice, "button.reply", FormName.TELL, pairing_id),) if pairing_id else ()
    return Message(
        voice.text("partner.answer-summary", name=name, title=title(voice, step)),
        (
            Text(voice.markdown("partner.answer", name=name, title=title(voice, step))),
            *quotes(voice, step, answers, story=False),
            *row(reply),
        ),
    )


def pool(voice: Voice, words: Sequence[str]) -> Message:
    """Show what other members answered, without names."""
    return Message(
        voice.text("pool.summary"), (Text(voice.markdown("pool.lead")), *(Quote(each) for each in words))
    )
