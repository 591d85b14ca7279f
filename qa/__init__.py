"""Tingjian (听检): offline batch quality inspection of Mandarin call recordings.

The way of one call reads top to bottom in :mod:`qa.pipeline`; what the parts hand to each other is in
:mod:`qa.calls`.

Importing the package sets the switches that keep every library underneath from calling home. They must be in
the environment before those libraries load, so they stand here and nowhere else.
"""

from __future__ import annotations

import os

__version__ = "0.1.0"

#: Environment switches that silence the libraries underneath; values a user has already set are left alone,
#: so that naming a hub id for a model can be allowed on purpose (``HF_HUB_OFFLINE=0``).
QUIET_ENVIRONMENT = {
    "ORT_DISABLE_TELEMETRY": "1",  # onnxruntime >= 1.29 reports usage from native code, on Linux too
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
    "OMP_WAIT_POLICY": "PASSIVE",  # three OpenMP runtimes share the cores; spinning starves the other two
    "TOKENIZERS_PARALLELISM": "false",
}

for _name, _value in QUIET_ENVIRONMENT.items():
    os.environ.setdefault(_name, _value)
