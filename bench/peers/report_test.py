# SPDX-License-Identifier: BSD-3-Clause
"""Tables, picture, files and scores of bench/peers, from figures made here."""

from __future__ import annotations

import copy
import json
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import chart  # noqa: E402
import checks  # noqa: E402
import hidden  # noqa: E402
import report  # noqa: E402
import setting  # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"


def spread(value: float) -> dict[str, float]:
    return {"median": value, "min": value * 0.9, "max": value * 1.2}


def in_process(name: str, ns: float, instructions: float | None) -> dict[str, object]:
    return {"name": name, "ns": spread(ns), "ns_to_floor": ns / 150, "instructions": instructions,
            "instructions_to_floor": instructions and instructions / 2400, "allocations": 1.5}


def with_sockets(name: str, rate: float) -> dict[str, object]:
    return {"name": name, "rate": spread(rate), "us": spread(1e6 / rate), "to_kmsgate": 1.0, "loss": 0.0005, "ends": "loss"}


FIGURES = {
    "host": {"cpu": "a <CPU> & more", "cpus": 2, "load": 0.5}, "rounds": 25, "turns": 5, "messages": 128,
    "bytes": {"min": 2475, "max": 2884},
    "in_process": [in_process("floor", 150, 2400), in_process("kmsgate", 12_000, 165_000), in_process("osip2", 11_000, None)],
    "sockets": [with_sockets("wire (testpmd io)", 140_000), with_sockets("kmsgate forward", 40_000)],
    "latency": [{"name": "kmsgate forward", "rate": 5000, "loss": 0, "p50": spread(30), "p90": spread(60), "p99": spread(90),
                 "max": spread(4321)}],
    "verdicts": [{"name": "kmsgate", "of": 128, "right": 127, "forwarded": 61, "refused": 67}],
    "hidden": [{"name": "kmsgate", "of": 3, "forbidden_stopped": 3, "harmless_stopped": 0, "allowed_stopped": 1}],
}


class Tables(unittest.TestCase):
    def test_every_figure_is_shown(self) -> None:
        said = report.tables(FIGURES)
        for word in ("12,000", "10,800..14,400", "165,000", "140,000", "0.050 %", "5,185", "127 right", "3 of 3"):
            self.assertIn(word, said)
        self.assertRegex(said, r"osip2 .* 11,000 .* - +- ")

    def test_the_page_keeps_what_stands_above(self) -> None:
        made = report.page("# a\n\n## As printed\n\nold\n", {**FIGURES, "seconds": 245.4}, "run --quick", "2026-01-02")
        self.assertTrue(made.startswith("# a\n\n## As printed\n\n`run --quick`, 2026-01-02, measured in 245 s"))
        self.assertNotIn("old", made)
        self.assertIn("| looks at | kmsgate |", made)
        self.assertRegex(made, r"\n    kmsgate +12,000 ")
        self.assertEqual(report.page(made, {**FIGURES, "seconds": 245.4}, "run --quick", "2026-01-02"), made)
        with self.assertRaises(ValueError):
            report.page("# a\n", FIGURES, "run", "2026-01-02")

    def test_without_sockets(self) -> None:
        figures = {**FIGURES, "sockets": [], "latency": [], "verdicts": [], "turns": 0}
        self.assertNotIn("with sockets  ", report.tables(figures))
        self.assertEqual(len(report.panels(figures)), 2)

    def test_what_is_checked_is_said_of_everybody(self) -> None:
        for what, cells in checks.CHECKS:
            self.assertEqual(len(cells), len(checks.WHO), what)
            self.assertTrue(all(cells), what)


