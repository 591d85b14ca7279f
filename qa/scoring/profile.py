"""What kind of service an agent gives, and how long it has been in the job.

Two sides make the service type, as call-centre training teaches it: the procedural one (程序面: is everything done
that the process asks for) and the personal one (个人面: how the customer is treated)::

    personal high │ 热情友好型 friendly    优质服务型 excellent
    personal low  │ 漠不关心型 indifferent 按部就班型 by the book
                  └───────────────────────────────────────────────
                    procedure low          procedure high

Each side is the share of points earned on its items. The rubric says which items are on the personal side (``side``),
unless the caller names them; every other item that carries points is procedure.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas as pd

ServiceType = Literal["indifferent", "by_the_book", "friendly", "excellent"]
Stage = Literal["probation", "new", "seasoned"]

#: Months in the job below which an agent belongs to a stage.
STAGES: tuple[tuple[Stage, int | None], ...] = (("probation", 3), ("new", 12), ("seasoned", None))


def service_type(procedure: float, personal: float, good: float) -> ServiceType:
    """The type of a pair of shares; ``good`` is the share from which a side counts as high.

    >>> service_type(0.9, 0.7, good=0.8), service_type(0.8, 0.8, good=0.8)
    ('by_the_book', 'excellent')
    """
    if personal >= good:
        return "excellent" if procedure >= good else "friendly"
    return "by_the_book" if procedure >= good else "indifferent"


def service_types(criteria: pd.DataFrame, cards: pd.DataFrame, personal: Collection[str], good: float, minimum: int) -> pd.DataFrame:
    """Columns ``procedure``, ``personal`` (shares of 1) and ``service_type`` for each agent of ``cards``.

    ``personal`` names items of the personal side by criterion id or by section; empty: those that the rubric puts there.
    The type is None below
    ``minimum`` scored calls and where a side has no points.
    """
    import pandas as pd

    judged = criteria[criteria["outcome"].isin(["met", "missed"]) & (criteria["max_points"].astype(float) > 0)]
    named = judged["criterion"].isin(list(personal)) | judged["section"].isin(list(personal))
    on_personal = named if personal else judged["side"] == "personal"
    table = cards[["scored"]].copy()
    for name, side in (("procedure", judged[~on_personal]), ("personal", judged[on_personal])):
        sums = side.astype({"points": float, "max_points": float}).groupby("agent_id", observed=True)[["points", "max_points"]].sum()
        table[name] = (sums["points"] / sums["max_points"]).clip(0.0, 1.0).round(4).reindex(table.index)
    known = (table["scored"] >= minimum) & table["procedure"].notna() & table["personal"].notna()
    shares = zip(table["procedure"].tolist(), table["personal"].tolist(), known.tolist(), strict=True)
    types = [service_type(procedure, own, good) if sure else None for procedure, own, sure in shares]
    table["service_type"] = pd.Series(types, index=table.index, dtype=object)  # object: a missing type stays None
    return table[["procedure", "personal", "service_type"]]


def stage(hired_on: Any, day: date | None) -> Stage | None:
    """How long somebody hired on an ISO date had been in the job on ``day``; None where that is not known.

    >>> stage("2026-09-01", date(2026, 11, 20)), stage("2026-08-20", date(2026, 11, 20)), stage("2021-03-15", date(2026, 11, 20))
    ('probation', 'new', 'seasoned')
    >>> stage("", date(2026, 11, 20)), stage("下周一", date(2026, 11, 20)), stage("2027-01-01", date(2026, 11, 20))
    (None, None, None)
    """
    try:
        hired = date.fromisoformat(hired_on)
    except (TypeError, ValueError):
        return None
    if day is None or hired > day:
        return None
    months = 12 * (day.year - hired.year) + day.month - hired.month - (day.day < hired.day)
    return next(name for name, below in STAGES if below is None or months < below)
