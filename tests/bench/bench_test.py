# SPDX-License-Identifier: Apache-2.0
"""Tests the benchmarks' own arithmetic and output; nothing here is timed."""

import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import figures  # pylint: disable=wrong-import-position
import measures  # pylint: disable=wrong-import-position
from vmm import Guest, Ours, Peer  # pylint: disable=wrong-import-position

FIELDS = {"name", "unit", "ours", "peer", "ratio", "goal", "met"}


def result(key, ours, peer):
    return {"key": key, "where": "lab", "ours": ours, "peer": peer}


class FiguresTest(unittest.TestCase):
    def test_medians_and_ratio(self):
        row = figures.rows([result("first-instruction", [9.0, 1.0, 2.0], [4.0, 100.0, 8.0])])[0]
        self.assertEqual((row["ours"], row["peer"], row["ratio"], row["met"]), (2.0, 8.0, 0.25, True))

    def test_a_goal_of_a_ratio_is_missed_by_ratio(self):
        self.assertFalse(figures.rows([result("first-instruction", [5.1], [10.0])])[0]["met"])
        self.assertFalse(figures.rows([result("random-4k-1", [99.0], [100.0])])[0]["met"])
        self.assertTrue(figures.rows([result("random-4k-1", [100.0], [100.0])])[0]["met"])

    def test_a_goal_of_ours_does_not_look_at_the_peer(self):
        self.assertTrue(figures.rows([result("memory-display", [20.0], [1.0])])[0]["met"])
        self.assertFalse(figures.rows([result("memory-display", [20.1], [90.0])])[0]["met"])

    def test_without_a_peer_a_ratio_is_not_met(self):
        row = figures.rows([result("guest-init", [1.0], [])])[0]
        self.assertIsNone(row["ratio"])
        self.assertFalse(row["met"])

    def test_every_row_has_the_fields_and_survives_json(self):
        rows = figures.rows([result(figure.key, [1.0], [2.0]) for figure in figures.FIGURES])
        self.assertEqual(len(rows), len(figures.FIGURES))
        for row in json.loads(json.dumps(rows)):
            self.assertEqual(set(row), FIELDS)

    def test_the_table_names_what_is_missed(self):
        lines = figures.table(figures.rows([result("guest-init", [2.0], [1.0])])).splitlines()
        self.assertTrue(lines[-1].endswith("MISSED"), lines[-1])


class MachinesTest(unittest.TestCase):
    def test_both_have_the_same_devices(self):
        os.environ["SAFFRON_BIN"] = "/nowhere"
        ours, peer = (kind(Guest(kernel="/k", initrd="/i", disk="/d")) for kind in (Ours, Peer))
        try:
            command = " ".join(peer.command())
            ours.command()
            with open(os.path.join(ours.folder, "machine", "machine.json"), encoding="utf-8") as file:
                config = json.load(file)
            self.assertEqual(config["memory_mib"], 1024)
            self.assertIn("size=1024M", command)
            for word in ("virtio-blk-pci", "virtio-net-pci", "virtio-rng-pci", "virtio-tablet-pci", "VGA", "-kernel /k", "-initrd /i"):
                self.assertIn(word, command)
        finally:
            ours.__exit__()
            peer.__exit__()

    def test_measures_are_named_and_placed(self):
        for name, (function, places) in measures.MEASURES.items():
            self.assertTrue(callable(function), name)
            self.assertTrue(set(places) <= {"native", "lab"} and places, name)


if __name__ == "__main__":
    unittest.main()
