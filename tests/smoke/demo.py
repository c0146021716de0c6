# SPDX-License-Identifier: BSD-3-Clause
"""Shows a running box to people: namespaces, dataplane, control, SIPp on both sides, and a commit that changes verdicts in
flight. Ends by itself in about half a minute; nothing stays behind.

usage: demo.py [--build DIR]
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from smoke.lib.bed import Bed, machine_can  # noqa: E402
from smoke.lib.box import EDGE, Box, policy  # noqa: E402
from smoke.lib.calls import HOME, OTHER, Callee, Caller  # noqa: E402
from smoke.lib.process import Failed  # noqa: E402
from smoke.lib.stream import Stream  # noqa: E402
from smoke.lib.suite import end_on_signals  # noqa: E402

PICTURE = """
    SIPp (calls)                                          SIPp (answers)
    namespace A  --- port a [ kmsgate-dataplane ] port b ---  namespace B
    10.9.0.1         inside         |  edge         outside   10.9.0.2
                              kmsgate-control  <--  kmsgatectl
"""


def say(text: str) -> None:
    print(f"\n{text}\n", flush=True)


class Demo:
    """The steps, one after the other."""

    def __init__(self, bed: Bed, build: Path) -> None:
        self.bed, self.box = bed, Box(bed, build, policy("A"))

    def ctl(self, *words: str, most: int = 40) -> None:
        """A command as an operator types it, and what it says."""
        print("    $ kmsgatectl " + " ".join(w if " " not in w else f"'{w}'" for w in words), flush=True)
        command = [self.box.program("kmsgatectl"), "--socket", str(self.box.settings["sockets"]["control"]), *words]
        run = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        lines = (run.stdout + run.stderr).splitlines()
        for line in lines[:most]:
            print("    " + line)
        if len(lines) > most:
            print(f"    .. ({len(lines) - most} more lines)")
        print(flush=True)
        if run.returncode != 0:
            raise Failed(f"kmsgatectl {' '.join(words)}: exit {run.returncode}")

    def commit(self, verb: str, text: str) -> None:
        self.box.policy.write_text(text)
        self.ctl("policy", verb, str(self.box.policy))

    def run(self) -> None:
        bed, box = self.bed, self.box
        say("A box between two namespaces:" + "\n" + PICTURE)
        box.start()
        text = box.policy.read_text()
        say(
            "Its policy: whoever stands inside may use KMS A, who roams KMS C.\n\n    "
            + text.replace("\n", "\n    ").rstrip()
        )
        self.ctl("status")
        Callee(bed, bed.b)
        with Stream(bed, rate=1000) as stream:
            self.traffic()
        say(f"Of {stream.sent} datagrams beside the calls {stream.missing} were lost.")
        box.stop()

    def traffic(self) -> None:
        """Calls under way, and two changes of the policy."""
        bed = self.bed
        allowed = Caller(bed, "with-A", HOME, HOME, calls=1000, rate=1)
        other = Caller(bed, "with-C", OTHER, HOME, calls=1000, rate=1, local=5062)
        say(
            "Calls run now, one a second with KMS A, one a second with KMS C, and 1,000 other datagrams a second beside them.\nEvery message with its verdict:"
        )
        self.ctl("events", "--seconds", "4", most=40)
        say("KMS C shall be allowed from now on. What would change, and then the commit, while the calls go on:")
        self.commit("plan", policy("A, C"))
        self.commit("commit", policy("A, C"))
        say("The next calls with KMS C pass:")
        self.ctl("events", "--seconds", "4", most=40)
        say("And back again:")
        self.ctl("policy", "rollback")
        self.ctl("events", "--verdict", "redirect", "--count", "2")
        say("Who committed what, how often each rule was hit, what was counted:")
        self.ctl("policy", "history")
        self.ctl("rules")
        self.ctl("stats", "show", most=60)
        say("Why a message is judged as it is (decide's own record):")
        self.ctl(
            "explain",
            "--edge",
            EDGE,
            "--inside",
            "--from",
            "sip:alice@mc1.example",
            "--to",
            "sip:bob@mc2.example",
            "--kmsi",
            OTHER,
            "--kmsr",
            HOME,
        )
        for caller in (allowed, other):
            caller.process.run.send_signal(signal.SIGUSR1)  # no new calls
        time.sleep(0.5)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=str(ROOT / "build"))
    options = parser.parse_args()
    reason = machine_can()
    if reason:
        print(f"demo: {reason}", file=sys.stderr)
        return 2
    end_on_signals()
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kmsgate-demo-") as folder:
        Path(folder).chmod(0o755)
        try:
            with Bed(Path(folder)) as bed:
                Demo(bed, Path(options.build).resolve()).run()
        except Failed as fault:
            print(f"demo: {fault}", file=sys.stderr)
            return 1
    say(f"Everything is stopped and taken down again, after {time.monotonic() - start:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
