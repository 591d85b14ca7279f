"""The sentiment of whole calls: read once, kept with the call, and read again only when something that decides it has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from qa.calls import Heard, SentimentTrack
from qa.config import SentimentSettings

if TYPE_CHECKING:
    from qa.sentiment.reader import Reader

#: What ``sentiment.model`` says where no model is wanted.
OFF = "none"


class Tracks:
    """Gives calls their tracks. The model is loaded when the first call has to be read, so re-judging never loads it.

    ``fingerprint`` names the model and everything else that decides a reading; it is empty where none is wanted.

    >>> from qa.calls import Roles
    >>> tracks = Tracks.of(SentimentSettings(model="none"))
    >>> tracks.fingerprint, tracks.track(Heard(duration=None, channels=0, turns=(), roles=Roles(method="manual", confidence=1.0)))
    ('', None)
    """

    def __init__(self, name: str, fingerprint: str, load: Callable[[], Reader] | None) -> None:
        self.name, self.fingerprint = name, fingerprint
        self._load = load
        self._reader: Reader | None = None

    @classmethod
    def of(cls, settings: SentimentSettings) -> Tracks:
        """With the model that the settings name, found and verified but not kept in memory.

        Raises:
            ModelError: it is missing, incomplete, damaged, its weights do not fit its configuration, it does not offer the
                labels wanted, or there is no such device.
        """
        if settings.model == OFF:
            return cls(OFF, "", None)
        # Imported here so that commands which need no model start without numpy.
        from qa.sentiment.model import resolve
        from qa.sentiment.network import verify
        from qa.sentiment.reader import VERSION, load

        model = resolve(settings.model)
        verify(model, settings.device)
        return cls(model.name, f"{model.fingerprint}-{VERSION}", lambda: load(settings.model, settings.device))

    def track(self, heard: Heard, kept: SentimentTrack | None = None) -> SentimentTrack | None:
        """The track of a call: ``kept`` where it is still right, else read now; None without a model.

        Raises:
            ModelError: the model can't be loaded.
        """
        if self._load is None:
            return None
        key = self._key(heard)
        if kept is not None and kept.key == key:
            return kept
        if not any(turn.role != "agent" and turn.text.strip() for turn in heard.turns):
            return SentimentTrack(key=key, model=self._model)
        if self._reader is None:
            self._reader = self._load()
        return SentimentTrack(key=key, model=self._model, turns=self._reader.read(heard.turns))

    @property
    def _model(self) -> str:
        return f"{self.name}@{self.fingerprint[:16]}"

    def _key(self, heard: Heard) -> str:
        said = "\x1f".join(f"{turn.role}\x1e{turn.text}" for turn in heard.turns)
        return hashlib.sha256(f"{self.fingerprint}\x1f{said}".encode()).hexdigest()[:32]
