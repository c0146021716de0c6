# SPDX-License-Identifier: BSD-3-Clause
"""The two programs that bench/path holds beside each other, and their counters by DPDK's telemetry socket."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any


#: Both programs on ordinary pages: hugepages that somebody else has reserved would be there for one and not the other.
ENVIRONMENT = dict(os.environ, KMSGATE_HUGEPAGES="no")


class Telemetry:
    """DPDK's telemetry of one process: the same question to both programs."""

    def __init__(self, prefix: str, patience: float = 5) -> None:
        folder = Path("/var/run/dpdk") / prefix
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(patience)
        self.socket.connect(str(folder / "dpdk_telemetry.v2"))
        self.limit = json.loads(self.socket.recv(16384))["max_output_len"]

    def ask(self, command: str) -> Any:
        """The answer to one command."""
        self.socket.send(command.encode())
        return json.loads(self.socket.recv(self.limit))[command.split(",")[0]]

    def received(self) -> int:
        """Frames that both ports have taken in."""
        return sum(self.received_by(port) for port in (0, 1))

    def received_by(self, port: int) -> int:
        """Frames that one port has taken in."""
        return int(self.ask(f"/ethdev/stats,{port}")["ipackets"])

    def close(self) -> None:
        """Ends the conversation."""
        self.socket.close()


def wait_for(prefix: str | None, process: subprocess.Popen[bytes], log: Path, seconds: float = 60, patience: float = 5) -> Telemetry:
    """The telemetry of a process that has just been started, once frames flow; its log may name the prefix."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise SystemExit(f"bench/path: a program ended with {process.returncode}:\n{log.read_text()[-2000:]}")
        said = re.search(r"telemetry under (\S+)", log.read_text(errors="replace"))
        try:
            telemetry = Telemetry(prefix or (said[1] if said else ""), patience)
        except OSError:
            time.sleep(0.05)
            continue
        try:
            if telemetry.received() > 0:
                return telemetry
        except (KeyError, TypeError, OSError):
            pass
        telemetry.close()
        time.sleep(0.05)
    raise SystemExit(f"bench/path: no frame after {seconds:.0f} s:\n{log.read_text()[-2000:]}")


@contextmanager
def running(command: list[str], prefix: str | None, log: Path) -> Iterator[Telemetry]:
    """A program while it forwards; ended with SIGINT."""
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=ENVIRONMENT)
    try:
        telemetry = wait_for(prefix, process, log)
        try:
            yield telemetry
        finally:
            telemetry.close()
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def devices(captures: Sequence[Path]) -> list[str]:
    """Two ports that receive one capture (or each its own) for ever and drop what they send."""
    return [f"net_pcap{number},rx_pcap={captures[number % len(captures)]},infinite_rx=1" for number in (0, 1)]


def testpmd(*captures: Path, mode: str = "mac") -> tuple[list[str], str]:
    """DPDK's own forwarder on one core."""
    prefix = f"kmsgate-bench-{os.getpid()}"
    memory = ["--no-huge", "-m", "512"]
    vdevs = [word for device in devices(captures) for word in ("--vdev", device)]
    return ["dpdk-testpmd", "-l", "0-1", "--no-pci", *memory, f"--file-prefix={prefix}", *vdevs, "--",
            f"--forward-mode={mode}", "--nb-cores=1", "--auto-start", "--no-flush-rx", "--total-num-mbufs=16384",
            "--stats-period=60"], prefix


def kmsgate(build: Path, folder: Path, *captures: Path) -> tuple[list[str], None]:
    """kmsgate-dataplane on one worker, with the sealed table of the folder; the first capture comes by the inside."""
    one, two = devices(captures)
    config = folder / "kmsgate.yaml"
    config.write_text(f'version: 1\nports: {{a: "{one}", b: "{two}"}}\nedges: {{bench: [{{inside: a, outside: b}}]}}\n'
                      f"state: {folder / 'state'}\nworkers: 1\n")
    return [str(build / "dataplane/main/kmsgate-dataplane"), "--config", str(config),
            "--table", str(folder / "bench.table")], None
