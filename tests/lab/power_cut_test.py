# SPDX-License-Identifier: Apache-2.0
"""What a guest has flushed survives a power cut of the host: the virtual host is killed right after the guest's flush returned."""

import hashlib
import os
import sys
import tempfile
import threading
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import virtual_host  # pylint: disable=wrong-import-position
from run_suite import guest_environment  # pylint: disable=wrong-import-position

DISK_MIB = 64
# In the virtual host: a machine on the disk /dev/vda; its guest's output goes to our output.
INSIDE = """
import sys
sys.path.insert(0, sys.argv[1])
from harness import Machine, tiny_boot
commands = sys.argv[2]
with Machine({"boot": tiny_boot(commands, end="shell"), "disks": [{"id": "disk0", "path": "/dev/vda"}]}, headless=True) as machine:
    print(machine.wait_serial(r"^(FLUSHED|READ) [0-9a-f]{64}$").group(0), flush=True)
    if commands.startswith("w"):
        machine.wait_serial("never", 3600)
"""
# Made in the guest, so that nothing but the disk carries it. The second write is never flushed; it need not survive.
WRITE = (
    "w=1; seq 1 2000000 | head -c 8388608 >/tmp/data; dd if=/tmp/data of=/dev/vda bs=1M seek=8 conv=fsync 2>/dev/null && "
    "echo FLUSHED $(sha256sum </tmp/data | cut -c1-64); dd if=/dev/zero of=/dev/vda bs=1M seek=32 count=8 2>/dev/null"
)
READ = "dd if=/dev/vda bs=1M skip=8 count=8 2>/dev/null | sha256sum | sed 's/^/READ /; s/ *-$//'"


class PowerCutTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="saffron-power-cut.")
        self.addCleanup(folder.cleanup)
        self.disk = os.path.join(folder.name, "disk.raw")
        with open(self.disk, "wb") as disk:
            disk.truncate(DISK_MIB << 20)

    def run_until(self, commands, word):
        """Runs a guest with these commands, cuts the virtual host's power once it printed a line with the word; returns the line."""
        options = virtual_host.Options(
            timeout=240, drives=[self.disk], environment=guest_environment(["tiny-cloud-amd64"])
        )
        read_end, write_end = os.pipe()
        with virtual_host.VirtualHost(
            virtual_host.image_path(), ["python3", "-B", "-c", INSIDE, HERE, commands], options
        ) as host, os.fdopen(read_end, encoding="utf-8", errors="replace") as output:
            host.start()
            waiter = threading.Thread(target=lambda: (host.wait(write_end, 2), os.close(write_end)))
            waiter.start()
            line = next((line for line in output if word in line), None)
            host.kill()
            waiter.join()
            self.assertIsNotNone(line, f"the guest did not print {word}:\n{host.console_text()}")
            return line.split()[1]

    def test_flushed_data_survives(self):
        written = self.run_until(WRITE, "FLUSHED")
        with open(self.disk, "rb") as disk:
            disk.seek(8 << 20)
            self.assertEqual(hashlib.sha256(disk.read(8 << 20)).hexdigest(), written)
        self.assertEqual(self.run_until(READ, "READ"), written)


if __name__ == "__main__":
    unittest.main(verbosity=2)
