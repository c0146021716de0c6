# SPDX-License-Identifier: BSD-3-Clause
"""kmsgate-dataplane as its operator meets it: --check, faults, ports on captures, ready, privileges, signals.

usage: program_test.py KMSGATE-DATAPLANE KMSGATE-REPLAY SEAL PROJECT-ROOT   (as root)
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

from scapy.all import IP, UDP, Ether, IPv6, Raw, rdpcap, wrpcap

DATAPLANE, REPLAY, SEAL, ROOT = sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4])
CASES = ROOT / "tests/cases"
NOBODY = 65534
PATIENCE = 60.0
# kmsgate-replay's To tag key, so that both make the same tags
REPLAY_KEY = struct.pack("<QQ", 0x6B6D73676174652D, 0x7265706C61792D31)


class Failed(Exception):
    """What was expected and did not come."""


def expect(holds: bool, what: str, seen: object = "") -> None:
    """Ends the test that is running unless `holds`."""
    if not holds:
        raise Failed(f"{what}\n{seen}")


def until(what: str, holds: Any) -> Any:
    """Waits for something true."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := holds():
            return found
        time.sleep(0.02)
    raise Failed(f"{what}: not within {PATIENCE} s")


class Place:
    """A folder that an unprivileged account can reach, with captures, start-up file and table in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.chmod(0o755)
        self.config = folder / "kmsgate.yaml"
        self.table = folder / "policy.table"
        self.state = folder / "state"
        self.outs = [folder / "inside-out.pcap", folder / "outside-out.pcap"]

    def seal(self, policy: Path) -> None:
        """The sealed table of a policy."""
        subprocess.run([SEAL, policy, self.table], check=True)

    def write(self, edge: str, inputs: list[Path | None], more: str = "", vlan: str = "") -> None:
        """A start-up file of two ports on captures; a port without input reads an empty one."""
        empty = self.folder / "empty.pcap"
        wrpcap(str(empty), [], linktype=1)
        ports = ", ".join(
            f'{name}: "net_pcap{i},rx_pcap={inputs[i] or empty},tx_pcap={self.outs[i]}"' for i, name in enumerate("ab")
        )
        self.config.write_text(
            f"version: 1\nports: {{{ports}}}\nedges: {{{edge}: [{{inside: a, outside: b{vlan}}}]}}\nstate: state\n{more}\n"
        )

    def classic(self, capture: Path) -> Path:
        """The same capture as net_pcap reads it."""
        copy = self.folder / f"in-{capture.name}"
        wrpcap(str(copy), rdpcap(str(capture)), linktype=1)
        return copy


@contextmanager
def place() -> Iterator[Place]:
    """A place for one test."""
    folder = Path(tempfile.mkdtemp(prefix="kmsgate-program-"))
    try:
        yield Place(folder)
    finally:
        shutil.rmtree(folder)


def run(*words: object) -> subprocess.CompletedProcess[str]:
    """The program to its end."""
    return subprocess.run([DATAPLANE, *map(str, words)], capture_output=True, text=True, timeout=PATIENCE, check=False)


class Program:
    """The program while it runs."""

    def __init__(self, where: Place, *words: object, **environment: str) -> None:
        self.where = where
        self.log = where.folder / "log"
        self.told = where.folder / "told"
        with self.log.open("w") as log, self.told.open("w") as told:
            self.process = subprocess.Popen(
                [DATAPLANE, "--config", str(where.config), *map(str, words)],
                stdin=subprocess.DEVNULL, stdout=told, stderr=log, env={**os.environ, **environment},
            )  # fmt: skip

    def ready(self) -> Program:
        """Waits for the line of that name."""

        def look() -> bool:
            if self.process.poll() is not None:
                raise Failed(f"ended with {self.process.returncode} before it was ready\n{self.log.read_text()}")
            return self.told.read_text() == "ready\n"

        until("ready", look)
        return self

    def stop(self, number: int = signal.SIGTERM) -> str:
        """A clean stop; the log."""
        self.process.send_signal(number)
        code = self.process.wait(timeout=PATIENCE)
        expect(code == 0, f"signal {number} ends it with {code}", self.log.read_text())
        return self.log.read_text()

    def kill(self) -> None:
        """For whoever was left running."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@contextmanager
