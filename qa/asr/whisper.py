"""faster-whisper behind the recogniser's interface: windows in batches, word times, nothing left to chance.

Why not ``BatchedInferencePipeline`` itself: it pads every window to 30 s before the encoder, whose work grows faster
than the length; windows of telephone turns are seldom that long. Here::

    speech      |----------------------|
    encoded     |----------------------|~~~~~~~~~~~~|         6 s behind it; less, and Whisper invents endings
    shown       |----------------------|~~~~|                 to the decoder, which looks at all of it for every token

Both lengths depend on the window alone, so that its text does not depend on its neighbours in the batch.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from qa.asr.models import Model, resolve
from qa.asr.recognizer import Spoken, Transcript
from qa.config import HearingSettings
from qa.errors import ConfigError, ModelError
from qa.intake.audio import SAMPLE_RATE as RATE

if TYPE_CHECKING:
    from ctranslate2 import StorageView
    from faster_whisper import WhisperModel
    from faster_whisper.tokenizer import Tokenizer

FRAMES_PER_SECOND = 100
POSITIONS_PER_SECOND = 50  # of what the encoder makes of them
FULL = 30.0  # seconds: what Whisper was trained on
ROOM = 6.0  # seconds of nothing behind the speech for the encoder
SHOWN_ROOM = 1.0  # the same, at least, for the decoder
STEP = 5.0  # seconds: shown lengths are multiples of it, so that windows meet others of their length
CAREFUL_BEAM, CAREFUL_RUN = 5, 6  # a run of so many tokens is not said twice in a window, except by a loop
#: A few lines such as both parties of any such call say: they tell the model what kind of talk it hears.
CONTEXT = {"zh": "您好，请问有什么可以帮您？我想查一下订单。好的，请您稍等，我帮您查询。"}
LITTLE = 10.0  # seconds shown; so little speech is no dialogue, and what the model was shown before then misleads it
TOKENS_PER_SECOND = 14  # more than anybody can say; a window that would go on is a loop


class WhisperRecognizer:
    """A loaded Whisper model. Make it with :func:`load`."""

    def __init__(self, model: Model, whisper: WhisperModel, settings: HearingSettings) -> None:
        self.name, self.fingerprint = model.name, model.fingerprint
        self._whisper, self._settings = whisper, settings

    def transcribe(self, windows: Sequence[np.ndarray]) -> list[Transcript]:
        """See :class:`qa.asr.recognizer.Recognizer`; windows of one shown length are decoded together."""
        transcripts: list[Transcript] = [Transcript(()) for _ in windows]
        lengths = [shown_length(len(window) / RATE) for window in windows]
        # by shown length, then by duration: the windows of a batch then end their decoding at about the same step
        order = sorted(range(len(windows)), key=lambda index: (lengths[index], len(windows[index]), index))
        size = self._settings.batch_size
        for length in sorted(set(lengths)):
            alike = [index for index in order if lengths[index] == length]
            for begin in range(0, len(alike), size):
                batch = alike[begin : begin + size]
                for index, transcript in zip(batch, self._decode([windows[i] for i in batch], length), strict=True):
                    transcripts[index] = transcript
        return transcripts

    def again(self, windows: Sequence[np.ndarray]) -> list[Transcript]:
        """See :class:`qa.asr.recognizer.Recognizer`; each window alone, on the full 30 s, with a wide beam and no repeated run of tokens.

        Whisper's own remedy is sampling at rising temperatures. CTranslate2's sampling gives another text each
        time whatever the seed (measured with 4.8), so that a recording would not be heard alike twice.
        """
        return [self._decode([window], FULL, careful=True)[0] for window in windows]

    def _decode(self, windows: Sequence[np.ndarray], shown: float, *, careful: bool = False) -> list[Transcript]:
        whisper, tokenizer = self._whisper, self._tokenizer
        encoded, parts = self._encode(windows, shown)
        options = decode_options(self._settings, tokenizer, shown, careful=careful)
        before = "" if careful or shown <= LITTLE else context(self._settings)
        previous = tokenizer.encode(" " + before) if before else []
        prompt = whisper.get_prompt(tokenizer, previous_tokens=previous, without_timestamps=True, hotwords=self._settings.hotwords)
        options["max_length"] = min(whisper.max_length, len(prompt) + options.pop("max_new_tokens"))
        results = whisper.model.generate(encoded, [list(prompt) for _ in windows], **options)
        tokens = [[token for token in result.sequences_ids[0] if token < tokenizer.eot] for result in results]
        frames = [int(min(np.ceil(len(window) / RATE * FRAMES_PER_SECOND), shown * FRAMES_PER_SECOND)) for window in windows]
        alignments: list[list[dict[str, Any]]] = []
        for part in parts:
            some = slice(len(alignments), len(alignments) + part.shape[0])
            alignments += whisper.find_alignment(tokenizer, tokens[some], part, frames[some])
        return [
            self._transcript(result, alignment, len(window) / RATE)
            for result, alignment, window in zip(results, alignments, windows, strict=True)
        ]

    def _encode(self, windows: Sequence[np.ndarray], shown: float) -> tuple[StorageView, list[StorageView]]:
        """What the decoder is shown of windows of one shown length: all together, for decoding, and in parts, for aligning.

        A CPU takes a third less time to encode and to align windows one by one than eight at once, because what it
        computes on stays in its caches, and each has no more behind it than it needs. A GPU takes them together.
        """
        from ctranslate2 import StorageView

        whisper = self._whisper
        if whisper.model.device != "cpu":
            together = whisper.encode(np.stack([self._features(window, FULL) for window in windows]))
            return together, [together]
        apart = []
        for window in windows:
            length = max(shown, padded_length(len(window) / RATE))
            found = np.asarray(whisper.encode(self._features(window, length)))
            apart.append(np.ascontiguousarray(found[:, : int(shown * POSITIONS_PER_SECOND)]))
        parts = [StorageView.from_array(one) for one in apart]
        return parts[0] if len(parts) == 1 else StorageView.from_array(np.concatenate(apart)), parts

    def _features(self, window: np.ndarray, length: float) -> np.ndarray:
        from faster_whisper.audio import pad_or_trim

        found: np.ndarray = pad_or_trim(self._whisper.feature_extractor(window)[..., :-1], int(length * FRAMES_PER_SECOND))
        return found

    def _transcript(self, result: Any, alignment: list[dict[str, Any]], duration: float) -> Transcript:
        from faster_whisper.transcribe import get_compression_ratio, merge_punctuations

        merge_punctuations(alignment, "\"'“¿([{-《（「", "\"'.。,，!！?？:：”)]}、；;》）」…")
        words = tuple(
            Spoken(
                word["word"],
                round(min(float(word["start"]), duration), 3),
                round(min(float(word["end"]), duration), 3),
                round(float(word["probability"]), 4),
            )
            for word in alignment
            if word["word"].strip()
        )
        text = "".join(word.text for word in words)
        count = len(result.sequences_ids[0])
        return Transcript(
            words=words,
            avg_logprob=round(result.scores[0] * count / (count + 1), 4),
            no_speech_prob=round(result.no_speech_prob, 4),
            compression_ratio=round(get_compression_ratio(text), 3) if text else 1.0,
        )

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from faster_whisper.tokenizer import Tokenizer

        return Tokenizer(
            self._whisper.hf_tokenizer, self._whisper.model.is_multilingual, task="transcribe", language=self._settings.language
        )


def decode_options(settings: HearingSettings, tokenizer: Tokenizer, seconds: float, *, careful: bool = False) -> dict[str, Any]:
    """The options of every decoding, whatever asks for it: no timestamps, no conditioning, no sampling."""
    from faster_whisper.transcribe import get_suppressed_tokens

    return {
        "beam_size": max(CAREFUL_BEAM, settings.beam_size) if careful else settings.beam_size,
        "patience": 1.0,
        "length_penalty": 1.0,
        "repetition_penalty": 1.0,
        "no_repeat_ngram_size": CAREFUL_RUN if careful else 0,
        "sampling_temperature": 0.0,
        "suppress_blank": True,
        "suppress_tokens": get_suppressed_tokens(tokenizer, [-1]),
        "return_scores": True,
        "return_no_speech_prob": True,
        "max_new_tokens": int(seconds * TOKENS_PER_SECOND),
    }


def context(settings: HearingSettings) -> str:
    """The text the model is shown as if it had been said before: the user's, else ours for the language.

    >>> context(HearingSettings(prompt="")), context(HearingSettings(language="en")), len(context(HearingSettings())) > 10
    ('', '', True)
    """
    return CONTEXT.get(settings.language, "") if settings.prompt is None else settings.prompt.strip()


def padded_length(duration: float) -> float:
    """Seconds a window of ``duration`` is padded to before the encoder.

    >>> padded_length(3.0), padded_length(11.3), padded_length(29.0)
    (9.0, 17.5, 30.0)
    """
    return float(min(FULL, np.ceil((duration + ROOM) * 2) / 2))


def shown_length(duration: float) -> float:
    """Seconds of what the encoder makes of a window of ``duration`` that the decoder is shown; no more than were encoded.

    >>> shown_length(3.0), shown_length(11.3), shown_length(29.0)
    (5.0, 15.0, 30.0)
    """
    return float(min(FULL, np.ceil((duration + SHOWN_ROOM) / STEP) * STEP))


def load(settings: HearingSettings) -> WhisperRecognizer:
    """The recogniser the settings ask for, its model verified.

    Raises:
        ModelError: the model is missing, incomplete, not what its hash says, or CTranslate2 cannot load it.
        ConfigError: the model does not know the language.
    """
    import ctranslate2
    from faster_whisper import WhisperModel

    model = resolve(settings.model)
    device = settings.device
    if device == "auto":
        device = "cuda" if ctranslate2.get_cuda_device_count() else "cpu"
    compute_type = settings.compute_type
    if compute_type == "default":
        compute_type = "float16" if device == "cuda" else "int8"
    try:
        whisper = WhisperModel(
            str(model.path), device=device, compute_type=compute_type, cpu_threads=settings.threads or cores(), local_files_only=True
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise ModelError(
            "识别模型装不上",
            where=str(model.path),
            why=str(error),
            next_step="确认这是 CTranslate2 格式的 Whisper 模型，且 device、compute_type 受支持",
        ) from error
    check(model, whisper, settings)
    return WhisperRecognizer(model, whisper, settings)


def check(model: Model, whisper: WhisperModel, settings: HearingSettings) -> None:
    """Refuse what would otherwise only fail in the middle of the first recording."""
    mels = len(whisper.feature_extractor.mel_filters)
    if mels != whisper.model.n_mels:
        raise ModelError(
            "模型目录不完整",
            where=str(model.path),
            why=f"模型要 {whisper.model.n_mels} 个梅尔频带，没有 preprocessor_config.json 时按 {mels} 个算",
            next_step="把原模型的 preprocessor_config.json 放进目录",
        )
    if settings.language not in whisper.supported_languages:
        raise ConfigError(
            "模型不会这种语言",
            where="hearing.language",
            why=f"{model.name} 不支持 {settings.language}",
            next_step="中文写 zh，粤语写 yue（large-v3 起）；名字以 .en 结尾的模型只会英语",
        )


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
