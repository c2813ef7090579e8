# SPDX-License-Identifier: Apache-2.0
"""The demo machine: a whole Debian with Xorg and a desktop."""

import os
import subprocess

from harness import BIN, Machine, check, guest_folder
from picture import Picture
from viewer_window import ViewerWindow

# The machine's disk is /dev/vda of the virtual host; what is written to it is dropped with the virtual host.
SUITE = {"guests": ["demo"], "timeout": 1200, "drives": ["{SAFFRON_GUEST_DEMO}/disk.raw,snapshot=on"]}

# What the wallpaper is like above and below, red, green and blue; the panel; a window's title.
TITLE, PANEL = (0x3A, 0x23, 0x57), (0x16, 0x0D, 0x2B)


def demo(name, direct):
    folder = guest_folder("demo")
    boot = {"order": ["disk"]}
    if direct:
        with open(f"{folder}/command_line", encoding="ascii") as line:
            boot = {"kernel": f"{folder}/vmlinuz", "initrd": f"{folder}/initrd.gz", "command_line": line.read().strip()}
    return {
        "name": name,
        "memory_mib": 1024,
        "cpus": 2,
        "boot": boot,
        "disks": [{"id": "disk0", "path": "/dev/vda"}],
        "networks": [{"id": "net0", "mode": "user"}],
    }


def check_desktop(picture, keep):
    """The screen is the demo's desktop: its welcome picture is there pixel by pixel, in a window, over wallpaper and panel."""
    picture.save_png(f"{keep}/desktop.png")
    check((picture.width, picture.height) == (1280, 800), f"the desktop has {picture.width}x{picture.height} pixels")
    welcome = Picture.load_ppm(f"{guest_folder('demo')}/welcome.ppm")
    # Its lower part may be under the mouse pointer.
    place = picture.find(welcome.crop(0, 0, welcome.width, welcome.height - 40))
    check(place is not None, "the welcome picture is not on the screen as it was drawn")
    x, y = place
    check(
        picture.pixel(x + 10, y - 8) in (TITLE, (0x4D, 0x40, 0x58)),
        f"no title bar above the welcome picture: {picture.pixel(x + 10, y - 8)}",
    )
    panel = picture.crop(700, 770, 300, 28)
    check(panel.share_of(PANEL, 40) > 0.9, "no panel at the bottom")
    red, _, blue = picture.pixel(5, 5)
    check(blue > red, f"no evening sky at the top: {picture.pixel(5, 5)}")


def check_viewers(machine, picture, keep):
    """Our viewer and another SPICE client see, pixel by pixel, what the engine says is on the screen."""
    place = f"spice+unix://{machine.runtime}/spice.sock"
    foreign, ours = f"{keep}/spicy.ppm", f"{keep}/viewer.png"
    subprocess.run(["spicy-screenshot", f"--uri={place}", "-o", foreign], check=True, timeout=120)
    check(Picture.load_ppm(foreign) == picture, "spicy-screenshot sees another picture than the engine")
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    command = [os.path.join(BIN, "saffron-viewer"), "--screenshot", ours, "--timeout", "90", place]
    subprocess.run(command, check=True, timeout=120, env=environment)
    check(Picture.load_png(ours) == picture, "saffron-viewer sees another picture than the engine")


def use_viewer_window(machine, picture, keep):
    """What is clicked and typed in our viewer's own window arrives in the guest, at the same place."""

    def click(x, y, window):
        viewer.click(x, y)
        # The serial port has a shell of its own, for what happens on the screen.
        machine.send_serial(f"until xdotool getactivewindow getwindowname | grep -q ^{window}; do sleep 1; done; xdotool getmouselocation\n")
        match = machine.wait_serial(r"x:(\d+) y:(\d+) screen")
        # The tablet has 32768 steps on each axis.
        off = [abs(int(match.group(1)) - x), abs(int(match.group(2)) - y)]
        check(max(off) <= 1, f"a click at {x},{y} came as one at {match.group(0)}")

    place = f"spice+unix://{machine.runtime}/spice.sock"
    with ViewerWindow(place, (picture.width, picture.height), keep) as viewer:
        viewer.wait_picture(picture)
        machine.send_serial("export DISPLAY=:0 XAUTHORITY=$(cat /run/user/1000/demo-session)\n")
        click(640, 200, "Welcome")
        click(700, 520, "Terminal")
        viewer.type("echo cli''cked >click; sync")
        viewer.press("Return")
        machine.send_serial("until [ -s /home/demo/click ]; do sleep 1; done; cat /home/demo/click\n")
        machine.wait_serial("clicked$")


def case_desktop(keep):
    """Booted directly, the demo comes to its desktop, which viewers show exactly; keys and clicks arrive; the power button ends it."""
    with Machine(demo("demo", True), keep=keep) as machine:
        machine.wait_serial("SAFFRON-DESKTOP-READY", 420)
        picture = machine.wait_still(lambda picture: picture.width >= 1024, 5, 120, "a desktop that stays still")
        check_desktop(picture, keep)
        check_viewers(machine, picture, keep)
        use_viewer_window(machine, picture, keep)
        machine.type("echo ty''ped >mark; sync\n")
        machine.send_serial("until [ -s /home/demo/mark ]; do sleep 1; done; cat /home/demo/mark\n")
        machine.wait_serial("typed$", 60)
        machine.call("power_button")
        check(machine.wait_exit(240) == 0, "the engine did not end cleanly")


def case_starts_through_bios(keep):
    """SeaBIOS and GRUB start the demo from its own disk, as on any PC, to a login on the serial port."""
    with Machine(demo("demo-bios", False), keep=keep) as machine:
        machine.wait_serial("demo login: root", 540)
