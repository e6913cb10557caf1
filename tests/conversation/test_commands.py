import pytest

from bot.conversation import commands

TEACHERS = (*commands.EVERYONE,)
COORDINATORS = (*commands.COORDINATORS, commands.DIGEST, *commands.EVERYONE)


def is_plainly(text: str, known: tuple[str, ...] = TEACHERS) -> bool:
    return commands.is_plainly(text, known=known, partners=["tama", "tama rewi"], languages=["en", "english"])


@pytest.mark.parametrize(
    "words",
    [
        "Help each other",
        "Close to tears",
        "Language barriers",
        "Pause after the question",
        "Leave them time",
        "Block",
        "swap",
        "Tell them why",
        "Start with a joke",
        "Join in\nhelp",
        "status of the class",
        "",
        "  ",
        "nudge 1 pupil",
        "data from the quiz",
    ],
)
def test_words_that_may_be_an_answer_are_no_command(words: str) -> None:
    assert not is_plainly(words)
    assert not is_plainly(words, COORDINATORS)


@pytest.mark.parametrize(
    "words",
    [
        "help",
        "HELP",
        " Status ",
        "my data",
        "My  Data",
        "forget me",
        "forget me yes",
        "leave",
        "stop",
        "pause",
        "pause until 12 May",
        "language",
        "language English",
        "tell Tama see you",
        "tell tama rewi, see you",
        "tell my partner yes",
        "jpd anything",
        "/anything",
        "/jpd /jpd",
    ],
)
def test_words_that_can_only_be_a_command_are_one(words: str) -> None:
    assert is_plainly(words)


@pytest.mark.parametrize(
    "words", ["pairs", "confirm", "preview", "start", "digest", "invite", "go on", "close"]
)
def test_a_coordinators_word_is_an_answer_from_anybody_else(words: str) -> None:
    assert is_plainly(words, COORDINATORS)
    assert not is_plainly(words)


@pytest.mark.parametrize(
    ("words", "command", "rest"),
    [
        ("/jpd My  data", "my data", ""),
        ("jpd skip 12", "skip", "12"),
        ("/jpd /jpd", "jpd", ""),
        ("/", "help", ""),
        ("", "help", ""),
        ("STOP", "leave", ""),
        ("forget me yes", "forget me", "yes"),
        ("go on", "go on", ""),
        ("tell  a  b", "tell", "a  b"),
    ],
)
def test_a_command_and_what_follows_it(words: str, command: str, rest: str) -> None:
    assert commands.split(words) == (command, rest)


def test_a_slip_is_forgiven_and_a_stranger_is_not() -> None:
    assert commands.nearest("statsu", TEACHERS) == "status"
    assert commands.nearest("pairss", COORDINATORS) == "pairs"
    assert commands.nearest("xyzzy", COORDINATORS) is None
