"""Decoding: every codec this build can encode, and everything that a nightly folder of recordings holds besides."""

from __future__ import annotations

import contextlib
import os
import struct
import subprocess
import sys
import textwrap
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest

from qa.errors import RecordingError
from qa.intake import audio, headers
from qa.intake.audio import SAMPLE_RATE, blocks, decode
from qa.intake.codecs import CODECS, Codec, sample
from qa.intake.files import content_hash

SAMPLES = Path(__file__).parent.parent.parent / "samples"
TONE = 8000  # amplitude


def tone(seconds: float, rate: int, hertz: float = 380.0) -> npt.NDArray[np.int16]:
    return (np.sin(np.arange(round(seconds * rate)) * (2 * np.pi * hertz / rate)) * TONE).astype(np.int16)


def encode(path: Path, channels: list[npt.NDArray[np.int16]], rate: int, codec: str, container: str | None = None) -> Path:
    with av.open(str(path), "w", format=container) as target:
        layout = "mono" if len(channels) == 1 else "stereo"
        track = target.add_stream(codec, rate=rate, layout=layout)
        frame = av.AudioFrame.from_ndarray(np.stack(channels, axis=1).reshape(1, -1), format="s16", layout=layout)
        frame.sample_rate = rate
        for packet in [*track.encode(frame), *track.encode(None)]:
            target.mux(packet)
    return path


def wav(
    tag: int, data: bytes, *, channels: int = 1, rate: int = 8000, align: int = 2, bits: int = 16, declared: int | None = None
) -> bytes:
    form = struct.pack("<HHIIHH", tag, channels, rate, rate * align, align, bits)
    size = len(data) if declared is None else declared
    return (
        b"RIFF"
        + struct.pack("<I", min(36 + size, 0xFFFFFFFF))
        + b"WAVEfmt "
        + struct.pack("<I", len(form))
        + form
        + b"data"
        + struct.pack("<I", size)
        + data
    )


def refusal(path: Path) -> list[str]:
    """What a person reads, without the place, which every message must name."""
    with pytest.raises(RecordingError) as caught:
        decode(path)
    lines = str(caught.value).splitlines()
    assert lines.pop(1) == f"  位置：{path}"
    return lines


@pytest.mark.parametrize("codec", [codec for codec in CODECS if codec.encoder not in (None, "wmav2")], ids=lambda codec: codec.name)
def test_every_codec_with_an_encoder(codec: Codec, tmp_path: Path) -> None:
    file = tmp_path / "a.bin"
    try:
        file.write_bytes(sample(codec, 2.0))
    except ValueError as error:
        pytest.skip(f"this build cannot encode {codec.name}: {error}")
    with decode(file) as heard:
        assert heard.channels == (2 if codec.layout == "stereo" else 1)
        assert heard.duration == pytest.approx(2.0, abs=0.15)  # AAC in ADTS cannot say how much of it is padding
        spectrum = np.abs(np.fft.rfft(heard.window(0, 0.5, 1.5)))
        assert int(spectrum.argmax()) == pytest.approx(380, abs=2)  # bins of 1 Hz: neither speed nor pitch has changed
        # G.726 in WAV and μ-law keep the level within a quarter; a codec that halves it has lost bits.
        assert np.abs(heard.window(0, 0.5, 1.5)).max() == pytest.approx(TONE / 32768, rel=0.25)


@pytest.mark.parametrize("rate", [6000, 8000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000])
def test_rates(rate: int, tmp_path: Path) -> None:
    with decode(encode(tmp_path / "a.wav", [tone(3.0, rate)], rate, "pcm_s16le")) as heard:
        assert (heard.duration, heard.sample_rate, heard.codec) == (3.0, rate, "pcm_s16le")
        expected = tone(3.0, SAMPLE_RATE) / 32768
        middle = slice(SAMPLE_RATE, 2 * SAMPLE_RATE)
        assert np.abs(heard.window(0)[middle] - expected[middle]).max() < 0.004  # −36 dB below the tone, at every rate


@pytest.mark.parametrize(
    ("name", "codec"), [("a.wav", "pcm_alaw"), ("a.mp3", "libmp3lame"), ("a.m4a", "aac"), ("a.ogg", "libopus"), ("a.mkv", "pcm_s16le")]
)
def test_channels_stay_apart(name: str, codec: str, tmp_path: Path) -> None:
    rate = 48_000 if codec == "libopus" else 8000
    silence = np.zeros(2 * rate, dtype=np.int16)
    with decode(encode(tmp_path / name, [silence, tone(2.0, rate)], rate, codec)) as heard:
        loudness = [float(np.abs(heard.window(channel, 0.5, 1.5)).max()) for channel in range(2)]
    assert loudness[0] < 0.01 < 0.2 < loudness[1]


