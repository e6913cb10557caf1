import pytest

from bot.conversation import commands
from bot.model import CommandName, Member, Post, Role
from bot.rules.commands import COMMANDS, KnownNames

NAMES = KnownNames(partners=["tama", "tama rewi"], languages=["en", "english"])


def holding(role: Role) -> Member:
    return Member(
        id=1,
        partnership_id=1,
        source_id="a",
        given_name="Ann",
        family_name="Ash",
        posts=(Post(school_id=1, role=role),),
    )


TEACHER, COORDINATOR = holding(Role.TEACHER), holding(Role.COORDINATOR)


def is_command(line: str, member: Member = TEACHER) -> bool:
    return commands.is_command(line, member, NAMES)


def test_the_table_has_every_command_once() -> None:
    assert sorted(spec.name for spec in COMMANDS) == sorted(CommandName)


def test_what_menus_offer_is_listed_in_help() -> None:
    assert all(spec.is_listed for spec in COMMANDS if spec.menu or spec.is_hinted or spec.is_starter)


def test_an_alias_means_one_command_and_is_no_command_itself() -> None:
    aliases = [alias for spec in COMMANDS for alias in spec.aliases]

    assert len({*aliases, *CommandName}) == len(aliases) + len(CommandName)


@pytest.mark.parametrize("places", [[spec.menu for spec in COMMANDS], [spec.home for spec in COMMANDS]])
def test_places_on_a_menu_are_counted_from_one(places: list[int | None]) -> None:
    taken = sorted(place for place in places if place is not None)

    assert taken == list(range(1, len(taken) + 1))


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
        "add a teacher please",
        "remove that new teacher",
        "add more time please",
        "data from the quiz",
    ],
)
def test_words_that_may_be_an_answer_are_no_command(words: str) -> None:
    assert not is_command(words)
    assert not is_command(words, COORDINATOR)


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
    assert is_command(words)


@pytest.mark.parametrize(
    "words", ["pairs", "confirm", "preview", "start", "digest", "invite", "go on", "close"]
)
def test_a_coordinators_word_is_an_answer_from_anybody_else(words: str) -> None:
    assert is_command(words, COORDINATOR)
    assert not is_command(words)


@pytest.mark.parametrize(
    ("line", "command", "argument"),
    [
        ("/jpd My  data", CommandName.MY_DATA, ""),
        ("jpd skip 12", CommandName.SKIP, "12"),
        ("/", CommandName.HELP, ""),
        ("", CommandName.HELP, ""),
        ("STOP", CommandName.STOP, ""),
        ("forget me yes", CommandName.FORGET_ME, "yes"),
        ("go on", CommandName.GO_ON, ""),
        ("tell  a  b", CommandName.TELL, "a  b"),
        ("/jpd /jpd", None, ""),
        ("/JPD Join", CommandName.JOIN, ""),
        ("MY Data", CommandName.MY_DATA, ""),
        ("Pause UNTIL 12 May", CommandName.PAUSE, "UNTIL 12 May"),
    ],
)
def test_a_command_and_what_follows_it(line: str, command: CommandName | None, argument: str) -> None:
    parsed = commands.parse(line)

    assert (parsed.name, parsed.argument) == (command, argument)


def test_a_slip_is_forgiven_and_a_stranger_is_not() -> None:
    assert commands.nearest("statsu", TEACHER) is CommandName.STATUS
    assert commands.nearest("STATSU", TEACHER) is CommandName.STATUS
    assert commands.nearest("pairss", COORDINATOR) is CommandName.PAIRS
    assert commands.nearest("xyzzy", COORDINATOR) is None


@pytest.mark.parametrize("line", ["my-data", "My\u2013Data", "/jpd my\u2014data", "forget\u2011me"])
def test_a_command_of_two_words_may_be_written_with_a_hyphen(line: str) -> None:
    assert commands.parse(line).name in (CommandName.MY_DATA, CommandName.FORGET_ME)


@pytest.mark.parametrize(
    "word", ["help.", "Help!", "\u201chelp\u201d", "*help*", "_help_", "help\u200b", "\ufeffhelp", "help\xa0"]
)
def test_signs_around_a_command_are_no_part_of_it(word: str) -> None:
    assert commands.parse(word).name is CommandName.HELP
    assert commands.parse(f"/jpd {word}").name is CommandName.HELP


def test_typed_without_a_slash_a_word_with_signs_is_a_sentence() -> None:
    assert not is_command("stop!")
    assert is_command("/jpd stop!")


@pytest.mark.parametrize(
    "line",
    ["Pause for thirty seconds after every question", "pause until every hand is up", "pause for effect"],
)
def test_a_pause_that_names_no_day_is_a_sentence(line: str) -> None:
    assert not is_command(line)
    assert is_command(f"/jpd {line}")


@pytest.mark.parametrize("line", ["pause", "pause until 12 May", "pause for 2 weeks", "pause till Friday"])
def test_a_pause_until_a_day_is_a_command(line: str) -> None:
    assert is_command(line)
