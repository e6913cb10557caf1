"""Replies to what a typed text asks for: the facts, or an offer with one button for each thing that can be done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bot.message import Button, Message, Quote, Text
from bot.model import CheckIn, CommandName, FormName, Intent, Role
from bot.prompts import Voice
from bot.rules.privacy import FLOOR
from bot.say.basics import opens, plain, row, runs
from bot.say.check_ins import AskedCheckIn, quotes
from bot.say.places import MemberPlace, Place, next_steps, partner_names, place_facts, tell_button
from bot.say.typed import NOTHING, meant, not_kept, with_quote

# --- answers to questions --------------------------------------------------------------------------------------------


def who_partner(voice: Voice, place: MemberPlace) -> Message:
    """Name the partners and their schools, and how to write to them; or say when there will be one."""
    if not place.partners:
        return plain(
            voice, f"typed.no-partner.{place.place}", *next_steps(voice, place), **place_facts(voice, place)
        )
    people = [
        voice.text("person.at", name=each.name, school=school)
        for each, school in zip(place.partners, place.partner_schools, strict=True)
    ]
    key = "typed.partner-closed" if place.place is Place.CLOSED else "typed.partner"
    return plain(
        voice, key, *tell_button(voice, place),
        people=voice.listing(people), n=len(people), partner=place.partners[0].given_name,
    )  # fmt: skip


def who_reads(voice: Voice, roles: frozenset[Role], open_note: str = "") -> Message:
    """Say who reads what, who never does, and what the platform and the law may reach."""
    keys = ["who-reads.teachers"] if Role.TEACHER in roles or not roles else ["who-reads.leaders"]
    parts = [
        *([voice.markdown("who-reads.open", note=open_note)] if open_note else []),
        *(voice.markdown(key, floor=FLOOR) for key in keys),
    ]
    return Message(
        voice.text("who-reads.summary"),
        (
            Text("\n\n".join(parts)),
            Text(voice.markdown("who-reads.never")),
            Text(voice.markdown("who-reads.platform"), small=True),
        ),
    )


def explain(voice: Voice, label: str, closes: str, note: str, *, hint: str, example: str) -> Message:
    """Explain the open question with its hint and an example."""
    more = (
        *((Text(hint),) if hint else ()),
        *((Quote(example, voice.text("explain.example")),) if example else ()),
    )
    return Message(
        voice.text("explain.summary"),
        (
            Text(voice.markdown("explain.question", question=label, until=closes)),
            *more,
            Text(note, small=True),
        ),
    )


def what_is_this(voice: Voice, place: MemberPlace) -> Message:
    """Explain the bot and what comes next from where the member is."""
    return Message(
        voice.text("what.summary"),
        (
            Text(voice.markdown("what.bot")),
            Text(voice.markdown(f"what.{place.place}", **place_facts(voice, place))),
            *row([each for each in next_steps(voice, place) if each != meant(voice, Intent.HELP)]),
        ),
    )


def ask_to_join(voice: Voice, place: MemberPlace) -> Message:
    """Answer the thanks of somebody who is invited, and ask whether they take part."""
    return plain(voice, "typed.ack-invited", *next_steps(voice, place), **place_facts(voice, place))


def small_talk(voice: Voice, place: MemberPlace, kind: Intent, name: str, until: str) -> Message:
    """Answer thanks or a greeting; say that the open question can wait, or greet with the next steps."""
    key = f"typed.{kind}-open" if until else f"typed.{kind}"
    steps = next_steps(voice, place) if kind is Intent.GREETING and not until else ()
    return plain(voice, key, *steps, name=name, until=until)


# --- offers ----------------------------------------------------------------------------------------------------------


def offer_put_off(
    voice: Voice, place: MemberPlace, check_in: CheckIn | None, kind: Intent, until: date | None
) -> Message:
    """Offer to ask again later or to skip the open question; `until` is the day that the text named."""
    if check_in is None and place.place is Place.INVITED:
        return plain(voice, "typed.later-invited", *next_steps(voice, place), **place_facts(voice, place))
    if check_in is None:
        return plain(
            voice, "typed.nothing-to-skip", opens(voice, "button.pause", FormName.PAUSE),
            runs(voice, "button.status", CommandName.STATUS),
        )  # fmt: skip
    later = runs(voice, "button.later", CommandName.LATER, check_in.id, primary=kind is Intent.LATER)
    skip = runs(voice, "button.skip", CommandName.SKIP, check_in.id, primary=kind is Intent.SKIP)
    if kind is Intent.SKIP:
        return plain(voice, "typed.skip", skip, later)
    if until is None:
        return plain(voice, "typed.later", later, skip)
    return plain(voice, "typed.later-day", later, pause_until(voice, until), skip, day=voice.day(until))


def pause_until(voice: Voice, until: date, *, primary: bool = False) -> Button:
    """Return the button that pauses until this day."""
    argument = f"until {until.isoformat()}"
    return runs(
        voice, "button.pause-until", CommandName.PAUSE, argument, primary=primary, day=voice.day(until)
    )


def offer_pause(voice: Voice, since: date | None, until: date | None) -> Message:
    """Offer a pause; its last day is taken from the text, if it named one."""
    if until is not None:
        other = opens(voice, "button.pause-other", FormName.PAUSE)
        return plain(
            voice, "typed.pause-until", pause_until(voice, until, primary=True), other, day=voice.day(until)
        )
    button = opens(voice, "button.pause", FormName.PAUSE, primary=True)
    if since is not None:
        return plain(
            voice, "typed.pause-since", button, runs(voice, "button.leave", CommandName.LEAVE),
            day=voice.day(since),
        )  # fmt: skip
    return plain(voice, "typed.pause", button)


def offer_leave(voice: Voice, place: MemberPlace) -> Message:
    """Offer to leave the cycle, to pause, or to end all messages."""
    stop = runs(voice, "button.stop", CommandName.STOP)
    if place.place is Place.INVITED:
        return plain(
            voice,
            "typed.leave-invited",
            runs(voice, "button.decline", CommandName.DECLINE, primary=True),
            stop,
        )
    if place.place in (Place.JOINED, Place.MATCHED, Place.RUNNING):
        leave = runs(voice, "button.leave", CommandName.LEAVE, "yes")
        pause = opens(voice, "button.pause", FormName.PAUSE)
        key = "typed.leave" if place.partners else "typed.leave-alone"
        return plain(voice, key, leave, pause, stop, **place_facts(voice, place))
    return plain(voice, "typed.leave-nothing", stop)


def stopped(voice: Voice, *, in_cycle: bool) -> Message:
    """Confirm that no more messages are sent, with a button that undoes it."""
    leave = (runs(voice, "button.leave", CommandName.LEAVE, "yes"),) if in_cycle else ()
    return plain(voice, "typed.stopped", runs(voice, "button.undo", CommandName.RESUME, primary=True), *leave)


def offer_tell(voice: Voice, place: MemberPlace, text: str, kind: Intent) -> Message:
    """Offer to pass a text on to the partners; without partners, say so and return the text."""
    if not place.partners:
        return not_kept(voice, place, text)
    partner = partner_names(voice, place)
    send = runs(voice, "button.pass-on", CommandName.MEANT, Intent.TELL, primary=True, partner=partner)
    message = plain(voice, f"typed.{kind}", send, meant(voice, NOTHING), partner=partner)
    return with_quote(voice, message, text)


def partner_trouble(voice: Voice, place: MemberPlace) -> Message:
    """Offer what helps with a silent or difficult partner; the partner is not told."""
    if place.pairing_id is None:
        return plain(
            voice, f"typed.no-partner.{place.place}", *next_steps(voice, place), **place_facts(voice, place)
        )
    if place.place is Place.CLOSED:
        help_left = (request_button(voice, place, "partner"),) if place.coordinator else ()
        return plain(voice, "typed.partner_silent-closed", *help_left, **place_facts(voice, place))
    buttons = (
        runs(
            voice,
            "button.remind-partner",
            CommandName.REMIND_PARTNER,
            place.pairing_id,
            partner=partner_names(voice, place),
        ),
        *_other_help(voice, place),
    )
    return plain(voice, "typed.partner_silent", *buttons, **place_facts(voice, place))


def who_replied(voice: Voice, place: MemberPlace) -> Message:
    """Tell a teacher that nobody is told who has replied, and offer help with their own partner."""
    if not place.partners:
        return plain(voice, "typed.who_replied", *next_steps(voice, place))
    buttons = (meant(voice, Intent.PARTNER_SILENT), runs(voice, "button.status", CommandName.STATUS))
    return plain(voice, "typed.who_replied-partner", *buttons, partner=partner_names(voice, place))


def reminded(voice: Voice, place: MemberPlace, names: Sequence[str], *, has_gone: bool) -> Message:
    """Say whether the partners of these names get a reminder; what else can help stays on its buttons."""
    partner, others = voice.listing(names), _other_help(voice, place)
    if has_gone:
        return plain(voice, "remind-partner.done", *others, partner=partner, n=len(names))
    return plain(voice, "remind-partner.nothing", *others, partner=partner)


def _other_help(voice: Voice, place: MemberPlace) -> tuple[Button, ...]:
    """Return the buttons for another partner and for the coordinator's help, where there is a partner."""
    if place.pairing_id is None:
        return ()
    another = runs(voice, "button.another", CommandName.ANOTHER, place.pairing_id)
    return (another, *((request_button(voice, place, "partner"),) if place.coordinator else ()))


