# SPDX-License-Identifier: BSD-3-Clause
"""Runs the captures of the disguises and holds every verdict against the treatment of its row."""

from __future__ import annotations

import tempfile
from pathlib import Path

from lib import audit, program, tshark
from lib.case import ROOT
from lib.program import OTHER, Inputs, Line

from .kit import VARIANTS, Row
from .table import ROWS, build

REASONS = {
    "judged": {"initiator-kms-not-allowed", "receiver-kms-not-allowed", "response-mikey"},
    "uninspectable": {"uninspectable-body"},
    "malformed": {"malformed-sip", "malformed-mikey"},
}


def faults(row: Row, lines: dict[str, Line | None]) -> list[str]:
    """What is wrong with the verdicts of a row."""
    out = []
    said = {variant: str(line["verdict"]) if line else "no line" for variant, line in lines.items()}
    harmless = lines["harmless"]
    if harmless and harmless["verdict"] != "forward":
        out.append(f"harmless traffic: {said['harmless']} ({harmless['reason']})")
    if row.treatment == "judged" and said["allowed"] != "forward":
        reason = lines["allowed"]["reason"] if lines["allowed"] else "-"
        out.append(f"an allowed KMS: {said['allowed']} ({reason})")
    stopped = {"judged": ["forbidden"], "guarded": ["forbidden"]}.get(row.treatment, ["allowed", "forbidden"])
    for variant in stopped:
        line = lines[variant]
        if line is None or said[variant] in ("forward", "no line"):
            out.append(f"{variant} KMS passes ({line['reason'] if line else 'no line'})")
        elif row.treatment in REASONS and line["reason"] not in REASONS[row.treatment]:
            out.append(f"{variant} KMS: reason {line['reason']}, treatment {row.treatment}")
        elif row.treatment == "judged":
            answered = line["kind"] == "request" and line["method"] != "ACK"
            if (said[variant] == "redirect") != answered:
                out.append(f"{variant} KMS: {said[variant]} of a {line['kind']} {line['method']}")
    return out


def shown(line: Line | None) -> str:
    """A verdict and its reason in the table."""
    return f"{line['verdict']} ({line['reason']})" if line else "no line"


def run(folder: Path, binary: Path) -> tuple[str, list[tuple[str, list[str]]]]:
    """The printed table, and the faults of every row."""
    with tempfile.TemporaryDirectory() as name:
        captures = {port: folder / f"{port}-in.pcap" for port in OTHER}
        inputs = Inputs(ROOT / "policy.yaml", "mc1-edge", captures, [])
        silent: dict[str, set[int]] = {port: set() for port in OTHER}
        result = program.run(binary, inputs, Path(name) / "one")
        if result.code or not result.lines:
            return "disguises", [("disguises", [f"exit code {result.code}: {result.errors[:400]}"])]
        common, out = audit.enforce(result, inputs, silent, 1500)
        for port in OTHER:
            common += tshark.faults(result.files[f"{port}-out.pcap"], out[port].answers())
        if program.run(binary, inputs, Path(name) / "two").raw != result.raw:
            common.append("a second run gives other bytes")
        shadow = program.run(binary, inputs, Path(name) / "shadow", ["--mode", "shadow"])
        common += audit.shadow(shadow, result, inputs, silent)
    by_frame = {(str(line["port"]), frame): line for line in result.events for frame in line["frames"]}
    found: dict[str, dict[str, Line | None]] = {row.name: {} for row in ROWS}
    for entry in build()[1]:
        found[entry.row.name][entry.variant] = by_frame.get((entry.row.port, entry.frames[0]))
    widths = (46, 14, 42, 42)
    head = ("disguise", "treatment", "allowed KMS", "forbidden KMS", "harmless")
    table, results = ["".join(f"{text:<{size}} " for text, size in zip(head, widths)) + head[-1]], []
    for row in ROWS:
        cells = [row.name, row.treatment] + [shown(found[row.name][variant]) for variant in VARIANTS]
        table.append("".join(f"{text:<{size}} " for text, size in zip(cells, widths)) + cells[-1])
        results.append((f"disguise {row.name}", faults(row, found[row.name])))
    return "\n".join(table), results + [("disguises: every frame and every answer", common)]
