# SPDX-License-Identifier: BSD-3-Clause
"""Bars on a logarithmic axis as SVG: one panel a group, so that figures with and without sockets share no axis."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

WIDTH, LEFT, RIGHT = 960, 250, 150
BAR, GAP, HEAD, AXIS, BETWEEN = 20, 10, 58, 34, 22
TEXT, FAINT, LINE, SPREAD = "#1f2328", "#59636e", "#d1d9e0", "#3b434b"
OURS, FLOOR, THEIRS = "#0969da", "#8c959f", "#bc4c00"


@dataclass(frozen=True)
class Bar:
    """One contestant: its figure, the least and most of its rounds, and what stands behind the bar."""

    name: str
    value: float
    least: float
    most: float
    label: str
    colour: str


@dataclass(frozen=True)
class Panel:
    """Bars of one kind; `unit` stands under the axis."""

    title: str
    remark: str
    unit: str
    bars: tuple[Bar, ...]


def decades(bars: tuple[Bar, ...]) -> tuple[int, int]:
    """Powers of ten around all values; at least one apart."""
    if not bars:
        raise ValueError("a panel without bars")
    for bar in bars:
        if not 0 < bar.least <= bar.value <= bar.most or not math.isfinite(bar.most):
            raise ValueError(f"{bar.name}: {bar.least} <= {bar.value} <= {bar.most} cannot be drawn on a logarithmic axis")
    low = math.floor(math.log10(min(bar.least for bar in bars)))
    high = math.ceil(math.log10(max(bar.most for bar in bars)))
    return low, max(high, low + 1)


def number(power: int) -> str:
    """10 to that power as people write it."""
    return f"{10**power:,}" if power >= 0 else f"{10.0**power:.{-power}f}"


def text(x: float, y: float, words: str, *, size: int = 13, colour: str = TEXT, anchor: str = "start", bold: bool = False) -> str:
    """A line of text."""
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" text-anchor="{anchor}"{weight}>{escape(words)}</text>'


def rule(x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1) -> str:
    """A straight line."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"/>'


def height(panel: Panel) -> int:
    """Of one panel."""
    return HEAD + len(panel.bars) * (BAR + GAP) + AXIS


def draw(panel: Panel, top: float) -> list[str]:
    """The elements of one panel, its top at `top`."""
    low, high = decades(panel.bars)
    span = WIDTH - LEFT - RIGHT

    def at(value: float) -> float:
        return LEFT + span * (math.log10(value) - low) / (high - low)

    first, last = top + HEAD, top + HEAD + len(panel.bars) * (BAR + GAP)
    out = [text(16, top + 20, panel.title, size=16, bold=True), text(16, top + 40, panel.remark, size=12, colour=FAINT)]
    for power in range(low, high + 1):
        x = at(10.0**power)
        out += [rule(x, first - 4, x, last, LINE), text(x, last + 16, number(power), size=11, colour=FAINT, anchor="middle")]
    out.append(text(WIDTH - 16, last + 16, panel.unit, size=11, colour=FAINT, anchor="end"))
    for index, bar in enumerate(panel.bars):
        y = first + index * (BAR + GAP)
        middle = y + BAR / 2
        out.append(text(LEFT - 10, middle + 4.5, bar.name, anchor="end"))
        out.append(f'<rect x="{LEFT}" y="{y:.1f}" width="{max(at(bar.value) - LEFT, 1):.1f}" height="{BAR}" fill="{bar.colour}"/>')
        out += [rule(at(bar.least), middle, at(bar.most), middle, SPREAD, 1.5)]
        out += [rule(at(x), middle - 5, at(x), middle + 5, SPREAD, 1.5) for x in (bar.least, bar.most)]
        out.append(text(at(bar.most) + 10, middle + 4.5, bar.label))
    return out


def svg(panels: list[Panel], title: str) -> str:
    """The whole picture."""
    tall = 16 + sum(height(panel) for panel in panels) + BETWEEN * (len(panels) - 1)
    body, top = [], 8.0
    for panel in panels:
        body += draw(panel, top)
        top += height(panel) + BETWEEN
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{tall}" viewBox="0 0 {WIDTH} {tall}" '
        'font-family="Helvetica, Arial, sans-serif" role="img">',
        f"<title>{escape(title)}</title>", f'<rect width="{WIDTH}" height="{tall}" fill="#ffffff"/>', *body, "</svg>", ""])
