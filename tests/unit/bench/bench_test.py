#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What bench/run makes of its measurements: goals at their limits, the baseline, profiles, drawings, the derivation."""

from __future__ import annotations

import json
import struct
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

sys.path.insert(0, str(ROOT / "bench/path"))

import frames  # noqa: E402

from bench import derive  # noqa: E402
from bench.board import baseline, compare, counts, draw, goals, readme, scale, shell, show, stages  # noqa: E402
from bench.board.shell import Failed, Usage  # noqa: E402

PROFILE = """\
version: 1
events: Ir
ob=(1) program
fl=(1) ???
fn=(1) kmsgate::sip::(anonymous namespace)::read_line(std::span<char const, 3ul>, int)
12 100
+1 20
cob=(2) libc
cfn=(2) __memchr_avx2
calls=4 0
* 3000
15 5
fn=(2)
0 3000
fn=(1)
* 1
fn=(3) std::vector<int, std::allocator<int> >::push_back(int&&)
7 9
totals: 3135
"""


def at_limits(change: float = 0.0) -> dict[str, Any]:
    """A run in which every figure stands at its limit, or beyond it by a share."""
    measured: dict[str, Any] = {"revision": "abc", "absent": {}}
    for goal in goals.GOALS:
        for limit in goal.limits:
            at = measured
            *steps, last = limit.figure.split("/")
            for step in steps:
                at = at.setdefault(step, {})
            at[last] = limit.most * (1 + change) if limit.most else change
    return measured


class Goals(unittest.TestCase):
    """Met or not met."""

    def test_limits_themselves_are_met(self) -> None:
        self.assertEqual({r.state for r in goals.judge_all(at_limits())}, {goals.MET})

    def test_a_little_more_is_not(self) -> None:
        for result in goals.judge_all(at_limits(1e-6)):
            self.assertEqual(result.state, goals.NOT_MET, result.goal.name)

    def test_one_figure_of_two_is_enough_to_miss_a_goal(self) -> None:
        measured = at_limits()
        measured["stages"]["verdict"]["ns_to_floor"] = 1.51
        states = {r.goal.name: r.state for r in goals.judge_all(measured)}
        self.assertEqual([name for name, state in states.items() if state != goals.MET], ["verdict"])

    def test_what_was_not_measured_is_said(self) -> None:
        measured = at_limits()
        del measured["stages"]["path-forward"]
        del measured["flat"]
        measured["absent"] = {"flat": "bench/flat/run.py is not in this tree"}
        found = {r.goal.name: r for r in goals.judge_all(measured)}
        self.assertEqual(found["path-forward"].state, goals.NOT_MEASURED)
        self.assertEqual(found["path-forward"].why, "no such stage: path-forward")
        for axis in goals.AXES:
            self.assertEqual((found[f"flat-{axis}"].state, found[f"flat-{axis}"].why),
                             (goals.NOT_MEASURED, "bench/flat/run.py is not in this tree"))
        self.assertEqual(found["verdict"].state, goals.MET)

    def test_a_limit_exceeded_counts_when_the_other_figure_is_missing(self) -> None:
        measured = at_limits(0.5)
        del measured["stages"]["verdict"]["instructions"]
        measured["absent"] = {"instructions": "valgrind is not installed"}
        result = next(r for r in goals.judge_all(measured) if r.goal.name == "verdict")
        self.assertEqual(result.state, goals.NOT_MET)
        self.assertIsNone(result.figures[0])

    def test_truth_is_no_figure(self) -> None:
        self.assertIsNone(goals.look_up({"swap": {"lost": False}}, "swap/lost"))

    def test_the_worst_row_counts_for_allocations(self) -> None:
        rows = {"verdict": {"new": 0.0, "malloc": 0.0}, "path-refuse": {"new": 0.5, "malloc": 1.0}, "rewrite": {"new": 31.0, "malloc": 65.0}}
        self.assertEqual(goals.allocations({"stages": rows, "cold": {"allocations": 0.25}}), 1.5)
        self.assertEqual(goals.allocations({"cold": {"allocations": 0.25}}), 0.25)
        self.assertIsNone(goals.allocations({"stages": {"rewrite": rows["rewrite"]}}))

    def test_names_are_told_apart(self) -> None:
        names = [goal.name for goal in goals.GOALS]
        figures = [limit.figure for goal in goals.GOALS for limit in goal.limits]
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual(len(figures), len(set(figures)))


