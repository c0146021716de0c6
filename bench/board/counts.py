# SPDX-License-Identifier: BSD-3-Clause
"""Instructions, counted by callgrind: of a program's part that a function of known name encloses, and by function.

Counts do not depend on the machine: callgrind shows every program the same CPU (AVX2, no AVX-512), and what is counted
has fixed seeds and keys.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .shell import Failed, Usage, on_cpu, output

FUNCTION = re.compile(r"fn=\((\d+)\)(?: (.*))?$")


@dataclass
class Profile:
    """Instructions in all, and by function (its own, not those of what it calls)."""

    total: int
    functions: dict[str, int]

    def largest(self, count: int, per: float = 1.0) -> list[tuple[str, float]]:
        """The functions that take most, with their instructions divided by `per`."""
        return [(name, taken / per) for name, taken in Counter(self.functions).most_common(count)]


def short(name: str) -> str:
    """A function without its parameters and without what templates were filled with."""
    name = name.replace("(anonymous namespace)::", "").replace("kmsgate::", "")
    name = re.sub(r"'\d+$", "", name)
    while (plain := re.sub(r"(?<!operator)<[^<>]*>", "", name)) != name:
        name = plain
    return re.sub(r"\(.*$", "", name) or name


def read(lines: Iterable[str]) -> Profile:
    """One profile as callgrind writes it."""
    names: dict[str, str] = {}
    own: Counter[str] = Counter()
    total, current, called = 0, "?", False
    for line in lines:
        line = line.rstrip("\n")
        if found := FUNCTION.match(line):
            if found[2]:
                names[found[1]] = found[2]
            current = names.get(found[1], "?")
        elif line.startswith("cfn=("):
            if found := FUNCTION.match(line[1:]):
                if found[2]:
                    names[found[1]] = found[2]
        elif line.startswith("calls="):
            called = True  # the next line is what the called function took
        elif line[:1] in "+-*0123456789" and line:
            words = line.split()
            if called:
                called = False
            elif len(words) > 1:
                own[short(current)] += int(words[1])
        elif line.startswith("totals:"):
            total = int(line.split()[1])
    return Profile(total, dict(own))


def run(command: list[str], enclosing: str, each: bool) -> tuple[str, list[Profile]]:
    """A command under callgrind, with what it prints. `each`: one profile for every call of the enclosing function, in
    order; else one of all its calls."""
    if shutil.which("valgrind") is None:
        raise Usage("valgrind is not installed, so instructions cannot be counted: run `tools/setup check`, or leave "
                    "them out with --no-instructions")
    with tempfile.TemporaryDirectory(prefix="kmsgate-counts-") as scratch:
        out = Path(scratch) / "out"
        words = [f"--toggle-collect={enclosing}"] + ([f"--dump-after={enclosing}"] if each else [])
        printed = output([*on_cpu(0), "valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *words, *command])
        if each:
            files = sorted((f for f in Path(scratch).glob("out.*")), key=lambda f: int(f.suffix[1:]))
        else:
            files = [out]
        profiles = [read(f.read_text().splitlines()) for f in files]
    if not profiles or any(p.total == 0 for p in profiles):
        raise Failed(f"callgrind counted nothing in {command[0]}: is it stripped of {enclosing}?")
    return printed, profiles
