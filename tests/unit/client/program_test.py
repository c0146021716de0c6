# SPDX-License-Identifier: BSD-3-Clause
"""kmsgate-client over loopback sockets: X.1 and X.2, KRRs over a restart, and clear words when something is wrong.

usage: program_test.py KMSGATE-CLIENT
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

CLIENT = sys.argv[1]
A, B, C = "kms.a.example", "kms.b.example", "kms.c.example"
ALICE, BOB = "sip:alice@mc1.example", "sip:bob@mc2.example"


def run(*words: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
    return subprocess.run([CLIENT, *words], capture_output=True, text=True, check=False, timeout=seconds)


def expect(what: str, holds: bool, got: Any) -> None:
    if not holds:
        sys.exit(f"{what}: {got}")


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def pair(event: dict[str, Any]) -> tuple[str, str]:
    return event["pair"]["idrkmsi"], event["pair"]["idrkmsr"]


def told(text: str, names: tuple[str, ...]) -> list[tuple[str, Any]]:
    """The events of those names, with their pair, or the lists of a KRR."""
    return [
        (e["event"], (e["lists"]["initiator"], e["lists"]["receiver"]) if "lists" in e else pair(e))
        for e in events(text)
        if e["event"] in names
    ]


class Receiver:
    """A receiver in the background; `where` is the address it listens at."""

    def __init__(self, profile: Path, *words: str, host: str = "127.0.0.1") -> None:
        self.process = subprocess.Popen(
            [CLIENT, "receiver", "--profile", str(profile), "--listen", f"{host}:0", "--json", *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.first = self.process.stdout.readline()
        expect("a receiver says where it listens", '"listening"' in self.first, self.first)
        self.where = json.loads(self.first)["address"]

    def wait(self, seconds: float = 20) -> tuple[int, str]:
        out, errors = self.process.communicate(timeout=seconds)
        expect("a receiver has nothing to complain of", errors == "", errors)
        return self.process.returncode, out

    def stop(self) -> tuple[int, str]:
        self.process.send_signal(signal.SIGTERM)
        return self.wait()


class World:
    """Profiles over one folder of keys."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for user, kmss in ((ALICE, f"{A},{C}"), (BOB, B)):
            words = ["keys", "--folder", str(folder / self.keys(user)), "--secrets", str(folder / "secrets"),
                     "--user", f"{user}={kmss}"]
            for kms in (A, B, C):
                words += ["--kms", kms]
            got = run(*words)
            expect("keys are made", got.returncode == 0 and got.stdout != "", got)
            expect("made twice they are the same", run(*words).returncode == 0, got)
            secrets = list((folder / self.keys(user)).glob("*.secret.xml"))
            expect("secrets stay in their own folder", secrets == [], secrets)

    @staticmethod
    def keys(user: str) -> str:
        """Each user has a folder of its own: nobody holds another's secrets."""
        return "keys-bob" if user == BOB else "keys-alice"

    def profile(self, name: str, user: str, home: str, **more: Any) -> Path:
        path = self.folder / f"{name}.yaml"
        lines = ["version: 1", f"user: {user}", f"home: {home}", f"keys: {self.keys(user)}"]
        lines += [f"{key}: {json.dumps(value) if isinstance(value, list) else value}" for key, value in more.items()]
        path.write_text("\n".join(lines) + "\n")
        return path


def call(profile: Path, to: str, *words: str) -> subprocess.CompletedProcess[str]:
    return run("initiator", "--profile", str(profile), "--call", BOB, "--to", to, "--json", "--talk", "0.1", *words)


SENT = ("sent-mikey", "received-krr", "established", "failed")
RECEIVED = ("received-mikey", "sent-krr", "accepted", "refused")


def check_flow(what: str, profile: Path, receiver: Receiver, words: tuple[str, ...], second: tuple[str, str],
               lists: tuple[list[str], list[str]]) -> None:
    """One redirect, then success under `second`."""
    got = call(profile, receiver.where, *words)
    expect(f"{what}: exit 0", got.returncode == 0, got)
    redirects = [e["detail"] for e in events(got.stdout) if e["event"] == "received-krr"]
    expect(f"{what}: what the KRR was taken for", redirects == [f"retry {second[0]} {second[1]}"], got)
    expect(f"{what}: what the initiator did", told(got.stdout, SENT) == [
        ("sent-mikey", (A, A)), ("received-krr", lists), ("sent-mikey", second), ("established", second)], got)
    code, out = receiver.wait()
    expect(f"{what}: the receiver ends after one call", code == 0, out)
    expect(f"{what}: what the receiver did", told(out, RECEIVED) == [
        ("received-mikey", (A, A)), ("sent-krr", lists), ("received-mikey", second), ("accepted", second)], out)
    keys = [e["key_check"] for e in events(got.stdout) + events(out) if "key_check" in e]
    expect(f"{what}: both have the same key", len(keys) == 2 and keys[0] == keys[1], keys)


