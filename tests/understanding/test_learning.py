"""What was learnt from the phrases is kept in a file, and learnt anew where the file cannot be used."""

from pathlib import Path

import numpy as np
import pytest

from bot.model import Intent
from bot.prompts import Phrases
from bot.understanding.learning import Learnt, learn, learnt_from

PHRASES = Phrases(
    {
        Intent.GREETING: ("hello there", "hello you", "good morning you", "good morning all"),
        Intent.LEAVE: ("take me off this", "take me off the list", "unsubscribe me", "unsubscribe me now"),
    },
    {"days": ("monday",)},
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "jpd-bot"


def same(one: Learnt, other: Learnt) -> bool:
    return (
        one.features == other.features
        and one.intents == other.intents
        and np.array_equal(one.rarities, other.rarities)
        and np.array_equal(one.starts, other.starts)
        and np.array_equal(one.weights, other.weights)
    )


def test_what_was_learnt_is_read_from_the_file_of_an_earlier_process(folder: Path) -> None:
    first = learnt_from(PHRASES)
    (file,) = folder.iterdir()
    written = file.stat().st_ino
    assert same(learnt_from(PHRASES), first)
    assert file.stat().st_ino == written
    assert same(first, learn(PHRASES))


def test_other_phrases_have_another_file_and_four_are_kept(folder: Path) -> None:
    for number in range(6):
        learnt_from(Phrases({**PHRASES.by_intent, Intent.ACK: (f"thank you {number}", "thank you")}))
    assert len(list(folder.iterdir())) == 4


def test_the_file_that_is_still_read_is_kept_among_newer_ones(folder: Path) -> None:
    learnt_from(PHRASES)
    (used,) = folder.iterdir()
    for number in range(5):
        learnt_from(Phrases({**PHRASES.by_intent, Intent.ACK: (f"thank you {number}", "thank you")}))
        learnt_from(PHRASES)
    assert used in set(folder.iterdir())


@pytest.mark.parametrize("keep", [0, 10, 2000])
def test_a_file_that_was_cut_off_is_written_again(folder: Path, keep: int) -> None:
    learnt_from(PHRASES)
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:keep])
    assert same(learnt_from(PHRASES), learn(PHRASES))
    assert len(file.read_bytes()) == len(whole)


def test_where_no_file_can_be_written_learning_goes_on_without(folder: Path) -> None:
    folder.write_text("a file where the folder should be")
    assert same(learnt_from(PHRASES), learn(PHRASES))
