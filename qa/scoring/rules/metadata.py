"""What the manifest says about a recording, and whether the customer complains."""

from __future__ import annotations

from qa.calls import Recording
from qa.scoring.operators import ComplaintCheck, Metadata
from qa.scoring.rules.base import Context, Result

FIELDS = ("call_id", "agent_id", "agent_name", "team", "team_leader", "hired_on", "direction", "customer_id")


def value_of(recording: Recording, field: str) -> str | None:
    """A field of the recording by name, its own or a further column of the manifest; None when it is not known.

    >>> value_of(Recording(call_id="c1", content_hash="00", extra={"queue": "投诉"}), "queue")
    '投诉'
    """
    value = getattr(recording, field) if field in FIELDS else recording.extra.get(field)
    return None if value is None or str(value).strip() == "" else str(value)


def metadata(rule: Metadata, context: Context) -> Result:
    """Holds when the field is as the rule says; ``na`` when the field is not known and the rule does not ask for that."""
    value = value_of(context.recording, rule.field)
    if value is None:
        if rule.present is not None:
            return Result(state="fails" if rule.present else "holds", reason=f"元数据里没有 {rule.field}")
        return Result(state="na", reason=f"元数据里没有 {rule.field}")
    right = (
        rule.present is not False
        and (not rule.equals or value in rule.equals)
        and (not rule.contains or any(part in value for part in rule.contains))
    )
    return Result(state="holds" if right else "fails", reason=f"元数据 {rule.field} 是 {value}")


def complaint(rule: ComplaintCheck, context: Context) -> Result:
    """Holds when the customer complains, of that kind; the customer's words are the hits."""
    found = context.complaint
    kinds = not rule.category or any(category in found.categories for category in rule.category)
    if found.detected and kinds and (rule.threat is None or rule.threat == found.threat):
        return Result(state="holds", hits=found.hits)
    return Result(state="fails", reason="客户没有这样的投诉" if rule.category or rule.threat is not None else "客户没有投诉")
