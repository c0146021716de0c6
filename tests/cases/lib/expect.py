# SPDX-License-Identifier: BSD-3-Clause
"""Compares what was expected, written as partial objects, with what came out."""

from __future__ import annotations

import re
from decimal import Decimal


def shown(value: object) -> str:
    """A value as it reads in a report."""
    return repr(str(value)) if isinstance(value, Decimal) else repr(value)


def differences(expected: object, actual: object, where: str = "") -> list[str]:
    """Where the two part: objects may hold more than expected; /text/ is a pattern, "*" anything but null."""
    if isinstance(expected, dict):
        if not isinstance(actual, dict):
            return [f"{where}: expected an object, got {shown(actual)}"]
        out = []
        for key, value in expected.items():
            if key not in actual:
                out.append(f"{where}.{key}: missing")
            else:
                out += differences(value, actual[key], f"{where}.{key}")
        return out
    if isinstance(expected, list):
        if not isinstance(actual, list) or len(actual) != len(expected):
            return [f"{where}: expected {expected}, got {actual}"]
        return [
            d for i, (e, a) in enumerate(zip(expected, actual)) for d in differences(e, a, f"{where}[{i}]")
        ]
    if isinstance(expected, str) and len(expected) > 2 and expected[0] == expected[-1] == "/":
        good = actual is not None and re.fullmatch(expected[1:-1], str(actual)) is not None
    elif expected == "*":
        good = actual is not None
    elif isinstance(actual, Decimal):
        good = str(actual) == str(expected)
    else:
        good = type(expected) is type(actual) and expected == actual
    return [] if good else [f"{where}: expected {shown(expected)}, got {shown(actual)}"]


def lines(expected: list[dict[str, object]], actual: list[dict[str, object]]) -> list[str]:
    """Differences of two lists of lines; the first unmatched ones are printed whole."""
    out = []
    repeated = [one for one in expected for _ in range(int(str(one.get("times", 1))))]
    expected = [{key: value for key, value in one.items() if key != "times"} for one in repeated]
    for index, (one, two) in enumerate(zip(expected, actual), 1):
        out += differences(one, two, f"line {index}")
    for index in range(len(actual), len(expected)):
        out.append(f"line {index + 1} is missing: {expected[index]}")
    for index in range(len(expected), len(actual)):
        kept = {
            k: v
            for k, v in actual[index].items()
            if k in ("event", "verdict", "reason", "method", "port", "frames")
        }
        out.append(f"line {index + 1} is too many: {kept}")
    return out