def running(where: Place, *words: object, **environment: str) -> Iterator[Program]:
    """The program, ready, and gone at the end."""
    program = Program(where, *words, **environment)
    try:
        yield program.ready()
    finally:
        program.kill()


class Link:
    """control's end of the table socket."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(str(path))
        self.number = 0
        self.call("hello", version=1)

    def take(self, size: int) -> bytes:
        """Exactly so many bytes."""
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            expect(bool(more), "the table socket was closed")
            data += more
        return data

    def call(self, op: str, attachment: bytes = b"", **arguments: object) -> dict[str, Any]:
        """One request and its reply."""
        self.number += 1
        text = json.dumps({"id": self.number, "op": op, **arguments}).encode()
        self.socket.sendall(struct.pack("<IIQ", 0x4B47534B, len(text), len(attachment)) + text + attachment)
        while True:
            magic, size, attached = struct.unpack("<IIQ", self.take(16))
            expect(magic == 0x4B47534B, "no frame of the table socket")
            reply: dict[str, Any] = json.loads(self.take(size))
            self.take(attached)
            if reply.get("id") == self.number:
                expect(bool(reply["ok"]), op, reply)
                return reply


def frames_in(link: Link) -> int:
    """Frames that the workers took so far."""
    return sum(int(worker["frames-in"]) for worker in link.call("stats")["workers"])


def judged(where: Place, expected: int, *words: object) -> str:
    """Runs until so many frames came in, and stops; the log."""
    with running(where, *words) as program:
        link = Link(where.state / "table.sock")
        until("all frames in", lambda: frames_in(link) >= expected)
        return program.stop()


def comparable(capture: Path) -> list[bytes]:
    """Frames without what the time of day changes: the KRR's Time and the checksum over it."""
    out = []
    for frame in rdpcap(str(capture)):
        data = bytes(frame)
        if b"<Time>" in data:
            packet = Ether(data)
            packet[UDP].chksum = 0
            data = re.sub(rb"<Time>[^<]*</Time>", b"<Time></Time>", bytes(packet))
        out.append(data)
    return out


def flow_of(frame: bytes) -> bytes:
    """Type, protocol and addresses, of TCP also ports: frames of one flow keep their order, others may overtake."""
    kind = frame[12:14]
    if kind == b"\x08\x00" and frame[23] == 6:
        return kind + frame[26:38]
    return kind + {b"\x08\x00": frame[23:24] + frame[26:34], b"\x86\xdd": frame[20:21] + frame[22:54]}.get(kind, b"")


def as_replay_has_it() -> None:
    """Captures through ports give what kmsgate-replay gives, frame by frame."""
    for name in (
        "001_x5", "006_forward_untouched", "007_other_traffic", "101_vlan", "105_fragments_reordered", "113_bad_lengths",
        "116_ipv6_answer", "124_jumbo", "201_ack_of_refused", "203_cancel_known",
    ):  # fmt: skip
        with place() as where:
            case = CASES / name
            policy = case / "policy.yaml" if (case / "policy.yaml").exists() else CASES / "policy.yaml"
            edge = re.search(r"^edge: (\S+)", (case / "case.yaml").read_text(), re.M)
            expect(edge is not None, f"{name} names its edge")
            edge_name = edge.group(1) if edge else ""
            where.seal(policy)
            given = [case / "inside-in.pcap", case / "outside-in.pcap"]
            inputs = [where.classic(g) if g.exists() else None for g in given]
            wanted = [where.folder / "want-a.pcap", where.folder / "want-b.pcap"]
            words = ["--policy", policy, "--edge", edge_name, "--events", os.devnull, "--mtu", "9000"]
            for option, path in (("--inside-in", inputs[0]), ("--outside-in", inputs[1])):
                words += [option, path] if path else []
            words += ["--inside-out", wanted[0], "--outside-out", wanted[1]]
            subprocess.run([REPLAY, *map(str, words)], check=True)
            where.write(edge_name, inputs, "mtu: 9000")
            where.state.mkdir(mode=0o700)
            (where.state / "tag.key").write_bytes(REPLAY_KEY)
            (where.state / "tag.key").chmod(0o600)
            log = judged(where, sum(len(rdpcap(str(i))) for i in inputs if i), "--table", where.table)
            expect("not accounted for" not in log, f"{name}: every frame is accounted for", log)
            for side in (0, 1):
                got, want = comparable(where.outs[side]), comparable(wanted[side])
                expect(sorted(got) == sorted(want), f"{name}: what leaves by port {'ab'[side]}", f"{got}\n{want}")
                for flow in {flow_of(frame) for frame in want}:
                    expect([b for b in got if flow_of(b) == flow] == [b for b in want if flow_of(b) == flow],
                           f"{name}: in order within {flow!r}")  # fmt: skip


