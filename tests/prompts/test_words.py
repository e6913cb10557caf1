import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.prompts import ContentError, Prompts, Words


@pytest.fixture(scope="module")
def words(prompts: Prompts) -> Words:
    return prompts.words("en")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Your questioning was excellent.", ("excellent",)),
        ("It was a GOOD lesson, but the end was weak", ("GOOD lesson", "weak")),
        ("You should have waited. You shouldn’t have spoken", ("should have", "shouldn’t have")),
        ("The plenary failed", ("failed",)),
        ("Twenty hands went up after three seconds.", ()),
        ("What made the quiet table start? A good question.", ()),
        ("They tested weak acids and wrote about the poor in London.", ()),
        ("The badge on the weakest link, a weekend", ()),
        ("Some weak acids, then a weak ending", ("weak",)),
        ("", ()),
    ],
)
def test_words_that_judge_are_found_and_words_that_describe_are_not(
    words: Words, text: str, found: tuple[str, ...]
) -> None:
    assert words.judging_in(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A boy called Dylan put his hand up", ("Dylan",)),
        ("The pupil Aroha worked alone", ("Aroha",)),
        ("Then Siân said that five was more", ("Siân",)),
        ("Mere-Ana wrote two lines and O'Neil asked why", ("Mere-Ana", "O'Neil")),
        ("Pupil A said it, and pupil B answered", ()),
        ("They said no. Everyone answered. Pupils wrote. Nobody asked. I said so.", ()),
        ("Pupils said that Year 7 asked", ()),
        ("Tama asked what they thought", ()),
        ("The girl said something; a child whispered", ()),
        ("Monday asked too much of us", ()),
    ],
)
def test_what_reads_like_a_pupils_name_is_found_but_not_partners_and_not_sentence_starts(
    words: Words, text: str, found: tuple[str, ...]
) -> None:
    assert words.names_in(text, known={"Tama Rewi"}) == found


@given(st.text())
def test_any_text_can_be_asked(text: str) -> None:
    words = Words(judging=("bad",), not_judging=("not bad",), before_names=("pupil",), after_names=("said",))

    assert all(word in text for word in (*words.judging_in(text), *words.names_in(text)))


def test_a_language_without_lists_gets_the_english_ones(prompts: Prompts) -> None:
    assert prompts.words("cy") is prompts.words("en")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("guilt: [no, yes]", "not-words"),
        ("guilt: late", "not-words"),
        ("gilt: [late]", "unknown-setting"),
        ("guilt: [late", "bad-yaml"),
        ("\x07", "bad-yaml"),
    ],
)
def test_lists_that_cannot_be_read_are_refused(text: str, what: str) -> None:
    with pytest.raises(ContentError, match=rf"words\.en\.yaml:1: {what}"):
        Prompts({"words.en.yaml": text})
