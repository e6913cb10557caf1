"""Replies to typed text: what it was taken for, what happens with it, and the buttons that go on from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.message import Button, Buttons, Fields, Message, Quote, Text
from bot.model import CommandName, Intent, School
from bot.prompts import Voice
from bot.say.basics import plain, row, runs
from bot.say.places import MemberPlace, Place, next_steps, place_facts

MOST_BUTTONS = 4
A_CHILD, NOT_A_CHILD, FORM, NOTHING = "child", "not-a-child", "form", "nothing"
PUPIL_A, LEFT_OUT, AS_IT_IS = "pupil-a", "left-out", "as-it-is"
"""Choices of `meant` that are no intent."""
LETTERS = "ABCDEFGH"
"""What stands for pupils' names, in the order of the text."""
_OF_WHO_IS_ASKED = frozenset(
    {
        *(Intent.LATER, Intent.SKIP, Intent.CHANGE_ANSWER, Intent.DELETE_ANSWER),
        *(Intent.WHO_PARTNER, Intent.PARTNER_WORDS, Intent.PARTNER_SILENT),
        Intent.TELL,
        Intent.PROPOSE_TIME,
    }
)
"""Intents that mean nothing for somebody who is asked nothing and has no partner."""
_TO_A_PARTNER = frozenset({Intent.TELL, Intent.PROPOSE_TIME})


def meant(voice: Voice, choice: Intent | str, destination: str = "", *, primary: bool = False) -> Button:
    """Return the button by which a writer says what their text was, and where it goes."""
    argument = f"{choice} {destination}".strip()
    return runs(voice, f"meant.{choice}", CommandName.MEANT, argument, primary=primary)


def with_buttons(message: Message, *buttons: Button) -> Message:
    """Return the message with more buttons below it."""
    return replace(message, elements=(*message.elements, *row(buttons)))


def with_quote(voice: Voice, message: Message, text: str) -> Message:
    """Return the message with the writer's text below its first element."""
    first, *rest = message.elements
    return replace(message, elements=(first, Quote(text, voice.text("check-in.your-words")), *rest))


def with_answer_button(voice: Voice, message: Message) -> Message:
    """Return the message with a button for a text that was the answer after all, unless it has one."""
    button = meant(voice, Intent.ANSWER)
    shown = [each for element in message.elements if isinstance(element, Buttons) for each in element.items]
    return message if button in shown else with_buttons(message, button)


# --- asking ----------------------------------------------------------------------------------------------------------


def ask_meaning(voice: Voice, text: str, choices: Sequence[Intent]) -> Message:
    """Ask what a text was, with a button for its being the answer and for each likely other thing."""
    others = [each for each in dict.fromkeys(choices) if each not in (Intent.ANSWER, *_KEPT_LIKE_ANSWERS)]
    buttons = [meant(voice, Intent.ANSWER, primary=True), *(meant(voice, each) for each in others[:2])]
    return with_quote(voice, plain(voice, "typed.unsure", *buttons, meant(voice, NOTHING)), text)


def choose_receiver(voice: Voice, text: str, others: Sequence[Intent], *, is_asked: bool) -> Message:
    """Ask whether text that was typed below a partner's words is for the partner, an answer, or something else."""
    buttons = (
        runs(voice, "button.to-partner", CommandName.TO_PARTNER),
        *((runs(voice, "button.my-answer", CommandName.MEANT, Intent.ANSWER),) if is_asked else ()),
        *(meant(voice, each) for each in others[:1]),
        runs(voice, "button.neither", CommandName.NEITHER),
    )
    return with_quote(voice, plain(voice, "check-in.after-partner", *buttons), text)


_KEPT_LIKE_ANSWERS = (Intent.PUPIL_NAME, Intent.COLLEAGUE_HEALTH)


def ask_about_child(voice: Voice, school: School, *, is_form: bool) -> Message:
    """Ask whether a text is about a child's safety, with the help for that beside the question."""
    no = meant(voice, FORM if is_form else NOT_A_CHILD)
    return Message(
        voice.text("typed.child-summary"),
        (
            Text(voice.markdown("typed.child-asked")),
            *_lead(voice, school),
            Text(voice.markdown("concern.foot"), small=True),
            *row((meant(voice, A_CHILD, primary=True), no)),
        ),
    )


