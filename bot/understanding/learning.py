"""Learning from the phrases of the content, once for each content: what was learnt is kept in a file."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from bot.prompts import Phrases
from bot.understanding import features, normalise, vectors
from bot.understanding.features import WordLists
from bot.understanding.vectors import Vectors, blocks_of, shared_features

_BAYES = 0.05
"""The weight of the log-likelihoods of naive Bayes beside the margins of the support vector machine."""
_CODE = (features, normalise, vectors)
"""The modules beside this one whose change makes what was learnt before useless."""

_FILES = 4
"""Files kept at most, of some 10 MB each: older ones are of former contents and versions."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """What the phrases teach: of each intent a start, and a weight for each feature."""

    features: tuple[tuple[str, ...], ...]
    """The features of each block, numbered from block to block."""
    rarities: NDArray[np.float32]
    intents: tuple[str, ...]
    starts: NDArray[np.float32]
    """A number for each intent."""
    weights: NDArray[np.float32]
    """Shape: (number of features, number of intents)."""


def learnt_from(phrases: Phrases) -> Learnt:
    """Return what the phrases teach, from the file of an earlier process or by learning, which takes seconds."""
    file = user_cache_path("jpd-bot") / f"understanding-{_fingerprint(phrases)}.npz"
    learnt = _read(file)
    if learnt is None:
        learnt = learn(phrases)
        _write(file, learnt)
    else:
        with suppress(OSError):  # what is still read is not among the oldest, which are deleted
            file.touch()
    return learnt


def learn(phrases: Phrases) -> Learnt:
    """Learn a support vector machine and naive Bayes from the phrases."""
    # Imported here because they take a second and 100 MB, and are needed once for each content.
    from scipy import sparse  # noqa: PLC0415
    from sklearn.naive_bayes import MultinomialNB  # noqa: PLC0415
    from sklearn.svm import LinearSVC  # noqa: PLC0415

    lists = WordLists(phrases)
    examples = [(phrase, intent) for intent, own in phrases.by_intent.items() for phrase in own]
    counted = [blocks_of(phrase, lists) for phrase, _ in examples]
    known, rarities = shared_features(counted)
    of_texts = Vectors(known, rarities)
    rows = [of_texts.of(blocks) for blocks in counted]
    ends = np.cumsum([0, *(len(numbers) for numbers, _ in rows)], dtype=np.int32)
    numbers = np.fromiter((number for row, _ in rows for number in row), np.int32, ends[-1])
    values = np.fromiter((value for _, row in rows for value in row), np.float32, ends[-1])
    table = sparse.csr_array((values, numbers, ends), shape=(len(rows), of_texts.size))
    labels = np.array([str(intent) for _, intent in examples])
    linear = LinearSVC(C=1.0, tol=0.1, random_state=0).fit(table, labels)
    bayes = MultinomialNB(alpha=0.05).fit(table, labels)
    # Both add up weights of features: so does their sum, and one table is quick to read.
    return Learnt(
        features=tuple(map(tuple, known)),
        rarities=np.array(rarities, np.float32),
        intents=tuple(map(str, linear.classes_)),
        starts=(linear.intercept_ + _BAYES * bayes.class_log_prior_).astype(np.float32),
        weights=np.ascontiguousarray((linear.coef_ + _BAYES * bayes.feature_log_prob_).T, np.float32),
    )


def _fingerprint(phrases: Phrases) -> str:
    """Return a name for these phrases and word lists, as this version of the code reads them."""
    found = sha256()
    for file in (__file__, *(str(module.__file__) for module in _CODE)):
        found.update(Path(file).read_bytes())
    for part in (phrases.by_intent, phrases.lists):
        for name, lines in part.items():
            found.update("\n".join(["", str(name), *lines]).encode())
    return found.hexdigest()[:32]


def _read(file: Path) -> Learnt | None:
    """Return what is in a file, or `None` where it does not exist or cannot be used."""
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as saved:
            sizes, names = saved["sizes"], saved["features"].tobytes().decode().split("\n")
            ends = np.cumsum([0, *sizes])
            return Learnt(
                features=tuple(tuple(names[ends[n] : ends[n + 1]]) for n in range(len(sizes))),
                rarities=saved["rarities"],
                intents=tuple(map(str, saved["intents"])),
                starts=saved["starts"],
                weights=saved["weights"],
            )
    except (OSError, EOFError, ValueError, KeyError, BadZipFile):
        return None


def _write(file: Path, learnt: Learnt) -> None:
    """Write what was learnt, whole or not at all; where no file can be written, the next process learns again."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, suffix=".new", delete=False) as new:
            np.savez(
                new,
                sizes=np.array([len(block) for block in learnt.features]),
                features=np.frombuffer("\n".join(sum(learnt.features, ())).encode(), np.uint8),
                rarities=learnt.rarities,
                intents=np.array(learnt.intents),
                starts=learnt.starts,
                weights=learnt.weights,
            )
        Path(new.name).replace(file)
        for old in sorted(file.parent.glob("understanding-*"), key=os.path.getmtime)[:-_FILES]:
            old.unlink()
    except OSError:
        return
