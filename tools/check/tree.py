# SPDX-License-Identifier: BSD-3-Clause
"""Checks of the tree itself: includes run one way, every source has its licence line, rooms have a README, text is tidy.

Prints what is wrong with file and line, and closes with `N passed, N failed` (a check counts as one).
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"')
SOURCES = {".cpp", ".hpp", ".def"}
LICENSED = SOURCES | {".py", ".build"}
TOP = {"meson.build", "dataplane", "control", "policy", "bench", "tests", "tools", "README.md", "LICENSE",
       "meson_options.txt"}


def files() -> list[Path]:
    """Every file that git tracks or would track."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                            capture_output=True, check=True).stdout.decode()
    return [Path(f) for f in listed.split("\0") if f and (ROOT / f).is_file()]


def layers() -> dict[str, list[str]]:
    """Room prefix to the prefixes it may include."""
    out: dict[str, list[str]] = {}
    for line in (ROOT / "tools/check/layers.txt").read_text().splitlines():
        line = line.split("#")[0].strip()
        if line:
            room, _, allowed = line.partition(":")
            out[room.strip()] = allowed.split()
    return out


def under(path: str, prefix: str) -> bool:
    """Is the path the prefix, in that folder, or a file whose name starts so (dataplane/core/pipeline)?"""
    return path == prefix or path.startswith(prefix + "/") or (
        path.startswith(prefix) and path[len(prefix)] in "._" and "/" not in path[len(prefix):])


def room_of(path: str, rooms: dict[str, list[str]]) -> str | None:
    fitting = [r for r in rooms if under(path, r)]
    return max(fitting, key=len) if fitting else None


def check_includes(tracked: list[Path]) -> list[str]:
    rooms = layers()
    faults = []
    for file in tracked:
        if file.suffix not in SOURCES:
            continue
        room = room_of(str(file), rooms)
        if room is None:
            faults.append(f"{file}: is in no room of tools/check/layers.txt")
            continue
        for number, line in enumerate((ROOT / file).read_text(errors="replace").splitlines(), 1):
            found = INCLUDE.match(line)
            if not found:
                continue
            target = found.group(1)
            if not (ROOT / target).exists():
                faults.append(f"{file}:{number}: includes {target}, which is not there (write it from the project's root)")
                continue
            target_room = room_of(target, rooms)
            if target_room == room or any(under(target, a) for a in rooms[room]):
                # a lower room may not reach the pipeline through its folder's name
                if target_room == room or target_room != "dataplane/core/pipeline" or \
                        any(a in ("dataplane", "dataplane/core/pipeline") for a in rooms[room]):
                    continue
            faults.append(f"{file}:{number}: {room} may not include {target}; it may include: "
                          f"{' '.join(rooms[room]) or 'nothing'}")
    return faults


def check_licence(tracked: list[Path]) -> list[str]:
    return [f"{f}: its first lines do not hold `SPDX-License-Identifier: BSD-3-Clause`" for f in tracked
            if (f.suffix in LICENSED or f.name == "meson.build")
            and "SPDX-License-Identifier: BSD-3-Clause" not in (ROOT / f).read_text(errors="replace")[:200]]


def check_readmes(tracked: list[Path]) -> list[str]:
    rooms = {f.parent for f in tracked if f.suffix in SOURCES and f.parts[0] in ("dataplane", "policy", "tools")}
    return [f"{room}: has no README.md (what comes in, what goes out, what it must never do)" for room in sorted(rooms)
            if not (ROOT / room / "README.md").exists()]


def check_text(tracked: list[Path]) -> list[str]:
    faults = []
    for file in tracked:
        if file.suffix not in LICENSED | {".md", ".txt", ".yaml"} or "corpus" in file.parts:
            continue
        for number, line in enumerate((ROOT / file).read_text(errors="replace").split("\n"), 1):
            if line.rstrip("\r") != line.rstrip() and file.suffix != ".md":
                faults.append(f"{file}:{number}: blanks at the end of the line")
    return faults


def check_top(tracked: list[Path]) -> list[str]:
    return [f"{name}: is not one of the fixed names at the top level" for name in
            sorted({f.parts[0] for f in tracked} - TOP) if not name.startswith(".")]


def main() -> int:
    tracked = files()
    checks: dict[str, Callable[[list[Path]], list[str]]] = {
        "includes run one way": check_includes,
        "licence lines": check_licence,
        "every room has a README": check_readmes,
        "no blanks at line ends": check_text,
        "top level": check_top,
    }
    passed = failed = 0
    for name, check in checks.items():
        faults = check(tracked)
        print(f"{'ok  ' if not faults else 'FAIL'} {name}")
        for fault in faults:
            print("     " + fault)
        passed += not faults
        failed += bool(faults)
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
