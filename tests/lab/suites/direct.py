# SPDX-License-Identifier: Apache-2.0
"""Linux kernels that are booted directly, with all that a small guest can see of the machine."""

import functools
import hashlib
import http.server
import os
import threading

from harness import BIN, Failure, Machine, check, guest_folder, tiny_boot

SUITE = {"guests": ["tiny-cloud-amd64", "tiny-amd64"], "timeout": 900}

# The virtual host's second address: passt gives the first one to the guest.
HOST = "192.0.2.2"
KEYBOARD = r"""
node=$(sed -n '/keyboard/,/^$/ s/.*\(event[0-9]*\).*/\1/p' /proc/bus/input/devices | head -n 1)
dd if=/dev/input/$node bs=24 count=12 2>/dev/null >/tmp/events &
sleep 1
echo KEYBOARD-READY $node
wait
od -An -v -tu2 -w24 /tmp/events | while read a b c d e f g h type code value rest; do
  [ $type = 1 ] && echo KEY $code $value
done
"""


def run(keep, name, commands="", patience=120, **fields):
    """Boots the small guest, runs the commands in it, expects a clean power-off; returns what they printed."""
    boot = fields.pop("boot", None) or tiny_boot(commands, words=fields.pop("words", ""))
    with Machine({"name": name, "boot": boot, **fields}, headless=True, keep=keep) as machine:
        machine.wait_serial("^SAFFRON-GUEST-READY$", patience)
        output = machine.wait_serial(r"^SAFFRON-RUN-BEGIN\n([\s\S]*?)^SAFFRON-RUN-END (\d+)$", patience)
        check(output.group(2) == "0", f"the guest's commands ended with status {output.group(2)}:\n{output.group(1)}")
        status = machine.wait_exit()
        check(status == 0, f"the engine ended with status {status} after the guest's power-off:\n{machine.log_text()}")
        return output.group(1)


def case_one_vcpu(keep):
    """Debian's cloud kernel boots on one vCPU, and its power-off ends the engine with status 0."""
    check(run(keep, "one", "nproc; grep -c ^processor /proc/cpuinfo", cpus=1).split() == ["1", "1"], "not one CPU")


def case_two_vcpus(keep):
    """Two vCPUs are there, run, and have a topology."""
    output = run(
        keep, "two", "nproc; cat /sys/devices/system/cpu/cpu*/topology/core_id; taskset 2 true && echo second", cpus=2
    )
    check(output.split() == ["2", "0", "1", "second"], f"not two cores: {output}")


def case_the_screen_shows_text(keep):
    """A kernel without a graphics driver has a text screen from the start, as after a BIOS."""
    boot = tiny_boot("echo seen on the screen >/dev/tty0; sleep 30", words="console=tty0")
    with Machine({"name": "text", "boot": boot}, keep=keep) as machine:
        machine.wait_text("seen on the screen")
        check(machine.screenshot().width == 720, "the screen is not in the text mode of a BIOS")


def case_memory_above_4_gib(keep):
    """RAM below and above the hole at 4 GiB is the guest's."""
    output = run(
        keep,
        "memory",
        "grep MemTotal /proc/meminfo; tail -n 3 /proc/iomem | wc -l; grep -c 'System RAM' /proc/iomem",
        memory_mib=3584,
    )
    total = int(output.split()[1]) // 1024
    check(3584 - 200 < total <= 3584, f"{total} MiB of 3584")


def case_virtio_devices(keep):
    """Disk, network card, random numbers and tablet come up on virtio's own drivers."""
    disk = "/tmp/devices.raw"
    with open(disk, "wb") as file:
        file.truncate(8 << 20)
    output = run(
        keep,
        "devices",
        "lspci; cat /sys/block/vda/size; head -c 8 /dev/hwrng | wc -c; grep Name= /proc/bus/input/devices; ls /sys/class/net",
        disks=[{"id": "disk0", "path": disk}],
        networks=[{"id": "net0", "mode": "user"}],
    )
    for word in ("1af4:1042", "1af4:1041", "1af4:1044", "1af4:1052", "16384", "eth0", "ablet"):
        check(word in output, f"no {word} in:\n{output}")


def case_acpi_tables_are_sound(keep):
    """The kernel finds nothing to complain about in ACPI, PCI and interrupts."""
    # The virtual host's own processor (TCG) has odd XSAVE sizes, under any VMM.
    output = run(
        keep,
        "acpi",
        "dmesg | grep -i -E 'acpi.*(error| bug|fail)|firmware bug|nobody cared|BUG:|WARNING:' | grep -v -e fpu__init_system_xstate -e pci=nocrs; true",
    )
    check(not output.strip(), f"the kernel complains:\n{output}")


