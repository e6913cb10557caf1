"""From an event to its use case: one match over the kinds of events, one over the commands, one over the forms."""

from __future__ import annotations

from bot.conversation import commands
from bot.conversation.senders import PlatformFactNeeded, PlatformFacts
from bot.errors import UserError
from bot.events import (
    Command,
    Deleted,
    Edited,
    Event,
    Installed,
    Joined,
    Left,
    Opened,
    Removed,
    Said,
    Submitted,
)
from bot.message import Message, Reply
from bot.model import CommandName, FormName, Member, Role
from bot.pairing import PairingTask
from bot.prompts import Prompts, Voice
from bot.rules.commands import KnownNames, listed_for
from bot.say import basics
from bot.say import commands as say_commands
from bot.say import sent_files as say_sent_files
from bot.say.typed import FORM
from bot.use_cases import (
    accounts,
    amendments,
    careful_forms,
    challenges,
    check_ins,
    coordinators,
    cycles,
    digests,
    edits,
    enrolments,
    home,
    introductions,
    late_changes,
    members,
    notes,
    pairings,
    personal_data,
    safeguarding,
    sent_files,
    status,
    tells,
    typed,
    withdrawals,
    workspaces,
)
from bot.use_cases.request import Request


async def dispatch(
    request: Request, prompts: Prompts, event: Event, facts: PlatformFacts
) -> Reply | PairingTask | None:
    """Call the use case of a member's event. A `PairingTask` is for the engine, which runs outside transactions."""
    tx, member, now = request.tx, request.member, request.now
    match event.what:
        case Command(line):
            return await _run_command(request, prompts, line, facts)
        case Said():
            return await _answer_said(request, prompts, event.what, facts)
        case Edited(text, message):
            found = await edits.withdraw(request, message)
            if found is True and text.strip():  # what stands there now is read as if it were typed anew
                return await _answer_text(request, prompts, text, facts)
            return found if isinstance(found, Message) else None
        case Deleted(message):
            return await edits.delete(request, message)
        case Opened(form, context):
            return await _open_form(request, prompts, form, context)
        case Submitted():
            if help_now := await safeguarding.answer_worry_in_form(request, prompts, event.what):
                return help_now
            return await _submit_carefully(request, prompts, event.what)
        case Joined():
            await tx.members.connect(event.sender, member.id, now)
            await tx.deliveries.make_due(member.id, now)
            return say_commands.help_for(request.voice, listed_for(member), greeting=member.given_name)
        case Left():
            await tx.members.disconnect(event.sender, now)
            return None
        case Installed() | Removed():
            return None  # these concern a workspace, and were answered before


async def _answer_said(
    request: Request, prompts: Prompts, said: Said, facts: PlatformFacts
) -> Reply | PairingTask:
    """Answer a typed text and the files that came with it: a coordinator's may be a roster or a calendar."""
    if not said.files:
        return await _answer_text(request, prompts, said.text, facts)
    if readable := sent_files.find_readable(request, said):
        if help_now := await safeguarding.answer_worry(request, prompts, said.text):
            return help_now
        shown = await sent_files.take(request, readable, facts.file)
        return say_sent_files.with_unread_text(request.voice, shown, said.text)
    kind = said.files[0].kind
    if said.text.strip():
        reply = await _answer_text(request, prompts, said.text, facts)
        return say_sent_files.with_not_taken(request.voice, reply, kind)
    is_coordinator = request.member.has(Role.COORDINATOR)
    return say_sent_files.not_taken(request.voice, kind, is_coordinator=is_coordinator)


async def _answer_text(
    request: Request, prompts: Prompts, text: str, facts: PlatformFacts
) -> Reply | PairingTask:
    if not text.strip():
        return basics.plain(request.voice, "said.nothing")
    if await _is_command(request, prompts, text):
        return await _run_command(request, prompts, text, facts)
    return await typed.answer(request, prompts, text)


async def _is_command(request: Request, prompts: Prompts, text: str) -> bool:
    is_tell = commands.parse(text).name is CommandName.TELL
    names = KnownNames(
        partners=await notes.read_partner_names(request) if is_tell else (),
        is_asked=not is_tell or await check_ins.is_asked(request),
        languages=members.language_names(_voices(prompts)),
    )
    return commands.is_command(text, request.member, names)


