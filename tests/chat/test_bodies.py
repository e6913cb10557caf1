from __future__ import annotations

import pytest

from adapters.chat.bodies import Body, Malformed, json_object, part, strictly, string


@strictly
def name_of_the_first(body: Body) -> str:
    return string(body["people"][0], "name")


def test_a_body_of_the_expected_shape_is_read() -> None:
    assert name_of_the_first(json_object(b'{"people": [{"name": "Elin"}]}')) == "Elin"
    assert part({"view": {"id": "V1"}}, "view") == {"id": "V1"}


@pytest.mark.parametrize("people", [None, [], {}, "", [None], ["Elin"], [{}], [{"name": 7}], 7])
def test_every_other_shape_is_malformed(people: object) -> None:
    with pytest.raises(Malformed):
        name_of_the_first({"people": people})


@pytest.mark.parametrize("text", [b"", b"[]", b"7", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_object_is_malformed(text: bytes) -> None:
    with pytest.raises(Malformed):
        json_object(text)


def test_a_fault_of_another_kind_is_not_hidden() -> None:
    @strictly
    def broken(_: Body) -> None:
        raise RuntimeError("ours")

    with pytest.raises(RuntimeError):
        broken({})
