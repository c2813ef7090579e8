# SPDX-License-Identifier: Apache-2.0
"""Disks: what the guest writes is what is in the file, and the file is what the guest reads."""

import hashlib
import os
import subprocess

from harness import Machine, check, tiny_boot

SUITE = {"guests": ["tiny-cloud-amd64", "tiny-amd64"], "timeout": 900}

MIB = 1 << 20
# Random data is made by the guest; the digest says what the file must then hold.
WRITE_AND_READ = r"""
set -e
disk=$(ls -d /dev/vda /dev/sda 2>/dev/null | head -n 1)
dd if=/dev/urandom of=/tmp/data bs=64k count=256 2>/dev/null
dd if=/tmp/data of=$disk bs=64k seek=16 conv=fsync 2>/dev/null
echo 3 >/proc/sys/vm/drop_caches
dd if=$disk bs=64k skip=16 count=256 2>/dev/null | cmp - /tmp/data
echo SUM $(sha256sum </tmp/data | cut -c1-64)
"""


def sparse_file(path, mib):
    with open(path, "wb") as file:
        file.truncate(mib * MIB)
    return path


def write_and_read(keep, name, kernel, disk):
    with Machine(
        {"name": name, "boot": tiny_boot(WRITE_AND_READ, kernel=kernel), "disks": [disk]}, headless=True, keep=keep
    ) as machine:
        digest = machine.wait_serial("^SUM ([0-9a-f]{64})$", 180).group(1)
        check(machine.wait_exit() == 0, "the engine did not end cleanly")
    with open(disk["path"], "rb") as file:
        file.seek(MIB)
        check(hashlib.sha256(file.read(16 * MIB)).hexdigest() == digest, "the file does not hold what the guest wrote")


def case_virtio_write_and_read(keep):
    """16 MiB written and flushed over virtio-blk are in the file, and are read back."""
    write_and_read(keep, "virtio", "cloud-amd64", {"id": "disk0", "path": sparse_file("/tmp/virtio.raw", 32)})


def case_virtio_with_four_queues(keep):
    """The same with four request queues and two vCPUs."""
    write_and_read(
        keep, "queues", "cloud-amd64", {"id": "disk0", "path": sparse_file("/tmp/queues.raw", 32), "queues": 4}
    )


def case_sata_write_and_read(keep):
    """The same over AHCI."""
    write_and_read(keep, "sata", "amd64", {"id": "disk0", "path": sparse_file("/tmp/sata.raw", 32), "bus": "sata"})


def case_discard_frees_space(keep):
    """What the guest discards becomes holes in the file, and reads as zeroes."""
    path = sparse_file("/tmp/discard.raw", 32)
    commands = (
        "set -e; dd if=/dev/urandom of=/dev/vda bs=1M count=16 conv=fsync 2>/dev/null; echo WRITTEN; sleep 2; blkdiscard -o 0 -l 16777216 "
        "/dev/vda; dd if=/dev/vda bs=1M count=16 iflag=direct 2>/dev/null | tr -d '\\0' | wc -c"
    )
    with Machine(
        {"name": "discard", "boot": tiny_boot(commands), "disks": [{"id": "disk0", "path": path}]},
        headless=True,
        keep=keep,
    ) as machine:
        machine.wait_serial("^WRITTEN$")
        check(os.stat(path).st_blocks * 512 >= 16 * MIB, "the written data takes no space")
        machine.wait_serial("^0$")
        machine.wait_serial("^SAFFRON-RUN-END 0$")
        machine.wait_exit()
    check(os.stat(path).st_blocks * 512 < MIB, f"{os.stat(path).st_blocks * 512} bytes are still taken")


def case_full_host_disk_pauses_the_machine(keep):
    """When the host's disk is full the machine pauses and says so; with room again it resumes, and nothing is lost."""
    os.makedirs("/tmp/small", exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "small", "/tmp/small"], check=True)
    path = sparse_file("/tmp/small/disk.raw", 32)
    commands = (
        "set -e; dd if=/dev/urandom of=/tmp/data bs=1M count=16 2>/dev/null; echo WRITING; dd if=/tmp/data of=/dev/vda bs=1M conv=fsync "
        "2>/dev/null; echo SUM $(sha256sum </tmp/data | cut -c1-64)"
    )
    with Machine(
        {"name": "full", "boot": tiny_boot(commands), "disks": [{"id": "disk0", "path": path}]},
        headless=True,
        keep=keep,
    ) as machine:
        machine.call("subscribe")
        machine.wait_serial("^WRITING$")
        machine.control.wait_event("state_changed", state="paused", pause_reason="disk_full")
        subprocess.run(["mount", "-o", "remount,size=64m", "/tmp/small"], check=True)
        machine.call("resume")
        digest = machine.wait_serial("^SUM ([0-9a-f]{64})$", 180).group(1)
        machine.wait_serial("^SAFFRON-RUN-END 0$")
        machine.wait_exit()
    with open(path, "rb") as file:
        check(hashlib.sha256(file.read(16 * MIB)).hexdigest() == digest, "the file does not hold what the guest wrote")


def case_cdrom_is_read(keep):
    """A CD's content is read over ATAPI: its digest in the guest is the file's."""
    path = "/tmp/cd.iso"
    with open(path, "wb") as file:
        file.write(os.urandom(4 * MIB))
    with open(path, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    commands = "sleep 1; cat /sys/block/sr0/size; dd if=/dev/sr0 bs=64k 2>/dev/null | sha256sum"
    with Machine(
        {"name": "cdrom", "boot": tiny_boot(commands, kernel="amd64"), "cdroms": [{"id": "cd0", "path": path}]},
        headless=True,
        keep=keep,
    ) as machine:
        machine.wait_serial("^8192$", 180)
        machine.wait_serial(f"^{digest}", 120)
        machine.wait_exit()


def case_disk_in_use_is_refused(keep):
    """A second machine on the same disk is refused with a clear error, and the first one goes on."""
    path = sparse_file("/tmp/shared.raw", 8)
    disks = [{"id": "disk0", "path": path}]
    with Machine(
        {"name": "first", "boot": tiny_boot("", end="shell"), "disks": disks}, headless=True, keep=keep
    ) as first:
        first.wait_serial("^SAFFRON-GUEST-READY$")
        second = Machine({"name": "second", "disks": disks}, headless=True, keep=keep)
        try:
            second.start()
            check(False, "the second machine started")
        except Exception as error:  # pylint: disable=broad-except
            check("in use" in str(error), f"no word that the disk is in use: {error}")
        finally:
            second.close()
        first.send_serial("echo still $((40 + 2))\n")
        first.wait_serial("^still 42$")
