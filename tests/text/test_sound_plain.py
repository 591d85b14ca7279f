"""The fast search against the plain one: the same hits, and none left out, on texts made up and on transcripts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qa.config import shipped
from qa.scoring.lexicon import load_lexicons
from qa.text.nearness import _promising
from qa.text.normalize import normalize
from qa.text.phrasebook import EXTRA, EXTRA_PARTICLE, EXTRA_PERSON, MISHEARD, MISSING, MISSING_PARTICLE, NEGATION, PARTICLES, TURNED
from qa.text.readings import unpack
from qa.text.sound import (
    _MOST_NEAR,
    _NEAREST_SLACK,
    Match,
    Passage,
    Phrasebook,
    _aligned,
    _by_characters,
    _spots,
    closest,
    default_closeness,
    find,
    read,
    spot,
)
from qa.text.syllables import DIFFERENT, SAME_SOUND, substitution_costs, tone_costs

TRANSCRIPTS = Path(__file__).parents[1] / "data/truth"
TEXT = st.text(alphabet="请您稍等一下身申我要投诉头素你们不没在再见建的了吧啊12ab", max_size=20).map(lambda text: normalize(text).text)
PHRASE = st.tuples(TEXT.filter(bool), st.sampled_from([0.0, 0.55, 0.7, 0.78, 0.82, 0.86, 0.9, 1.0]), st.booleans())


def heard_for(said: int, heard: int, strict: bool) -> int:
    """What it costs to hear one syllable for another."""
    code, tone, character = unpack(said)
    other_code, other_tone, other_character = unpack(heard)
    if character == other_character:
        return 0
    cost = int(substitution_costs()[code, other_code])
    if cost < DIFFERENT:
        cost = min(DIFFERENT, cost + SAME_SOUND + int(tone_costs()[tone, other_tone]))
    if {chr(character), chr(other_character)} == {"您", "你"}:
        cost = 4
    turned = cost > 30 and (chr(character) in NEGATION or chr(other_character) in NEGATION)
    return TURNED if turned or (strict and cost > MISHEARD) else cost


def plain(phrase: str, at_least: float, strict: bool, text: str) -> list[Match]:
    """Sellers' search of one phrase in one text, cell by cell, as it stands in the textbooks."""
    said, reading = read(phrase), read(text)
    length, size = len(said), len(reading)
    found: dict[tuple[int, int], float] = {}
    at = text.find(phrase)
    while at >= 0:
        if whole(phrase, text, at, at + len(phrase)):
            found[at, at + len(phrase)] = 1.0
        at = text.find(phrase, at + 1)
    budget = int((1.0 - at_least) * 100 * length + 1e-6) if at_least < 1.0 else -1
    before = [(0, -i) for i in range(size + 1)]  # cost, and where it began: of equals the later is the better
    for i, sound in enumerate(said.sounds):
        character = chr(unpack(sound)[2])
        gone = TURNED if strict or character in NEGATION else MISSING_PARTICLE if character in PARTICLES else MISSING
        now = [(before[0][0] + gone, 0)]
        for j, heard in enumerate(reading.sounds):
            other = chr(unpack(heard)[2])
            content = TURNED if strict else EXTRA
            extra = TURNED if other in NEGATION else EXTRA_PARTICLE if other in PARTICLES else EXTRA_PERSON.get(other, content)
            ways = [(before[j + 1][0] + gone, before[j + 1][1]), (before[j][0] + heard_for(sound, heard, strict), before[j][1])]
            if i + 1 < length:
                ways.append((now[j][0] + extra, now[j][1]))
            now.append(min(ways))
        before = now
    for end, (cost, start) in enumerate(before):
        if cost <= budget and -start < end:
            begin, finish = reading.begins[-start], reading.ends[end - 1]
            if whole(phrase, text, begin, finish):
                closeness = round(1.0 - cost / (100 * length), 3)  # two syllables of a number may end in the same digit
                found[begin, finish] = max(closeness, found.get((begin, finish), 0.0))
    kept: list[Match] = []
    for (begin, end), closeness in sorted(found.items(), key=lambda one: (-one[1], one[0])):
        if all(end <= other.begin or begin >= other.end for other in kept):
            kept.append(Match(begin, end, closeness))
    return sorted(kept)


def whole(phrase: str, text: str, begin: int, end: int) -> bool:
    """Whether no short number is cut out of a longer one."""
    if len(phrase) > 4 and phrase.isdigit():
        return True
    cut = phrase[0].isdigit() and text[begin].isdigit() and text[begin - 1 : begin].isdigit()
    return not cut and not (phrase[-1].isdigit() and text[end - 1].isdigit() and text[end : end + 1].isdigit())


