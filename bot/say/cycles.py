"""What we say about a cycle: setting it up, inviting, where it stands, its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.message import Element, Fields, Form, Input, Message, Text
from bot.model import (
    CommandName,
    Cycle,
    CycleState,
    Delivery,
    DeliveryState,
    EnrolmentState,
    FormName,
    Kind,
    Option,
    Pack,
)
from bot.prompts import Voice
from bot.rules.privacy import FLOOR
from bot.say.basics import label, opens, plain, question, row, runs


def start_form(voice: Voice, packs: Sequence[Pack], values: Mapping[str, str]) -> Form:
    """Which pack, from when, for what."""
    options = tuple(Option(pack.id, pack.title(voice.language)) for pack in packs)
    asked = (
        question(voice, "pack", "start", Kind.ONE, needed=True, options=options),
        question(voice, "starts_on", "start", Kind.DATE, needed=True),
        question(voice, "goal", "start", Kind.LONG, needed=True, limit=300),
    )
    return Form(
        name=FormName.START,
        title=voice.text("start.title"),
        intro=voice.markdown("start.intro"),
        inputs=tuple(Input(each, values.get(each.key, "")) for each in asked),
        submit=voice.text("start.submit"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a draft would become."""

    teachers: int
    schools: int
    first_day: date
    last_day: date
    shortest: tuple[str, str] | None
    """Two schools whose calendars stretch the cycle beyond what its teaching days need, if any."""


def draft(voice: Voice, cycle: Cycle, pack: Pack, plan: Plan) -> Message:
    """The plan, before anybody hears of it."""
    fields = (
        (voice.text("draft.pack"), pack.title(voice.language)),
        (voice.text("draft.goal"), cycle.goal),
        (
            voice.text("draft.people"),
            voice.text("draft.teachers", n=plan.teachers)
            + ", "
            + voice.text("draft.schools", n=plan.schools),
        ),
        (
            voice.text("draft.days"),
            voice.text("draft.from-to", first=voice.day(plan.first_day), last=voice.day(plan.last_day)),
        ),
    )
    warning = (
        (Text(voice.markdown("draft.stretched", a=plan.shortest[0], b=plan.shortest[1])),)
        if plan.shortest
        else ()
    )
    return Message(
        voice.text("draft.summary", cycle=cycle.name),
        (
            Text(voice.markdown("draft.lead", cycle=cycle.name)),
            Fields(fields),
            *warning,
            *row(
                (
                    runs(voice, "button.invite", CommandName.INVITE, primary=True, n=plan.teachers),
                    opens(voice, "button.start-change", FormName.START),
                    runs(voice, "button.discard", CommandName.CLOSE, "yes"),
                )
            ),
        ),
    )


def invitation(voice: Voice, cycle: Cycle, pack: Pack, coordinator: str, last_day: date) -> Message:
    """What they join, who reads what, how to leave: one ask."""
    facts = {"cycle": cycle.name, "coordinator": coordinator}
    return Message(
        voice.text("invitation.summary", **facts),
        (
            Text(voice.markdown("invitation.lead", **facts)),
            Fields(
                (
                    (voice.text("draft.pack"), pack.title(voice.language)),
                    (voice.text("draft.goal"), cycle.goal),
                    (
                        voice.text("draft.days"),
                        voice.text(
                            "draft.from-to", first=voice.day(cycle.starts_on), last=voice.day(last_day)
                        ),
                    ),
                )
            ),
            Text(voice.markdown("invitation.who-reads", floor=FLOOR)),
            *row(
                (
                    runs(voice, "button.join", CommandName.JOIN, primary=True),
                    runs(voice, "button.not-now", CommandName.DECLINE),
                )
            ),
            Text(voice.markdown("invitation.foot"), small=True),
        ),
    )


