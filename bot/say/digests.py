"""The principals' weekly digest: figures in bands, one thing to do, and no names."""

from __future__ import annotations

from collections.abc import Sequence

from bot.message import Chart, Heading, Image, Message, Quote, Text, Week
from bot.model import School
from bot.prompts import Voice
from bot.rules.figures import Figures, PastWeek
from bot.rules.privacy import FLOOR, Band


def weekly_digest(
    voice: Voice,
    school: School,
    figures: Figures,
    weeks: Sequence[PastWeek],
    *,
    to_do: str,
    story: str,
) -> Message:
    """Return the digest of one school for one week: figures, a chart, and one thing to do."""
    finding = _finding(voice, figures)
    lines = [voice.markdown("digest.all", band=_within(voice, figures.all), n=figures.everyone)]
    if figures.ours is not None and figures.people is not None:
        lines.insert(
            0,
            voice.markdown(
                "digest.ours", band=_band(voice, figures.ours), n=figures.people, school=school.name
            ),
        )
    elsewhere = [voice.markdown("digest.linked", linked=figures.schools_linked, n=figures.schools)]
    if figures.tied_with is not None:
        elsewhere.append(voice.markdown("digest.tied", n=figures.tied_with, school=school.name))
    return Message(
        voice.text("digest.summary", school=school.name, finding=finding),
        (
            Heading(voice.text("digest.title", school=school.name)),
            Text(" ".join(lines)),
            Image(_chart(voice, school, figures, weeks, finding), _alt(voice, weeks)),
            Text(" ".join(elsewhere)),
            *((Quote(story, voice.text("digest.story")),) if story else ()),
            *((Text(f"{voice.markdown('digest.to-do')} {to_do}"),) if to_do else ()),
            Text(
                voice.markdown(
                    "digest.foot" if figures.ours is not None else "digest.foot-small", floor=FLOOR
                ),
                small=True,
            ),
        ),
    )


def _finding(voice: Voice, figures: Figures) -> str:
    return voice.text("digest.finding", band=_band(voice, figures.ours or figures.all))


def _band(voice: Voice, band: Band) -> str:
    return voice.text(f"band.{band.key}")


def _within(voice: Voice, band: Band) -> str:
    """Return the name of a band as it stands within a sentence."""
    return voice.text(f"band-within.{band.key}")


def _chart(voice: Voice, school: School, figures: Figures, weeks: Sequence[PastWeek], finding: str) -> Chart:
    return Chart(
        title=finding,
        subtitle=voice.text("digest.chart-ours", school=school.name)
        if figures.ours is not None
        else voice.text("digest.chart-all"),
        levels=_levels(voice),
        weeks=tuple(
            Week(
                monday=each.week,
                label=voice.day_and_month(each.week),
                ours=each.ours.value if each.ours else None,
                everyone=each.all.value if each.all else None,
                is_gap=each.is_gap,
            )
            for each in weeks
        ),
        gap=voice.text("digest.gap"),
        footer=voice.text("digest.chart-foot"),
    )


def _levels(voice: Voice) -> tuple[str, str, str, str]:
    some, half, most, nearly_all = (voice.text(f"band.{band.key}") for band in Band)
    return some, half, most, nearly_all


def _alt(voice: Voice, weeks: Sequence[PastWeek]) -> str:
    """Return the facts of the chart as text."""
    parts = []
    for each in weeks:
        day = voice.day_and_month(each.week)
        if each.all is None:
            parts.append(voice.text("digest.alt-gap", day=day))
        elif each.ours is None:
            parts.append(voice.text("digest.alt-all", day=day, band=_within(voice, each.all)))
        else:
            parts.append(
                voice.text(
                    "digest.alt-week", day=day, ours=_within(voice, each.ours), all=_within(voice, each.all)
                )
            )
    return voice.text("digest.alt", weeks="; ".join(parts))