class Picture(unittest.TestCase):
    def drawn(self, figures: dict[str, object]) -> ElementTree.Element:
        return ElementTree.fromstring(report.picture(figures))

    def test_bars_are_as_long_as_their_logarithms(self) -> None:
        bars = [float(r.attrib["width"]) for r in self.drawn(FIGURES).iter(f"{SVG}rect")][1:4]
        span = chart.WIDTH - chart.LEFT - chart.RIGHT
        # axis of the first panel: 0.1 to 100 microseconds
        self.assertAlmostEqual(bars[0], span * 0.176091 / 3, delta=0.1)
        self.assertAlmostEqual(bars[1], span * 2.079181 / 3, delta=0.1)
        self.assertGreater(bars[1], bars[2])

    def test_everything_stays_inside_and_apart(self) -> None:
        picture = self.drawn(FIGURES)
        wide, tall = float(picture.attrib["width"]), float(picture.attrib["height"])
        for line in picture.iter(f"{SVG}line"):
            self.assertTrue(all(0 <= float(line.attrib[k]) <= wide for k in ("x1", "x2")))
            self.assertTrue(all(0 <= float(line.attrib[k]) <= tall for k in ("y1", "y2")))
        places = [(t.attrib["x"], t.attrib["y"]) for t in picture.iter(f"{SVG}text")]
        self.assertEqual(len(places), len(set(places)))
        words = [t.text for t in picture.iter(f"{SVG}text")]
        for row in (*FIGURES["in_process"], *FIGURES["sockets"]):
            self.assertIn(row["name"], words)

    def test_what_cannot_be_drawn_is_refused(self) -> None:
        for value in (0.0, -1.0, float("nan"), float("inf")):
            figures = copy.deepcopy(FIGURES)
            figures["in_process"][0]["ns"] = {"median": value, "min": value, "max": value}
            with self.assertRaises(ValueError):
                report.picture(figures)
        with self.assertRaises(ValueError):
            chart.decades(())

    def test_words_are_escaped(self) -> None:
        figures = copy.deepcopy(FIGURES)
        figures["in_process"][1]["name"] = "a <b> & 'c'"
        self.assertIn("a <b> & 'c'", [t.text for t in self.drawn(figures).iter(f"{SVG}text")])

    def test_figures_survive_their_file(self) -> None:
        self.assertEqual(report.picture(json.loads(json.dumps(FIGURES))), report.picture(FIGURES))


class Files(unittest.TestCase):
    def test_both_gates_have_the_same_lists(self) -> None:
        policy = setting.kmsgate_policy("edge", "10.9.0")
        with tempfile.TemporaryDirectory() as name:
            config = setting.kamailio_files(Path(name), "10.9.1", "10.9.1.254", "10.9.2.2").read_text()
            script = (Path(name) / "gate.lua").read_text()
        for word in ("@ADDRESS@", "@SCRIPT@", "@NEXT@", "@LISTS@", "@ALLOWED@"):
            self.assertNotIn(word, config.replace("Words in @..@", "") + script)
        for name in setting.KMS:
            self.assertIn(f": {name}\n", policy)
        for who, kms in setting.ALLOWED.items():
            listed = next(line for line in script.splitlines() if line.startswith(f"local from_{who} = "))
            self.assertEqual(listed.count(".example"), 2 * len(kms))
            for host in (who, who + setting.BLOCK - 1):
                self.assertIn(f'["10.9.1.{host}"] = from_{who}', script)
        rules = [line for line in policy.splitlines() if "allow:" in line]
        self.assertEqual([line.count("K") for line in rules], [3, 24, 47])


class Hidden(unittest.TestCase):
    def test_rows_are_whole_and_readable(self) -> None:
        rows = hidden.messages()
        self.assertGreater(len(rows), 300)
        self.assertEqual({one.variant for one in rows[:3]}, {"allowed", "forbidden", "harmless"})
        self.assertTrue(all(one.data for one in rows))

    def test_score(self) -> None:
        rows = [hidden.Hidden(f"row {i // 3}", ("allowed", "forbidden", "harmless")[i % 3], (i,), b"x") for i in range(6)]
        self.assertEqual(hidden.score(rows, [False, True, False, True, False, True]), {
            "of": 2, "forbidden_stopped": 1, "harmless_stopped": 1, "allowed_stopped": 1, "missed": ["row 1"]})
        with self.assertRaises(ValueError):
            hidden.score(rows, [True])


if __name__ == "__main__":
    unittest.main()
