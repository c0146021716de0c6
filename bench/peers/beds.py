# SPDX-License-Identifier: BSD-3-Clause
"""The contestants of the socket group, each between two network namespaces: kmsgate, testpmd (the wire alone), Kamailio.

Whoever is measured has CPU 1 for its one worker; sender and receiver are one process on CPU 0.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
for folder in (ROOT / "tests", ROOT / "bench/path"):
    sys.path.insert(0, str(folder))

import processes  # noqa: E402  (bench/path: DPDK's telemetry)
import setting  # noqa: E402
from smoke.lib.bed import Bed  # noqa: E402
from smoke.lib.box import EDGE, Box  # noqa: E402
from smoke.lib.process import Failed, Process, wait_until  # noqa: E402

TRAFFIC_CPU, WORKER_CPU = 0, 1
PRIORITY = -15  # of all that is measured, and of the sender: others on a shared machine wait


def pinned(*cpus: int) -> list[str]:
    """What stands in front of a command that runs on these CPUs, before others."""
    return ["nice", "-n", str(PRIORITY), "taskset", "-c", ",".join(map(str, cpus))]


TRANSACTIONS = 2_000_000  # each message is one, and a forwarded INVITE without an answer is kept for 200 s
RECEIVE_BUFFER = Path("/proc/sys/net/core/rmem_max")
WANTED_BUFFER = 8 << 20


@contextmanager
def before_others() -> Iterator[None]:
    """Where Linux shares CPUs between sessions first (autogroup), the session of this process comes first, too."""
    group = Path("/proc/self/autogroup")
    try:
        was = group.read_text().rsplit(" ", 1)[1].strip()
        group.write_text(str(PRIORITY))
    except (OSError, IndexError):
        yield
        return
    try:
        yield
    finally:
        with suppress(OSError):  # it may be asked too often; the session ends with the run
            group.write_text(was)


@dataclass
class Standing:
    """A contestant that is ready, and how to send through it."""

    bed: Bed
    build: Path
    subnet: str  # of the caller
    target: str
    far: str
    pids: list[int] = field(default_factory=list)
    telemetry: processes.Telemetry | None = None

    def full(self) -> int:
        """Messages that kmsgate dropped because its table of transactions was full: none, or the rates are the table's."""
        return int(self.telemetry.ask("/kmsgate/stats")["kmsgate_causes_total/table_full"]) if self.telemetry else 0

    def wire(self, job: str, who: int, messages: Path, expect: str = "far", **options: Any) -> Any:
        """One run of peers_wire; what it says."""
        spaces = [f"/run/netns/{side.space.name}" for side in self.bed.sides]
        words = ["--near-space", spaces[0], "--far-space", spaces[1], "--near", f"{self.subnet}.{who}:{setting.PORT}"]
        words += ["--target", self.target, "--far", self.far, "--messages", str(messages), "--expect", expect,
                  "--spread", str(setting.BLOCK)]
        for name, value in options.items():
            words += [f"--{name}", str(value)]
        if self.pids:
            words += ["--pids", ",".join(map(str, self.pids))]
        command = [*pinned(TRAFFIC_CPU), str(self.build / "bench/peers/peers_wire"), *words, job]
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        if run.returncode != 0:
            raise Failed(f"{' '.join(command)}: exit {run.returncode}\n{run.stderr}")
        return json.loads(run.stdout)


def add_callers(bed: Bed, subnet: str) -> None:
    """The caller's further addresses, and everybody's neighbours: nothing of the wire is spent on asking."""
    hosts = [host for who in (*setting.ALLOWED, setting.UNCHECKED) for host in range(who, who + setting.BLOCK)]
    batch = "".join(f"addr add {subnet}.{host}/24 dev {bed.a.interface}\n" for host in hosts)
    subprocess.run([*bed.a.space.prefix(), "ip", "-batch", "-"], input=batch, text=True, check=True)


@contextmanager
def bump(folder: Path, build: Path) -> Iterator[Standing]:
    """Namespaces whose two ends belong to one network: for what stands between them unseen."""
    folder.mkdir()
    with Bed(folder) as bed:
        add_callers(bed, "10.9.0")
        yield Standing(bed, build, "10.9.0", f"{bed.b.ip4}:{setting.PORT}", f"{bed.b.ip4}:{setting.PORT}")


def telemetry_of(process: Process, prefix: str) -> processes.Telemetry:
    """DPDK's telemetry of a process that has just started."""
    found: list[processes.Telemetry] = []

    def ready() -> bool:
        if not process.alive():
            raise Failed(f"{process.name} ended with {process.run.returncode}:\n{process.tail()}")
        try:
            found.append(processes.Telemetry(prefix))
        except OSError:
            return False
        return True

    wait_until(f"telemetry of {process.name}", ready, 10)
    return found[0]