async def _run_command(  # noqa: C901, PLR0911, PLR0912, PLR0915  # one visible table of every command
    request: Request, prompts: Prompts, line: str, facts: PlatformFacts
) -> Reply | PairingTask:
    parsed = commands.parse(line)
    argument = parsed.argument
    if parsed.name in (None, CommandName.TELL, CommandName.PAUSE) and (
        help_now := await safeguarding.answer_worry(request, prompts, line)
    ):
        return help_now
    match parsed.name:
        case None:
            nearest = commands.nearest(parsed.word, request.member)
            return say_commands.suggestion(request.voice, parsed.word[:40], nearest)
        case CommandName.HELP:
            return say_commands.help_for(request.voice, listed_for(request.member))
        case CommandName.STATUS:
            return await status.show(request)
        case CommandName.JOIN | CommandName.ACCEPT:
            reply = await enrolments.join(request)
            await late_changes.pair_late_joiner(request)
            return reply
        case CommandName.DECLINE:
            return await enrolments.decline(request)
        case CommandName.PROFILE:
            return await members.show_profile(request)
        case CommandName.PAUSE:
            return await members.pause(request, argument)
        case CommandName.RESUME:
            return await members.resume(request)
        case CommandName.LEAVE:
            return await members.leave_cycle(request, is_confirmed=_is_yes(argument))
        case CommandName.LANGUAGE:
            return await members.choose_language(request, argument, _voices(prompts))
        case CommandName.MY_DATA:
            return await personal_data.export(request)
        case CommandName.FORGET_ME:
            return await personal_data.erase(request, is_confirmed=_is_yes(argument))
        case CommandName.CONCERN:
            return await safeguarding.show_help(request, has_text=False)
        case CommandName.TELL:
            return await tells.tell(request, prompts, argument)
        case CommandName.TO_PARTNER:
            return await tells.pass_kept_text_on(request, prompts)
        case CommandName.NEITHER:
            return await notes.drop_kept_text(request)
        case CommandName.SEND_NOTE:
            return await notes.send_now(request, argument)
        case CommandName.TAKE_BACK_NOTE:
            return await notes.take_back(request, argument)
        case CommandName.SKIP:
            return await check_ins.skip(request, argument)
        case CommandName.UNDO:
            return await check_ins.undo_skip(request, argument)
        case CommandName.LATER:
            return await check_ins.ask_again_later(request, argument)
        case CommandName.TAKE_BACK:
            return await withdrawals.take_back(request, argument)
        case CommandName.NOT_MEANT:
            return await withdrawals.take_back_typed(request, argument)
        case CommandName.SEND:
            return await check_ins.send_now(request, argument)
        case CommandName.PUT:
            return await typed.put(request, prompts, argument)
        case CommandName.MEANT if argument.split()[-1:] == [FORM]:
            submitted = await careful_forms.take(request, prompts, argument)
            submit = _submit_carefully if argument == FORM else _submit_form
            return await submit(request, prompts, submitted)
        case CommandName.MEANT:
            return await typed.settle(request, prompts, argument)
        case CommandName.STOP:
            return await members.stop(request)
        case CommandName.SAME_PERSON:
            return await accounts.accept_address(request, argument)
        case CommandName.ANOTHER_PERSON:
            return await accounts.refuse_address(request, argument)
        case CommandName.LET_IN:
            return await workspaces.let_in(request, argument)
        case CommandName.KEEP_OUT:
            return await workspaces.keep_out(request, argument)
        case CommandName.USE_FILE:
            return await sent_files.use(request, argument, facts.file)
        case CommandName.LEAVE_FILE:
            return await sent_files.leave(request, argument)
        case CommandName.READ_FILE:
            return await sent_files.choose(request, argument, facts.file)
        case CommandName.NOT_ME:
            return await coordinators.disconnect(request)
        case CommandName.REQUEST:
            return await coordinators.ask(request, argument)
        case CommandName.REMIND_PARTNER:
            return await coordinators.remind_partner(request, argument)
        case CommandName.ANOTHER:
            return await late_changes.ask_for_another(request, argument)
        case CommandName.START:
            return await cycles.open_start_form(request, prompts)
        case CommandName.INVITE:
            return await enrolments.invite(request, await _invited(request, argument, facts))
        case CommandName.TOGETHER:
            return await introductions.ask_for_chat(request, gathers=facts.gathers)
        case CommandName.SCHOOL:
            return await workspaces.add_school(request, argument)
        case CommandName.PREVIEW:
            return await pairings.preview(request)
        case CommandName.CONFIRM:
            return await pairings.confirm(request)
        case CommandName.PAIRS:
            return await pairings.show(request, argument)
        case CommandName.SWAP:
            return await pairings.swap(request, argument)
        case CommandName.BLOCK:
            return await pairings.block(request, argument)
        case CommandName.NUDGE:
            return await pairings.nudge(request, argument)
        case CommandName.ADD:
            return await amendments.add_person(request, argument)
        case CommandName.REMOVE:
            return await amendments.remove_person(request, argument)
        case CommandName.GOAL:
            return await amendments.change_goal(request, argument)
        case CommandName.FIRST_DAY:
            return await amendments.change_first_day(request, argument)
        case CommandName.HOLD:
            return await cycles.hold(request)
        case CommandName.GO_ON:
            return await cycles.go_on(request)
        case CommandName.CLOSE:
            return await cycles.close(request, is_confirmed=_is_yes(argument))
        case CommandName.LEDGER:
            return await status.show_ledger(request)
        case CommandName.DIGEST:
            return await digests.show_last(request)


