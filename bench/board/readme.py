# SPDX-License-Identifier: BSD-3-Clause
"""Marked blocks of bench/README.md that programs write."""

from __future__ import annotations

from pathlib import Path

from .shell import ROOT, Failed

FILE = ROOT / "bench/README.md"


def marks(name: str) -> tuple[str, str]:
    """The lines around a block."""
    return f"<!-- {name}: begin -->", f"<!-- {name}: end -->"


def replaced(text: str, name: str, block: str) -> str:
    """The text with another block between its marks."""
    begin, end = marks(name)
    lines = text.split("\n")
    if lines.count(begin) != 1 or lines.count(end) != 1 or lines.index(begin) > lines.index(end):
        raise Failed(f"no place for {name}: the lines {begin} and {end} stand not once, in this order")
    return "\n".join([*lines[: lines.index(begin) + 1], block, *lines[lines.index(end):]])


def write(name: str, block: str, path: Path = FILE) -> None:
    """Puts a block into the file."""
    path.write_text(replaced(path.read_text(), name, block))
