"""Messages about peer challenges and notes between partners."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.message import Form, Input, Message, Quote, Text
from bot.model import Challenge, CommandName, FormName, Kind, Note
from bot.prompts import Voice
from bot.say.basics import Departure, goes_to, opens, plain, question, row, runs


def released(voice: Voice, challenge: Challenge, name: str) -> Message:
    """Give a challenge to its receiver: evidence, a question, a suggestion, and a button to reply."""
    return Message(
        voice.text("challenge.summary", name=name),
        (
            Text(voice.markdown("challenge.lead", name=name)),
            *_quotes(voice, challenge),
            *row((opens(voice, "button.reply-challenge", FormName.CHALLENGE, challenge.id, primary=True),)),
            Text(voice.markdown("challenge.foot"), small=True),
        ),
    )


def _quotes(voice: Voice, challenge: Challenge) -> tuple[Quote, ...]:
    parts = (
        ("challenge.evidence", challenge.evidence),
        ("challenge.question", challenge.question),
        ("challenge.suggestion", challenge.suggestion),
    )
    return tuple(Quote(text, voice.text(label)) for label, text in parts if text)


def took_back(voice: Voice, name: str) -> Message:
    """Return what replaces a text that its author took back; an author who was erased has an empty name."""
    return plain(voice, "challenge.took-back", name=name) if name else plain(voice, "words.gone")


def reply_form(voice: Voice, challenge: Challenge, name: str) -> Form:
    """Return the form for the reply to a challenge: an answer, and one next step with a date."""
    asked = (
        (question(voice, "reply", "challenge", Kind.LONG, needed=True, limit=1000), challenge.reply),
        (question(voice, "next_step", "challenge", Kind.SHORT, needed=True, limit=200), challenge.next_step),
        (
            question(voice, "next_step_on", "challenge", Kind.DATE, needed=True),
            challenge.next_step_on.isoformat() if challenge.next_step_on else "",
        ),
    )
    return Form(
        name=FormName.CHALLENGE,
        context=str(challenge.id),
        title=voice.text("challenge.form"),
        intro=voice.markdown("challenge.form-intro", name=name),
        inputs=tuple(Input(each, value) for each, value in asked),
        submit=voice.text("button.send-to", who=name),
    )


def replied(voice: Voice, challenge: Challenge, name: str, day: date) -> Message:
    """Confirm a reply to the receiver who wrote it, below the challenge, which they can go on reading."""
    return Message(
        voice.text("challenge.replied", name=name, step=challenge.next_step, day=voice.day(day)),
        (
            Text(voice.markdown("challenge.lead", name=name)),
            *_quotes(voice, challenge),
            Text(
                voice.markdown("challenge.replied", name=name, step=challenge.next_step, day=voice.day(day))
            ),
            Quote(challenge.reply, voice.text("check-in.your-words")),
            *row((opens(voice, "button.change", FormName.CHALLENGE, challenge.id),)),
        ),
    )


def reply(voice: Voice, challenge: Challenge, name: str, day: date) -> Message:
    """Carry the receiver's reply to the giver of the challenge."""
    return Message(
        voice.text("challenge.reply-summary", name=name),
        (
            Text(voice.markdown("challenge.reply-lead", name=name)),
            Quote(challenge.reply),
            Quote(challenge.next_step, voice.text("challenge.reply-step", day=voice.day(day))),
            *row((opens(voice, "button.reply", FormName.TELL, challenge.pairing_id),)),
        ),
    )


def tell_form(voice: Voice, context: str, partner: str) -> Form:
    """Return the form for a note to a partner, or to several."""
    asked = question(voice, "text", "tell", Kind.LONG, needed=True, limit=2000)
    return Form(
        name=FormName.TELL, context=context, title=voice.text("tell.title"),
        intro=voice.markdown("tell.intro", partner=partner),
        inputs=(Input(asked, ""),), submit=voice.text("tell.submit"),
    )  # fmt: skip


def note_form(voice: Voice, note: Note, partner: str) -> Form:
    """Return the form in which the author of a note changes it."""
    form = tell_form(voice, str(note.id), partner)
    return replace(
        form, name=FormName.NOTE, inputs=tuple(replace(each, value=note.text) for each in form.inputs)
    )


def note_goes(voice: Voice, note: Note, partner: str, departure: Departure) -> Message:
    """Tell the author who gets the note and when; while it is held, it can be sent now."""
    held = (runs(voice, "button.send-now", CommandName.SEND_NOTE, note.id, primary=True),)
    return Message(
        goes_to(voice, partner, departure, md=False),
        (
            Text(goes_to(voice, partner, departure)),
            Quote(note.text, voice.text("check-in.your-words")),
            *row(
                (
                    *(held if departure.held_until else ()),
                    opens(voice, "button.change-note", FormName.NOTE, note.id),
                    runs(voice, "button.take-back", CommandName.TAKE_BACK_NOTE, note.id),
                )
            ),
        ),
    )


def note_has_gone(voice: Voice, note: Note, partner: str) -> Message:
    """Say that the partner has had the note, with buttons to change it or to take it back."""
    return plain(
        voice,
        "check-in.edited-gone",
        opens(voice, "button.change-note", FormName.NOTE, note.id),
        runs(voice, "button.take-back", CommandName.TAKE_BACK_NOTE, note.id),
        partner=partner,
    )


def note_taken_back(voice: Voice, note: Note, *, was_sent: bool) -> Message:
    """Return a note that was taken back to its author; `was_sent`: a partner has had it."""
    key = "note.taken-back-sent" if was_sent else "note.taken-back"
    return Message(
        voice.text(key), (Text(voice.markdown(key)), Quote(note.text, voice.text("check-in.your-words")))
    )


def dropped(voice: Voice, text: str) -> Message:
    """Return text that was neither kept nor sent to its author."""
    quoted = (Quote(text, voice.text("check-in.your-words")),) if text else ()
    return Message(voice.text("check-in.dropped"), (Text(voice.markdown("check-in.dropped")), *quoted))


def note_from(voice: Voice, note: Note, name: str) -> Message:
    """Carry a note from a partner, with a button to reply to that partner alone."""
    reply_to = f"{note.pairing_id} {note.author_id}"
    return Message(
        voice.text("note.summary", name=name),
        (
            Text(voice.markdown("note.lead", name=name)),
            Quote(note.text),
            *row((opens(voice, "button.reply", FormName.TELL, reply_to, primary=True),)),
            Text(voice.markdown("note.foot"), small=True),
        ),
    )