def test_window_is_cut_at_the_ends(tmp_path: Path) -> None:
    with decode(encode(tmp_path / "a.wav", [tone(1.0, 16_000)], 16_000, "pcm_s16le")) as heard:
        assert heard.window(0).dtype == np.float32
        assert heard.window(0, -1.0, 0.5).shape == (8000,)
        assert heard.window(0, 0.9, 99.0).shape == (1600,)
        assert heard.window(0, 5.0).shape == heard.window(0, 0.5, 0.2).shape == (0,)
        assert heard.window(0)[100] == tone(1.0, 16_000)[100] / 32768
    heard.close()
    with pytest.raises(ValueError, match="closed"):
        heard.window(0)


def test_blocks_are_the_whole_of_it(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.wav", [tone(25.3, 8000), tone(25.3, 8000, 700)], 8000, "pcm_alaw")
    pieces = list(blocks(path))
    assert [piece.shape for piece in pieces] == [(2, 160_000), (2, 160_000), (2, 84_800)]
    assert {piece.dtype for piece in pieces} == {np.dtype(np.int16)}
    with decode(path) as heard:
        assert np.array_equal(np.concatenate(pieces, axis=1)[1] / np.float32(32768), heard.window(1))


def test_a_long_recording_lies_in_a_file_that_goes_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = encode(tmp_path / "a.wav", [tone(25.0, 8000), tone(25.0, 8000, 700)], 8000, "pcm_s16le")
    with decode(path) as short:
        whole = short.window(1)
    monkeypatch.setattr(audio, "IN_MEMORY_SECONDS", 5)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with decode(path) as long:
        assert (long.channels, long.duration) == (2, 25.0)
        assert np.array_equal(long.window(1), whole)
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


def test_a_full_disk_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def write(self, data: bytes) -> int:
            raise OSError(28, "No space left on device")

        def close(self) -> None:
            pass

    path = encode(tmp_path / "a.wav", [tone(12.0, 8000)], 8000, "pcm_s16le")
    monkeypatch.setattr(audio, "IN_MEMORY_SECONDS", 5)
    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: Full())
    assert refusal(path)[0] == "长录音需要的临时空间不够"


# --- what is refused -------------------------------------------------------------------------------------------


def test_files_that_are_no_recordings(tmp_path: Path) -> None:
    next_step = "  处理：用播放器确认文件能否播放；不能则请从录音系统重新导出，或从批次中移除"
    contents = {
        "坐席：您好，请讲。\n客户：我要投诉。\n" * 40: "内容是文本，不是声音",
        "plain ASCII text, many lines\n" * 100: "内容是文本，不是声音",
    }
    for number, (text, why) in enumerate(contents.items()):
        for encoding in ("utf-8", "gbk"):
            path = tmp_path / f"{number}{encoding}.wav"
            path.write_text(text, encoding=encoding)
            assert refusal(path) == ["文件不是能识别的录音", f"  原因：{why}", next_step]
    for name, data, why in [
        ("zip.wav", b"PK\x03\x04" + bytes(500), "内容是 ZIP 压缩包（或 Office 文档），不是声音"),
        ("zero.mp3", bytes(5000), "内容全是零字节，多半是下载或复制没有完成"),
        ("pdf.mp3", b"%PDF-1.7\n" + bytes(500), "内容是 PDF，不是声音"),
        ("rate0.wav", wav(1, bytes(4000), rate=0), "WAV 文件头损坏或不完整"),
    ]:
        (tmp_path / name).write_bytes(data)
        assert refusal(tmp_path / name) == ["文件不是能识别的录音", f"  原因：{why}", next_step]
    (tmp_path / "noise.mp3").write_bytes(np.random.default_rng(1).bytes(50_000))
    assert refusal(tmp_path / "noise.mp3")[0] == "文件不是能识别的录音"