def request_button(voice: Voice, place: MemberPlace, about: str) -> Button:
    """Return the button that asks the coordinator for help, without the writer's words."""
    return runs(voice, "button.request", CommandName.REQUEST, about, coordinator=place.coordinator)


def coordinators_matter(voice: Voice, place: MemberPlace, about: Intent, *more: Button) -> Message:
    """Say that the coordinator can help with something, and offer to ask them; the only one has nobody to ask."""
    if not place.coordinator:
        return plain(voice, f"typed.{about}-alone", *more)
    button = request_button(voice, place, str(about))
    return plain(voice, f"typed.{about}", button, *more, **place_facts(voice, place))


def wrong_person(voice: Voice, name: str, school: str) -> Message:
    """Say who the bot is and whom it takes the writer for; it is silent until they have answered."""
    return plain(
        voice, "typed.wrong_person", runs(voice, "button.thats-me", CommandName.RESUME, primary=True),
        runs(voice, "button.not-me", CommandName.NOT_ME), name=name, school=school,
    )  # fmt: skip


def stray(voice: Voice, place: MemberPlace, text: str, *, is_open: bool) -> Message:
    """Ask whether a text belongs here at all, and return it."""
    if not is_open and not place.partners:
        return not_kept(voice, place, text)
    buttons = (
        *((meant(voice, Intent.ANSWER),) if is_open else ()),
        *(
            (
                runs(
                    voice,
                    "button.pass-on",
                    CommandName.MEANT,
                    Intent.TELL,
                    partner=partner_names(voice, place),
                ),
            )
            if place.partners
            else ()
        ),
        meant(voice, NOTHING),
    )
    return with_quote(voice, plain(voice, "typed.stray", *buttons), text)


