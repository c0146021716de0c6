# SPDX-License-Identifier: BSD-3-Clause
"""What kmsgate-traffic makes, held against readers that nobody here has written, and against what an edge does with it.

usage: traffic_test.py KMSGATE-TRAFFIC KMSGATE-REPLAY PROJECT-ROOT
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

TRAFFIC, REPLAY, ROOT = sys.argv[1], sys.argv[2], Path(sys.argv[3])
sys.path[:0] = [str(ROOT / "tests"), str(Path(__file__).parent)]

from scapy.layers.inet import IP, TCP, UDP  # noqa: E402
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment  # noqa: E402
from scapy.layers.l2 import Ether  # noqa: E402

import reading  # noqa: E402
import walker  # noqa: E402
from cases.lib import captures  # noqa: E402

POLICY = ROOT / "tests/cases/policy.yaml"
TAGGED = ROOT / "tests/cases/010_demo/policy.yaml"


def run(*words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    got = subprocess.run([TRAFFIC, *words], capture_output=True, text=True, check=False)
    assert got.returncode == code, f"{words}: exit {got.returncode}\n{got.stdout}\n{got.stderr}"
    return got


def make(folder: Path, *words: str) -> dict:
    """A capture out.pcap; what the program says of it."""
    return json.loads(run("make", "--out", str(folder / "out.pcap"), "--json", *words).stdout)


def same(what: str, got: object, want: object) -> None:
    assert got == want, f"{what}: {str(got)[:600]}, expected {str(want)[:600]}"


def refused(folder: Path) -> None:
    """Usage, profile and file faults: exit codes and words."""
    out = ["--out", str(folder / "x.pcap"), "--count", "10"]
    for words, code, says in (
        (["make"], 2, "nothing to write"),
        (["make", "--out", "x"], 2, "--count or --duration"),
        (["make", *out, "--profile", "nonsense"], 2, "known: mc"),
        (["make", *out, "--mix", "cal=1"], 2, "`call`"),
        (["make", *out, "--share", "tcp=101"], 2, "0 to 100"),
        (["make", *out, "--policy", str(POLICY)], 2, "--edge"),
        (["make", *out, "--policy", str(POLICY), "--edge", "no"], 2, "mc1-edge"),
        (["make", "--out", "/nonexistent/x.pcap", "--count", "1"], 3, "/nonexistent/x.pcap"),
        (["make", *out[:2], "--count", "1000", "--policy", str(TAGGED), "--edge", "mc1-edge", "--expected", "/dev/full"], 3, "/dev/full"),
        (["make", *out, "--policy", str(TAGGED), "--edge", "mc1-edge", "--tags", "/dev/full"], 3, "/dev/full"),
        (["report", "/nonexistent.pcap"], 3, "/nonexistent.pcap"),
        (["report", "--sent", "a"], 2, "go together"),
        (["live", "--inside", "no-such0", "--outside", "no-such1", "--count", "1"], 3, "no-such0"),
    ):
        got = run(*words, code=code)
        assert says in got.stderr, f"{words}: {got.stderr}"
    profile = folder / "p.yaml"
    profile.write_text("version: 1\nmix: {cal: 1, options: x}\nshares: {tcp: 200}\ninvite: [6000, 2400]\nfoo: 1\nhostile: [nope]\n")
    faults = run("make", *out, "--profile", str(profile), code=2).stderr
    for place in ("p.yaml:2:7:", "p.yaml:2:24:", "p.yaml:3:15:", "p.yaml:4:10:", "p.yaml:5:1:", "p.yaml:6:11:"):
        assert place in faults, f"{place} in {faults}"
    help_text = run("--help").stdout
    assert "Examples:" in help_text and "Exit codes" in help_text
    same("shapes", len(run("shapes").stdout.splitlines()) > 70, True)


def seeds(folder: Path) -> None:
    """Same arguments, same bytes; another seed, others. Times rise; count and duration hold."""
    def capture(name: str, *words: str) -> bytes:
        run("make", "--out", str(folder / name), "--count", "2000", "--profile", "hostile", *words)
        return (folder / name).read_bytes()

    first = capture("a.pcap")
    same("same seed", capture("b.pcap", "--seed", "1") == first, True)
    same("other seed", capture("c.pcap", "--seed", "2") == first, False)
    same("form", captures.written_as_agreed(folder / "a.pcap"), None)
    times = [r.time for r in captures.read(folder / "a.pcap")]
    assert len(times) >= 2000 and all(a < b for a, b in zip(times, times[1:])), "times do not rise"
    made = make(folder, "--duration", "2", "--rate", "1000", "--profile", "signalling")
    assert 1900 <= made["frames"] <= 2100, f"{made['frames']} frames in 2 s at 1000 a second"
    two = ["--inside", str(folder / "i.pcap"), "--outside", str(folder / "o.pcap")]
    made = json.loads(run("make", *two, "--count", "500", "--json").stdout)
    both = [len(captures.read(folder / f"{x}.pcap")) for x in "io"]
    same("frames by side", both, [made["inside"], made["outside"]])


#: What a seed makes, whatever compiler built the program. A change of what is sent changes them: then print them anew.
MADE = {"mc": "a23829db625bb311", "signalling": "0e7f944d585a6027", "mixed": "e6296a7ec0bddb88",
        "fragments": "da842490f3ffffa9", "tcp": "c2cb5f095bbfe04f", "hostile": "950dbf85fa97b88f"}


def every_compiler_draws_the_same(folder: Path) -> None:
    """The same seed makes the same bytes in a program of g++ and in one of clang++."""
    for profile, digest in MADE.items():
        run("make", "--out", str(folder / "m.pcap"), "--count", "3000", "--seed", "7", "--profile", profile)
        same(profile, hashlib.sha256((folder / "m.pcap").read_bytes()).hexdigest()[:16], digest)


def scapy_agrees(folder: Path) -> None:
    """Scapy builds every frame again, lengths and checksums its own: the same bytes."""
    made = make(folder, "--count", "3500", "--profile", "mixed", "--share", "vlan=30", "--share", "ipv6=50",
                "--share", "tcp=30", "--mix", "call=20", "--mix", "media=5")
    assert made["vlan"] > 100 and made["ipv6"] > 300 and made["fragments"] > 100 and made["streamed"] > 10, made
    for number, record in enumerate(captures.read(folder / "out.pcap"), 1):
        frame = Ether(record.data)
        ip = frame.getlayer(IP) or frame.getlayer(IPv6)
        if ip is None:
            continue
        piece = IPv6ExtHdrFragment in frame or (IP in frame and (frame[IP].frag or frame[IP].flags.MF))
        for layer, field in ((IP, "chksum"), (IP, "len"), (IPv6, "plen"), (UDP, "chksum"), (UDP, "len"), (TCP, "chksum")):
            # of a fragment the transport's fields are those of the whole
            if layer in frame and not (piece and layer in (UDP, TCP)):
                delattr(frame[layer], field)
        again = bytes(frame)
        same(f"frame {number}", again[: len(record.data)] + bytes(len(record.data) - len(again)), record.data)


def sip_is_sound(folder: Path) -> None:
    """Datagrams become whole with good checksums; Content-Length fits; each I_MESSAGE walks to its last byte."""
    made = make(folder, "--count", "4000", "--profile", "fragments", "--mix", "register=1", "--mix", "message=1",
                "--share", "missing-kms=0")
    roles: Counter = Counter()
    sizes: list[int] = []
    keys = count = 0
    for datagram in reading.datagrams(folder / "out.pcap"):
        same("fault", datagram.fault, None)
        count += 1
        head, _, body = datagram.data.partition(b"\r\n\r\n")
        length = [x for x in head.split(b"\r\n") if x.startswith(b"Content-Length: ")]
        same("Content-Length", [int(x.split()[1]) for x in length], [len(body)])
        if head.startswith(b"INVITE"):
            sizes.append(len(datagram.data))
            pieces = len(datagram.packets)
            assert 2 <= pieces <= 6, f"{pieces} fragments"
        for bytes_ in walker.carried(datagram.data):
            message = walker.walk(bytes_)
            keys += 1
            assert 650 <= message.size <= 710, f"an I_MESSAGE of {message.size} bytes"
            same("payloads", message.payloads, [5, 11, 14, 14, 14, 14, 10, 26, 21, 4])
            same("RAND, SAKKE, SIGN", (message.rand, message.sakke, message.signature), (16, 273, 129))
            roles[tuple(message.identities)] += 1
            assert message.identities[6].startswith(b"kms.") and message.identities[7].startswith(b"kms.")
    same("datagrams", count, made["messages"])
    same("roles", set(roles), {(1, 2, 6, 7), (8, 9, 6, 7)})
    assert keys > made["labels"]["INVITE"] and min(sizes) >= 3400 and max(sizes) <= 6510, (keys, min(sizes), max(sizes))


def tshark(path: Path, *fields: str, options: tuple[str, ...] = ()) -> list[list[str]]:
    words = ["tshark", "-n", "-r", str(path), "-T", "fields", "-E", "separator=|", "-E", "occurrence=a", *options]
    for field in fields:
        words += ["-e", field]
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", timeout=300, check=True)
    return [line.split("|") for line in done.stdout.splitlines()]


def tshark_agrees(folder: Path) -> None:
    """tshark: nothing malformed, every checksum good, every message seen once; TCP streams give the same messages."""
    made = make(folder, "--count", "4000", "--share", "tcp=40", "--share", "ipv6=30", "--mix", "web=2", "--mix", "link=2")
    checked = ("-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE")
    rows = tshark(folder / "out.pcap", "_ws.malformed", "ip.checksum.status", "udp.checksum.status", "tcp.checksum.status",
                  "sip.Method", "sip.Status-Code", "tcp.analysis.lost_segment", "tcp.analysis.out_of_order",
                  options=checked)
    same("frames", len(rows), made["frames"])
    seen: Counter = Counter()
    for number, (malformed, ip, udp, tcp, methods, statuses, lost, order) in enumerate(rows, 1):
        same(f"frame {number}: malformed", malformed, "")
        same(f"frame {number}: TCP", (lost, order), ("", ""))
        for status in (ip, udp, tcp):
            assert status in ("", "1"), f"frame {number}: a checksum is not good ({ip}, {udp}, {tcp})"
        seen.update(x for x in (methods + "," + statuses).split(",") if x)
    same("messages by method and status", dict(seen), made["labels"])
    mine: Counter = Counter()
    for (_, source, _, target), stream in reading.streams(folder / "out.pcap").items():
        if 80 not in (source, target):
            mine.update(map(reading.label, reading.messages(stream)))
    same("messages in streams", sum(mine.values()), made["streamed"])


def replay(folder: Path, policy: Path, edge: str, *words: str) -> tuple[dict, dict, list[dict], list[dict]]:
    """Made, summary, expected lines and message lines of one run through an edge."""
    files = {name: str(folder / name) for name in ("i.pcap", "o.pcap", "io.pcap", "oo.pcap", "t.csv", "m.jsonl", "e.jsonl")}
    guide = ["--policy", str(policy), "--edge", edge]
    made = json.loads(run("make", "--inside", files["i.pcap"], "--outside", files["o.pcap"], *guide, "--tags", files["t.csv"],
                          "--expected", files["m.jsonl"], "--json", *words).stdout)
    subprocess.run([REPLAY, *guide, "--tags", files["t.csv"], "--inside-in", files["i.pcap"], "--outside-in", files["o.pcap"],
                    "--inside-out", files["io.pcap"], "--outside-out", files["oo.pcap"], "--events", files["e.jsonl"]],
                   check=True, capture_output=True)
    events = [json.loads(x) for x in Path(files["e.jsonl"]).read_text().splitlines()]
    expected = [json.loads(x) for x in Path(files["m.jsonl"]).read_text().splitlines()]
    # what befalls datagrams before there is a message is told by outcomes alone
    ours = [e for e in events if e["event"] == "message" or e.get("reason", "").startswith("tcp-")]
    return made, events[-1], expected, ours


def by_place(lines: list[dict]) -> dict[tuple, dict]:
    """Lines by port and frames; several messages may end in the same frames of a stream: by their order there."""
    out: dict[tuple, dict] = {}
    for line in lines:
        place = (line["port"], *line["frames"])
        number = 0
        while (place, number) in out:
            number += 1
        out[place, number] = line
    return out


def made_segments(folder: Path) -> dict[str, int]:
    """What left over TCP and never came in: resets, acknowledgements, whole answers."""
    came = Counter(r.data for x in ("i", "o") for r in captures.read(folder / f"{x}.pcap"))
    out = {"answers": 0, "resets": 0, "acknowledgements": 0}
    for side in ("io", "oo"):
        for record in captures.read(folder / f"{side}.pcap"):
            packet = captures.parse(record.data)
            if came[record.data] > 0:
                came[record.data] -= 1
            elif packet is not None and packet.protocol == 6:
                flags, data = packet.payload[13], packet.payload[(packet.payload[12] >> 4) * 4 :]
                kind = "resets" if flags & 4 else "answers" if data.startswith(b"SIP/2.0 ") else "acknowledgements" if not data else ""
                if kind:  # else a further segment of an answer
                    out[kind] += 1
    return out


def verdicts(folder: Path) -> None:
    """An edge gives each message the verdict, the reason and the KRR that were foretold, and each frame its outcome."""
    of_message = ("call_id", "cseq", "method", "status")
    unreadable = {"no-call-id", "sigcomp", "two-froms", "malformed-without-key", "cseq-method"}
    for policy, edge, words in (
        (POLICY, "mc1-edge", ["--count", "12000"]),
        (POLICY, "mc2-edge", ["--count", "3000", "--seed", "2", "--share", "retransmitted=30", "--share", "vlan=40"]),
        (POLICY, "mc1-edge", ["--count", "25000", "--profile", "hostile"]),
        (POLICY, "mc1-edge", ["--count", "4000", "--profile", "tcp", "--share", "tcp=60"]),
        (POLICY, "mc1-edge", ["--count", "4000", "--profile", "fragments"]),
        (TAGGED, "mc1-edge", ["--count", "8000", "--seed", "3", "--share", "tagged=40"]),
        (ROOT / "tests/cases/315_is_edge/policy.yaml", None, ["--count", "8000", "--profile", "hostile", "--seed", "5"]),
        (ROOT / "tests/cases/315_is_edge/policy.yaml", None, ["--count", "4000", "--profile", "tcp", "--seed", "6"]),
        (POLICY, "mc2-edge", ["--count", "4000", "--profile", "tcp", "--seed", "4", "--mtu", "9000", "--share", "foreign-kms=50"]),
        (POLICY, "mc1-edge", ["--count", "6000", "--profile", "tcp", "--seed", "8", "--mtu", "576", "--share", "missing-kms=20"]),
        (ROOT / "tests/cases/326_shadow/policy.yaml", "mc1-edge", ["--count", "3000"]),
        (ROOT / "tests/cases/326_shadow/policy.yaml", "mc1-edge", ["--count", "6000", "--profile", "hostile", "--share", "tcp=60"]),
    ):
        import yaml

        edge = edge or next(iter(yaml.safe_load(policy.read_text())["edges"]))
        made, summary, expected, events = replay(folder, policy, edge, *words)
        where = f"{policy.parent.name} {edge} {words}"
        got = by_place(events)
        shapes = set()
        for place, line in by_place(expected).items():
            event = got.pop(place, None)
            assert event is not None, f"{where}: no event for {line}"
            shapes.add(line["kind"])
            same(f"{where}: {line}", event["event"], line["event"])
            if line["event"] == "drop":
                same(f"{where}: {line}", event["reason"], line["reason"])
                continue
            fields = ("verdict", "reason", "krr_out") + (() if line["kind"] in unreadable else of_message)
            same(f"{where}: {line}", [event[f] for f in fields], [line[f] for f in fields])
        same(f"{where}: events of nothing", list(got.values())[:1], [])
        outcomes = {k: v for k, v in summary["outcomes"].items() if v}
        unfinished = outcomes.pop("capture-end", 0) + outcomes.pop("fragment-timeout", 0)
        if unfinished:
            outcomes["incomplete"] = unfinished
        same(f"{where}: outcomes", outcomes, made["outcomes"])
        same(f"{where}: messages", summary["messages"], made["judged"])
        same(f"{where}: segments that the edge makes", made_segments(folder), made["made"])
        counts = {k: v for k, v in summary["verdicts"].items() if v}
        same(f"{where}: verdicts", counts, made["verdicts"])
        same(f"{where}: identity", summary["frames_in"] + summary["generated"],
             summary["frames_out"] + summary["absorbed"] + summary["dropped"] + summary["held"])
        if "hostile" in words and policy == POLICY:
            known = {line.split()[0] for line in run("shapes").stdout.splitlines()}
            cut = {"ip-checksum", "ip-length", "udp-length", "overlap", "missing-fragment"}
            same("hostile shapes that came up", known - shapes - cut, set())


def reports(folder: Path) -> None:
    """What a capture holds; what became of what was sent through an edge, and that losses are seen."""
    made, summary, _, _ = replay(folder, POLICY, "mc1-edge", "--count", "5000")
    sides = [str(folder / f"{x}.pcap") for x in "io"]
    held = json.loads(run("report", "--json", *sides).stdout)
    for field in ("frames", "messages", "largest", "labels", "fragments", "ipv6"):
        same(f"report: {field}", held[field], made[field])
    sent, received = ["--sent", sides[0], "--sent", sides[1]], ["--received", str(folder / "io.pcap"), "--received", str(folder / "oo.pcap")]
    seen = json.loads(run("report", "--json", *sent, *received).stdout)
    wanted = {k: v for k, v in summary["verdicts"].items() if v}
    # an absorbed ACK has no answer
    acks = sum(1 for x in (folder / "e.jsonl").read_text().splitlines() if '"verdict":"absorb"' in x and '"method":"ACK"' in x)
    same("lost", (seen["lost"], seen["fates"].get("gone", 0)), (acks, acks))
    same("redirected", seen["fates"]["redirected"], wanted["redirect"])
    same("rewritten", seen["fates"].get("rewritten", 0), wanted.get("rewrite", 0))
    same("nothing else came out", (seen["unexpected"], seen["duplicates"], seen["fates"].get("leaked", 0)), (0, 0, 0))
    # over TCP: segments go with their connections, what the edge says itself is told apart
    made, summary, _, _ = replay(folder, POLICY, "mc1-edge", "--count", "4000", "--profile", "tcp", "--share", "foreign-kms=40")
    seen = json.loads(run("report", "--json", *sent, *received).stdout)
    same("over TCP", seen["made"], made["made"])
    gone = sum(v for k, v in made["outcomes"].items() if k in ("redirect", "reject", "drop", "tcp-reset"))
    datagrams = sum(1 for x in (folder / "m.jsonl").read_text().splitlines() if json.loads(x).get("verdict") not in ("forward", None))
    assert made["made"]["answers"] > 5 and gone > 100 and seen["fates"]["reset"] > 100, (made["made"], gone, seen["fates"])
    same("reset, within what was refused", gone - datagrams <= seen["fates"]["reset"] <= gone, True)
    same("nothing else came out over TCP", (seen["unexpected"], seen["duplicates"], seen["fates"].get("leaked", 0)), (0, 0, 0))
    nothing = json.loads(run("report", "--json", "--sent", sides[0], "--received", sides[1], "--max-loss", "0", code=1).stdout)
    assert nothing["loss"] > 90, nothing


def others_take_it(folder: Path) -> None:
    """tcpprep splits it by side, tcprewrite finds no checksum to correct, capinfos finds it in order."""
    make(folder, "--count", "3000", "--profile", "mixed", "--share", "ipv6=0", "--mix", "link=0")
    path = str(folder / "out.pcap")
    said = subprocess.run(["capinfos", "-o", "-t", "-c", path], capture_output=True, text=True, check=True).stdout
    assert "nanosecond" in said and "True" in said, said
    subprocess.run(["tcpprep", "--auto=bridge", f"--pcap={path}", f"--cachefile={folder}/cache"], check=True, capture_output=True)
    subprocess.run(["tcprewrite", "--fixcsum", f"--infile={path}", f"--outfile={folder}/fixed.pcap", f"--cachefile={folder}/cache"],
                   check=True, capture_output=True)
    before, after = captures.read(folder / "out.pcap"), captures.read(folder / "fixed.pcap")
    # it takes padding for payload, and cannot see the whole of what is fragmented
    packets = [captures.parse(x.data) for x in before]
    whole = [(a.data, b.data) for a, b, p in zip(before, after, packets) if not p.fragment and p.padding == 0]
    assert len(whole) > 2000, f"{len(whole)} frames compared"
    same("frames", len(before), len(after))
    same("frames that it corrected", sum(a != b for a, b in whole), 0)


def main() -> None:
    tests: list[Callable[[Path], None]] = [refused, seeds, every_compiler_draws_the_same, scapy_agrees, sip_is_sound, tshark_agrees,
                                           verdicts, reports, others_take_it]
    chosen = sys.argv[4:]
    failed = 0
    for test in tests:
        if chosen and test.__name__ not in chosen:
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                test(Path(folder))
                print(f"ok {test.__name__}", flush=True)
            except AssertionError as fault:
                failed += 1
                print(f"FAIL {test.__name__}: {fault}", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