def test_empty_missing_and_odd_files(tmp_path: Path) -> None:
    empty = tmp_path / "empty.wav"
    empty.touch()
    assert refusal(empty) == ["录音文件是空的", "  原因：大小为 0 字节", "  处理：请从录音系统重新导出，或从批次中移除"]
    assert refusal(tmp_path / "none.wav") == ["找不到录音文件", "  处理：检查路径；若是符号链接，检查它指向的文件"]
    assert refusal(tmp_path) == ["这是目录，不是录音文件", "  处理：作为来源给出目录即可，程序会找出其中的录音"]
    pipe = tmp_path / "pipe.wav"
    os.mkfifo(pipe)
    assert refusal(pipe) == ["这不是普通文件", "  原因：管道、设备和套接字不能作为录音", "  处理：请先存成文件"]
    with pytest.raises(RecordingError, match="找不到录音文件"):
        content_hash(tmp_path / "none.wav")


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = encode(tmp_path / "a.wav", [tone(1.0, 8000)], 8000, "pcm_s16le")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # chmod does not keep root out
    assert refusal(path) == ["没有权限读取录音文件", "  处理：给运行 qa 的用户加上读权限"]


def test_zero_length_stream(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(1, b""))
    assert refusal(path) == [
        "录音里没有声音数据",
        "  原因：文件头完整，但声音长度为零",
        "  处理：这通电话可能没有接通或录音失败；请从录音系统重新导出，或从批次中移除",
    ]


def test_more_than_two_channels(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(1, bytes(48_000), channels=6, align=12))
    assert refusal(path) == ["录音有 6 个声道，只支持单声道和双声道", "  处理：请导出为双声道（坐席、客户各一个声道）或单声道"]


def test_several_tracks(tmp_path: Path) -> None:
    path = tmp_path / "a.mka"
    with av.open(str(path), "w", format="matroska") as target:
        tracks = [target.add_stream("pcm_s16le", rate=8000, layout="mono") for _ in range(2)]
        for track in tracks:
            frame = av.AudioFrame.from_ndarray(tone(1.0, 8000).reshape(1, -1), format="s16", layout="mono")
            frame.sample_rate = 8000
            for packet in [*track.encode(frame), *track.encode(None)]:
                target.mux(packet)
    assert refusal(path) == ["录音有 2 条音轨，不知道该听哪一条", "  处理：请导出为单个音轨：双方分别放在左右声道，或混成单声道"]


@pytest.mark.parametrize("rate", [1, 100, 3_000_000])
def test_nonsense_rates(rate: int, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(1, bytes(4000), rate=rate))
    assert refusal(path) == [
        f"采样率 {rate} Hz 不合理",
        "  原因：通话录音应在 8000 到 48000 Hz 之间，文件头可能已损坏",
        "  处理：请从录音系统重新导出",
    ]


def test_g729_by_its_two_tags(tmp_path: Path) -> None:
    """A hundred frames of 10 ms decode under the registered tag; under the other one the message says what to do."""
    frames = np.random.default_rng(7).bytes(1000)
    good, other = tmp_path / "0083.wav", tmp_path / "0133.wav"
    good.write_bytes(wav(0x0083, frames, align=10, bits=0))
    other.write_bytes(wav(0x0133, frames, align=10, bits=0))
    with decode(good) as heard:
        assert (heard.codec, heard.duration, heard.channels) == ("g729", 1.0, 1)
    assert refusal(other) == [
        "录音的编码无法解码",
        "  原因：WAV 编码标签 0x0133（部分录音设备写的 G.729）不被 FFmpeg 支持",
        "  处理：在录音系统里转存为 PCM、A-law 或标签为 0x0083 的 G.729 后重试；本机能解的编码见 qa doctor",
    ]