def joined(voice: Voice, cycle: Cycle) -> Message:
    """Welcome, and the one thing that helps the match."""
    return plain(
        voice, "joined.done", opens(voice, "button.profile", FormName.PROFILE, primary=True),
        opens(voice, "button.times", FormName.TIMES), cycle=cycle.name,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where a cycle stands, for its coordinators: states, never words."""

    enrolled: Mapping[EnrolmentState, int]
    pairings: int
    waiting: int
    """Check-ins open and not answered yet."""
    answered: int
    undelivered: Sequence[tuple[str, int]]
    """Reason and how many."""


def coordinator_status(voice: Voice, cycle: Cycle, pack: Pack, state: State) -> Message:
    """Counts and the next step."""
    fields = [
        (voice.text("status.state"), voice.text(f"state.{cycle.state}")),
        (voice.text("draft.pack"), pack.title(voice.language)),
        (voice.text("status.joined"), _enrolled(voice, state.enrolled)),
    ]
    if state.pairings:
        fields.append((voice.text("status.pairings"), str(state.pairings)))
        fields.append(
            (
                voice.text("status.check-ins"),
                voice.text("status.answered-waiting", answered=state.answered, waiting=state.waiting),
            )
        )
    if state.undelivered:
        reasons = voice.listing(
            [f"{label(voice, 'reason', reason)} ({count})" for reason, count in state.undelivered]
        )
        fields.append((voice.text("status.undelivered"), reasons))
    return Message(
        voice.text("status.summary", cycle=cycle.name),
        (
            Text(voice.markdown("status.lead", cycle=cycle.name)),
            Fields(tuple(fields)),
            Text(voice.markdown(f"next.{cycle.state}")),
            *_next(voice, cycle.state),
        ),
    )


def _enrolled(voice: Voice, enrolled: Mapping[EnrolmentState, int]) -> str:
    return voice.listing(
        [
            voice.text(f"enrolled.{state}", n=enrolled[state])
            for state in EnrolmentState
            if enrolled.get(state)
        ]
    )


def _next(voice: Voice, state: CycleState) -> tuple[Element, ...]:
    match state:
        case CycleState.INVITING:
            return row((runs(voice, "button.preview", CommandName.PREVIEW, primary=True),))
        case CycleState.MATCHED:
            return row(
                (
                    runs(voice, "button.confirm", CommandName.CONFIRM, primary=True),
                    runs(voice, "button.preview", CommandName.PREVIEW),
                )
            )
        case CycleState.RUNNING:
            return row(
                (
                    runs(voice, "button.pairs", CommandName.PAIRS),
                    runs(voice, "button.ledger", CommandName.LEDGER),
                )
            )
        case CycleState.PAUSED:
            return row((runs(voice, "button.go-on", CommandName.GO_ON, primary=True),))
        case CycleState.DRAFT | CycleState.CLOSED:
            return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceInCycle:
    """Where one member is in a cycle."""

    enrolment: EnrolmentState | None
    partners: Sequence[str]
    """Names with schools."""
    given_names: Sequence[str]
    pairing_id: int | None
    open_titles: Sequence[tuple[int, str, datetime]]
    """Check-in, its title and when it closes, in this person's own time."""
    next_ask: datetime | None
    paused_until: date | None


def place(voice: Voice, cycle: Cycle, place: PlaceInCycle, today: date) -> Message:
    """A member's own status: partner, what is open, what comes next."""
    if place.enrolment is not EnrolmentState.ACCEPTED:
        key = f"place.{place.enrolment or 'outside'}"
        may_join = place.enrolment is not None and cycle.state is not CycleState.CLOSED
        join = (runs(voice, "button.join", CommandName.JOIN, primary=True),) if may_join else ()
        return plain(voice, key, *join, cycle=cycle.name)
    fields = [
        (
            voice.text("place.partner"),
            voice.listing(list(place.partners)) if place.partners else voice.text("place.no-partner"),
        )
    ]
    for _, title, closes in place.open_titles:
        fields.append(
            (
                voice.text("place.open"),
                voice.text("place.until", title=title, until=voice.until(closes, today)),
            )
        )
    if place.paused_until:
        fields.append((voice.text("place.paused"), voice.day(place.paused_until)))
    elif place.next_ask:
        fields.append((voice.text("place.next"), voice.day(place.next_ask.date())))
    buttons = [
        opens(voice, "button.answer", FormName.CHECK_IN, check_in_id, primary=True)
        for check_in_id, _, _ in place.open_titles[:1]
    ]
    if place.pairing_id:
        buttons.append(
            opens(
                voice,
                "button.tell",
                FormName.TELL,
                place.pairing_id,
                partner=voice.listing(list(place.given_names)),
            )
        )
    return Message(
        voice.text("place.summary", cycle=cycle.name),
        (
            Text(voice.markdown("place.lead", cycle=cycle.name)),
            Fields(tuple(fields)),
            *row(buttons),
            Text(voice.markdown("place.foot"), small=True),
        ),
    )


def really_close(voice: Voice, cycle: Cycle) -> Message:
    """Asked once."""
    return plain(
        voice,
        "close.really",
        runs(voice, "button.close", CommandName.CLOSE, "yes"),
        runs(voice, "button.status", CommandName.STATUS),
        cycle=cycle.name,
    )


def end(voice: Voice, cycle: Cycle) -> Message:
    """To coordinators: the days are over."""
    return plain(
        voice,
        "end.done",
        runs(voice, "button.close", CommandName.CLOSE, "yes", primary=True),
        cycle=cycle.name,
    )


def closed(voice: Voice, cycle: Cycle, given_names: Sequence[str]) -> Message:
    """Thanks to everybody who took part."""
    facts = {"cycle": cycle.name}
    thanks = (
        (Text(voice.markdown("closed.partner", partner=voice.listing(list(given_names)))),)
        if given_names
        else ()
    )
    return Message(
        voice.text("closed.summary", **facts), (Text(voice.markdown("closed.lead", **facts)), *thanks)
    )


def ledger(voice: Voice, deliveries: Sequence[Delivery], stuck: Sequence[tuple[Delivery, str]]) -> Message:
    """States and reasons, never words. `stuck`: what did not arrive, with the name of the person."""
    counts = Counter(each.state for each in deliveries)
    fields = [
        (voice.text(f"delivery.{state}"), str(counts[state])) for state in DeliveryState if counts[state]
    ]
    if twice := sum(each.perhaps_twice for each in deliveries):
        fields.append((voice.text("ledger.perhaps-twice"), str(twice)))
    lines = "\n".join(
        "- "
        + voice.markdown(
            "ledger.line",
            name=name,
            kind=voice.text(f"kind.{each.kind}"),
            reason=label(voice, "reason", each.reason),
        )
        for each, name in stuck
    )
    return Message(
        voice.text("ledger.summary"),
        (
            Text(voice.markdown("ledger.lead")),
            *((Fields(tuple(fields)),) if fields else (Text(voice.markdown("ledger.empty")),)),
            *((Text(lines),) if lines else ()),
            Text(voice.markdown("ledger.foot"), small=True),
        ),
    )
