#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Init of the demo machine's initramfs (busybox): finds the root file system by its label, on whatever disk, and goes on there.
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
modprobe -qa crc32c_generic ext4 virtio_pci
round=0
until root=$(findfs LABEL=saffron-demo 2>/dev/null); do
  find /sys/devices -name modalias -exec cat {} + 2>/dev/null | sort -u | xargs modprobe -qa 2>/dev/null
  modprobe -qa sd_mod
  round=$((round + 1))
  if [ $round -gt 20 ]; then
    echo "demo: no disk with the label saffron-demo"
    exec sh
  fi
  [ $round -gt 2 ] && sleep 0.5
done
mount -t ext4 -o noatime "$root" /root || exec sh
mount --move /dev /root/dev
umount /sys
umount /proc
exec switch_root /root /sbin/init
