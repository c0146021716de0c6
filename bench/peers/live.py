# SPDX-License-Identifier: BSD-3-Clause
"""The group with sockets: every contestant has its turns, in changing order; nobody runs while another is measured."""

from __future__ import annotations

import base64
import os
import re
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests"))

import beds  # noqa: E402
import report  # noqa: E402
import setting  # noqa: E402
from smoke.lib.bed import machine_can  # noqa: E402
from smoke.lib.suite import end_on_signals  # noqa: E402

quiet = beds.before_others
LATENCY_RATE = 5000  # messages a second: what each of them carries easily
FIRST_RATE = 16000


def prepare() -> None:
    """Whatever ends the run, nothing of it stays behind; and the wires are always our own."""
    end_on_signals()
    for letter in "AB":
        for what in ("PORT", "IFACE"):
            os.environ.pop(f"KMSGATE_{what}_{letter}", None)


def cannot() -> str | None:
    """Why nothing can be measured here, or None."""
    gone = beds.missing()
    if gone:
        return f"{', '.join(gone)} not installed (tools/setup peers)"
    if (os.cpu_count() or 1) < 2:
        return "needs two CPUs: one for whoever is measured, one for the traffic"
    return machine_can()


@dataclass(frozen=True)
class Course:
    """One row: whose callers send, and what has to come of it."""

    name: str
    who: int
    expect: str
    trip: str | None  # what a round trip ends with; None: not measured


@dataclass(frozen=True)
class Rider:
    """A contestant and its courses."""

    name: str
    start: Callable[[Path, Path], AbstractContextManager[beds.Standing]]
    courses: tuple[Course, ...]
    judges: bool  # it has to give the right verdict on plain messages


RIDERS = (
    Rider("wire", beds.testpmd, (Course("wire (testpmd io)", setting.FORWARD, "far", "answered"),), False),
    Rider("kmsgate", beds.kmsgate, (Course("kmsgate forward", setting.FORWARD, "far", "answered"),
                                    Course("kmsgate refuse", setting.REFUSE, "refused", "refused")), True),
    Rider("kamailio", beds.kamailio, (Course("kamailio not looking", setting.UNCHECKED, "far", None),
                                      Course("kamailio forward", setting.FORWARD, "far", "answered"),
                                      Course("kamailio refuse", setting.REFUSE, "refused", "refused")), True),
)
BESIDE = {"refused": "kmsgate refuse", "far": "kmsgate forward"}


def kmsi_of(message: bytes) -> str:
    """IDRkmsi (role 6, a URI) by its bytes, without any of the readers that are measured."""
    text = re.search(rb"key-mgmt:mikey (\S+)", message)
    name = re.search(rb"\x06\x01\x00(.)(kms[\x21-\x7e]+)", base64.b64decode(text[1])) if text else None
    if name is None:
        raise ValueError("a message without IDRkmsi")
    return name[2][: name[1][0]].decode()


#: Searches for a rate that may begin before one has to find any: another program may take the CPU at the first.
SEARCHES = 3


@dataclass
class Turns:
    """Runs everything, keeps what came of it."""

    build: Path
    folder: Path
    messages: Path
    texts: list[bytes]
    quick: bool
    say: Callable[[str], None]
    found: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    trips: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    said: dict[str, list[str]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Turns of each contestant."""
        return 1 if self.quick else 5

    def run(self) -> None:
        """All turns; who begins changes."""
        for number in range(self.count):
            for index in range(len(RIDERS)):
                rider = RIDERS[(index + number) % len(RIDERS)]
                self.say(f"with sockets: turn {number + 1} of {self.count}, {rider.name}")
                with rider.start(self.folder / f"{rider.name}-{number}", self.build) as standing:
                    self.turn(rider, standing)

    def turn(self, rider: Rider, standing: beds.Standing) -> None:
        """Verdicts and round trips first: a flood leaves halves of datagrams behind."""
        if rider.judges and rider.name not in self.said:
            self.said[rider.name] = standing.wire("once", setting.HALF, self.messages)
        for course in rider.courses:
            if course.trip:
                result = standing.wire("rate", course.who, self.messages, course.trip, rate=LATENCY_RATE,
                                       seconds=0.5 if self.quick else 1)
                self.trips.setdefault(course.name, []).append(result)
        for course in rider.courses:
            for _ in range(SEARCHES):
                result = standing.wire("search", course.who, self.messages, course.expect, rate=FIRST_RATE,
                                       seconds=0.25 if self.quick else 0.4)
                if result["best"]["good"]:
                    break
            self.found.setdefault(course.name, []).append(result["best"] | {"ends": result["ends"]})
        if standing.full():
            raise RuntimeError(f"{standing.full()} messages met a full table of transactions: raise beds.TRANSACTIONS")

    def rates(self) -> list[dict[str, Any]]:
        """The highest rate without loss, and what a message costs there."""
        rows = []
        for course in [course for rider in RIDERS for course in rider.courses]:
            runs = self.found[course.name]
            rows.append({"name": course.name, "expect": course.expect, "rate": report.middle([run["rate"] for run in runs]),
                         "us": report.middle([run["cpu_us"] for run in runs]), "loss": max(run["loss"] for run in runs),
                         "ends": "/".join(sorted({run["ends"] if run["good"] else "unsteady" for run in runs})), "runs": runs})
        ours = {row["name"]: row["rate"]["median"] for row in rows}
        for row in rows:
            beside = ours[BESIDE[row["expect"]]]
            row["to_kmsgate"] = row["rate"]["median"] / beside if beside else float("nan")
        return rows

    def latencies(self) -> list[dict[str, Any]]:
        """Percentiles of the round trips."""
        rows = []
        for name, runs in self.trips.items():
            row = {"name": name, "rate": LATENCY_RATE, "loss": max(run["loss"] for run in runs)}
            for key in ("p50", "p90", "p99", "max"):
                row[key] = report.middle([run["us"][key] for run in runs])
            rows.append(row)
        order = [course.name for rider in RIDERS for course in rider.courses]
        return sorted(rows, key=lambda row: order.index(row["name"]))

    def verdicts(self) -> list[dict[str, Any]]:
        """What each said of the plain messages, and what it should have said."""
        allowed = setting.ALLOWED[setting.HALF]
        right = ["far" if kmsi_of(text) in allowed else "refused" for text in self.texts]
        return [{"name": name, "of": len(right), "right": sum(a == b for a, b in zip(said, right, strict=True)),
                 "forwarded": said.count("far"), "refused": said.count("refused")} for name, said in self.said.items()]

    def disguises(self, path: Path) -> list[bool]:
        """Whether Kamailio stopped each message of a file: it came out neither at the far side nor unanswered by it."""
        self.say("disguises through Kamailio")
        with beds.kamailio(self.folder / "kamailio-hidden", self.build) as standing:
            return [word != "far" for word in standing.wire("as-is", setting.DISGUISED, path)]