def open_ways(standing: Standing) -> None:
    """Until the far side answers: neighbours are then known."""

    def ready() -> bool:
        a = standing.bed.a.space
        run = subprocess.run([*a.prefix(), "ping", "-q", "-c", "1", "-W", "1", standing.target.split(":")[0]],
                             capture_output=True, check=False)
        return run.returncode == 0

    wait_until("a way through", ready, 10)


@contextmanager
def kmsgate(folder: Path, build: Path) -> Iterator[Standing]:
    """kmsgate-dataplane with a sealed table, one worker; no control beside it."""
    with bump(folder, build) as standing:
        bed = standing.bed
        box = Box(bed, build, setting.kmsgate_policy(EDGE, standing.subnet), sizes={"transactions": TRANSACTIONS})
        table = box.folder / "bench.table"
        tool = build / "control/cli/kmsgatectl"
        run = subprocess.run([str(tool), "policy", "compile", str(box.policy), str(table)], capture_output=True,
                             text=True, check=False)
        if run.returncode != 0:
            raise Failed(f"the policy does not compile:\n{run.stdout}{run.stderr}")
        process = bed.spawn("dataplane", bed.box_space, *pinned(TRAFFIC_CPU, WORKER_CPU),
                            box.program("kmsgate-dataplane"), "--config", str(box.config), "--table", str(table))
        process.wait_line("ready")
        open_ways(standing)
        said = re.search(r"telemetry under (\S+)", process.errors())
        if said is None:
            raise Failed(f"kmsgate-dataplane does not say where its telemetry is:\n{process.tail()}")
        standing.telemetry = telemetry_of(process, said[1])
        standing.pids = [process.pid]
        yield standing
        standing.telemetry.close()
        if process.stop() != 0:
            raise Failed(f"kmsgate-dataplane: exit {process.run.returncode}\n{process.tail()}")


@contextmanager
def testpmd(folder: Path, build: Path) -> Iterator[Standing]:
    """DPDK's own forwarder on the same ports: what the wire costs when nobody looks."""
    with bump(folder, build) as standing:
        prefix = f"kmsgate-peers-{os.getpid()}"
        vdevs = [word for device in standing.bed.devices for word in ("--vdev", device)]
        process = standing.bed.spawn(
            "testpmd", standing.bed.box_space, *pinned(TRAFFIC_CPU, WORKER_CPU), "dpdk-testpmd", "-l",
            f"{TRAFFIC_CPU},{WORKER_CPU}", "--no-pci", "--no-huge", "-m", "256", f"--file-prefix={prefix}", *vdevs, "--",
            "--forward-mode=io", "--nb-cores=1", "--auto-start", "--no-flush-rx", "--total-num-mbufs=16384",
            "--stats-period=600")
        open_ways(standing)
        standing.pids = [process.pid]
        yield standing


@contextmanager
def kamailio(folder: Path, build: Path) -> Iterator[Standing]:
    """Kamailio between two networks, with the script and the fast allocator; the callers send to it."""
    before = int(RECEIVE_BUFFER.read_text())
    folder.mkdir()
    try:
        RECEIVE_BUFFER.write_text(str(max(before, WANTED_BUFFER)))
        with Bed(folder) as bed:
            subnet, own, far = "10.9.1", "10.9.1.254", "10.9.2.2"
            add_callers(bed, subnet)
            for port, address in (("da", own), ("db", "10.9.2.254")):
                bed.box_space.tool("ethtool", "-K", port, "tx", "off")  # a wire carries checksums
                bed.box_space.ip("addr", "add", f"{address}/24", "dev", port)
            bed.b.space.ip("addr", "add", f"{far}/24", "dev", bed.b.interface)
            bed.b.space.ip("route", "add", f"{subnet}.0/24", "via", "10.9.2.254")
            config = setting.kamailio_files(folder, subnet, own, far)
            process = bed.spawn("kamailio", bed.box_space, *pinned(WORKER_CPU), "kamailio", "-f", str(config),
                                "-DD", "-E", "-m", "64", "-M", "16", "-x", "fm", "-X", "fm", "-Y", str(folder), "-w", str(folder))
            wait_until("Kamailio's port", lambda: f":{setting.PORT} " in bed.box_space.tool("ss", "-lunH")
                       or not process.alive(), 15)
            if not process.alive():
                raise Failed(f"Kamailio ended with {process.run.returncode}:\n{process.tail()}")
            standing = Standing(bed, build, subnet, f"{own}:{setting.PORT}", f"{far}:{setting.PORT}")
            open_ways(standing)
            children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=True)
            standing.pids = [process.pid, *map(int, children.stdout.split())]
            yield standing
    finally:
        RECEIVE_BUFFER.write_text(str(before))


def missing() -> list[str]:
    """Programs of the socket group that are not installed."""
    wanted = ("kamailio", "dpdk-testpmd", "taskset", "ethtool", "ping", "pgrep")
    return [name for name in wanted if shutil.which(name) is None]
