# SPDX-License-Identifier: BSD-3-Clause
"""What bench/flat and bench/compile print, as figures of the table of goals."""

from __future__ import annotations

from typing import Any

from .goals import AXES
from .shell import Failed


def flat(report: Any) -> dict[str, Any]:
    """Largest cost over smallest of every axis, with its curve."""
    out: dict[str, Any] = {}
    for axis in report["axes"]:
        name = axis["axis"]
        if name not in AXES:
            raise Failed(f"bench/flat measured an axis that has no goal: {name}")
        out[name] = {"instructions": axis["instructions_ratio"], "ns": axis["ns_ratio"], "points": axis["points"],
                     "bytes_per_entry": axis.get("bytes_per_entry")}
    return out


def compile_times(report: Any) -> dict[str, Any]:
    """Seconds of a whole compile, milliseconds of a change that touches no pattern."""
    return {"seconds": float(report["seconds"]), "change_ms": float(report["change_ms"])}
