# SPDX-License-Identifier: BSD-3-Clause
"""kmsgate-lab as its users call it: every use case in every variant against transcripts written by hand, every KRR against
the schema, every capture against scapy and tshark; faults, exit codes, pictures.

usage: lab_test.py LAB SOURCE-ROOT
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from scapy.all import IP, TCP, UDP, defragment, rdpcap  # type: ignore[import-untyped]
from transcripts import EDGES, OVER_TCP, TRANSCRIPTS

LAB, ROOT = Path(sys.argv[1]), Path(sys.argv[2])


def lab(*words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    run = subprocess.run([str(LAB), *words], capture_output=True, text=True, check=False)
    if run.returncode != code:
        raise AssertionError(f"{words}: exit {run.returncode} in place of {code}\n{run.stdout[-3000:]}{run.stderr}")
    return run


def transcript(run: dict) -> list[tuple]:
    """The steps of a JSON line in the form of transcripts.py."""
    last = len(run["actors"]) - 1
    short = {uri: name for name, uri in run["kms"].items()}

    def who(actor: int) -> str | int:
        return "I" if actor == 0 else "R" if actor == last else actor

    def names(kms_list: str | list[str]) -> str | list[str]:
        return kms_list if kms_list == "ANY" else [short[u] for u in kms_list]

    out = []
    for step in run["steps"]:
        if step["kind"] == "mikey" and step["from"] == 0:
            out.append(("M", "I", short[step["pair"]["idrkmsi"]], short[step["pair"]["idrkmsr"]]))
        elif step["kind"] == "krr" and (step["created"] or step["rewritten"]):
            out.append(("K" if step["created"] else "R", who(step["from"]), names(step["initiator"]),
                        names(step["receiver"])))
        elif step["kind"] == "accepted":
            out.append(("A", who(step["from"]), short[step["pair"]["idrkmsi"]], short[step["pair"]["idrkmsr"]]))
        elif step["kind"] == "reset" and not step["answered"]:
            out.append(("X", who(step["from"]), None, None))
        elif step["kind"] == "failed":
            out.append(("F", who(step["from"]), step["text"], None))
    return out


def root_of(document: str) -> str:
    return document[document.index("<KmsRedirectResponse"):document.rindex(">") + 1]


class Lab(unittest.TestCase):
    """One run of everything, looked at from all sides."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = tempfile.TemporaryDirectory()
        cls.at = Path(cls.folder.name)
        done = lab("run", "all", "--json", "--captures", str(cls.at / "pcap"), "--krrs", str(cls.at / "krr"))
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        cls.summary, cls.runs = lines[-1], lines[:-1]

    @classmethod
    def tearDownClass(cls) -> None:
        cls.folder.cleanup()

    def test_every_case_in_every_variant(self) -> None:
        seen = {(r["scenario"], r["variant"]) for r in self.runs}
        want = set()
        for name in TRANSCRIPTS:
            want |= {(name, "clear"), (name, "hashed")}
            if name not in EDGES:
                want |= {(name, "through edges without rules"), (name, "hashed, through edges without rules")}
        want |= {(name, variant + ", TCP") for name, variant in want}
        self.assertEqual(seen, want)
        for run in self.runs:
            self.assertEqual(run["transport"], "tcp" if run["variant"].endswith(", TCP") else "udp")
        self.assertEqual(self.summary, {"event": "summary", "passed": len(want), "runs": len(want)})

    def test_transcripts_message_by_message(self) -> None:
        for run in self.runs:
            with self.subTest(scenario=run["scenario"], variant=run["variant"]):
                wanted = OVER_TCP if run["transport"] == "tcp" else TRANSCRIPTS
                self.assertEqual(transcript(run), wanted[run["scenario"]])
                self.assertEqual(run["faults"], [])
                edges = 2 if "without rules" in run["variant"] else EDGES.get(run["scenario"], 0)
                self.assertEqual(len(run["actors"]), edges + 2)

    def test_counts_of_x10(self) -> None:
        for run in self.runs:
            if run["scenario"] == "X.10" and run["transport"] == "tcp":
                self.assertEqual(run["counts"], {"messages": 2, "created": 2, "rewritten": 0})
            elif run["scenario"] == "X.10":
                self.assertEqual(run["counts"], {"messages": 4, "created": 3, "rewritten": 5})

    def test_every_message_passes_every_edge_before_the_one_that_answers(self) -> None:
        run = next(r for r in self.runs if (r["scenario"], r["variant"]) == ("X.10", "clear"))
        hops = [(s["from"], s["to"]) for s in run["steps"] if s["kind"] == "mikey"]
        self.assertEqual(hops, [(0, 1), (0, 1), (1, 2), (2, 3), (0, 1), (1, 2), (2, 3), (3, 4), (0, 1), (1, 2), (2, 3),
                                (3, 4), (4, 5)])

    def test_schema_accepts_every_krr(self) -> None:
        files = sorted((self.at / "krr").glob("*.xml"))
        made = sum(r["counts"]["created"] + r["counts"]["rewritten"] for r in self.runs)
        self.assertEqual(len(files), made)
        done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", str(ROOT / "dataplane/krr/krr.xsd"),
                               *map(str, files)], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        self.assertEqual(done.stderr.count("validates"), made)

    def test_rewritten_krrs_embed_the_old_one_byte_for_byte(self) -> None:
        looked = 0
        for run in self.runs:
            last = None
            for step in run["steps"]:
                if step["kind"] != "krr":
                    continue
                if step["rewritten"]:
                    self.assertIn("<EmbeddedKrr>" + root_of(last) + "</EmbeddedKrr>", step["krr"])
                    looked += 1
                elif not step["created"]:
                    self.assertEqual(step["krr"], last)
                last = step["krr"]
        self.assertEqual(looked, 2 * (1 + 1 + 2 + 1 + 5))

    def captured(self, stem: str) -> list[list[bytes]]:
        files = sorted((self.at / "pcap").glob(f"{stem}-wire-*.pcap"))
        return [[bytes(p) for p in rdpcap(str(f))] for f in files]

    def test_edges_without_rules_let_every_byte_through(self) -> None:
        for name in TRANSCRIPTS:
            if name in EDGES:
                continue
            for variant in ("through-edges-without-rules", "hashed,-through-edges-without-rules",
                            "through-edges-without-rules,-TCP", "hashed,-through-edges-without-rules,-TCP"):
                wires = self.captured(f"{name}-{variant}")
                self.assertEqual(len(wires), 3, name)
                for wire in wires[1:]:
                    for source in ("10.1.0.1", "10.2.0.2"):
                        def sent_by(frames: list[bytes], source: str = source) -> list[bytes]:
                            octets = bytes(int(x) for x in source.split("."))
                            return [f for f in frames if f[26:30] == octets]
                        self.assertGreater(len(sent_by(wire)), 0)
                        self.assertEqual(sent_by(wire), sent_by(wires[0]), f"{name} {variant}")

    def test_checksums_and_lengths_by_scapy(self) -> None:
        checked = 0
        for file in sorted((self.at / "pcap").glob("X.*-clear-wire-*.pcap")):
            for packet in defragment(rdpcap(str(file))):
                again = IP(bytes(packet[IP]))
                stated = (again.chksum, again[UDP].chksum, again[UDP].len)
                fragmented = again.chksum != IP(bytes(packet[IP])).chksum
                del again.chksum, again[UDP].chksum, again[UDP].len
                made = IP(bytes(again))
                self.assertFalse(fragmented)
                self.assertEqual((made[UDP].chksum, made[UDP].len), stated[1:], file.name)
                checked += 1
        self.assertGreater(checked, 200)

    def test_every_refusal_over_tcp_resets_its_connection_towards_both_sides(self) -> None:
        """By scapy: a KRR of an edge is followed by a reset, and on the edge's other side by no byte of what was refused."""
        for run in self.runs:
            if run["transport"] != "tcp" or run["scenario"] not in EDGES:
                continue
            edges = EDGES[run["scenario"]]
            resets = [s for s in run["steps"] if s["kind"] == "reset"]
            refused = [s for s in run["steps"] if s["kind"] == "krr" and s["created"] and 0 < s["from"] <= edges]
            with self.subTest(scenario=run["scenario"], variant=run["variant"]):
                self.assertEqual(sum(s["answered"] for s in resets), len(refused))
                wires = self.captured(f"{run['scenario']}-{run['variant']}".replace(" ", "-"))
                for step in refused:
                    # each attempt goes by a connection of its own: its port tells which one it is
                    port = 40000 + sum(s["kind"] == "mikey" and s["from"] == 0 and s["time"] <= step["time"] for s in run["steps"])
                    behind = [TCP(IP(f[14:])[TCP].build()) for f in wires[step["from"]]]
                    segments = [t for t in behind if port in (t.sport, t.dport)]
                    self.assertGreaterEqual(len([t for t in segments if t.sport == port and t.flags.R]), 1)
                    said = b"".join(bytes(t.payload) for t in segments if t.sport == port)
                    self.assertNotIn(b"INVITE", said)
                    before = [TCP(IP(f[14:])[TCP].build()) for f in wires[step["from"] - 1]]
                    self.assertTrue(any(t.flags.R for t in before if t.dport == port))

    def test_a_krr_that_would_be_narrowed_goes_no_further_over_tcp(self) -> None:
        wires = self.captured("X.10-clear,-TCP")
        krrs = [sum(b"<KmsRedirectResponse" in f for f in wire) for wire in wires]
        # one on the first wire is the first edge's own; one on the third is that of the third edge, which the second stops
        self.assertEqual(krrs, [1, 0, 1, 0, 0])

    def test_checksums_over_tcp_by_scapy_and_order_by_tshark(self) -> None:
        checked = 0
        for file in sorted((self.at / "pcap").glob("X.*-clear,-TCP-wire-*.pcap")):
            for packet in rdpcap(str(file)):
                again = IP(bytes(packet[IP]))
                stated = (again.chksum, again[TCP].chksum, again.len)
                del again.chksum, again[TCP].chksum, again.len
                made = IP(bytes(again))
                self.assertEqual((made.chksum, made[TCP].chksum, made.len), stated, file.name)
                checked += 1
            done = subprocess.run(["tshark", "-r", str(file), "-Y", "tcp.analysis.lost_segment or tcp.analysis.out_of_order or "
                                   "tcp.analysis.retransmission or _ws.malformed"], capture_output=True, text=True, check=True)
            self.assertEqual(done.stdout, "", file.name)
        self.assertGreater(checked, 300)

    def test_tshark_reads_x10(self) -> None:
        file = self.at / "pcap" / "X.10-clear-wire-1.pcap"
        done = subprocess.run(["tshark", "-r", str(file), "-Y", "sip", "-T", "fields", "-e", "sip.Method", "-e",
                               "sip.Status-Code", "-e", "_ws.malformed"], capture_output=True, text=True, check=True)
        rows = [line.split("\t") for line in done.stdout.splitlines()]
        self.assertEqual([r for r in rows if len(r) > 2 and r[2]], [])
        self.assertEqual(sum(r[0] == "INVITE" for r in rows), 4)
        self.assertEqual(sum(r[1] == "488" for r in rows if len(r) > 1), 3)
        self.assertEqual(sum(r[1] == "200" for r in rows if len(r) > 1), 2)  # of INVITE and BYE
        self.assertEqual(sum(r[0] == "ACK" for r in rows), 4)

    def test_hashed_requests_name_nobody(self) -> None:
        for name in TRANSCRIPTS:
            file = self.at / "pcap" / f"{name}-hashed-wire-1.pcap"
            requests = 0
            for packet in defragment(rdpcap(str(file))):
                if packet[IP].src != "10.1.0.1":
                    continue
                payload = bytes(packet[UDP].payload)
                if not payload.startswith(b"INVITE"):
                    continue
                requests += 1
                for user in (b"alice@", b"bob@"):
                    self.assertNotIn(user, payload, name)
            self.assertEqual(requests, sum(s[0] == "M" for s in TRANSCRIPTS[name]), name)