@settings(max_examples=300, deadline=None)
@example([("111", 0.0, False)], ["21"])
@given(st.lists(PHRASE, min_size=1, max_size=6), st.lists(TEXT, min_size=1, max_size=4))
def test_the_same_hits_as_the_plain_search(phrases: list[tuple[str, float, bool]], texts: list[str]) -> None:
    book = Phrasebook(
        [read(text) for text, _, _ in phrases], [at_least for _, at_least, _ in phrases], [strict for _, _, strict in phrases]
    )
    expected = [(p, t, match) for p, phrase in enumerate(phrases) for t, text in enumerate(texts) for match in plain(*phrase, text)]
    assert spot(book, Passage([read(text) for text in texts])) == expected


def test_the_same_hits_on_transcripts_with_the_phrases_of_the_shipped_lexicons() -> None:
    lexicons = load_lexicons([shipped("rubrics", "lexicons")])
    ways = sorted({(said, phrase.strict) for one in lexicons.values() for phrase in one.phrases for slot in phrase.slots for said in slot})
    ways = [(said, default_closeness(len(read(said)), strict=strict), strict) for said, strict in ways[:: max(1, len(ways) // 120)]]
    texts = [
        normalize(turn["text"]).text
        for path in sorted(TRANSCRIPTS.glob("*.json"))[:3]
        for turn in json.loads(path.read_text(encoding="utf-8"))["turns"]
    ]
    texts += [f"好{text[:2]}吧{text[2:]}" for text, _, _ in ways[::5]]  # a particle has slipped in
    book = Phrasebook([read(said) for said, _, _ in ways], [at_least for _, at_least, _ in ways], [strict for *_, strict in ways])
    expected = [(p, t, match) for p, way in enumerate(ways) for t, text in enumerate(texts) for match in plain(*way, text)]
    assert spot(book, Passage([read(text) for text in texts])) == expected
    assert len(expected) > 20


@settings(deadline=None)
@given(st.lists(PHRASE, min_size=1, max_size=4), st.lists(TEXT, min_size=2, max_size=4))
def test_hits_do_not_depend_on_what_is_searched_together(phrases: list[tuple[str, float, bool]], texts: list[str]) -> None:
    readings = [read(text) for text, _, _ in phrases]
    book = Phrasebook(readings, [at_least for _, at_least, _ in phrases])
    alone = [
        (p, t, match) for p, (reading, phrase) in enumerate(zip(readings, phrases, strict=True)) for t, text in enumerate(texts)
        for match in find(reading, read(text), phrase[1])
    ]  # fmt: skip
    assert spot(book, Passage([read(text) for text in texts])) == alone
    assert spot(book, Passage([read(text) for text in texts])) == alone  # and not on what the book has met before


def nearest_of_all(book: Phrasebook, passage: Passage) -> tuple[int, int, Match] | None:
    """The best of the promising places when every one is aligned to its end, whatever the others cost."""
    if len(alike := _by_characters(book, passage)):
        places = np.zeros((0, 4), dtype=np.int64)
    else:
        tables, rows = book.tables(passage)
        phrases, starts = _promising(rows, book.rim, tables.costs, book.rows, book.lengths, book.missing, _MOST_NEAR).T
        order = np.argsort(phrases, kind="stable")
        slack = np.minimum(book.slack[phrases[order]], _NEAREST_SLACK)
        places = _aligned(book, tables, rows, phrases[order], starts[order], slack)
    found = _spots(book, passage, alike, places, all_of_them=True)
    columns = -found.closeness, found.texts, found.begins, found.phrases, found.ends
    best = min(zip(*(column.tolist() for column in columns), strict=True), default=None)
    return (best[3], best[1], Match(best[2], best[4], -best[0])) if best else None


@settings(max_examples=300, deadline=None)
@example(["1建没", "11111"], ["见"])
@given(st.lists(TEXT.filter(bool), min_size=1, max_size=6), st.lists(TEXT, min_size=1, max_size=4))
def test_the_nearest_place_is_not_lost_by_giving_up_the_dear_ones(phrases: list[str], texts: list[str]) -> None:
    book, passage = Phrasebook([read(phrase) for phrase in phrases], [0.0] * len(phrases)), Passage([read(text) for text in texts])
    assert closest(book, passage) == nearest_of_all(book, passage)


@settings(deadline=None)
@given(st.lists(TEXT, min_size=1, max_size=5), st.sets(st.integers(0, 4)), TEXT.filter(bool))
def test_a_part_of_a_passage_is_searched_like_one_of_those_texts_alone(texts: list[str], chosen: set[int], phrase: str) -> None:
    readings = [read(text) for text in texts]
    some = sorted(number for number in chosen if number < len(texts))
    part, alone = Passage(readings).part(some), Passage([readings[number] for number in some])
    for book in (Phrasebook([read(phrase)], [0.6]), Phrasebook([read(phrase)], [0.0])):
        assert spot(book, part) == spot(book, alone)
        assert closest(book, part) == closest(book, alone)
