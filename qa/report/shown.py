"""What may be shown of a store: pages, tables, exports and the terminal read their calls here.

Calls are masked, unless the contrary was asked for, allowed by the settings, and put on record.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from qa.calls import Call, Quarantined
from qa.config import PrivacySettings, Settings
from qa.errors import ConfigError
from qa.privacy import hidden_times, masked_call, masked_quarantine, masked_text, shown_ids
from qa.report.media import Playable, playable
from qa.store.removals import removed_contents
from qa.store.runs import RunRecord, runs
from qa.store.store import Store


class Shown:
    """A store as it may be shown, read like a store.

    A call goes under its id as it may be shown; :meth:`expect` takes the true id as well. Two customers whose numbers
    look alike when masked are told apart by a suffix.

    >>> import tempfile
    >>> with Store.open(tempfile.mkdtemp()) as store:
    ...     list(Shown.of(store, Settings()).calls())
    []
    """

    def __init__(self, store: Store, settings: PrivacySettings, *, masked: bool = True) -> None:
        self._store, self._settings, self.masked = store, settings, masked

    @classmethod
    def of(cls, store: Store | Shown, settings: Settings) -> Shown:
        """The store masked as the settings say; what is made ready already stays as it is."""
        return store if isinstance(store, Shown) else cls(store, settings.privacy)

    @property
    def location(self) -> str:
        """Where another process finds the store."""
        return self._store.location

    def calls(self) -> Iterator[Call]:
        """Every call in order of start, then id, as it may be shown."""
        return map(self.shown, self._store.calls())

    def call_ids(self) -> list[str]:
        """The true ids of all calls, in their order."""
        return self._store.call_ids()

    def some(self, call_ids: Sequence[str]) -> Iterator[Call]:
        """The calls of these true ids in order of start, then id, as they may be shown."""
        return map(self.shown, self._store.some(call_ids))

    def call(self, call_id: str) -> Call | None:
        """The call of that id, true or shown."""
        found = self._store.call(self.true_id(call_id))
        return self.shown(found) if found else None

    def expect(self, call_id: str) -> Call:
        """The call of that id, true or shown.

        Raises:
            StoreError: there is none.
        """
        return self.shown(self._store.expect(self.true_id(call_id)))

    def true_id(self, call_id: str) -> str:
        """The id that the store knows the call by, given that or the shown one."""
        return self._true_ids.get(call_id, call_id)

    def shown_id(self, call_id: str) -> str:
        """The id that the call is shown under, given that or the true one."""
        return self._ids.get(call_id) or masked_text(call_id, self._settings) if self.masked else self.true_id(call_id)

    def quarantined(self) -> list[Quarantined]:
        """The recordings that could not be inspected, as they may be shown."""
        held = self._store.quarantined()
        return [masked_quarantine(one, self._settings) for one in held] if self.masked else held

    def latest_run(self) -> RunRecord | None:
        """The latest run that is over, with what it says should be reviewed."""
        return next((run for run in runs(self._store, 5) if run.outcome != "running"), None)

    def sound(self, call: Call, folder: Path) -> Playable:
        """The playable copy of a shown call in ``folder``, silent or beeping where its text hides something.

        There is none where it was removed on purpose, nor where the words were: what to hide can no longer be told.
        """
        if call.recording.content_hash in self._silent:
            return Playable(None, problem="录音副本已按保存期限删除")
        hidden = hidden_times(call.heard, self._settings).pairs() if self.masked else ()
        made = playable(call.recording, folder, hidden, self._settings.sound)
        return replace(made, detail=masked_text(made.detail, self._settings)) if self.masked else made

    def shown(self, call: Call) -> Call:
        """A call of this store as it may be shown."""
        if not self.masked:
            return call
        shown = masked_call(call, self._settings, call_id=self.shown_id(call.recording.call_id))
        customer = call.recording.customer_id
        if customer is None or shown.recording.customer_id == customer:
            return shown
        return replace(shown, recording=replace(shown.recording, customer_id=self._customers[customer]))

    @cached_property
    def _silent(self) -> frozenset[str]:
        return removed_contents(self._store, "audio") | removed_contents(self._store, "transcript")

    @cached_property
    def _customers(self) -> dict[str, str]:
        return shown_ids(sorted(set(self._store.customers().values())), self._settings)

    @cached_property
    def _ids(self) -> dict[str, str]:
        return shown_ids(sorted(self._store.kept()), self._settings)

    @cached_property
    def _true_ids(self) -> dict[str, str]:
        return {shown: true for true, shown in self._ids.items()}


def for_showing(store: Store, settings: Settings, what: str, *, unmasked: bool = False) -> Shown:
    """The store as the command may show it; unmasked only where the settings allow it, and on record.

    ``what`` says what is shown, for the record.

    Raises:
        ConfigError: unmasked is asked for and not allowed.
    """
    if not unmasked:
        return Shown(store, settings.privacy)
    if not settings.privacy.allow_unmasked:
        why = "设置里没有允许显示未遮盖的内容"
        next_step = "确有依据时，在 qa.toml 的 [privacy] 写 allow_unmasked = true；每次使用都会记录"
        raise ConfigError("不能用 --unmasked", why=why, next_step=next_step)
    store.remember_disclosure(what)
    return Shown(store, settings.privacy, masked=False)