def check_calls(world: World) -> None:
    x1 = world.profile("x1", ALICE, A, external=[B], state="x1-state")
    x1_bob = world.profile("x1-bob", BOB, B, external=[A])
    for transport in ("udp", "tcp"):
        receiver = Receiver(x1_bob, "--transport", transport, "--calls", "1")
        check_flow(f"X.1 over {transport}", x1, receiver, ("--transport", transport), (A, B), ([A], [B]))

    x2 = world.profile("x2", ALICE, A, secondary=[C], external=[B], hashed="true")
    x2_bob = world.profile("x2-bob", BOB, B, external=[C], contacts=[ALICE])
    for transport in ("udp", "tcp"):
        receiver = Receiver(x2_bob, "--transport", transport, "--calls", "1")
        check_flow(f"X.2 over {transport}", x2, receiver, ("--transport", transport), (C, B), ([B, C], [B]))
    receiver = Receiver(x1_bob, "--transport", "udp", "--calls", "1")
    check_flow("X.1 with a GMK", x1, receiver, ("--transport", "udp", "--gmk"), (A, B), ([A], [B]))
    if socket.has_ipv6:
        try:
            with socket.socket(socket.AF_INET6) as probe:
                probe.bind(("::1", 0))
        except OSError:
            return
        receiver = Receiver(x1_bob, "--transport", "tcp", "--calls", "1", host="[::1]")
        check_flow("X.1 over IPv6", x1, receiver, ("--listen", "[::1]:0"), (A, B), ([A], [B]))


def check_failure(world: World) -> None:
    x3 = world.profile("x3", ALICE, A, state="x3-state")
    receiver = Receiver(world.profile("x3-bob", BOB, B, external=[C]), "--transport", "tcp")
    got = call(x3, receiver.where)
    expect("X.3: exit 1", got.returncode == 1, got)
    expect("X.3: why", events(got.stdout)[-1]["detail"] == "no-initiator-kms", got)
    got = run("initiator", "--profile", str(x3), "--call", BOB, "--to", receiver.where)
    expect("X.3 for people", got.returncode == 1 and f"initiator [{B}, {C}], receiver [{B}]" in got.stdout
           and "no KMS of the initiator list is Home or Secondary" in got.stdout, got)
    code, out = receiver.stop()
    expect("a signal ends a receiver in order", code == 0, (code, out))


def check_krrs(world: World) -> None:
    for name, count, outcome in (("x1", 3, f"retry {A} {B}"), ("x3", 2, "no-initiator-kms")):
        profile = str(world.folder / f"{name}.yaml")
        got = run("krrs", "--profile", profile, "--json")
        kept = events(got.stdout)
        expect(f"{name}: KRRs are kept over restarts", got.returncode == 0 and len(kept) >= count, got)
        expect(f"{name}: numbered", [k["number"] for k in kept] == list(range(1, len(kept) + 1)), got)
        expect(f"{name}: with outcome and body", all(
            k["outcome"] == outcome and k["due"] == [A] and "KmsRedirectResponse" in k["body"] for k in kept), got)
        mode = (world.folder / f"{name}-state/krrs.json").stat().st_mode & 0o777
        expect(f"{name}: for the owner only", mode == 0o600, oct(mode))
        got = run("krrs", "--profile", profile)
        expect(f"{name}: for people", f"{len(kept)} kept" in got.stdout and outcome in got.stdout, got)
    got = run("krrs", "--profile", str(world.folder / "x2.yaml"))
    expect("krrs without state", got.returncode == 2 and "add `state: FOLDER`" in got.stderr, got)