def jumbo() -> None:
    """Frames of 9,000 bytes of IP, with and without tags, through net_pcap, unchanged and in order."""
    with place() as where:
        frames = [Ether(dst="02:00:00:00:00:01") / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=1000, dport=n) / Raw(bytes([n]) * size)
                  for n, size in ((1, 8972), (2, 20), (3, 4000), (4, 8971), (5, 1472))]  # fmt: skip
        frames.append(Ether(dst="02:00:00:00:00:01", type=0x8100) / Raw(struct.pack(">HH", 7, 0x86DD))
                      / Raw(bytes(IPv6(src="::1", dst="::2") / UDP(sport=1, dport=2) / Raw(b"v" * 8952))))  # fmt: skip
        source = where.folder / "in.pcap"
        wrpcap(str(source), frames, linktype=1)
        where.seal(CASES / "policy.yaml")
        where.write("mc1-edge", [source, None], "mtu: 9000")
        judged(where, len(frames), "--table", where.table)
        expect([bytes(f) for f in rdpcap(str(where.outs[1]))] == [bytes(f) for f in frames], "jumbo frames come out whole")
        expect(len(rdpcap(str(where.outs[0]))) == 0, "and nothing goes back")


def command_line() -> None:
    """--help and words that are none."""
    got = run("--help")
    expect(got.returncode == 0 and "Examples:" in got.stdout and "Exit codes" in got.stdout, "--help", got)
    for words in ([], ["--frobnicate"], ["--config"], ["--config", "/nonexistent.yaml"], ["--config", "/"]):
        got = run(*words)
        expect(got.returncode == 2 and got.stderr != "", f"{words} are refused with words", got)


def faults_before_ports() -> None:
    """Every fault of the start-up file at once, and nothing touched."""
    with place() as where:
        where.seal(CASES / "policy.yaml")
        where.write("mc1-edge", [None, None], "workers: 99\nmtu: 5")
        for words in ([], ["--check"], ["--table", str(where.table)]):
            got = run("--config", where.config, *words)
            lines = got.stderr.splitlines()
            expect(got.returncode == 2 and len(lines) == 2, f"{words}: both faults, exit 2", got)
            expect(all(line.startswith(f"{where.config}:") for line in lines), "with file and line", got)
        for more, says in (
            ("user: kmsgate-no-such", "5:7: `user` `kmsgate-no-such`: there is no such account; make "),
            ("keys: {signing: k, certificate: c}", "5:17: `keys`: signing KRRs is not available in this version; leave "),
            ("keys:\n  certificate: c\n  signing: k", "7:12: `keys`: signing KRRs"),
        ):
            where.write("mc1-edge", [None, None], more)
            got = run("--config", where.config)
            expect(got.returncode == 2 and f"{where.config}:{says}" in got.stderr, f"{more} is a fault", got)
        expect(not where.state.exists() and not where.outs[0].exists(), "nothing was made")


def check() -> None:
    """--check says what it would do and verifies the table, and makes nothing."""
    with place() as where:
        where.seal(CASES / "policy.yaml")
        where.write("mc1-edge", [None, None], "workers: 2", ", vlan: 7")
        got = run("--config", where.config, "--check", "--table", where.table)
        for words in ("net_pcap0", "VLAN 7", "hugepages", "CPUs", "packet buffers", "sha256:", "generation 1"):
            expect(got.returncode == 0 and words in got.stdout, f"--check tells `{words}`", got)
        got = run("--config", where.config, "--check")
        expect(got.returncode == 0 and "none yet" in got.stdout, "--check without a table", got)
        sealed = where.table.read_bytes()
        bad = where.folder / "bad.table"
        for content, code, says in (
            (b"version: 1\n", 1, "policy compile"), (b"", 1, "policy compile"), (sealed[:-1], 1, "does not verify"),
            (sealed[:100] + bytes([sealed[100] ^ 1]) + sealed[101:], 1, "does not verify"), (sealed + b"\0", 1, "does not verify"),
        ):  # fmt: skip
            bad.write_bytes(content)
            for words in (["--check"], []):
                got = run("--config", where.config, "--table", bad, *words)
                expect(got.returncode == code and says in got.stderr, f"table of {len(content)} bytes: {says}", got)
        for words in (["--check"], []):
            got = run("--config", where.config, "--table", "/nonexistent.table", *words)
            expect(got.returncode == 3 and "/nonexistent.table" in got.stderr, "a table that is not there", got)
        where.write("no-such-edge", [None, None])
        for words in (["--check"], []):
            got = run("--config", where.config, "--table", where.table, *words)
            expect(got.returncode == 1 and "no-such-edge" in got.stderr, "an edge that the table lacks", got)
        expect(not where.state.exists() and not where.outs[0].exists(), "nothing was made")