def test_a_playlist_opens_nothing_else(tmp_path: Path) -> None:
    """libav would follow a playlist to other files and to the network; a recording is only its own bytes."""
    (tmp_path / "secret.mp3").write_bytes(sample(next(codec for codec in CODECS if codec.name == "MP3")))
    for name, text in [
        ("a.m3u8", f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{tmp_path}/secret.mp3\n#EXT-X-ENDLIST\n"),
        ("a.wav", "ffconcat version 1.0\nfile secret.mp3\n"),
    ]:
        (tmp_path / name).write_text(text)
        assert refusal(tmp_path / name)[0] == "文件不是能识别的录音"


def test_nothing_reaches_stderr(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = encode(tmp_path / "a.mp3", [tone(3.0, 8000)], 8000, "libmp3lame")
    data = bytearray(path.read_bytes())
    data[800:1200] = np.random.default_rng(3).bytes(400)
    path.write_bytes(data)
    (tmp_path / "b.wav").write_text("text")
    for file in (path, tmp_path / "b.wav"):
        with contextlib.suppress(RecordingError):
            decode(file).close()
    assert capfd.readouterr() == ("", "")


# --- cut and damaged recordings --------------------------------------------------------------------------------


def cut(path: Path, share: float) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [("a.mp3", "libmp3lame", 8000), ("a.wav", "pcm_alaw", 8000), ("a.wav", "adpcm_ms", 8000), ("a.flac", "flac", 8000)],
)
def test_half_a_recording_is_refused(name: str, codec: str, rate: int, tmp_path: Path) -> None:
    path = cut(encode(tmp_path / name, [tone(20.0, rate)], rate, codec), 0.5)
    what, why, next_step = refusal(path)
    assert (what, next_step) == ("录音不完整", "  处理：多半是传输或导出中断；请从录音系统重新导出")
    assert why.startswith("  原因：文件头写明 20.")


def test_half_an_m4a_and_half_an_ogg(tmp_path: Path) -> None:
    m4a = cut(encode(tmp_path / "a.m4a", [tone(20.0, 16_000)], 16_000, "aac"), 0.5)
    assert refusal(m4a)[1] == "  原因：MP4/M4A 缺少索引（moov），录音没有正常结束或传输中断"
    ogg = cut(encode(tmp_path / "a.ogg", [tone(20.0, 48_000)], 48_000, "libopus"), 0.5)
    what, why, _ = refusal(ogg)
    assert what == "录音不完整"
    assert why.endswith("秒后，最后一个 Ogg 页面被截断")


@pytest.mark.parametrize(("name", "codec"), [("a.mp3", "libmp3lame"), ("a.wav", "pcm_alaw"), ("a.flac", "flac")])
def test_a_broken_end_loses_no_call(name: str, codec: str, tmp_path: Path) -> None:
    path = cut(encode(tmp_path / name, [tone(60.0, 8000)], 8000, codec), 0.99)
    with decode(path) as heard:
        assert 0.2 < heard.missing < 1.5
        assert heard.duration == pytest.approx(60.0 - heard.missing, abs=0.1)


def test_a_recorder_that_never_wrote_the_length(tmp_path: Path) -> None:
    """Streaming writers leave 0 or 0xFFFFFFFF in the header: the length is then that of the file."""
    data = tone(5.0, 8000).tobytes()
    for declared in (0, 0xFFFFFFFF, 0x7FFFFFFF):
        path = tmp_path / f"{declared}.wav"
        path.write_bytes(wav(1, data, declared=declared))
        with decode(path) as heard:
            assert (heard.duration, heard.missing) == (5.0, 0.0)


def test_a_guessed_length_is_not_held_against_an_mp3(tmp_path: Path) -> None:
    """Without its Xing header an MP3's length is guessed from the bit rate; here the first frame lies about it."""
    path = encode(tmp_path / "a.mp3", [tone(20.0, 8000)], 8000, "libmp3lame")
    assert headers.mp3_declares(path)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"Xing", b"\0\0\0\0").replace(b"Info", b"\0\0\0\0"))
    assert not headers.mp3_declares(path)
    with decode(cut(path, 0.5)) as heard:
        assert heard.duration == pytest.approx(10.0, abs=0.5)
        assert heard.missing == 0.0


def test_damage_in_the_middle_keeps_the_time(tmp_path: Path) -> None:
    """Lost frames become silence of the same length, so that what comes after stays at its second."""
    rate = 16_000
    sound = np.concatenate([tone(20.0, rate), np.zeros(5 * rate, dtype=np.int16), tone(5.0, rate)])
    path = encode(tmp_path / "a.m4a", [sound], rate, "aac")
    data = bytearray(path.read_bytes())
    begin = len(data) // 4
    data[begin : begin + 600] = bytes(600)
    path.write_bytes(data)
    with decode(path) as heard:
        assert heard.duration == pytest.approx(30.0, abs=0.1)
        loud = np.abs(heard.window(0, 22.0)) > 0.1
        assert 22.0 + int(loud.argmax()) / SAMPLE_RATE == pytest.approx(25.0, abs=0.1)