def check_not_reached(world: World) -> None:
    x1 = world.folder / "x1.yaml"
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        for transport in ("tcp", "udp"):
            got = call(x1, f"127.0.0.1:{port}", "--transport", transport, "--timeout", "5")
            expect(f"nobody there, {transport}: exit 3", got.returncode == 3, got)
            expect("with a reason", "not reached: " in events(got.stdout)[-1]["detail"], got)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        to = f"127.0.0.1:{silent.getsockname()[1]}"
        got = call(x1, to, "--transport", "udp", "--timeout", "1")
        expect("a silent peer: exit 3", got.returncode == 3 and events(got.stdout)[-1]["detail"] == "timeout", got)
        process = subprocess.Popen(
            [CLIENT, "initiator", "--profile", str(x1), "--call", BOB, "--to", to, "--transport", "udp"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stdout is not None
        process.stdout.readline()
        got = call(x1, to)
        expect("one client a state folder", got.returncode == 2 and "another kmsgate-client" in got.stderr, got)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
        expect("SIGINT ends a call", process.returncode == 1 and "stopped before" in errors, (process.returncode, errors))


def check_streams(world: World) -> None:
    """What no SIP peer sends is cut off, and the receiver goes on."""
    receiver = Receiver(world.folder / "x1-bob.yaml", "--transport", "tcp", "--calls", "1")
    host, port = receiver.where.rsplit(":", 1)
    for text in (b"GET / HTTP/1.1\r\n\r\n", b"a" * 70000, b"OPTIONS sip:b@x SIP/2.0\r\nContent-Length: -1\r\n\r\n"):
        with socket.create_connection((host, int(port)), timeout=10) as stream:
            stream.sendall(text)
            try:
                expect("a stream that cannot be followed is closed", stream.recv(1) == b"", text[:30])
            except ConnectionResetError:
                pass
    with socket.create_connection((host, int(port)), timeout=10) as stream:
        stream.sendall(b"\r\n\r\n")
        for byte in (b"OPTIONS sip:b@x SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bKq\r\nFrom: <sip:a@x>;tag=1\r\n"
                     b"To: <sip:b@x>\r\nCall-ID: q\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"):
            stream.sendall(bytes([byte]))
        expect("keep-alives and single bytes", stream.recv(12) == b"SIP/2.0 200 ", "no 200")
    check_flow("X.1 after strangers", world.folder / "x1.yaml", receiver, (), (A, B), ([A], [B]))


def check_both(world: World) -> None:
    bob = Receiver(world.folder / "x1-bob.yaml", "--transport", "tcp", "--calls", "1")
    both = subprocess.Popen(
        [CLIENT, "both", "--profile", str(world.folder / "x1.yaml"), "--listen", "127.0.0.1:0", "--call", BOB,
         "--to", bob.where, "--json", "--talk", "0.1", "--calls", "1"], stdout=subprocess.PIPE, text=True)
    assert both.stdout is not None
    udp = json.loads(both.stdout.readline())["address"]
    expect("both: the call it makes", bob.wait()[0] == 0, "")
    peer = world.profile("peer", BOB, B, external=[A])
    got = run("initiator", "--profile", str(peer), "--call", ALICE, "--to", udp, "--transport", "udp", "--talk", "0.1")
    expect("both: the call it gets", got.returncode == 0, got)
    out, _ = both.communicate(timeout=20)
    names = [e["event"] for e in events(out)]
    expect("both: ends when both are over", both.returncode == 0 and "established" in names and "accepted" in names,
           (both.returncode, out))


def check_words(world: World) -> None:
    got = run("--help")
    expect("--help has examples and exit codes", got.returncode == 0 and "Examples:" in got.stdout
           and "Exit codes" in got.stdout, got)
    for command in ("initiator", "receiver", "both", "krrs", "keys"):
        expect(f"{command} --help", run(command, "--help").returncode == 0, command)
    bad = world.folder / "bad.yaml"
    bad.write_text("version: 1\nuser: bob\nhome: A\nhome: B\ncolour: red\nkeys: keys\n")
    got = run("receiver", "--profile", str(bad), "--listen", "127.0.0.1:0")
    for line in (f"{bad}:2:7: `user` `bob` is no user URI", f"{bad}:4:1: key `home` stands twice",
                 f"{bad}:5:1: unknown key `colour`"):
        expect("all faults of a profile", got.returncode == 2 and line in got.stderr, got)
    x1 = str(world.folder / "x1.yaml")
    no_keys = str(world.profile("no-keys", "sip:carol@mc1.example", A))
    for words, code, says in (
        ([], 2, "subcommand"),
        (["dance"], 2, "subcommand"),
        (["initiator", "--profile", x1, "--call", BOB], 2, "--to"),
        (["initiator", "--profile", x1, "--call", "bob", "--to", "127.0.0.1:1"], 2, "--call `bob` is no user URI"),
        (["initiator", "--profile", x1, "--call", BOB, "--to", "::1"], 2, "write HOST:PORT"),
        (["initiator", "--profile", "/nonexistent.yaml", "--call", BOB, "--to", "127.0.0.1:1"], 2, "/nonexistent.yaml"),
        (["initiator", "--profile", no_keys, "--call", BOB, "--to", "127.0.0.1:1"], 2, "no keys of sip:carol@mc1.example"),
        (["receiver", "--profile", x1, "--listen", "0.0.0.0:0"], 2, "add --name HOST"),
        (["receiver", "--profile", x1, "--listen", "192.0.2.1:5060"], 2, "cannot listen"),
        (["receiver", "--profile", x1, "--listen", "127.0.0.1:0", "--transport", "sctp"], 2, "sctp"),
        (["keys", "--folder", str(world.folder / "more-keys")], 2, "nothing to make"),
        (["keys", "--folder", str(world.folder / "more-keys"), "--user", "sip:x@y"], 2, "write URI=KMS"),
    ):
        got = run(*words)
        expect(f"{words} is refused with words", got.returncode == code and says in got.stderr, got)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        world = World(Path(name))
        started = time.monotonic()
        for check in (check_calls, check_failure, check_streams, check_krrs, check_both, check_not_reached, check_words):
            check(world)
            print(f"{check.__name__}: {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
