# SPDX-License-Identifier: BSD-3-Clause
"""Curves of cost over size, as SVG: one panel an axis, instructions to the left and nanoseconds to the right."""

from __future__ import annotations

import math
from typing import Any
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 420, 230, 62, 58, 34, 44
INK, FAINT, COUNT, TIME = "#222222", "#dddddd", "#4a6fa5", "#b3702f"
UNITS = {"tags": "tagged users", "kms": "KMSs", "patterns": "user patterns", "edges": "edges", "transactions": "living transactions"}


def short(value: float) -> str:
    """10 M, 100 k, 12."""
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:g} {unit}"
    return f"{value:g}"


def text(x: float, y: float, words: str, anchor: str = "middle", colour: str = INK, size: int = 11) -> str:
    """A line of text."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}">{escape(words)}</text>'


def top_of(values: list[float]) -> float:
    """A round number above all of them: both scales start at 0, so that a flat cost looks flat."""
    most = max(values) * 1.25
    step = 10 ** math.floor(math.log10(most))
    return math.ceil(most / step * 2) / 2 * step


def panel(axis: dict[str, Any], x0: float, y0: float) -> str:
    """One axis."""
    points = axis["points"]
    low, high = math.log10(points[0]["size"] or 1), math.log10(points[-1]["size"])
    inner_w, inner_h = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def x(size: float) -> float:
        return x0 + LEFT + inner_w * (math.log10(size) - low) / (high - low)

    def y(value: float, top: float) -> float:
        return y0 + TOP + inner_h * (1 - value / top)

    out = [text(x0 + WIDTH / 2, y0 + 14, f"verdict over {UNITS[axis['axis']]}", size=13)]
    tops = {key: top_of([p[key] for p in points]) for key in ("instructions", "ns")}
    for part in range(5):
        line = y0 + TOP + inner_h * part / 4
        out.append(f'<line x1="{x0 + LEFT}" y1="{line:.1f}" x2="{x0 + WIDTH - RIGHT}" y2="{line:.1f}" stroke="{FAINT}"/>')
        out.append(text(x0 + LEFT - 6, line + 4, f"{tops['instructions'] * (1 - part / 4):,.0f}", "end", COUNT, 10))
        out.append(text(x0 + WIDTH - RIGHT + 6, line + 4, f"{tops['ns'] * (1 - part / 4):,.0f}", "start", TIME, 10))
    out.append(text(x0 + LEFT, y0 + TOP - 8, "instructions", "middle", COUNT, 10))
    out.append(text(x0 + WIDTH - RIGHT, y0 + TOP - 8, "ns (median)", "middle", TIME, 10))
    for p in points:
        out.append(text(x(p["size"]), y0 + HEIGHT - BOTTOM + 16, short(p["size"])))
    out.append(text(x0 + LEFT + inner_w / 2, y0 + HEIGHT - 10,
                    f"{UNITS[axis['axis']]} (log); largest over smallest: {axis['instructions_ratio']:.2f} x instructions, {axis['ns_ratio']:.2f} x ns", size=10))
    for key, colour in (("instructions", COUNT), ("ns", TIME)):
        spots = [(x(p["size"]), y(p[key], tops[key])) for p in points]
        out.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in spots)}"/>')
        out += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>' for a, b in spots]
    return "\n".join(out)


def svg(report: dict[str, Any]) -> str:
    """The whole file: two panels a row."""
    axes = report["axes"]
    rows = (len(axes) + 1) // 2
    width, height = 2 * WIDTH, rows * HEIGHT
    panels = [panel(axis, i % 2 * WIDTH, i // 2 * HEIGHT) for i, axis in enumerate(axes)]
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">\n'
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n' + "\n".join(panels) + "\n</svg>\n")
