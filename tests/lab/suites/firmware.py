# SPDX-License-Identifier: Apache-2.0
"""Firmware on this host's own /dev/kvm, whatever kind of KVM it is; skipped where there is none."""

import os

from harness import Machine, Skip, check, grub_prompt, guest_folder

# A KVM without hardware virtualization may emulate each instruction of real mode: GRUB was seen to take from 40 to 340 s there.
PATIENCE = 900
SUITE = {"where": "native", "guests": ["media"], "timeout": 2700}


def need_kvm():
    try:
        os.close(os.open("/dev/kvm", os.O_RDWR | os.O_CLOEXEC))
    except OSError as error:
        raise Skip(f"/dev/kvm does not open on this host: {error.strerror}") from error


def case_seabios(keep):
    """SeaBIOS shows its name and says that there is nothing to boot."""
    need_kvm()
    with Machine({"name": "native-seabios", "memory_mib": 128}, keep=keep) as machine:
        check("SeaBIOS" in machine.wait_text("No bootable device", PATIENCE), "SeaBIOS does not say its name")


def case_grub_rescue(keep):
    """GRUB's rescue CD comes to its prompt and echoes what is typed."""
    need_kvm()
    with Machine(
        {
            "name": "native-grub",
            "memory_mib": 256,
            "boot": {"order": ["cdrom"]},
            "cdroms": [{"id": "cd0", "path": f"{guest_folder('media')}/grub-rescue.iso"}],
        },
        keep=keep,
    ) as machine:
        grub_prompt(machine, PATIENCE)
        machine.type("echo saf''fron\n")
        machine.wait_text("^saffron", PATIENCE)