def child_in_danger(voice: Voice, school: School, *, has_text: bool) -> Message:
    """Say whom to go to now, and that nothing is kept or passed on; `has_text`: of what was just written."""
    return Message(
        voice.text("typed.child-summary"),
        (
            Text(
                f"{voice.markdown('typed.child-found')} "
                f"{voice.markdown('typed.child-not-kept' if has_text else 'typed.child-nothing-kept')}"
            ),
            *_lead(voice, school),
            Text(voice.markdown("typed.child-how")),
            Text(voice.markdown("concern.foot"), small=True),
        ),
    )


def with_the_rest(voice: Voice, message: Message, texts: Sequence[str]) -> Message:
    """Return the message with the other texts of the form that was not taken, for their author to use again."""
    if not texts:
        return message
    quotes = [Quote(each) for each in texts]
    rest = Text(voice.markdown("typed.child-rest"))
    return replace(message, elements=(*message.elements, rest, *quotes))


def _lead(voice: Voice, school: School) -> tuple[Fields | Text, ...]:
    if not school.lead_name:
        return (Text(voice.markdown("typed.child-no-lead", school=school.name)),)
    return (
        Fields(
            (
                (voice.text("concern.who", school=school.name), school.lead_name),
                (voice.text("concern.contact"), school.lead_contact),
            )
        ),
    )


def careful(
    voice: Voice,
    text: str,
    *,
    names: Sequence[str],
    health: bool,
    judging: Sequence[str],
    is_safe_to_cut: bool,
    destination: str,
) -> Message:
    """Show, before a text is kept or sent, what in it names a pupil, tells of a colleague's health, or judges."""
    parts = [
        *([voice.markdown("typed.names", words=voice.listing(list(names)), n=len(names))] if names else []),
        *([voice.markdown("typed.health")] if health else []),
        *([voice.markdown("typed.judges", words=voice.listing(list(judging)))] if judging else []),
        voice.markdown("typed.you-decide"),
    ]
    buttons = (
        *((_pupils(voice, names, destination),) if names else ()),
        *((meant(voice, LEFT_OUT, destination),) if is_safe_to_cut else ()),
        meant(voice, AS_IT_IS, destination),
        meant(voice, NOTHING),
    )
    message = Message(voice.text("suggest.summary"), (Text("\n\n".join(parts)), *row(buttons)))
    return with_quote(voice, message, text)


def _pupils(voice: Voice, names: Sequence[str], destination: str) -> Button:
    """Return the button that writes a letter for each name, with the letters on it."""
    letters = [
        f"“{voice.text('typed.pupil', letter=letter)}”" for letter, _ in zip(LETTERS, names, strict=False)
    ]
    argument = f"{PUPIL_A} {destination}".strip()
    return runs(
        voice, f"meant.{PUPIL_A}", CommandName.MEANT, argument, primary=True, pupils=voice.listing(letters)
    )


def not_kept(
    voice: Voice, place: MemberPlace, text: str, likely: Sequence[Intent] = (), *, is_kept: bool = False
) -> Message:
    """Return a text for which nothing is open, with its likely meanings and the next steps of this place.

    `is_kept`: it is kept until its author says what it is.
    """
    opening = voice.markdown("typed.not-sure" if is_kept else "typed.not-kept")
    facts = place_facts(voice, place)
    leads = place.place in (Place.COORDINATOR, Place.PRINCIPAL)
    senseless = _OF_WHO_IS_ASKED if leads else frozenset() if place.partners else _TO_A_PARTNER
    likely = [each for each in likely if each not in senseless]
    buttons = [meant(voice, each) for each in likely[:2]]
    offered = {each.does for each in buttons}
    buttons += [each for each in next_steps(voice, place) if each.does not in offered]
    shown = f"{opening} {voice.markdown(f'typed.none-open.{place.place}', **facts)}"
    message = Message(voice.text("typed.not-sure" if is_kept else "typed.not-kept"), (Text(shown),))
    return with_buttons(with_quote(voice, message, text), *buttons[:MOST_BUTTONS])