async def _invited(request: Request, channel: str, facts: PlatformFacts) -> tuple[Member, ...] | None:
    """Return the members in the channel of `invite #channel`; None without a channel, which means everybody."""
    if not channel:
        return None
    await enrolments.get_inviting_cycle(request)
    if facts.channel is None:
        raise PlatformFactNeeded(channel)
    return await accounts.meet_all(request.tx, facts.channel, request.now)


def _voices(prompts: Prompts) -> dict[str, Voice]:
    return {code: prompts.voice(code) for code in prompts.languages}


def _is_yes(text: str) -> bool:
    return text.casefold() == "yes"


async def _open_form(request: Request, prompts: Prompts, form: str, context: str) -> Reply:
    name = _form_name(form)
    match name:
        case FormName.HOME:
            return await home.show(request)
        case FormName.CHECK_IN:
            return await check_ins.open_form(request, context)
        case FormName.CHALLENGE:
            return await challenges.open_reply_form(request, context)
        case FormName.TELL:
            return await notes.open_form(request, context)
        case FormName.NOTE:
            return await notes.open_changing_form(request, context)
        case FormName.START:
            return await cycles.open_start_form(request, prompts)
        case FormName.PROFILE | FormName.TIMES | FormName.PAUSE:
            return await members.open_form(request, name)


async def _submit_carefully(request: Request, prompts: Prompts, submitted: Submitted) -> Reply:
    question = await careful_forms.ask(request, prompts, submitted)
    return question or await _submit_form(request, prompts, submitted)


async def _submit_form(request: Request, prompts: Prompts, submitted: Submitted) -> Reply:
    values = {key: value.strip() for key, value in submitted.values.items()}
    match _form_name(submitted.form):
        case FormName.CHECK_IN:
            return await check_ins.submit(request, prompts, submitted.context, values)
        case FormName.CHALLENGE:
            return await challenges.reply(request, submitted.context, values)
        case FormName.TELL:
            return await notes.submit(request, submitted.context, values)
        case FormName.NOTE:
            return await notes.change(request, submitted.context, values)
        case FormName.START:
            return await cycles.start(request, prompts, values)
        case FormName.PROFILE:
            return await members.save_profile(request, values)
        case FormName.TIMES:
            return await members.save_times(request, values)
        case FormName.PAUSE:
            return await members.save_pause(request, values)
        case FormName.HOME:
            raise UserError("no-such-check-in")


def _form_name(name: str) -> FormName:
    """Return the form of that name. Raises `UserError` for a name that no button of ours sends."""
    try:
        return FormName(name)
    except ValueError:
        raise UserError("no-such-check-in") from None