def not_reached() -> None:
    """A device that cannot be opened, a state folder in use."""
    with place() as where:
        where.seal(CASES / "policy.yaml")
        where.write("mc1-edge", [None, where.folder / "nonexistent.pcap"])
        got = run("--config", where.config, "--table", where.table)
        expect(got.returncode == 3 and "port b" in got.stderr and "ready" not in got.stdout, "the port is named", got)
        where.write("mc1-edge", [None, None])
        with running(where, "--table", where.table) as program:
            got = run("--config", where.config, "--table", where.table)
            expect(got.returncode == 1 and "another kmsgate-dataplane" in got.stderr, "a second one is refused", got)
            program.stop()


def device_in_use() -> None:
    """A second box of another state folder keeps off a device that is driven, by whatever name it has there."""
    expect(os.geteuid() == 0, "this test needs root")
    with place() as where, place() as other:
        ports = "version: 1\nports: {{a: '{}', b: net_null0}}\nedges: {{mc1-edge: [{{inside: a, outside: b}}]}}\nstate: state\n{}"
        where.seal(CASES / "policy.yaml")
        interface = f"kgdl{os.getpid() % 100000}"
        where.config.write_text(ports.format(f"net_tap0,iface={interface}", "user: nobody\n"))
        other.config.write_text(ports.format(f"net_tap7,iface={interface},mac=fixed", ""))
        words = ["--config", other.config, "--table", where.table]
        with running(where, "--table", where.table) as program:
            for _ in range(2):
                got = run(*words)
                expect(got.returncode == 3 and f"net_tap7,iface={interface}" in got.stderr, "the device is named", got)
                expect(f"process {program.process.pid} " in got.stderr, "and who has it", got)
                expect("DPDK with" not in got.stderr, "before DPDK starts", got)
            program.kill()
        for _ in range(2):
            with running(other, "--table", where.table) as program:
                expect("nothing keeps" not in program.stop(), "free once that one is gone")
        for lock in Path("/run/kmsgate-devices").glob(f"interface-*-{interface}"):
            lock.unlink()


def signals() -> None:
    """SIGHUP and SIGPIPE change nothing, SIGINT and SIGTERM end it cleanly; a killed one can be started again."""
    with place() as where:
        where.seal(CASES / "policy.yaml")
        where.write("mc1-edge", [None, None])
        for number in (signal.SIGINT, signal.SIGTERM):
            with running(where, "--table", where.table) as program:
                for harmless in (signal.SIGHUP, signal.SIGPIPE):
                    program.process.send_signal(harmless)
                Link(where.state / "table.sock")
                log = program.stop(number)
                expect(re.search(r"^info: \w+: stopped, 0 held frames ended$", log, re.M) is not None, "says so", log)
                expect(all(re.match("(info|warning|error): ", line) for line in log.splitlines()), "a level in each line", log)
                expect(not (where.state / "table.sock").exists(), "the socket is gone")
        with running(where, "--table", where.table) as program:
            program.kill()
        with running(where) as program:
            Link(where.state / "table.sock")
            program.stop()


def held_at_the_stop() -> None:
    """Fragments that wait are counted at a clean stop, and go nowhere."""
    with place() as where:
        where.seal(CASES / "policy.yaml")
        source = where.classic(CASES / "108_fragments_incomplete/inside-in.pcap")
        first = where.folder / "first.pcap"
        wrpcap(str(first), rdpcap(str(source))[:1], linktype=1)
        where.write("mc1-edge", [first, None])
        log = judged(where, 1, "--table", where.table)
        expect("1 held frames ended" in log, "the log counts it", log)
        expect(len(rdpcap(str(where.outs[1]))) == 0, "nothing left")


