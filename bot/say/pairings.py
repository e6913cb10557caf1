"""What we say about pairings: the preview with its reasons, the introduction, the overview."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from bot.message import Element, Fields, Message, Text
from bot.model import CommandName, Cycle, FormName, Member, Pairing, Profile, Reason, School
from bot.prompts import Voice
from bot.say.basics import label, labels, opens, plain, row, runs


@dataclass(frozen=True, slots=True)
class Shown:
    """A pairing with the people and schools in it."""

    pairing: Pairing
    members: Mapping[int, Member]
    schools: Mapping[int, School]

    @property
    def people(self) -> str:
        """Names with schools, as searched by coordinators."""
        return " ".join(
            f"{self.members[seat.member_id].name} {self.schools[seat.school_id].name}"
            for seat in self.pairing.seats
        )

    def named(self, voice: Voice, *, without: int | None = None) -> str:
        """`Elin Pugh (Ysgol Bryn Derw) and Tama Rewi (Te Awa School)`."""
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
        """Why they were matched, in one line; spoken to the reader where it is one of them."""
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
    """Why so many people were matched, in one line; spoken to the reader where it is one of them."""
    return "; ".join(_reason(voice, reason, heads, names, schools, reader) for reason in reasons)


def _reason(
    voice: Voice,
    reason: Reason,
    heads: int,
    names: Mapping[int, str],
    schools: Mapping[int, str],
    reader: int | None,
) -> str:
    facts = dict(reason.facts)
    practice = label(voice, "practice", facts.get("practice", ""))
    if reason.key == "offer":
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
        "practice": practice,
        "subject": label(voice, "subject", facts.get("subject", "")),
        "phase": label(voice, "phase", facts.get("phase", "")),
        "slot": label(voice, "slot", facts.get("slot", "")),
        "school_a": schools[int(facts["school_a"])] if "school_a" in facts else "",
        "school_b": schools[int(facts["school_b"])] if "school_b" in facts else "",
    }
    return voice.text(f"reason-why.{reason.key}", n=heads, **spoken)


def preview(
    voice: Voice,
    shown: Sequence[Shown],
    left_out: Sequence[tuple[str, str]],
    *,
    silent: int,
    repeats: int,
    gap: Fraction | None,
) -> Message:
    """Each pairing with its one-line reason, who is left out and why, how good it is, and the way on.

    `gap` is how much better any other arrangement could be at most; None: nothing is known of that.
    """
    elements: list[Element] = [Text(voice.markdown("preview.lead", n=len(shown)))]
    lines = [
        voice.markdown(
            "preview.line", number=each.pairing.number, people=each.named(voice), reasons=each.reasons(voice)
        )
        for each in shown
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
    return Message(voice.text("preview.summary", n=len(shown)), tuple(elements))


def proof(voice: Voice, gap: Fraction, say: Callable[..., str]) -> str:
    """How good the arrangement is, in plain words: tenths of a percent, rounded up."""
    if not gap:
        return say("preview.best")
    return say("preview.nearly-best", percent=voice.tenths(-(-1_000 * gap.numerator // gap.denominator)))


def confirmed(voice: Voice, pairings: int, starts_on: date) -> Message:
    """It is real now."""
    return plain(
        voice,
        "confirmed.done",
        runs(voice, "button.pairs", CommandName.PAIRS),
        n=pairings,
        day=voice.day(starts_on),
    )


def introduction(
    voice: Voice,
    shown: Shown,
    reader: Member,
    profiles: Mapping[int, Profile],
    *,
    changed: bool,
    may_ask_for_another: bool,
    may_gather: bool,
) -> Message:
    """Meet your partner: who, where, why you two; and the way to ask for another, unseen."""
    partners = [shown.members[each] for each in shown.pairing.partners_of(reader.id)]
    given = voice.listing([each.given_name for each in partners])
    named = shown.named(voice, without=reader.id)
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
    buttons = [opens(voice, "button.tell", FormName.TELL, shown.pairing.id, primary=True, partner=given)]
    if may_gather:
        buttons.append(runs(voice, "button.together", CommandName.TOGETHER))
    if may_ask_for_another:
        buttons.append(runs(voice, "button.another", CommandName.ANOTHER, shown.pairing.id))
    lead = "match.changed" if changed else "match.lead"
    return Message(
        voice.text("match.summary", people=named),
        (
            Text(voice.markdown(lead, people=named)),
            Text(voice.markdown("match.why", reasons=shown.reasons(voice, reader.id))),
            *((Fields(tuple(fields)),) if fields else ()),
            *row(buttons),
            Text(voice.markdown("match.foot" if may_ask_for_another else "match.foot-asked"), small=True),
        ),
    )


def alone(voice: Voice, cycle: Cycle) -> Message:
    """Nobody could be found, said kindly."""
    return plain(voice, "alone.lead", opens(voice, "button.profile", FormName.PROFILE), cycle=cycle.name)


def overview(voice: Voice, cycle: Cycle, rows: Sequence[tuple[Shown, str, int]]) -> Message:
    """The pairings and where they stand."""
    if not rows:
        return plain(voice, "pairs.none")
    lines = []
    for shown, stage, waiting in rows:
        state = label(voice, "stage", stage) if stage else voice.text("pairs.not-begun")
        lines.append(
            voice.markdown(
                "pairs.line",
                number=shown.pairing.number,
                people=shown.named(voice),
                stage=state,
                open=voice.text("pairs.open", n=waiting),
            )
        )
    texts = [Text("\n\n".join(lines[start : start + 5])) for start in range(0, len(lines), 5)]
    return Message(
        voice.text("pairs.summary", n=len(rows)),
        (
            Text(voice.markdown("pairs.lead", cycle=cycle.name, n=len(rows))),
            *texts,
            Text(voice.markdown("pairs.foot"), small=True),
        ),
    )


def swapped(voice: Voice, a: Member, b: Member) -> Message:
    """Done, and told."""
    return plain(voice, "swapped.done", a=a.given_name, b=b.given_name)


def blocked(voice: Voice, a: Member, b: Member) -> Message:
    """Done, and nobody is told."""
    return plain(voice, "blocked.done", a=a.given_name, b=b.given_name)


def nudged(voice: Voice, number: int, count: int) -> Message:
    """How many will get a friendly word."""
    return plain(voice, "nudged.done", number=number, n=count)
