from __future__ import annotations

import av
import pytest

from qa.intake.codecs import CODECS, decodable


def test_what_a_call_centre_records_in_decodes() -> None:
    works = decodable()
    assert list(works) == [codec.name for codec in CODECS]
    wanted = ("PCM", "G.711 A-law", "G.711 μ-law", "GSM (WAV)", "ADPCM (MS)", "G.729", "AMR-NB", "MP3", "AAC", "Opus", "FLAC")
    assert [name for name in wanted if not works[name]] == []


def test_a_decoder_that_fails_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A codec counts as missing when its decoder cannot be made, whatever the list of names says."""
    create = av.CodecContext.create

    def without_gsm(codec: str, mode: str) -> object:
        if codec == "gsm":
            raise ValueError(codec)
        return create(codec, mode)

    monkeypatch.setattr("av.CodecContext", type("Context", (), {"create": staticmethod(without_gsm)}))
    assert [name for name, works in decodable().items() if not works] == ["GSM"]