class Shown(unittest.TestCase):
    """Tables for people."""

    def test_a_figure_never_reads_as_its_limit_when_it_is_beyond(self) -> None:
        for value, most in ((1.5001, 1.5), (3500.2, 3500.0), (0.004, 0.0), (20.004, 20.0)):
            shown = float(show.figure(value, most).replace(",", ""))
            self.assertGreater(shown, most, (value, most))
        self.assertEqual(show.figure(1.4321, 1.5), "1.43")
        self.assertEqual(show.figure(3500.0, 3500), "3,500")

    def test_every_goal_stands_in_the_table(self) -> None:
        measured = at_limits(0.5)
        lines = show.goal_lines(goals.judge_all(measured))
        for goal in goals.GOALS:
            self.assertTrue(any(f"  {goal.name} " in line and line.startswith("NOT MET") for line in lines), goal.name)
        self.assertEqual(lines[-1], f"0 met, {len(goals.GOALS)} not met, 0 not measured")

    def test_functions_of_goals_not_met(self) -> None:
        measured = at_limits()
        measured["stages"]["verdict"] |= {"instructions": 9000.0, "functions": [["sip::parse", 5000.0]]}
        measured["stages"]["path-forward"]["functions"] = [["memcpy", 5.0]]
        self.assertEqual(show.where(goals.judge_all(measured), measured),
                         ["verdict: instructions by function", "     5,000.0  sip::parse"])

    def test_drawings_are_xml_and_tell_met_from_not_met(self) -> None:
        for change, colour, other in ((0.0, draw.GOOD, draw.BAD), (0.5, draw.BAD, draw.GOOD)):
            svg = draw.goals(at_limits(change))
            ET.fromstring(svg)
            self.assertIn(colour, svg)
            self.assertNotIn(other, svg)
        measured = at_limits()
        measured["stages"] = {"floor": {"instructions": 1800.0}, "a<b": {"instructions": 3600.0}, "untold": {}}
        root = ET.fromstring(draw.stages(measured))
        texts = [e.text for e in root.iter("{http://www.w3.org/2000/svg}text")]
        self.assertIn("a<b", texts)
        self.assertNotIn("untold", texts)

    def test_a_bar_at_its_limit_ends_at_the_line(self) -> None:
        drawing = draw.Drawing("t", "w", 0.01, 100)
        self.assertAlmostEqual(drawing.x(1.0), draw.LEFT + draw.BAR / 2)
        self.assertEqual((drawing.x(0), drawing.x(1e9)), (draw.LEFT, draw.LEFT + draw.BAR))

    def test_two_revisions(self) -> None:
        row = {"stage": "mikey", "then": 5957.0, "now": 1200.0, "ratio": 0.2, "then_ns": 300.0, "now_ns": 90.0, "ns_ratio": 0.3}
        lines = compare.table([row], "v1").splitlines()
        self.assertEqual(lines[1].split(), ["mikey", "5,957", "1,200", "0.200", "300", "90", "0.30"])


class Counts(unittest.TestCase):
    """Profiles of callgrind."""

    def test_own_instructions_by_function(self) -> None:
        profile = counts.read(PROFILE.splitlines())
        self.assertEqual(profile.total, 3135)
        self.assertEqual(profile.functions, {"sip::read_line": 126, "__memchr_avx2": 3000, "std::vector::push_back": 9})
        self.assertEqual(sum(profile.functions.values()), profile.total)
        self.assertEqual(profile.largest(1, 10), [("__memchr_avx2", 300.0)])

    def test_rows_of_the_whole_path(self) -> None:
        line = "path-forward    62 messages     2345 ns  floor   130 ns  ratio  18.04  new 0.000  malloc 0.125"
        row = stages.path_rows(line, {"path-forward": "what"}, 15)[0]
        self.assertEqual((row["messages"], row["ns"], row["floor_ns"], row["ns_to_floor"], row["malloc"]), (62, 2345, 130, 18.04, 0.125))
        self.assertEqual(stages.path_rows(line, {}, 15), [])
        with self.assertRaises(Failed):
            stages.path_rows("something else", {}, 15)

    def test_instructions_beside_the_floor(self) -> None:
        rows = stages.joined({"floor": {"ns": 1.0}, "a": {"ns": 2.0}}, {"floor": {"instructions": 2000.0}, "a": {"instructions": 5000.0}})
        self.assertEqual(rows["a"]["instructions_to_floor"], 2.5)

    def test_wanted_stages(self) -> None:
        known = {stages.COUNT: {"floor": "", "a": "", "b": ""}, stages.PATH: {"path-x": ""}}
        self.assertEqual(stages.chosen(known, ["b"]), {stages.COUNT: {"floor": "", "b": ""}, stages.PATH: {}})
        with self.assertRaises(Usage):
            stages.chosen(known, ["c"])


