"""Messages about a cycle: its draft, invitation, status and end."""

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
from bot.rules.figures import Figures
from bot.rules.privacy import FLOOR
from bot.say.basics import label, opens, plain, question, row, runs


def start_form(voice: Voice, packs: Sequence[Pack], values: Mapping[str, str]) -> Form:
    """Return the form that sets up a cycle: pack, first day and goal."""
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
class DraftPlan:
    """The size and the days of a cycle that is a draft."""

    teachers: int
    schools: int
    first_day: date
    last_day: date
    stretched_by: tuple[str, str] | None
    """Two schools whose calendars stretch the cycle beyond what its teaching days need, if any."""


def draft(voice: Voice, cycle: Cycle, pack: Pack, plan: DraftPlan) -> Message:
    """Show a coordinator the draft of a cycle, before anybody is invited."""
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
        (Text(voice.markdown("draft.stretched", a=plan.stretched_by[0], b=plan.stretched_by[1])),)
        if plan.stretched_by
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
    """Invite a teacher: what the cycle is, who reads their answers, and buttons to join or decline."""
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
    """Welcome a member who joined, and ask for the profile that the pairing needs."""
    return plain(
        voice, "joined.done", opens(voice, "button.profile", FormName.PROFILE, primary=True),
        opens(voice, "button.times", FormName.TIMES), cycle=cycle.name,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleNumbers:
    """A cycle in numbers, for its coordinators; it holds no text that a member wrote."""

    enrolled: Mapping[EnrolmentState, int]
    pairings: int
    newest: Figures | None
    """The figures of the newest digest: a count of this moment would tell more than all digests together."""
    undelivered: Sequence[tuple[str, int]]
    """Reasons why messages were not delivered, with their counts."""
    resting: Sequence[str] = ()
    """The schools whose workspace takes nothing for a time."""


def coordinator_status(voice: Voice, cycle: Cycle, pack: Pack, numbers: CycleNumbers) -> Message:
    """Show a coordinator the numbers of a cycle and the next step."""
    fields = [
        (voice.text("status.state"), voice.text(f"state.{cycle.state}")),
        (voice.text("draft.pack"), pack.title(voice.language)),
        (voice.text("status.joined"), _enrolled(voice, numbers.enrolled)),
    ]
    if numbers.pairings:
        fields.append((voice.text("status.pairings"), str(numbers.pairings)))
        fields.append((voice.text("status.check-ins"), _replies(voice, numbers.newest)))
    if numbers.undelivered:
        reasons = voice.listing(
            [f"{label(voice, 'reason', reason)} ({count})" for reason, count in numbers.undelivered]
        )
        fields.append((voice.text("status.undelivered"), reasons))
    if numbers.resting:
        fields.append(
            (voice.text("status.resting"), voice.text("status.rests", schools=voice.listing(numbers.resting)))
        )
    return Message(
        voice.text("status.summary", cycle=cycle.name),
        (
            Text(voice.markdown("status.lead", cycle=cycle.name)),
            Fields(tuple(fields)),
            Text(voice.markdown(f"next.{cycle.state}")),
            *_next_buttons(voice, cycle.state),
        ),
    )


def _replies(voice: Voice, newest: Figures | None) -> str:
    """Return how many replied in the week of the newest digest, as a band."""
    if newest is None:
        return voice.text("status.no-figures")
    week = voice.day_and_month(newest.week)
    return voice.text("status.replies", band=voice.text(f"band-within.{newest.all.key}"), week=week)


def _enrolled(voice: Voice, enrolled: Mapping[EnrolmentState, int]) -> str:
    return voice.listing(
        [
            voice.text(f"enrolled.{state}", n=enrolled[state])
            for state in EnrolmentState
            if enrolled.get(state)
        ]
    )


def _next_buttons(voice: Voice, state: CycleState) -> tuple[Element, ...]:
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
class MemberStatus:
    """The status of one member in a cycle."""

    enrolment: EnrolmentState | None
    partners: Sequence[str]
    """Full names with schools."""
    given_names: Sequence[str]
    pairing_id: int | None
    open_titles: Sequence[tuple[int, str, datetime]]
    """Id, title and closing time of each open check-in, in the member's own time."""
    next_ask: datetime | None
    paused_until: date | None


def member_status(voice: Voice, cycle: Cycle, status: MemberStatus, today: date) -> Message:
    """Show a member their partner, their open check-ins and what comes next."""
    if status.enrolment is not EnrolmentState.ACCEPTED:
        key = f"place.{status.enrolment or 'outside'}"
        may_join = status.enrolment is not None and cycle.state is not CycleState.CLOSED
        join = (runs(voice, "button.join", CommandName.JOIN, primary=True),) if may_join else ()
        return plain(voice, key, *join, cycle=cycle.name)
    fields = [
        (
            voice.text("place.partner"),
            voice.listing(list(status.partners)) if status.partners else voice.text("place.no-partner"),
        )
    ]
    for _, title, closes in status.open_titles:
        fields.append(
            (
                voice.text("place.open"),
                voice.text("place.until", title=title, until=voice.until(closes, today)),
            )
        )
    if status.paused_until:
        fields.append((voice.text("place.paused"), voice.day(status.paused_until)))
    elif status.next_ask:
        fields.append((voice.text("place.next"), voice.day(status.next_ask.date())))
    buttons = [
        opens(voice, "button.answer", FormName.CHECK_IN, check_in_id, primary=True)
        for check_in_id, _, _ in status.open_titles[:1]
    ]
    if status.pairing_id:
        buttons.append(
            opens(
                voice,
                "button.tell",
                FormName.TELL,
                status.pairing_id,
                partner=voice.listing(list(status.given_names)),
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
    """Ask a coordinator to confirm that the cycle is to be closed."""
    return plain(
        voice,
        "close.really",
        runs(voice, "button.close", CommandName.CLOSE, "yes"),
        runs(voice, "button.status", CommandName.STATUS),
        cycle=cycle.name,
    )


def end(voice: Voice, cycle: Cycle) -> Message:
    """Tell a coordinator that the last day is over, with a button to close the cycle."""
    return plain(
        voice,
        "end.done",
        runs(voice, "button.close", CommandName.CLOSE, "yes", primary=True),
        cycle=cycle.name,
    )


def closed(voice: Voice, cycle: Cycle, given_names: Sequence[str]) -> Message:
    """Thank a member who took part, at the end of the cycle."""
    facts = {"cycle": cycle.name}
    thanks = (
        (Text(voice.markdown("closed.partner", partner=voice.listing(list(given_names)))),)
        if given_names
        else ()
    )
    return Message(
        voice.text("closed.summary", **facts), (Text(voice.markdown("closed.lead", **facts)), *thanks)
    )


def ledger(voice: Voice, deliveries: Sequence[Delivery], stuck: Sequence[tuple[str, str, str]]) -> Message:
    """Show a coordinator the ledger without message texts.

    `stuck` are undelivered messages: a name, the kind (empty: not told), and the reason.
    """
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
            kind=voice.text(f"kind.{kind or 'other'}"),
            reason=label(voice, "reason", reason),
        )
        for name, kind, reason in stuck
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
