# SPDX-License-Identifier: Apache-2.0
"""The virtual host keeps its promises: KVM, IOMMU, exit status, output, files, forwards, time limit."""

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
LAB = [sys.executable, "-B", os.path.join(HERE, "virtual_host.py")]


def lab(*arguments, **options):
    return subprocess.run(
        [*LAB, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        timeout=240,
        check=False,
        **options,
    )


class LabTest(unittest.TestCase):
    def test_command_runs_with_kvm_and_its_status_and_output_come_back(self):
        with tempfile.TemporaryDirectory() as out:
            script = (
                "pwd; setpriv --reuid 65534 --clear-groups sh -c '[ -w /dev/kvm ] && echo kvm for all'; cat; echo wrong >&2; "
                "ls /sys/class/iommu; echo kept >$LAB_OUT/file; echo lost >/usr/lost; exit 43"
            )
            ran = lab(
                "--timeout",
                "120",
                "--out",
                out,
                "--stdin",
                "--",
                "sh",
                "-c",
                script,
                cwd="/usr/share",
                input="from outside\n",
            )
            self.assertEqual(ran.returncode, 43, ran.stderr)
            self.assertEqual(ran.stdout.splitlines()[:3], ["/usr/share", "kvm for all", "from outside"])
            self.assertIn("dmar0", ran.stdout)
            self.assertEqual(ran.stderr, "wrong\n")
            with open(os.path.join(out, "file"), encoding="ascii") as file:
                self.assertEqual(file.read(), "kept\n")
            self.assertFalse(os.path.exists("/usr/lost"))

    def test_iommu_and_devices_are_as_asked(self):
        script = "ls /sys/class/iommu; grep -c -e IR-PCI-MSI -e IR-IO-APIC /proc/interrupts; cat /sys/bus/pci/devices/*/device | grep 0x11e8"
        amd = lab("--timeout", "120", "--iommu", "amd", "--device", "edu", "--", "sh", "-c", script)
        self.assertIn("ivhd0", amd.stdout)
        self.assertIn("0x11e8", amd.stdout)
        none = lab("--timeout", "120", "--iommu", "none", "--", "sh", "-c", script)
        self.assertEqual(none.stdout, "0\n")

    def test_time_limit_ends_it(self):
        start = time.monotonic()
        ran = lab("--timeout", "8", "--", "sleep", "1000")
        self.assertEqual(ran.returncode, 124)
        self.assertLess(time.monotonic() - start, 60)

    def test_socket_of_the_virtual_host_is_reached_from_here(self):
        server = (
            "import os, socket; s = socket.socket(socket.AF_UNIX); s.bind('/run/there'); s.listen(); c = s.accept()[0]; "
            "f = os.memfd_create('f'); os.write(f, b'content'); socket.send_fds(c, [c.recv(100).upper()], [f]); c.close()"
        )
        with tempfile.TemporaryDirectory() as folder:
            here = os.path.join(folder, "here")
            runner = threading.Thread(
                target=lab, args=("--timeout", "60", "--forward", f"{here}:/run/there", "--", "python3", "-c", server)
            )
            runner.start()
            answer, descriptors = b"", []
            while runner.is_alive() and not answer:
                time.sleep(0.5)
                try:
                    with socket.socket(socket.AF_UNIX) as connection:
                        connection.settimeout(20)
                        connection.connect(here)
                        connection.sendall(b"hello")
                        answer, descriptors, _, _ = socket.recv_fds(connection, 100, 4)
                except OSError:
                    pass
            runner.join()
            self.assertEqual(answer, b"HELLO")
            self.assertEqual([os.pread(descriptor, 100, 0) for descriptor in descriptors], [b"content"])
            self.assertFalse(os.path.exists(here))


if __name__ == "__main__":
    unittest.main(verbosity=2)
