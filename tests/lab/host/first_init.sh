#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The first program of the virtual host (busybox sh, in the initramfs): loads the modules that reach the real machine's
# files, lays a writable layer of RAM over them and goes on with second_init.sh from there.
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev

die() {
  echo "lab: $1"
  poweroff -f
}

grep -v '^#' /boot_modules.txt | xargs modprobe -a || echo "lab: a module did not load"

mount -t 9p -o trans=virtio,version=9p2000.L,cache=loose,msize=512000,ro lab_root /lower || die "no root share"
mount -t tmpfs -o mode=0755,size=75% layer /layer
mkdir /layer/upper /layer/work
mount -t overlay -o lowerdir=/lower,upperdir=/layer/upper,workdir=/layer/work overlay /root || die "no overlay"

mount -t proc proc /root/proc
mount -t sysfs sys /root/sys
mount -t devtmpfs dev /root/dev
mount -t tmpfs -o mode=0755 run /root/run
mkdir -p /root/run/lab/share /root/run/lab/bin
cp /bin/busybox /second_init.sh /root/run/lab/bin/
# This share is small and private to one lab run: the command, the exit status, the files that come back.
mount -t 9p -o trans=virtio,version=9p2000.L,cache=mmap,msize=512000 lab_share /root/run/lab/share || die "no lab share"
umount /proc
umount /sys
# From here on with the real machine's own sh: busybox would put its own commands before the machine's.
exec switch_root /root /bin/sh /run/lab/bin/second_init.sh
