"""Where phrases are said."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from qa.calls import Heard, Roles, Turn
from qa.scoring.dialogue import Dialogue
from qa.scoring.lexicon import Phrase
from qa.scoring.phrases import locate, nearest, search


def call(*texts: str) -> Dialogue:
    turns = tuple(Turn(role="agent", text=text, start=float(i), end=i + 1.0) for i, text in enumerate(texts))
    return Dialogue.of(Heard(duration=99.0, channels=1, turns=turns, roles=Roles(method="manual", confidence=1.0)))


def test_hits_in_order_of_time_and_only_in_the_turns_asked_for() -> None:
    dialogue = call("再见", "您好，再见", "再见")
    hits = search(dialogue, [1, 0], [Phrase.of("再见"), Phrase.of("您好", category="问候")])
    assert [(hit.turn, hit.span, hit.phrase, hit.category) for hit in hits] == [
        (0, (0, 2), "再见", None),
        (1, (0, 2), "您好", "问候"),
        (1, (3, 5), "再见", None),
    ]


def test_the_same_words_count_once_for_the_longer_phrase() -> None:
    hits = search(call("我要投诉你们"), [0], [Phrase.of("投诉"), Phrase.of("我要投诉"), Phrase.of("投诉你们")])
    assert [(hit.phrase, hit.span) for hit in hits] == [("我要投诉", (0, 4))]


def test_a_benign_context_must_hold_the_hit_or_fit_as_well() -> None:
    wanted, benign = [Phrase.of("不知道"), Phrase.of("不知道你去问别人")], [Phrase.of("不知道<您的|我这样>")]
    assert search(call("不知道我这样说对不对"), [0], wanted, benign) == []
    assert [hit.text for hit in search(call("不知道，你去问别人吧"), [0], wanted, benign)] == ["不知道，你去问别人"]


def test_gaps_are_bounded_and_within_a_turn() -> None:
    phrase = Phrase.of("请问…帮您", gap=5)
    assert [hit.text for hit in search(call("请问有什么可以帮您"), [0], [phrase])] == ["请问有什么可以帮您"]
    assert search(call("请问您今天有什么事情可以帮您"), [0], [phrase]) == []
    assert search(call("请问", "帮您"), [0, 1], [phrase]) == []
    assert search(call("帮您请问"), [0], [phrase]) == []


def test_exact_asks_for_the_characters_and_closeness_can_be_set() -> None:
    dialogue = call("请您烧等一下")
    assert [hit.closeness for hit in search(dialogue, [0], [Phrase.of("请您稍等一下")])] == [0.995]
    assert search(dialogue, [0], [Phrase.of("请您稍等一下", exact=True)]) == []
    assert search(dialogue, [0], [Phrase.of("请您稍等一下", closeness=0.999)]) == []


def test_numbers_are_the_same_however_written() -> None:
    for said in ("打12315", "打一二三一五", "打幺二三幺五", "打１２３１５"):
        assert [hit.closeness for hit in search(call(said), [0], [Phrase.of("12315")])] == [1.0]


def test_nearest_names_the_place_that_came_closest() -> None:
    hit = nearest(call("好的", "祝您愉快"), [0, 1], [Phrase.of("祝您生活愉快"), Phrase.of("欢迎再次来电")])
    assert hit is not None
    assert (hit.turn, hit.text, hit.phrase) == (1, "祝您愉快", "祝您生活愉快")
    assert 0.6 < hit.closeness < 0.8


def test_nothing_to_search() -> None:
    dialogue = call("您好", "")
    assert search(dialogue, [], [Phrase.of("您好")]) == []
    assert search(dialogue, [0], []) == []
    assert search(dialogue, [1], [Phrase.of("您好")]) == []
    assert nearest(dialogue, [1], [Phrase.of("您好")]) is None
    assert nearest(dialogue, [0], []) is None
    assert nearest(call(), [], [Phrase.of("您好")]) is None


@settings(deadline=None)
@given(st.lists(st.text(alphabet="您好请稍等不知道一二三，。嗯 ", max_size=12), max_size=4))
def test_hits_are_the_words_at_their_span(texts: list[str]) -> None:
    dialogue = call(*texts)
    for hit in search(dialogue, range(len(texts)), [Phrase.of("您好"), Phrase.of("请稍等一下"), Phrase.of("不知道", closeness=0.7)]):
        assert hit.turn is not None
        assert hit.span is not None
        assert dialogue.heard.turns[hit.turn].text[hit.span[0] : hit.span[1]] == hit.text != ""


def test_a_place_keeps_its_phrase() -> None:
    [place] = locate(call("您好"), [0], [Phrase.of("您好", weight=0.4)])
    assert (place.phrase.weight, place.turn, place.begin, place.end, place.closeness) == (0.4, 0, 0, 2, 1.0)
