"""From when until when a rule holds: days of the site's time zone, both included."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, tzinfo
from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from qa.scoring.operators import Part


def _day(value: object) -> object:
    """A day as it is written; a bare number would be taken for seconds since 1970."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        message = "应为日期，写成 2026-12-01 的样子"
        raise ValueError(message) from None


Day = Annotated[date, BeforeValidator(_day)]


class Lifespan(Part):
    """Something that holds for calls of certain days only; without dates for all.

    >>> rule = Lifespan(valid_from=date(2026, 12, 1))
    >>> rule.outside(date(2026, 11, 30)), rule.outside(date(2026, 12, 1))
    ('从 2026-12-01 起生效，通话在 2026-11-30', None)
    """

    valid_from: Day | None = Field(None, description="从哪天起生效（含当天），例如 2026-12-01；按通话当天算")
    valid_until: Day | None = Field(None, description="到哪天为止（含当天）")

    @model_validator(mode="after")
    def _in_order(self) -> Lifespan:
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            message = f"valid_until（{self.valid_until}）早于 valid_from（{self.valid_from}），没有一天有效"
            raise ValueError(message)
        return self

    @property
    def limited(self) -> bool:
        """Whether there are days on which it does not hold."""
        return self.valid_from is not None or self.valid_until is not None

    def outside(self, day: date | None) -> str | None:
        """Why it does not hold for a call of that day, in Chinese; None where it does. Of an unknown day nothing can be said."""
        if not self.limited:
            return None
        if day is None:
            return f"{self.days()}，而这通电话没有时间"
        early = self.valid_from is not None and day < self.valid_from
        late = self.valid_until is not None and day > self.valid_until
        return f"{self.days()}，通话在 {day}" if early or late else None

    def moment(self) -> datetime | None:
        """Noon of a day on which it holds; None where it always does."""
        day = self.valid_from or self.valid_until
        return datetime.combine(day, time(12), tzinfo=UTC) if day else None

    def days(self) -> str:
        """The days as a person says them.

        >>> Lifespan(valid_from=date(2026, 12, 1), valid_until=date(2026, 12, 31)).days()
        '从 2026-12-01 起生效，到 2026-12-31 为止'
        """
        parts = [f"从 {self.valid_from} 起生效"] if self.valid_from else []
        parts += [f"到 {self.valid_until} 为止"] if self.valid_until else []
        return "，".join(parts)


def day_of(moment: datetime | None, zone: tzinfo | None) -> date | None:
    """The day of a call where the calendar of ``zone`` hangs; of the offset that it is written with, where none is given.

    >>> from datetime import UTC
    >>> from zoneinfo import ZoneInfo
    >>> day_of(datetime(2026, 11, 30, 18, 0, tzinfo=UTC), ZoneInfo("Asia/Shanghai"))
    datetime.date(2026, 12, 1)
    """
    if moment is None:
        return None
    return (moment.astimezone(zone) if zone and moment.tzinfo else moment).date()