def complaint(voice: Voice, place: MemberPlace) -> Message:
    """Take a complaint seriously: how much is asked, how to get less, that nobody is ranked, and whom to tell."""
    leads = place.place in (Place.COORDINATOR, Place.PRINCIPAL)
    buttons = (
        opens(voice, "button.pause", FormName.PAUSE),
        runs(voice, "button.stop", CommandName.STOP) if leads else meant(voice, Intent.LEAVE),
        *((request_button(voice, place, "complaint"),) if place.coordinator else ()),
    )
    key = "typed.complaint-leader" if leads else "typed.complaint"
    return plain(voice, key, *buttons, **place_facts(voice, place))


def last_answer(voice: Voice, asked: AskedCheckIn, *, was_read: bool, can_change: bool) -> Message:
    """Show the last answer with the buttons to change it or to take it back."""
    number = asked.check_in.id
    key = "typed.last"
    if was_read and asked.partner:
        key = "typed.last-read" if can_change else "typed.last-closed"
    return Message(
        voice.text(key, partner=asked.partner),
        (
            Text(voice.markdown(key, partner=asked.partner)),
            *quotes(voice, asked.step, asked.answers),
            *row(
                (
                    *((opens(voice, "button.change", FormName.CHECK_IN, number),) if can_change else ()),
                    runs(voice, "button.take-back", CommandName.TAKE_BACK, number),
                )
            ),
        ),
    )


def nothing_from_partner(voice: Voice, place: MemberPlace) -> Message:
    """Say that nothing has come from the partners yet."""
    if not place.partners:
        return who_partner(voice, place)
    return plain(voice, "typed.no-words", *tell_button(voice, place), **place_facts(voice, place))


def leaders(voice: Voice, about: Intent, place: MemberPlace, *, is_coordinator: bool) -> Message:
    """Answer what coordinators and principals ask, with the honest no where words and people are meant."""
    status = runs(voice, "button.status", CommandName.STATUS)
    digest = runs(voice, "button.digest", CommandName.DIGEST)
    if about in (Intent.WHO_REPLIED, Intent.READ_WORDS, Intent.RANK):
        return plain(voice, f"leaders.{about}", status if is_coordinator else digest, floor=FLOOR)
    if not is_coordinator:
        return plain(voice, "leaders.coordinator-does", digest, **place_facts(voice, place))
    match about:
        case Intent.START_CYCLE:
            buttons = (runs(voice, "button.start", CommandName.START, primary=True), status)
        case Intent.INVITE_PEOPLE:
            buttons = (runs(voice, "button.invite-all", CommandName.INVITE, primary=True), status)
        case Intent.CHANGE_PAIR:
            buttons = (runs(voice, "button.pairs", CommandName.PAIRS), status)
        case _:
            buttons = (status, runs(voice, "button.help", CommandName.HELP))
    return plain(voice, f"leaders.{about}", *buttons)