class Program(unittest.TestCase):
    """Words in, words and exit codes out."""

    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.at = Path(self.folder.name)

    def tearDown(self) -> None:
        self.folder.cleanup()

    def scenario(self, name: str, old: str, new: str) -> str:
        """A copy of a shipped scenario, changed, its policy beside it."""
        shipped = ROOT / "tools/lab/scenarios"
        for policy in shipped.glob("*.policy.yaml"):
            (self.at / policy.name).write_text(policy.read_text())
        text = (shipped / name).read_text()
        self.assertIn(old, text)
        file = self.at / name
        file.write_text(text.replace(old, new, 1))
        return str(file)

    def test_ends_with_n_of_n_and_draws_a_ladder(self) -> None:
        out = lab("run", "x10").stdout
        self.assertEqual(out.splitlines()[-1], "2 of 2")
        self.assertEqual(out.count("MIKEY ("), 4)
        self.assertIn("KRR [A, C] | [Z]", out)
        self.assertLessEqual(max(map(len, out.splitlines())), 120)

    def test_a_wrong_expectation_fails_and_says_where(self) -> None:
        file = self.scenario("x05.yaml", "receiver: [B]}", "receiver: [A]}")
        out = lab("run", file, "--quiet", code=1).stdout
        self.assertTrue(out.endswith("0 of 2\n"), out)
        self.assertRegex(out, r"FAIL X\.5.*\n +.*\[A\].*\[B\]")

    def test_faults_of_a_scenario_name_line_and_remedy(self) -> None:
        file = self.scenario("x05.yaml", "home: A", "home: Q")
        err = lab("run", file, code=2).stderr
        self.assertRegex(err, re.escape(file) + r":\d+:\d+: .*Q.*; .*A")
        out = lab("check", file, code=2)
        self.assertEqual(out.stdout, "")

    def test_faults_of_a_policy_are_shown(self) -> None:
        file = self.scenario("x05.yaml", "home: A", "home: A")
        policy = self.at / "x05.policy.yaml"
        policy.write_text(policy.read_text().replace("proxy: cs", "proxy: cz", 1))
        err = lab("run", file, code=2).stderr
        self.assertIn("x05.policy.yaml:", err)
        self.assertIn("cz", err)

    def test_faults_that_show_only_beside_the_policy_name_their_line(self) -> None:
        place = r"%s:\d+:\d+: "
        file = self.scenario("x05.yaml", "home: A", "home: A")
        policy = self.at / "x05.policy.yaml"
        policy.write_text(policy.read_text().replace("d2-cs:", "d9-cs:", 1))
        self.assertRegex(lab("run", file, code=2).stderr, place % re.escape(file) + ".*d2-cs.*d9-cs")
        file = self.scenario("x05.yaml", "policy: x05.policy.yaml", "policy: x55.policy.yaml")
        self.assertRegex(lab("check", file, code=2).stderr, place % re.escape(file) + ".*x55.policy.yaml")
        file = self.scenario("x06.yaml", "tags: [roaming]", "tags: [roming]")
        self.assertRegex(lab("run", file, code=2).stderr, place % re.escape(file) + ".*roming")
        file = self.scenario("x06.yaml", "domain: mc1", "domain: mc9")
        self.assertRegex(lab("run", file, code=2).stderr, place % re.escape(file) + ".*mc9")
        file = self.scenario("x03.yaml", "fail: no-initiator-kms", "fail: no-initator-kms")
        self.assertRegex(lab("check", file, code=2).stderr, place % re.escape(file) + ".*no-initator-kms")

    def test_usage(self) -> None:
        self.assertIn("x99", lab("run", "x99", code=2).stderr)
        lab("run", code=2)
        lab("run", "all", "--diagram", "png", code=2)
        lab("run", "all", "--diagram", "svg", code=2)
        lab("run", "x1", "x2", "--diagram", "mermaid", code=2)
        lab("run", "/nowhere/x.yaml", code=3)
        self.assertIn("Examples:", lab("--help").stdout)
        self.assertEqual(len(lab("list").stdout.splitlines()), len(TRANSCRIPTS))
        self.assertIn("14 of 14", lab("check", "all").stdout)

    def test_transports(self) -> None:
        self.assertTrue(lab("run", "x5", "--quiet").stdout.endswith("2 of 2\n"))
        self.assertTrue(lab("run", "x5", "--quiet", "--transport", "tcp").stdout.endswith("2 of 2\n"))
        self.assertTrue(lab("run", "x5", "--quiet", "--transport", "both").stdout.endswith("4 of 4\n"))
        self.assertTrue(lab("run", "all", "--quiet", "--transport", "udp", "--variant", "clear").stdout.endswith("14 of 14\n"))
        out = lab("run", "x6", "--transport", "tcp").stdout
        self.assertIn("resets the connection: drop: krr-initiator-narrowed", out)
        self.assertIn("gives up: connection-reset", out)
        self.assertIn("--live speaks UDP", lab("run", "x5", "--live", "--transport", "tcp", code=2).stderr)
        lab("run", "x5", "--transport", "sctp", code=2)
        file = self.scenario("x06.yaml", "reset: {by: d1-cs}", "reset: {by: d2-cs}")
        self.assertRegex(lab("run", file, "--quiet", "--transport", "tcp", code=1).stdout,
                         r"item 5 of expect-tcp: expected connection reset by d2-cs, came connection reset by d1-cs")

    def test_pictures(self) -> None:
        lab("run", "all", "--variant", "clear", "--diagram", "svg", "--output", str(self.at))
        files = sorted(self.at.glob("*.svg"))
        self.assertEqual(len(files), len(TRANSCRIPTS))
        done = subprocess.run(["xmllint", "--noout", "--nonet", *map(str, files)], capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        one = lab("run", "x8", "--diagram", "svg")
        (self.at / "one.svg").write_text(one.stdout)
        subprocess.run(["xmllint", "--noout", "--nonet", str(self.at / "one.svg")], check=True)
        self.assertEqual(one.stderr, "2 of 2\n")
        out = lab("run", "x6", "--variant", "clear", "--diagram", "mermaid").stdout
        self.assertIn("sequenceDiagram", out)
        self.assertEqual(out.count("MIKEY ("), 3)

    def test_a_gmk_goes_the_same_way(self) -> None:
        file = self.scenario("x05.yaml", "title:", "kind: gmk\ntitle:")
        out = lab("run", file).stdout
        self.assertTrue(out.endswith("2 of 2\n"), out)


if __name__ == "__main__":
    sys.exit(0 if unittest.main(argv=[sys.argv[0]], exit=False).result.wasSuccessful() else 1)