def case_keys_reach_the_guest(keep):
    """What saffronctl types comes out of the guest's keyboard, pressed and released in order."""
    with Machine({"name": "keys", "boot": tiny_boot(KEYBOARD, end="shell")}, headless=True, keep=keep) as machine:
        machine.wait_serial("^KEYBOARD-READY event", 120)
        machine.type("hi\n")
        # KEY_H 35, KEY_I 23, KEY_ENTER 28; of each three events (scan code, key, end) only the keys are printed.
        for code, value in ((35, 1), (35, 0), (23, 1), (23, 0)):
            machine.wait_serial(f"^KEY {code} {value}$", 60)


def case_pause_holds_and_resume_goes_on(keep):
    """A paused guest prints nothing; resumed, it counts on from where it was."""
    with Machine(
        {"name": "pause", "boot": tiny_boot("n=0; while sleep 0.2; do n=$((n+1)); echo TICK $n; done", end="shell")},
        headless=True,
        keep=keep,
    ) as machine:
        machine.wait_serial("^TICK 3$")
        machine.call("subscribe")
        machine.call("pause")
        machine.control.wait_event("state_changed", state="paused")
        check(machine.call("status")["state"] == "paused", "not paused")
        threading.Event().wait(1)
        before = machine.serial_text.count("TICK")
        threading.Event().wait(3)
        check(machine.serial_text.count("TICK") == before, "the guest ran while it was paused")
        machine.call("resume")
        machine.wait_serial(f"^TICK {before + 2}$")


def case_power_button(keep):
    """The power button reaches the guest, which shuts down by itself."""
    with Machine({"name": "button", "boot": tiny_boot("", end="shell")}, headless=True, keep=keep) as machine:
        machine.wait_serial("^SAFFRON-GUEST-READY$")
        machine.call("power_button")
        machine.wait_serial("^SAFFRON-POWER-BUTTON$")
        check(machine.wait_exit() == 0, "the engine did not end cleanly")


def reboot(keep, name, how):
    """Lets the guest reboot in one way; the machine is reset, and its kernel starts again."""
    with Machine(
        {"name": name, "boot": tiny_boot("echo REBOOTING", end="reboot", words=f"reboot={how}")},
        headless=True,
        keep=keep,
    ) as machine:
        machine.call("subscribe")
        machine.wait_serial("^REBOOTING$")
        machine.control.wait_event("guest_reset")
        machine.wait_serial("SAFFRON-GUEST-INIT$")
        machine.wait_serial("^SAFFRON-GUEST-READY$")


def case_reboot_through_acpi(keep):
    """A reboot through the ACPI reset register starts the machine afresh."""
    reboot(keep, "acpi", "acpi")


def case_reboot_through_the_keyboard_controller(keep):
    """A reboot through the keyboard controller starts the machine afresh."""
    reboot(keep, "kbd", "kbd")


def case_a_card_without_a_cable(keep):
    """A network of mode none is a card that sees no link; its neighbour sees one."""
    commands = (
        "for card in eth0 eth1; do ip link set $card up; done; sleep 2; "
        "echo carriers $(cat /sys/class/net/eth0/carrier) $(cat /sys/class/net/eth1/carrier)"
    )
    networks = [{"id": "net0", "mode": "user"}, {"id": "net1", "mode": "none"}]
    output = run(keep, "cable", commands, networks=networks)
    check("carriers 1 0" in output, f"the links are not as configured:\n{output}")


def case_ping_and_download_through_passt(keep):
    """The user-mode network gives an address; a server on the host answers pings and sends 4 MiB intact."""
    folder = "/tmp/served"
    os.makedirs(folder, exist_ok=True)
    data = os.urandom(4 << 20)
    with open(f"{folder}/data", "wb") as file:
        file.write(data)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    server = http.server.ThreadingHTTPServer((HOST, 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    commands = (
        f"ping -c 2 {HOST} || exit 1; wget -q -O /tmp/data http://{HOST}:{server.server_port}/data && sha256sum /tmp/data; "
        "cat /sys/class/net/eth0/statistics/rx_packets"
    )
    try:
        output = run(
            keep, "network", commands, networks=[{"id": "net0", "mode": "user"}], words="saffron.ip=dhcp", patience=180
        )
    finally:
        server.shutdown()
    if hashlib.sha256(data).hexdigest() not in output:
        raise Failure(f"the download differs:\n{output}")


def case_engine_as_an_ordinary_user(keep):
    """The engine needs no rights but those on /dev/kvm, and leaves no process, no socket and no directory behind."""
    for path in (BIN, guest_folder("tiny-cloud-amd64")):
        # The real machine's folders may be root's alone; here, in the lab, that may change.
        while path != "/":
            os.chmod(path, os.stat(path).st_mode | 0o555)
            path = os.path.dirname(path)
    with Machine({"name": "nobody", "boot": tiny_boot("echo fine")}, headless=True, keep=keep, user=65534) as machine:
        machine.wait_serial("^SAFFRON-RUN-END 0$")
        check(machine.wait_exit() == 0, "the engine did not end cleanly")
        check(not os.path.exists(machine.runtime), "the engine left its runtime directory behind")
