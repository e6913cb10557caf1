"""Help, suggestions, and how commands are offered on the platforms."""

from __future__ import annotations

from collections.abc import Collection

from bot.message import Button, Message, Text
from bot.model import CommandName
from bot.prompts import Voice
from bot.rules.commands import HINTED, CommandSpec
from bot.say.basics import opens, plain, runs


def help_for(voice: Voice, commands: Collection[CommandName], *, greeting: str = "") -> Message:
    """List the commands, and the files that a coordinator may send.

    `greeting` is the given name of a member who has just arrived.
    """
    lines = "\n".join(f"- {voice.markdown(f'help.{command}')}" for command in commands)
    head = voice.markdown("help.hello", name=greeting) if greeting else voice.markdown("help.lead")
    foot = ["help.foot", *(["sent-file.what-i-read"] if CommandName.SCHOOL in commands else [])]
    small = (Text(voice.markdown(key), small=True) for key in foot)
    return Message(voice.text("help.summary"), (Text(head), Text(lines), *small))


def suggestion(voice: Voice, word: str, nearest: CommandName | None) -> Message:
    """Answer a word that is no command with the command that was probably meant, or with help."""
    if nearest is None:
        return plain(voice, "command.unknown", runs(voice, "button.help", CommandName.HELP), word=word)
    return plain(
        voice, "command.did-you-mean", runs(voice, "button.yes-command", nearest, command=nearest),
        word=word, nearest=nearest,
    )  # fmt: skip


def buttons(voice: Voice, spec: CommandSpec) -> tuple[Button, ...]:
    """Return the buttons of a command: one for each of its forms, or one that runs it."""
    if spec.forms:
        return tuple(opens(voice, f"button.{form}", form) for form in spec.forms)
    return (runs(voice, f"button.{spec.name}", spec.name),)


def description(voice: Voice, command: CommandName) -> str:
    """Return a sentence about a command, for a platform's menu."""
    return voice.text(f"describe.{command}")


def typed(voice: Voice, command: CommandName) -> str:
    """Return how a command is typed, with an example: the first bold words of its help, `pause until 12 May`."""
    _, _, rest = voice.markdown(f"help.{command}").partition("**")
    return rest.partition("**")[0] or command


def hint(voice: Voice) -> str:
    """Return the commands that Slack shows beside `/jpd`."""
    return voice.text("manifest.hint", commands=", ".join(typed(voice, command) for command in HINTED))
