"""The line of the customer's mood, and the words that the model went by."""

from __future__ import annotations

from dataclasses import replace

from showing import imported, make_call, silent

from qa.calls import SentimentTrack, TurnSentiment
from qa.report.callpage import transcript
from qa.report.mood import drawn, mood_line, moving_words


def test_a_point_for_every_turn_of_the_customer() -> None:
    (point,) = mood_line(make_call("c1"), 10.0)
    assert (point.left, point.top, point.start, point.mood) == (40.0, 80.8, 3.0, "bad")
    assert point.title == "0:03 客户情绪 −0.70：我要投诉你们"
    assert 'points="40.0,24.2"' in drawn((point,))
    assert 'class="dot bad" style="left:40.0%;top:80.8%" data-jump="3.0"' in drawn((point,))


def test_nothing_is_drawn_without_a_reading_times_or_words() -> None:
    call = make_call("c1")
    track = SentimentTrack(key="k", model="m", turns=tuple(TurnSentiment(turn=i, sentiment=-1.0) for i in (0, 99)))
    for other in (replace(call, track=None), imported("i"), silent("s"), replace(call, track=track)):
        assert mood_line(other, 10.0) == ()
    assert mood_line(call, 0.0) == ()


def test_the_title_of_a_point_cannot_break_out() -> None:
    call = make_call("c1")
    turns = tuple(replace(turn, text='"><script>x</script>', words=()) for turn in call.heard.turns)
    assert "<script" not in drawn(mood_line(replace(call, heard=replace(call.heard, turns=turns)), 10.0))


def test_words_that_raised_the_probability_are_underlined_where_a_complaint_was_found() -> None:
    call = make_call("c1")
    assert list(moving_words(call)) == [(1, 2, 4, "模型据此判断（对数几率 +1.60）")]
    assert [(piece.text, piece.mark) for piece in transcript(call)[1].pieces] == [("我要", ""), ("投诉", "moved"), ("你们", "complaint")]
    assert list(moving_words(make_call("good", good=True))) == []
