"""Problems a person can mend, said so that they can.

Every error the library raises on purpose is a :class:`QaError`: *what* is wrong, *where*, *why*, and the *next
step*, in Chinese, because the reader is the one who must act. Only the command line turns them into exit
statuses; a :class:`RecordingError` never stops a batch, it quarantines one recording.
"""

from __future__ import annotations


class QaError(Exception):
    """Something a user can put right; ``str()`` of it is the whole message.

    >>> print(QaError("清单里有不认识的列", where="m.csv", why="列名 agnt_id", next_step="改名为 agent_id"))
    清单里有不认识的列
      位置：m.csv
      原因：列名 agnt_id
      处理：改名为 agent_id
    """

    def __init__(self, what: str, *, where: str | None = None, why: str | None = None, next_step: str | None = None) -> None:
        self.what, self.where, self.why, self.next_step = what, where, why, next_step
        parts = [what]
        parts += [f"  {label}：{text}" for label, text in (("位置", where), ("原因", why), ("处理", next_step)) if text]
        super().__init__("\n".join(parts))


class RecordingError(QaError):
    """One recording cannot be inspected; it goes to quarantine and the batch goes on."""


class ConfigError(QaError):
    """qa.toml or an option says something that cannot be."""


class ManifestError(QaError):
    """The metadata of the recordings does not hold together; raised before any recording is heard."""


class RubricError(QaError):
    """A rubric or lexicon file is wrong; carries all faults at once."""


class ModelError(QaError):
    """A model is missing, incomplete, or not the one its hash says it is."""


class StoreError(QaError):
    """The results cannot be read or written."""
