# SPDX-License-Identifier: Apache-2.0
# The smallest bzImage (Linux Documentation/arch/x86/boot.rst): at whichever entry a VMM or firmware takes, it writes 'K' to the serial
# port and stops.
.set COM1, 0x3f8

.text
.code16
.globl image
image:
.org 0x1f1
    .byte 1                # setup_sects
.org 0x1fe
    .word 0xaa55           # boot_flag
    .byte 0xeb             # jump, with its distance
    .byte real_mode - 1f
1:  .ascii "HdrS"
    .word 0x20c            # version
.org 0x211
    .byte 1                # loadflags: loaded high
.org 0x214
    .long 0x100000         # code32_start
.org 0x22c
    .long 0x37ffffff       # initrd_addr_max
    .long 0x1000           # kernel_alignment
    .byte 0, 0             # relocatable_kernel, min_alignment
    .word 1                # xloadflags: 64-bit entry at 0x200
    .long 255              # cmdline_size
.org 0x258
    .quad 0x100000         # pref_address
    .long 0x10000          # init_size
.org 0x268
real_mode:
    mov $COM1, %dx
    mov $'K', %al
    out %al, %dx
1:  cli
    hlt
    jmp 1b

# 32-bit entry, and 64-bit entry 0x200 behind it: the bytes mean the same in both.
.org 0x400
.code64
.rept 2
    mov $COM1, %edx
    mov $'K', %al
    out %al, %dx
1:  cli
    hlt
    jmp 1b
    .balign 0x200
.endr