class Baseline(unittest.TestCase):
    """Moved or not."""

    def test_six_percent_is_found_and_four_is_not(self) -> None:
        kept = {"a": 1000.0, "b": 1000.0, "c": 1000.0, "d": 1000.0, "e": 1000.0}
        now = {"a": 1060.0, "b": 1040.0, "c": 940.0, "d": 1050.0, "e": 1051.0}
        found = baseline.compare(kept, now)
        self.assertEqual([f.ok for f in found], [False, True, False, True, False])
        self.assertEqual(found[0].text, "a: 1,000 -> 1,060 instructions, +6.0 %")

    def test_new_stages_and_lost_ones_are_found(self) -> None:
        found = baseline.compare({"lost": 10.0}, {"new": 20.0})
        self.assertEqual([(f.ok, f.text.split(":")[0]) for f in found], [(False, "lost"), (False, "new")])

    def test_report(self) -> None:
        text, ok = baseline.report(baseline.compare({"a": 100.0, "b": 100.0}, {"a": 100.0, "b": 120.0}), "g++ 12", "g++ 13")
        self.assertFalse(ok)
        self.assertEqual(text.splitlines()[-1], "1 passed, 1 failed")
        self.assertIn("b: 100 -> 120 instructions, +20.0 %", text)
        self.assertIn(baseline.RENEW, text)
        self.assertIn("g++ 13", text)
        text, ok = baseline.report(baseline.compare({"a": 100.0}, {"a": 101.0}), "g++ 12", "g++ 12")
        self.assertTrue(ok)
        self.assertEqual(text.splitlines(), ["ok     a: 100 -> 101 instructions, +1.0 %", "1 passed, 0 failed"])

    def test_written_and_read_again(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "baseline.json"
            baseline.write({"a": {"instructions": 12.34}}, "g++", path)
            self.assertEqual(baseline.read(path), {"compiler": "g++", "stages": {"a": 12.3}})
            for broken in ("", "[]", '{"stages": {}}', '{"compiler": "g", "stages": {"a": "x"}}'):
                path.write_text(broken)
                with self.assertRaises(Usage):
                    baseline.read(path)

    def test_the_kept_one(self) -> None:
        kept = baseline.read()
        self.assertIn(stages.FLOOR, kept["stages"])
        self.assertTrue(all(value > 0 for value in kept["stages"].values()))


class Readme(unittest.TestCase):
    """Blocks that programs write."""

    def test_only_the_block_changes(self) -> None:
        begin, end = readme.marks("x")
        text = f"before\n{begin}\nold\nlines\n{end}\nafter\n"
        self.assertEqual(readme.replaced(text, "x", "new"), f"before\n{begin}\nnew\n{end}\nafter\n")
        self.assertEqual(readme.replaced(readme.replaced(text, "x", "new"), "x", "old\nlines"), text)
        for broken in ("nothing", f"{begin}\n", f"{end}\n{begin}\n", f"{begin}\n{begin}\n{end}\n"):
            with self.assertRaises(Failed):
                readme.replaced(broken, "x", "new")

    def test_the_real_one_has_its_blocks(self) -> None:
        text = readme.FILE.read_text()
        for name in ("bench/run --all", "bench/derive.py"):
            readme.replaced(text, name, "")


class Derived(unittest.TestCase):
    """Arithmetic."""

    MEASURED: dict[str, Any] = {
        "host": {"cpu": "a CPU", "mhz": 2000.0},
        "stages": {"path-forward": {"ns": 1000.0}},
        "cold": {"transaction_bytes": 65_536 * 1000},
        "path": [{"kind": kind, "kmsgate": 1e9 / ours, "testpmd": 1e9 / theirs}
                 for kind, ours, theirs in (("64", 100, 50), ("1400", 200, 150), ("bye", 800, 60))],
    }

    def test_cores(self) -> None:
        ns, _ = derive.costs(self.MEASURED)
        self.assertEqual([round(ns[kind]) for kind in ("mikey", "sip", "64", "1400")], [1300, 800, 100, 200])
        # one INVITE in two frames and nine others of one, on the wire
        wire = (1514 + 1262 + 2 * 24 + 9 * (692 + 24)) / 10
        rate = 10e9 / 8 / wire
        row = derive.mix_lines("MC signalling", ns, 1000)[0].split("|")
        self.assertEqual(row[3].strip(), f"{rate / 1e6:,.2f}")
        self.assertEqual(row[4].strip(), f"{rate * (1300 + 9 * 800) / 10 / 1e9:,.2f}")
        memory = (2 * 2776 + 2776 + 2 * 1000 + 256 + 9 * 3 * 692) / 10
        self.assertEqual(row[5].strip(), f"{rate * memory / 1e9:,.1f}")

    def test_faster_links_need_more_in_proportion(self) -> None:
        ns, _ = derive.costs(self.MEASURED)
        rows = [float(line.split("|")[4].replace(",", "")) for line in derive.mix_lines("mixed", ns, 1000)]
        self.assertAlmostEqual(rows[1] / rows[0], 10, delta=0.5)
        self.assertAlmostEqual(rows[2] / rows[1], 4, delta=0.1)

    def test_captures_measured_whole(self) -> None:
        row = {"kind": "traffic-mixed", "kmsgate": 2e6, "testpmd": 1e7, "frame_bytes": 476.0}
        # 500 bytes a frame: 2.5 million frames a second at 10 Gbit/s, 500 ns each
        self.assertEqual(derive.measured_lines(row)[0].split("|")[2:5], [" 10 ", " 2.50 ", " 1.25 "])
        text = derive.derive(self.MEASURED | {"path": [*self.MEASURED["path"], row]})
        self.assertIn("| traffic-mixed (476 bytes, 500 ns a frame) | 100 | 25.00 | 12.50 |", text)

    def test_cycles_and_what_was_not_measured(self) -> None:
        self.assertIn("| 1,300 | 2,600 |", derive.derive(self.MEASURED))
        self.assertTrue(derive.derive(self.MEASURED | {"stages": {}}).startswith("Not derived"))
        self.assertTrue(derive.derive({}).startswith("Not derived"))


class Captures(unittest.TestCase):
    """Frames of bench/path."""

    def test_mean_size(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "a.pcap"
            for order, magic in (("<", 0xA1B23C4D), (">", 0xA1B2C3D4)):
                frames_of = b"".join(struct.pack(order + "IIII", 0, 0, kept, size) + bytes(kept) for kept, size in ((10, 10), (20, 50)))
                path.write_bytes(struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, 1) + frames_of)
                self.assertEqual(frames.mean_size(path), 30.0)


class Programs(unittest.TestCase):
    """What is run."""

    def test_ends(self) -> None:
        self.assertEqual(shell.output(["sh", "-c", "echo a; exit 1"], accept=(0, 1)), "a\n")
        with self.assertRaisesRegex(Failed, "ended with 3:\nwhy"):
            shell.output(["sh", "-c", "echo why >&2; exit 3"])
        with self.assertRaises(Usage):
            shell.output(["/no/such/program"])
        with self.assertRaisesRegex(Failed, "printed no JSON"):
            shell.parsed(["echo", "{"])

    def test_what_takes_too_long_is_ended_with_its_children(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            late = Path(name) / "late"
            start = time.monotonic()
            with self.assertRaisesRegex(Failed, "took more than 1 s"):
                shell.output(["sh", "-c", f"(sleep 3; touch {late}) & wait"], most=1)
            self.assertLess(time.monotonic() - start, 3)
            time.sleep(2.5)
            self.assertFalse(late.exists())


class Scripts(unittest.TestCase):
    """What other benches print."""

    def test_flat(self) -> None:
        report = {"axes": [{"axis": "tags", "instructions_ratio": 1.02, "ns_ratio": 1.3, "points": [1, 2]}]}
        self.assertEqual(scale.flat(report)["tags"]["ns"], 1.3)
        with self.assertRaises(Failed):
            scale.flat(json.loads('{"axes": [{"axis": "moons"}]}'))

    def test_compile(self) -> None:
        self.assertEqual(scale.compile_times({"seconds": 12, "change_ms": 3.5}), {"seconds": 12.0, "change_ms": 3.5})


if __name__ == "__main__":
    unittest.main()