def test_more_damage_than_sound_is_refused(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.m4a", [tone(30.0, 16_000)], 16_000, "aac")
    data = bytearray(path.read_bytes())
    data[len(data) // 4 : len(data) // 2] = np.random.default_rng(5).bytes(len(data) // 2 - len(data) // 4)
    path.write_bytes(data)
    what, why, _ = refusal(path)
    assert what in ("录音损坏", "录音不完整"), why


def test_tags_in_gbk_do_no_harm(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp3", [tone(2.0, 8000)], 8000, "libmp3lame")
    tag = b"TIT2" + struct.pack(">I", 7) + b"\0\0\0" + "客服".encode("gbk") + b"\xff\xfe"
    path.write_bytes(b"ID3\x03\0\0" + bytes([0, 0, 0, len(tag)]) + tag + path.read_bytes())
    with decode(path) as heard:
        assert heard.duration == pytest.approx(2.0, abs=0.1)


def test_names_that_look_like_addresses(tmp_path: Path) -> None:
    for name in ("http:x.wav", "concat:a|b.wav", "录音 (1)%20.wav", "-i.wav", "2026-11-17T09:00:00.wav"):
        path = tmp_path / name
        path.write_bytes(wav(1, tone(1.0, 8000).tobytes()))
        with decode(path) as heard:
            assert heard.duration == 1.0


def test_the_samples_decode_to_their_length() -> None:
    """Real files of another encoder, GSM among them, which nothing here could encode."""
    found = {}
    for path in sorted(SAMPLES.iterdir()):
        if path.suffix in (".wav", ".mp3", ".ogg", ".m4a"):
            with decode(path) as heard:
                found[path.name[-18:]] = (heard.codec, heard.channels, heard.sample_rate, heard.duration)
    assert found == {
        "20261117090000.wav": ("pcm_alaw", 2, 8000, 46.76),
        "20261119154200.m4a": ("aac", 2, 16_000, 80.32),
        "20261118100700.mp3": ("mp3", 2, 8000, 61.19),
        "20261119143800.m4a": ("aac", 2, 16_000, 56.0),
        "20261120122100.ogg": ("opus", 1, 48_000, 62.38),
        "20261117132800.wav": ("pcm_mulaw", 2, 8000, 63.27),
        "20261118175900.mp3": ("mp3", 2, 8000, 51.78),
        "20261118112300.wav": ("gsm_ms", 1, 8000, 71.68),
    }


@pytest.mark.slow
def test_memory_stays_small_over_three_hours(tmp_path: Path) -> None:
    """Three hours of stereo A-law: 691 MB of samples, of which a process may hold only a little at a time."""
    path = tmp_path / "long.wav"
    seconds = 3 * 3600
    size = seconds * 8000 * 2
    with path.open("wb") as file:
        file.write(wav(6, b"", channels=2, align=2, bits=8, declared=size))
        file.truncate(file.tell() + size)  # a hole: no disk, no time
    program = """
        import resource, sys
        from pathlib import Path
        from qa.intake.audio import blocks, decode
        path, way = Path(sys.argv[1]), sys.argv[2]
        next(iter(blocks(path)))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if way == "blocks":
            seconds = sum(block.shape[1] for block in blocks(path)) / 16000
        else:
            with decode(path) as audio:
                seconds = audio.duration
                audio.window(1, 10000.0, 10010.0)
        print(seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
    """
    for way, allowed in (("blocks", 40), ("decode", 200)):
        done = subprocess.run([sys.executable, "-c", textwrap.dedent(program), str(path), way], capture_output=True, text=True, check=True)
        duration, megabytes = done.stdout.split()
        assert float(duration) == seconds
        assert int(megabytes) < allowed, way


@pytest.mark.parametrize("seed", range(4))
def test_whatever_the_bytes_only_recording_errors_come_out(seed: int, tmp_path: Path) -> None:
    random = np.random.default_rng(seed)
    whole = [sample(codec) for codec in CODECS if codec.name in ("PCM", "ADPCM (MS)", "AMR-NB", "MP3", "AAC", "Opus", "FLAC")]
    whole.append(encode(tmp_path / "a.m4a", [tone(1.0, 16_000)], 16_000, "aac").read_bytes())
    outcomes, refused = set(), 0
    for number in range(60):
        data = bytearray(whole[number % len(whole)])
        for _ in range(int(random.integers(1, 12))):
            # Half of the damage goes where the headers are.
            position = int(random.integers(len(data) if random.random() < 0.5 else min(200, len(data))))
            data[position : position + int(random.integers(0, 5))] = random.bytes(int(random.integers(1, 5)))
        (tmp_path / "b.bin").write_bytes(data[: int(random.integers(1, len(data)))] if random.random() < 0.2 else data)
        try:
            with decode(tmp_path / "b.bin") as heard:
                outcomes.add(heard.duration > 0)
        except RecordingError as error:
            outcomes.add(error.where == str(tmp_path / "b.bin") and error.next_step is not None)
            refused += 1
    assert outcomes == {True}
    assert 0 < refused < 60
