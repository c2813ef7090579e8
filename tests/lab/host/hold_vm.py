# SPDX-License-Identifier: Apache-2.0
"""Holds a virtual machine that never runs for as long as the virtual host is up.

KVM patches the kernel's code when the first machine of a host comes and when the last one goes (preempt_notifier_key, which the
scheduler tests at each switch), and again for each local APIC that is not enabled (apic_sw_disabled). A processor that meets the
patch half done traps, and tries again. QEMU 7.2 may then go on executing its translation of the half done patch for ever, on all
processors: seen once in some hundred runs. With a machine that is always there, the code is patched once, while nothing else runs.
"""

import fcntl
import os
import signal

# linux/kvm.h: _IO(0xAE, number).
CREATE_VM, CREATE_IRQCHIP, CREATE_VCPU = 0xAE01, 0xAE60, 0xAE41

with open("/dev/kvm", "rb+", buffering=0) as kvm:
    machine = fcntl.ioctl(kvm, CREATE_VM, 0)
    fcntl.ioctl(machine, CREATE_IRQCHIP, 0)
    processor = fcntl.ioctl(machine, CREATE_VCPU, 0)
# The parent goes on once the machine is there.
if os.fork() == 0:
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    signal.pause()
