# SPDX-License-Identifier: BSD-3-Clause
"""bench/baseline.json: instructions a message of every stage, and what has moved since."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .shell import ROOT, Usage

FILE = ROOT / "bench/baseline.json"
TOLERANCE = 0.05
RENEW = "bench/run --renew-baseline"


@dataclass(frozen=True)
class Finding:
    """One stage: does it stand where it stood, and the line that says so."""

    ok: bool
    text: str


def write(counted: dict[str, dict[str, Any]], compiler: str, path: Path = FILE) -> None:
    """Keeps the counts."""
    kept = {"compiler": compiler, "stages": {name: round(row["instructions"], 1) for name, row in counted.items()}}
    path.write_text(json.dumps(kept, indent=2) + "\n")


def read(path: Path = FILE) -> dict[str, Any]:
    """The counts that are kept."""
    try:
        kept = json.loads(path.read_text())
        return {"compiler": str(kept["compiler"]), "stages": {str(k): float(v) for k, v in kept["stages"].items()}}
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as e:
        raise Usage(f"{path} cannot be read ({e}): `{RENEW}` writes it anew") from None


def compare(kept: dict[str, float], now: dict[str, float], tolerance: float = TOLERANCE) -> list[Finding]:
    """Every stage that is counted or kept. Less is a finding, too: what was won is to be kept."""
    out = []
    for name in [*kept, *(n for n in now if n not in kept)]:
        if name not in now:
            out.append(Finding(False, f"{name}: was {kept[name]:,.0f} instructions, is counted no more"))
        elif name not in kept:
            out.append(Finding(False, f"{name}: {now[name]:,.0f} instructions, not in the baseline"))
        else:
            moved = now[name] - kept[name]
            text = f"{name}: {kept[name]:,.0f} -> {now[name]:,.0f} instructions, {round(100 * moved / kept[name], 1) + 0.0:+.1f} %"
            out.append(Finding(abs(moved) <= tolerance * kept[name], text))
    return out


def report(findings: list[Finding], kept: str, compiler: str) -> tuple[str, bool]:
    """Lines for people, closing with `N passed, N failed`; and whether all is well."""
    lines = [("ok     " if f.ok else "FAILED ") + f.text for f in findings]
    failed = sum(not f.ok for f in findings)
    if kept != compiler:
        lines.append(f"The baseline was counted with {kept}, this build is of {compiler}.")
    if failed:
        lines.append(f"More than {100 * TOLERANCE:.0f} % is a change that somebody has to want: find the cause, or renew the baseline with `{RENEW}`.")
    lines.append(f"{len(findings) - failed} passed, {failed} failed")
    return "\n".join(lines), failed == 0
