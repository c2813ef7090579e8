# SPDX-License-Identifier: Apache-2.0
"""Unmodified SeaBIOS, and what it boots from CDs and disks."""

from harness import Machine, check, grub_prompt, guest_folder

SUITE = {"guests": ["media", "tiny-amd64"], "timeout": 900}


def grub_machine(name, **fields):
    return {
        "name": name,
        "memory_mib": 256,
        "boot": {"order": ["cdrom"]},
        "cdroms": [{"id": "cd0", "path": f"{guest_folder('media')}/grub-rescue.iso"}],
        **fields,
    }


def case_seabios_without_a_disk(keep):
    """SeaBIOS starts, shows its name, and says that there is nothing to boot."""
    with Machine({"name": "empty", "memory_mib": 128}, keep=keep) as machine:
        text = machine.wait_text("No bootable device", 120)
        check("SeaBIOS" in text, f"SeaBIOS does not say its name:\n{text}")


def case_grub_rescue_cd(keep):
    """GRUB's rescue CD comes to its prompt through SeaBIOS and the SATA CD-ROM, and takes typed commands."""
    with Machine(grub_machine("grub"), keep=keep) as machine:
        grub_prompt(machine)
        machine.type("echo saf''fron\n")
        machine.wait_text("^saffron", 60)
        machine.type("ls\n")
        machine.wait_text(r"\(cd\)", 60)
        machine.screenshot().save_png(f"{keep}/grub.png")


def case_reset_starts_over(keep):
    """A reset from outside brings the machine back to its firmware, and to GRUB again."""
    with Machine(grub_machine("reset"), keep=keep) as machine:
        grub_prompt(machine)
        machine.type("echo mark''ed\n")
        machine.wait_text("^marked", 60)
        machine.call("subscribe")
        machine.call("reset")
        machine.control.wait_event("guest_reset")
        text = grub_prompt(machine)
        check("marked" not in text, f"the screen still shows what was before the reset:\n{text}")


def case_boot_order_is_kept(keep):
    """With an empty disk first and the CD second, the CD boots; SATA disk and CD-ROM are both seen by GRUB."""
    disk = "/tmp/order.raw"
    with open(disk, "wb") as file:
        file.truncate(4 << 20)
    fields = grub_machine(
        "order", boot={"order": ["disk", "cdrom"]}, disks=[{"id": "disk0", "path": disk, "bus": "sata"}]
    )
    with Machine(fields, keep=keep) as machine:
        grub_prompt(machine)
        machine.type("ls\n")
        machine.wait_text(r"\(hd0\)", 60)
