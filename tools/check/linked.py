# SPDX-License-Identifier: BSD-3-Clause
"""Which programs of a build link wolfSSL, whose licence (GPL-2+) reaches what links it.

usage: linked.py BUILD-DIR

Closes with `N passed, N failed`: a line for each program that may not and does, and one for the check itself.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

MAY = re.compile(r"^(kmsgate-client|kmsgate-lab|kmsgate-kms|test_client_\w+|client_keys_bench|test_lab\w*|lab_\w+)$")
MUST = {"kmsgate-client", "kmsgate-lab"}
MUST_NOT = {"kmsgate-replay"}


def programs(build: Path) -> list[Path]:
    """Every ELF file that can be run."""
    found = []
    for file in build.rglob("*"):
        if not file.is_file() or file.is_symlink() or ".p" in [p[-2:] for p in file.parts]:
            continue
        with file.open("rb") as opened:
            head = opened.read(18)
        # ET_EXEC or ET_DYN
        if head[:4] == b"\x7fELF" and head[16] in (2, 3) and file.stat().st_mode & 0o111:
            found.append(file)
    return found


def main() -> int:
    build = Path(sys.argv[1])
    linking, others, faults = set(), set(), []
    for program in programs(build):
        dynamic = subprocess.run(["readelf", "-d", str(program)], capture_output=True, text=True, check=True).stdout
        if "libwolfssl" not in dynamic:
            others.add(program.name)
            continue
        linking.add(program.name)
        if not MAY.match(program.name):
            faults.append(f"{program}: links wolfSSL; only the client, the lab, the KMS and their tests may")
    faults += [f"{name}: was not found, or does not link wolfSSL: does this check still look at the right files?"
               for name in sorted(MUST - linking)]
    faults += [f"{name}: was not found among those without wolfSSL" for name in sorted(MUST_NOT - others)]
    for fault in faults:
        print("FAIL " + fault)
    print(f"{0 if faults else 1} passed, {len(faults)} failed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
