"""The map of confidence is a map: rising, within 0..1, and it says where it comes from."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.asr.confidence import TABLE, calibrated, interpolated, knots


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_the_surer_the_recogniser_the_surer_we_are(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0.0 <= calibrated(low) <= calibrated(high) <= 1.0


@pytest.mark.parametrize(("value", "found"), [(0.0, 0.25), (0.5, 0.25), (0.75, 0.5), (1.0, 0.75), (2.0, 0.75)])
def test_beyond_its_ends_the_map_is_flat(value: float, found: float) -> None:
    assert interpolated(((0.5, 0.25), (1.0, 0.75)), value) == found


def test_the_shipped_map_rises_and_tells_its_origin() -> None:
    record = json.loads(TABLE.read_text(encoding="utf-8"))
    assert all(a[0] < b[0] and a[1] <= b[1] for a, b in pairwise(knots()))
    assert record["words"] > 5000
    assert record["model"].startswith("base@")
    assert record["calibration_error"]["five_fold"] <= 0.08
    assert record["calibration_error"]["five_fold"] < record["calibration_error"]["before"]
