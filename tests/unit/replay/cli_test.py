# SPDX-License-Identifier: BSD-3-Clause
"""What a person gets from kmsgate-replay: help, table, explanation, and clear words when something is wrong.

usage: cli_test.py KMSGATE-REPLAY PROJECT-ROOT
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

REPLAY, ROOT = sys.argv[1], Path(sys.argv[2])
DEMO = ROOT / "tests/cases/010_demo"
BASE = ["--policy", str(DEMO / "policy.yaml"), "--edge", "mc1-edge", "--tags", str(DEMO / "tags.csv")]
INPUT = ["--inside-in", str(DEMO / "inside-in.pcap"), "--outside-in", str(DEMO / "outside-in.pcap")]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([REPLAY, *words], capture_output=True, text=True, check=False)


def expect(what: str, holds: bool, got: subprocess.CompletedProcess[str]) -> None:
    if not holds:
        sys.exit(f"{what}: exit {got.returncode}\n{got.stdout}\n{got.stderr}")


def main() -> None:
    got = run("--help")
    expect("--help has examples and exit codes", got.returncode == 0 and "Examples:" in got.stdout and "Exit codes" in got.stdout, got)
    got = run(*BASE, *INPUT)
    expect("without a word of what is wanted: the table", got.returncode == 0 and "IDRkmsi / IDRkmsr" in got.stdout, got)
    expect("a row for each message", all(f"\n{n:>4}  " in got.stdout for n in range(1, 10)), got)
    expect("the KRR below its message", "KRR out:  initiator [kms.c.example]  receiver [kms.a.example]" in got.stdout, got)
    expect("the summary", "9 messages: 4 forward 4 redirect 1 reject" in got.stdout, got)

    got = run(*BASE, *INPUT, "--explain", "1")
    for line in ("edge mc1-edge: cs proxy, mode enforce", "user sip:alice@mc1.example of this domain, tags: roaming",
                 "IDRkmsi kms.a.example: not allowed by roaming", "verdict redirect: initiator-kms-not-allowed"):
        expect(f"--explain 1 says `{line}`", got.returncode == 0 and line in got.stdout, got)
    got = run(*BASE, *INPUT, "--explain", "4")
    expect("--explain 4 tells which rule did not match and why", "rule roaming" in got.stdout and "verdict forward" in got.stdout, got)
    got = run(*BASE, *INPUT, "--explain", "99")
    expect("--explain beyond the end", got.returncode == 2 and "holds 9 messages" in got.stderr, got)

    for words, code, says in (
        (["--policy", "x"], 2, "--edge"),
        ([*BASE], 2, "nothing to replay"),
        ([*BASE, *INPUT, "--frobnicate"], 2, "frobnicate"),
        ([*BASE[:2], "--edge", "no-such", *INPUT], 2, "mc1-edge"),
        ([*BASE, "--inside-in", "/nonexistent.pcap"], 3, "/nonexistent.pcap"),
    ):
        got = run(*words)
        expect(f"{words[-2:]} is refused with words", got.returncode == code and says in got.stderr, got)

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        got = run(*BASE, *INPUT[:2], "--outside-in", "/nonexistent.pcap", "--events", str(out / "e"), "--outside-out", str(out / "o"))
        lines = [json.loads(line) for line in (out / "e").read_text().splitlines()]
        expect("one unreadable input does not lose the other", got.returncode == 3 and lines[-1]["messages"] == 7, got)
        (out / "tags.csv").write_text("")
        got = run(*BASE[:4], "--tags", str(out / "tags.csv"), *INPUT)
        expect("tags without header", got.returncode == 2 and "domain,user,tags" in got.stderr, got)
        (out / "tags.csv").write_text("domain,user,tags\nmc9,sip:a@x,\nmc1,nobody,\nmc1,sip:a@mc1.example,flying\n")
        got = run(*BASE[:4], "--tags", str(out / "tags.csv"), *INPUT)
        expect("all faults of the tags", got.returncode == 2 and all(f"tags.csv:{n}:" in got.stderr for n in (2, 3, 4)), got)


if __name__ == "__main__":
    main()
