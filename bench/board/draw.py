# SPDX-License-Identifier: BSD-3-Clause
"""Two drawings of a run, as SVG: figures beside their limits, and what stages cost."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from .goals import judge_all
from .shell import ROOT
from .show import figure

LEFT, BAR, RIGHT, ROW, TOP = 300, 440, 130, 20, 56
GOOD, BAD, PLAIN, INK, FAINT = "#2f7d4f", "#b3402f", "#4a6fa5", "#222222", "#bbbbbb"


class Drawing:
    """Rows of bars on a logarithmic scale."""

    def __init__(self, title: str, what: str, least: float, most: float) -> None:
        self.low, self.high = math.log10(least), math.log10(most)
        self.rows = 0
        self.parts = [self.text(12, 20, title, "start", 14), self.text(12, 38, what, "start", 11)]

    @staticmethod
    def text(x: float, y: float, words: str, anchor: str = "start", size: int = 12) -> str:
        """A line of text."""
        return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{INK}">{escape(words)}</text>'

    def x(self, value: float) -> float:
        """Where a value stands; what lies outside the scale stands at its end."""
        place = (math.log10(value) - self.low) / (self.high - self.low) if value > 0 else 0.0
        return LEFT + BAR * min(max(place, 0.0), 1.0)

    def bar(self, name: str, value: float | None, label: str, colour: str) -> None:
        """One row; without a value only its label."""
        y = TOP + ROW * self.rows
        self.rows += 1
        self.parts.append(self.text(LEFT - 8, y + 13, name, "end"))
        end = LEFT if value is None else max(self.x(value), LEFT + 1)
        if value is not None:
            self.parts.append(f'<rect x="{LEFT}" y="{y + 3}" width="{end - LEFT:.1f}" height="{ROW - 6}" fill="{colour}"/>')
        self.parts.append(self.text(end + 6, y + 13, label, size=11))

    def line(self, value: float, label: str) -> None:
        """A mark over all rows drawn so far."""
        x, end = self.x(value), TOP + ROW * self.rows
        self.parts.append(f'<line x1="{x:.1f}" y1="{TOP - 4}" x2="{x:.1f}" y2="{end}" stroke="{INK}" stroke-dasharray="4 3"/>')
        self.parts.append(self.text(x, TOP - 7, label, "middle", 11))

    def svg(self) -> str:
        """The whole file."""
        width, height = LEFT + BAR + RIGHT, TOP + ROW * self.rows + 12
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">\n'
                f'<rect width="{width}" height="{height}" fill="#ffffff" stroke="{FAINT}"/>\n' + "\n".join(self.parts) + "\n</svg>\n")


def goals(measured: dict[str, Any]) -> str:
    """Every figure divided by its limit."""
    drawing = Drawing("Goals: figure over limit", f"kmsgate {measured['revision']}; left of the line is met", 0.01, 100)
    for result in judge_all(measured):
        for limit, value in zip(result.goal.limits, result.figures, strict=True):
            name = f"{result.goal.name}, {limit.unit.removeprefix('x ')}"
            if value is None:
                drawing.bar(name, None, "not measured", PLAIN)
                continue
            label = f"{figure(value, limit.most)} of {limit.most:,g}"
            share = value / limit.most if limit.most else (0.0 if value == 0 else 100.0)
            drawing.bar(name, share, label, GOOD if value <= limit.most else BAD)
    drawing.line(1.0, "limit")
    return drawing.svg()


def stages(measured: dict[str, Any]) -> str:
    """Instructions a message."""
    rows = {name: row["instructions"] for name, row in measured.get("stages", {}).items() if row.get("instructions")}
    drawing = Drawing("What the stages cost", f"kmsgate {measured['revision']}; instructions a message, logarithmic",
                      100, max([1e6, *rows.values()]))
    for name, value in rows.items():
        drawing.bar(name, value, f"{value:,.0f}", PLAIN)
    if "floor" in rows:
        drawing.line(rows["floor"], "floor")
    return drawing.svg()


def write(measured: dict[str, Any], folder: Path = ROOT / "bench") -> None:
    """bench/goals.svg and bench/stages.svg."""
    (folder / "goals.svg").write_text(goals(measured))
    (folder / "stages.svg").write_text(stages(measured))