def last_table() -> None:
    """The table outlives the process; a damaged one is told and signalling dropped."""
    with place() as where:
        case = CASES / "006_forward_untouched"
        source = where.classic(case / "inside-in.pcap")
        count = len(rdpcap(str(source)))
        where.seal(CASES / "policy.yaml")
        where.write("mc1-edge", [source, None])
        log = judged(where, count, "--table", where.table)
        expect("as generation 1" in log, "the first is generation 1", log)
        first = comparable(where.outs[1])
        expect(len(first) > 0, "something was forwarded")
        log = judged(where, count)
        expect("last.table as generation 1" in log, "judges by the last table", log)
        expect(comparable(where.outs[1]) == first, "in the same way")
        got = run("--config", where.config, "--check")
        expect(got.returncode == 0 and "last.table as generation 1" in got.stdout, "--check sees it", got)
        kept = where.state / "last.table"
        kept.write_bytes(kept.read_bytes()[:-10])
        with running(where) as program:
            link = Link(where.state / "table.sock")
            until("all frames in", lambda: frames_in(link) >= count)
            outcomes = link.call("stats")["edges"]["mc1-edge"]["outcomes"]
            expect(outcomes["no-table"] > 0 and outcomes["forward"] == 0, "signalling is dropped", outcomes)
            reply = link.call("table", where.table.read_bytes(), generation=5)
            expect(reply["generation"] == 5, "control brings one", reply)
            log = program.stop()
        expect("last.table" in log and "no table yet" in log, "and told", log)


def modes_by_hand() -> None:
    """A mode set over the policy's holds after a restart without control, and not with another table."""
    with place() as where:
        where.seal(CASES / "policy.yaml")
        first = where.table.read_bytes()
        where.write("mc1-edge", [None, None], "user: nobody")

        def mode() -> str:
            return str(Link(where.state / "table.sock").call("status")["edges"][0]["mode"])

        with running(where, "--table", where.table) as program:
            before = mode()
            expect(before != "bypass", "the policy's own", before)
            Link(where.state / "table.sock").call("modes", modes={"mc1-edge": "bypass"})
            program.kill()
        for words in ([], ["--table", str(where.table)]):
            with running(where, *words) as program:
                expect(mode() == "bypass", f"{words}: as it was set by hand", mode())
                expect("mode bypass, as it was set by hand" in program.stop(), "and told")
        other = where.folder / "other.yaml"
        text = (CASES / "policy.yaml").read_text()
        other.write_text(text.replace("kms.a.example", "kms.other.example"))
        where.seal(other)
        expect(where.table.read_bytes() != first, "another table")
        for words in (["--table", str(where.table)], []):
            with running(where, *words) as program:
                expect(mode() == before, f"{words}: another table starts in its own modes", mode())
                program.stop()


def status_of(pid: int) -> list[dict[str, str]]:
    """/proc status of every task."""
    out = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        out.append(dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines() if ":\t" in line))
    return out


def privileges() -> None:
    """Root until the ports are open, then another account with every task, and the table socket still works."""
    expect(os.geteuid() == 0, "this test needs root")
    with place() as where:
        where.seal(CASES / "policy.yaml")
        where.write("mc1-edge", [None, None], "user: nobody\nworkers: 2")
        with running(where, "--table", where.table) as program:
            tasks = status_of(program.process.pid)
            expect(len(tasks) >= 4, "main, two workers, link", tasks)
            for task in tasks:
                ids = {task[key].strip() for key in ("Uid", "Gid")}
                expect(ids == {"\t".join([str(NOBODY)] * 4)}, f"{task['Name']} is nobody", task)
                expect(task["Groups"].strip() == "", f"{task['Name']} has no other groups", task)
                for key in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
                    expect(int(task[key], 16) == 0, f"{task['Name']}: {key}", task)
            for name in ("", "tag.key", "last.table", "table.sock", "dataplane.lock"):
                about = (where.state / name).stat()
                expect(about.st_uid == NOBODY and about.st_mode & 0o077 == 0, f"state/{name} is nobody's alone", about)
            link = Link(where.state / "table.sock")
            expect(link.call("table", where.table.read_bytes(), generation=2)["generation"] == 2, "takes a table still")
            log = program.stop()
            expect("runs as nobody" in log, "the log says so", log)
            expect(not (where.state / "table.sock").exists(), "the socket is gone")
        with running(where) as program:
            expect("last.table as generation 2" in program.log.read_text(), "kept by nobody, read by root")
            program.stop()


