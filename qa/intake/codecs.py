"""Which codecs this machine really decodes, found out by decoding rather than by asking for names.

Names mislead: ``"amr_nb" in av.codecs_available`` is False on builds that decode AMR-NB perfectly well.
"""

from __future__ import annotations

import io
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Codec:
    """A codec that call recordings come in: its decoder, and how a sample of it can be made."""

    name: str
    decoder: str
    encoder: str | None = None
    container: str = "wav"
    rate: int = 8000
    layout: str = "mono"
    bit_rate: int | None = None
    packet: int = 0  # bytes of one packet, for codecs that have no encoder


CODECS = (
    Codec("PCM", "pcm_s16le", "pcm_s16le"),
    Codec("G.711 A-law", "pcm_alaw", "pcm_alaw"),
    Codec("G.711 μ-law", "pcm_mulaw", "pcm_mulaw"),
    Codec("GSM", "gsm", packet=33),
    Codec("GSM (WAV)", "gsm_ms", packet=65),
    Codec("ADPCM (IMA)", "adpcm_ima_wav", "adpcm_ima_wav"),
    Codec("ADPCM (MS)", "adpcm_ms", "adpcm_ms"),
    Codec("G.722", "g722", "g722", "wav", 16_000),
    Codec("G.726", "g726", "g726", bit_rate=32_000),
    Codec("G.729", "g729", packet=10),
    Codec("AMR-NB", "amr_nb", "libopencore_amrnb", "amr", bit_rate=12_200),
    Codec("AMR-WB", "amr_wb", rate=16_000, packet=62),
    Codec("MP3", "mp3", "libmp3lame", "mp3"),
    Codec("AAC", "aac", "aac", "adts", 16_000),
    Codec("Opus", "opus", "libopus", "ogg", 48_000),
    Codec("Vorbis", "vorbis", "vorbis", "ogg", 16_000, "stereo"),
    Codec("FLAC", "flac", "flac", "flac"),
    Codec("WMA", "wmav2", "wmav2", "asf", 16_000),
    Codec("Speex", "speex"),
)


def decodable() -> dict[str, bool]:
    """Every codec of :data:`CODECS` by name, and whether it decodes here.

    A second of sound is encoded and decoded where the build has an encoder; without one a packet of zeros is
    decoded, or, for codecs that cannot start without a header (Speex), it is only seen that there is a decoder.

    >>> decodable()["G.711 A-law"]
    True
    """
    import av

    av.logging.set_level(None)
    return {codec.name: _decodes(codec) for codec in CODECS}


def sample(codec: Codec, seconds: float = 1.0) -> bytes:
    """A file in this codec with a 380 Hz tone (or what a band-limited codec makes of it).

    Raises:
        ValueError: the codec has no encoder, or this build has not got it (libav's own errors among them).
    """
    import av
    import numpy as np

    if codec.encoder is None:
        message = f"no encoder is known for {codec.name}"
        raise ValueError(message)
    tone = (np.sin(np.arange(round(codec.rate * seconds)) * (2 * np.pi * 380 / codec.rate)) * 8000).astype(np.int16)
    channels = 2 if codec.layout == "stereo" else 1
    frame = av.AudioFrame.from_ndarray(np.repeat(tone, channels).reshape(1, -1), format="s16", layout=codec.layout)
    frame.sample_rate = codec.rate
    target = io.BytesIO()
    with av.open(target, "w", format=codec.container) as container:
        track = container.add_stream(codec.encoder, rate=codec.rate, layout=codec.layout, options={"strict": "experimental"})
        assert isinstance(track, av.AudioStream)
        if codec.bit_rate:
            track.bit_rate = codec.bit_rate
        for packet in [*track.encode(frame), *track.encode(None)]:
            container.mux(packet)
    return target.getvalue()


def _decodes(codec: Codec) -> bool:
    import av

    try:
        made = io.BytesIO(sample(codec))
    except (av.FFmpegError, ValueError):
        return _has_decoder(codec)
    try:
        with av.open(made, "r") as container:
            return any(frame.samples for frame in container.decode(container.streams.audio[0]))
    except (av.FFmpegError, ValueError, IndexError):
        return False


def _has_decoder(codec: Codec) -> bool:
    import av

    try:
        decoder = av.CodecContext.create(codec.decoder, "r")
        if not codec.packet:
            return True
        assert isinstance(decoder, av.AudioCodecContext)
        decoder.sample_rate, decoder.layout = codec.rate, codec.layout
        return bool(decoder.decode(av.Packet(bytes(codec.packet))))
    except (av.FFmpegError, ValueError):
        return False
