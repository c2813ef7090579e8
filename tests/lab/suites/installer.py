# SPDX-License-Identifier: Apache-2.0
"""Debian's real installer from a CD: isolinux's graphical menu, then a kernel on a VESA screen, then text and graphical dialogs."""

from harness import Machine, guest_folder

SUITE = {"guests": ["media"], "timeout": 1500}

# newt's palette on the frame buffer: dialogs are light grey on blue.
BLUE, GREY = (0, 0, 170), (170, 170, 170)


def installer(name, keep):
    # 1 GiB: the graphical installer's initrd alone unpacks to 200 MiB.
    return Machine(
        {
            "name": name,
            "memory_mib": 1024,
            "cpus": 2,
            "boot": {"order": ["cdrom"]},
            "cdroms": [{"id": "cd0", "path": f"{guest_folder('media')}/debian-installer.iso"}],
        },
        keep=keep,
    )


def is_menu(picture):
    return (picture.width, picture.height) == (640, 480) and len(picture.colors()) > 16


def case_text(keep):
    """The text installer comes to its first question."""
    with installer("text", keep) as machine:
        machine.wait_still(is_menu, 2, 180, "isolinux's menu").save_png(f"{keep}/menu.png")
        machine.press("enter")
        picture = machine.wait_still(
            lambda picture: picture.width >= 640
            and picture.share_of(BLUE, 12) > 0.03
            and picture.share_of(GREY, 12) > 0.3,
            3,
            420,
            "the text installer's first question",
        )
        picture.save_png(f"{keep}/text.png")


def case_graphical(keep):
    """The graphical installer comes to its first question: GTK on the frame buffer."""
    with installer("graphical", keep) as machine:
        machine.wait_still(is_menu, 2, 180, "isolinux's menu")
        machine.press("down")
        machine.press("enter")
        # Debian's banner has many colors above a mostly white page.
        picture = machine.wait_still(
            lambda picture: picture.width >= 800
            and len(picture.colors()) > 400
            and picture.share_of((255, 255, 255), 16) > 0.3,
            5,
            600,
            "the graphical installer's first question",
        )
        picture.save_png(f"{keep}/graphical.png")
