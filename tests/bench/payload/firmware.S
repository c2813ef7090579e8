# SPDX-License-Identifier: Apache-2.0
# A whole firmware image of 64 KiB for both VMMs. Its first instruction after the reset vector's jump writes 'F' to the serial port; then
# it times port accesses for ever: "R" starts a round, "PPPP NNNNNNNNNNNNNNNN" is a port and the TSC ticks of ACCESSES reads of it, or
# writes where WRITES is added to the port.
.set ACCESSES, 5000
.set WRITES, 0x8000
.set COM1, 0x3f8
.set STACK, 0x7000

.code16
.text
.globl image
image:
start:
    mov $COM1, %dx
    mov $'F', %al
    out %al, %dx
    xor %ax, %ax
    mov %ax, %ss
    mov $STACK, %sp

round:
    mov $'R', %al
    call put
    call newline
    mov $ports, %bp
1:  mov %cs:(%bp), %dx
    test %dx, %dx
    jz round
    push %bp
    call measure
    pop %bp
    add $2, %bp
    jmp 1b

# In KVM itself: the PIC's mask. In user space: POST (nobody answers), keyboard controller, serial line and scratch registers.
ports:
    .word 0x21, 0x80, 0x64, 0x3fd, WRITES + 0x21, WRITES + 0x80, WRITES + 0x3ff, 0

# Times ACCESSES of port DX and prints the line.
measure:
    push %dx
    mov %dx, %bx
    rdtsc
    mov %eax, %esi
    mov %edx, %edi
    mov %bx, %dx
    mov $ACCESSES, %cx
    mov $0xff, %al
    btr $15, %dx
    jc 2f
1:  in %dx, %al
    dec %cx
    jnz 1b
    jmp 3f
2:  out %al, %dx
    dec %cx
    jnz 2b
3:  rdtsc
    sub %esi, %eax
    sbb %edi, %edx
    mov %eax, %esi
    mov %edx, %edi
    pop %dx
    movzwl %dx, %eax
    shl $16, %eax
    mov $4, %cx
    call hex
    mov $' ', %al
    call put
    mov %edi, %eax
    mov $8, %cx
    call hex
    mov %esi, %eax
    mov $8, %cx
    call hex
newline:
    mov $'\n', %al
# Prints AL. Keeps all but DX.
put:
    push %ax
    mov $COM1 + 5, %dx
1:  in %dx, %al
    test $0x20, %al
    jz 1b
    pop %ax
    mov $COM1, %dx
    out %al, %dx
    ret

# Prints the highest CX digits of EAX.
hex:
    rol $4, %eax
    push %eax
    and $15, %al
    add $'0', %al
    cmp $'9', %al
    jbe 1f
    add $'a' - '0' - 10, %al
1:  call put
    pop %eax
    loop hex
    ret

.org 0xfff0
    jmp start
.org 0x10000