def without_privileges() -> None:
    """Started by an ordinary account: as itself it runs, as another it refuses before anything is made."""
    expect(os.geteuid() == 0, "this test needs root")
    with place() as where:
        where.seal(CASES / "policy.yaml")
        os.chown(where.folder, NOBODY, NOBODY)
        who: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        bare = {k: v for k, v in os.environ.items() if k not in ("RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR", "HOME")}
        where.write("mc1-edge", [None, None], "user: daemon")
        words = [DATAPLANE, "--config", str(where.config), "--table", str(where.table)]
        got = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False, env=bare, **who)
        expect(got.returncode == 2 and "only root" in got.stderr and not where.state.exists(), "another account", got)
        where.write("mc1-edge", [None, None], "user: nobody")
        own = where.folder / "run"
        own.mkdir()
        os.chown(own, NOBODY, NOBODY)
        for about, env, stands in [("unset", {}, where.state), ("empty", {"XDG_RUNTIME_DIR": ""}, where.state),
                                   ("given", {"XDG_RUNTIME_DIR": str(own)}, own)]:
            with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**bare, **env}, **who) as process:
                try:
                    told = process.stdout.readline() if process.stdout else ""
                    sockets = [str(found) for found in stands.glob("dpdk/kmsgate-*/dpdk_telemetry.v2")]
                    process.terminate()
                    _, log = process.communicate(timeout=PATIENCE)
                finally:
                    process.kill()
            expect(told == "ready\n" and process.returncode == 0, f"its own account, XDG_RUNTIME_DIR {about}", log)
            expect(len(sockets) == 1, f"telemetry, XDG_RUNTIME_DIR {about}", log)


def hugepages() -> None:
    """Without when asked; and without when those that were tried are not there."""
    with place() as where:
        where.seal(CASES / "policy.yaml")
        where.write("mc1-edge", [None, None])
        with running(where, "--table", where.table, KMSGATE_HUGEPAGES="no") as program:
            expect("DPDK without hugepages" in program.stop(), "as asked")
        free = sum(int(kind.read_text()) for kind in Path("/sys/kernel/mm/hugepages").glob("*/free_hugepages"))
        with running(where, "--table", where.table, KMSGATE_HUGEPAGES="yes") as program:
            log = program.stop()
        again = "starting again without" in log
        expect("DPDK with hugepages" in log and again == ("DPDK without hugepages" in log), "tried, or started again", log)
        expect(again or free > 0, "none are free", log)


def service_manager() -> None:
    """READY, STATUS, WATCHDOG, STOPPING."""
    with place() as where, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(where.folder / "notify"))
        manager.settimeout(PATIENCE)
        where.seal(CASES / "policy.yaml")
        where.write("mc1-edge", [None, None])
        with running(where, "--table", where.table, NOTIFY_SOCKET=str(where.folder / "notify"), WATCHDOG_USEC="200000") as program:
            heard = manager.recv(4096).decode().splitlines()
            expect("READY=1" in heard and "STATUS=2 ports, 1 edges, 1 workers" in heard, "ready and status", heard)
            for _ in range(3):
                heard = manager.recv(4096).decode().splitlines()
                expect(heard == ["WATCHDOG=1"], "watchdog", heard)
            program.process.send_signal(signal.SIGTERM)
            until("STOPPING", lambda: manager.recv(4096) == b"STOPPING=1\n")
            expect(program.process.wait(timeout=PATIENCE) == 0, "exit 0")


def main() -> int:
    """Runs all tests, or those whose names follow."""
    tests = [command_line, faults_before_ports, check, not_reached, device_in_use, signals, held_at_the_stop, last_table, modes_by_hand, privileges,
             without_privileges, hugepages, service_manager, jumbo, as_replay_has_it]  # fmt: skip
    failed = 0
    for test in tests:
        if sys.argv[5:] and test.__name__ not in sys.argv[5:]:
            continue
        start = time.monotonic()
        try:
            test()
            print(f"ok     {test.__name__} ({time.monotonic() - start:.1f} s)", flush=True)
        except (Failed, OSError, subprocess.SubprocessError) as fault:
            failed += 1
            print(f"FAILED {test.__name__}: {fault}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
