"""Messages about pairings: the preview with its reasons, the introduction, the overview."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from bot.message import Element, Fields, Message, Text
from bot.model import CommandName, Cycle, FormName, Member, Pairing, Profile, Reason, School
from bot.prompts import Voice
from bot.rules.privacy import PairingTold
from bot.say.basics import label, labels, opens, plain, row, runs


@dataclass(frozen=True, slots=True)
class PairingWithMembers:
    """A pairing with its members and their schools."""

    pairing: Pairing
    members: Mapping[int, Member]
    schools: Mapping[int, School]

    @property
    def names_and_schools(self) -> str:
        """Names and schools as one text, in which coordinators search."""
        return " ".join(
            f"{self.members[seat.member_id].name} {self.schools[seat.school_id].name}"
            for seat in self.pairing.seats
        )

    def names(self, voice: Voice, *, without: int | None = None) -> str:
        """Return a phrase such as `Elin Pugh (Ysgol Bryn Derw) and Tama Rewi (Te Awa School)`."""
        return voice.listing(
            [
                voice.text(
                    "person.at",
                    name=self.members[seat.member_id].name,
                    school=self.schools[seat.school_id].name,
                )
                for seat in self.pairing.seats
                if seat.member_id != without
            ]
        )

    def reasons(self, voice: Voice, reader: int | None = None) -> str:
        """Return the reasons of the pairing in one line; `reader` is the id of a member who is addressed as “you”."""
        return reasons_why(
            voice,
            self.pairing.reasons,
            len(self.pairing.seats),
            {each: member.given_name for each, member in self.members.items()},
            {each: school.name for each, school in self.schools.items()},
            reader,
        )


def reasons_why(
    voice: Voice,
    reasons: Sequence[Reason],
    heads: int,
    names: Mapping[int, str],
    schools: Mapping[int, str],
    reader: int | None = None,
) -> str:
    """Return the reasons in one line; `heads` counts the people, `reader` is the id of one addressed as “you”."""
    return "; ".join(_reason(voice, reason, heads, names, schools, reader) for reason in reasons)


def _reason(
    voice: Voice,
    reason: Reason,
    heads: int,
    names: Mapping[int, str],
    schools: Mapping[int, str],
    reader: int | None,
) -> str:
    if reason.key == "offer":
        facts = dict(reason.facts)
        practice = label(voice, "practice", facts["practice"])
        giver, taker = int(facts["giver"]), int(facts["taker"])
        key = (
            "reason-why.offer-you-give"
            if giver == reader
            else "reason-why.offer-you-take"
            if taker == reader
            else "reason-why.offer"
        )
        return voice.text(key, giver=names.get(giver, ""), taker=names.get(taker, ""), practice=practice)
    spoken = {
        name: schools[int(fact)] if name in ("school_a", "school_b") else label(voice, name, fact)
        for name, fact in reason.facts
    }
    return voice.text(f"reason-why.{reason.key}", n=heads, **spoken)


def preview(
    voice: Voice,
    proposed: Sequence[PairingWithMembers],
    left_out: Sequence[tuple[str, str]],
    *,
    silent: int,
    repeats: int,
    gap: Fraction | None,
) -> Message:
    """Show the proposed pairings with their reasons, who is left out and why, and a button to confirm.

    `silent` counts invited members who have not answered. `gap` is how much better another arrangement could be at
    most, as a fraction; None if that is not known.
    """
    elements: list[Element] = [Text(voice.markdown("preview.lead", n=len(proposed)))]
    lines = [
        voice.markdown(
            "preview.line", number=each.pairing.number, people=each.names(voice), reasons=each.reasons(voice)
        )
        for each in proposed
    ]
    elements += [Text("\n\n".join(lines[start : start + 5])) for start in range(0, len(lines), 5)]
    if left_out:
        elements.append(Text(voice.markdown("preview.left-out", n=len(left_out))))
        elements.append(
            Text(
                "\n".join(
                    "- "
                    + voice.markdown(
                        "preview.left-out-line", name=name, reason=label(voice, "left-out", reason)
                    )
                    for name, reason in left_out
                )
            )
        )
    if repeats:
        elements.append(Text(voice.markdown("preview.repeats", n=repeats)))
    if gap is not None:
        elements.append(Text(proof(voice, gap, voice.markdown)))
    if silent:
        elements.append(Text(voice.markdown("preview.silent", n=silent)))
    elements += row((runs(voice, "button.confirm", CommandName.CONFIRM, primary=True),))
    elements.append(Text(voice.markdown("preview.foot"), small=True))
    return Message(voice.text("preview.summary", n=len(proposed)), tuple(elements))


def proof(voice: Voice, gap: Fraction, say: Callable[..., str]) -> str:
    """Return a sentence on how good the arrangement is; `say` is `voice.text` or `voice.markdown`."""
    if not gap:
        return say("preview.best")
    return say("preview.nearly-best", percent=voice.tenths(-(-1_000 * gap.numerator // gap.denominator)))


def confirmed(voice: Voice, pairings: int, starts_on: date) -> Message:
    """Confirm to a coordinator that the pairings are made."""
    return plain(
        voice,
        "confirmed.done",
        runs(voice, "button.pairs", CommandName.PAIRS),
        n=pairings,
        day=voice.day(starts_on),
    )


def introduction(
    voice: Voice,
    group: PairingWithMembers,
    reader: Member,
    profiles: Mapping[int, Profile],
    *,
    changed: bool,
    may_ask_for_another: bool,
    may_gather: bool,
) -> Message:
    """Introduce a member to their partners: names, schools and reasons, and perhaps a button to ask for another."""
    partners = [group.members[each] for each in group.pairing.partners_of(reader.id)]
    given = voice.listing([each.given_name for each in partners])
    people = group.names(voice, without=reader.id)
    fields = []
    for partner in partners:
        profile = profiles[partner.id]
        known = [
            *(
                (voice.text("match.subjects", subjects=labels(voice, "subject", profile.subjects)),)
                if profile.subjects
                else ()
            ),
            *(
                (voice.text("match.offers", offers=labels(voice, "practice", profile.offers)),)
                if profile.offers
                else ()
            ),
            *(
                (voice.text("match.slots", slots=labels(voice, "slot", profile.slots)),)
                if profile.slots
                else ()
            ),
        ]
        if known:
            fields.append((partner.given_name, "; ".join(known)))
    buttons = [opens(voice, "button.tell", FormName.TELL, group.pairing.id, primary=True, partner=given)]
    if may_gather:
        buttons.append(runs(voice, "button.together", CommandName.TOGETHER))
    if may_ask_for_another:
        buttons.append(runs(voice, "button.another", CommandName.ANOTHER, group.pairing.id))
    lead = "match.changed" if changed else "match.lead"
    return Message(
        voice.text("match.summary", people=people),
        (
            Text(voice.markdown(lead, people=people)),
            Text(voice.markdown("match.why", reasons=group.reasons(voice, reader.id))),
            *((Fields(tuple(fields)),) if fields else ()),
            *row(buttons),
            Text(voice.markdown("match.foot" if may_ask_for_another else "match.foot-asked"), small=True),
        ),
    )


def alone(voice: Voice, cycle: Cycle, *, has_moved: bool) -> Message:
    """Tell a member kindly that no partner could be found, or that there will be none at their new school."""
    if has_moved:
        return plain(voice, "alone.moved", cycle=cycle.name)
    return plain(voice, "alone.lead", opens(voice, "button.profile", FormName.PROFILE), cycle=cycle.name)


def overview(
    voice: Voice, cycle: Cycle, rows: Sequence[tuple[PairingWithMembers, PairingTold | None]]
) -> Message:
    """Show a coordinator the pairings; a row is a pairing and what may be told of it, or None."""
    if not rows:
        return plain(voice, "pairs.none")
    lines = []
    for group, told in rows:
        facts: dict[str, str | int] = {"number": group.pairing.number, "people": group.names(voice)}
        if told is None:
            lines.append(voice.markdown("pairs.own-line", **facts))
        else:
            lines.append(voice.markdown("pairs.line", **facts, state=_state(voice, told)))
    texts = [Text("\n\n".join(lines[start : start + 5])) for start in range(0, len(lines), 5)]
    return Message(
        voice.text("pairs.summary", n=len(rows)),
        (
            Text(voice.markdown("pairs.lead", cycle=cycle.name, n=len(rows))),
            *texts,
            Text(voice.markdown("pairs.foot"), small=True),
        ),
    )


def _state(voice: Voice, told: PairingTold) -> str:
    if told.stage:
        return voice.text("pairs.exchanged-in", stage=label(voice, "stage", told.stage))
    return voice.text(f"pairs.{told.exchange}")


def swapped(voice: Voice, a: Member, b: Member) -> Message:
    """Confirm that two members changed places."""
    return plain(voice, "swapped.done", a=a.given_name, b=b.given_name)


def blocked(voice: Voice, a: Member, b: Member) -> Message:
    """Confirm that two members will not be paired."""
    return plain(voice, "blocked.done", a=a.given_name, b=b.given_name)


def nudged(voice: Voice, number: int) -> Message:
    """Confirm that whoever of a pairing has something open will be reminded."""
    return plain(voice, "nudged.done", number=number)
