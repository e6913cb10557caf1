"""Finding the messages that brought a member's words to others, by the table of the kinds of deliveries."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from bot.model import CARRIES_WORDS, KINDS, Cycle, Share, WordsOf
from bot.ports import Tx
from bot.use_cases import digests


async def refresh_words_of(tx: Tx, cycle: Cycle, member_id: int, now: datetime) -> None:
    """Update every message in which others have received this member's words in a cycle."""
    for kind in sorted(CARRIES_WORDS):
        for subject_id in await _find_subjects(tx, cycle, KINDS[kind].words, member_id):
            await tx.deliveries.refresh(kind, subject_id, now)


async def _find_subjects(tx: Tx, cycle: Cycle, words: WordsOf, member_id: int) -> Collection[int]:
    """Return the subjects of the deliveries that bring words of this member, who stands in that relation to them."""
    match words:
        case WordsOf.NOBODY:
            return ()
        case WordsOf.OWNER:
            return [each.id for each in await tx.check_ins.of_member(cycle.id, member_id)]
        case WordsOf.STEP:
            given = await tx.check_ins.answers_of(cycle.id, member_id)
            steps = {step for step, said in given.items() if any(each.share is Share.POOL for each in said)}
            return [each.id for each in await tx.check_ins.of_cycle(cycle.id) if each.step in steps]
        case WordsOf.GIVER:
            return await _find_received(tx, cycle, member_id)
        case WordsOf.RECEIVER:
            received = await tx.challenges.of_cycle(cycle.id)
            return [each.id for each in received if each.receiver_id == member_id]
        case WordsOf.AUTHOR:
            return [note.id for note in await tx.notes.by(member_id)]
        case WordsOf.CONSENTING:
            answers = await tx.check_ins.answers_of(cycle.id, member_id)
            return await digests.read_quoting_schools(tx, cycle, answers)


async def _find_received(tx: Tx, cycle: Cycle, giver_id: int) -> list[int]:
    """Return the check-ins whose owners received a challenge of this giver."""
    check_ins = {each.id: each for each in await tx.check_ins.of_cycle(cycle.id)}
    given = [
        (each.receiver_id, check_ins[each.check_in_id].step)
        for each in await tx.challenges.of_cycle(cycle.id)
        if each.giver_id == giver_id and each.check_in_id in check_ins
    ]
    return [each.id for each in check_ins.values() if (each.member_id, each.step) in given]
