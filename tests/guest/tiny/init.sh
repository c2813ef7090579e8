#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Init of the small guest (busybox sh). On the console it says, each on a line of its own:
#   SAFFRON-GUEST-INIT        it runs
#   SAFFRON-GUEST-READY       drivers are loaded
#   SAFFRON-RUN-BEGIN         and SAFFRON-RUN-END STATUS around the output of the commands below
# The kernel's command line may have: saffron.run=BASE64 (a shell script to run), saffron.ip=ADDRESS/BITS,GATEWAY or dhcp,
# saffron.end=poweroff|reboot|halt|shell (what comes after; a shell by default).
export PATH=/bin HOME=/root TERM=vt100 PS1='saffron# '
mount -t devtmpfs dev /dev
echo "SAFFRON-GUEST-INIT"
mount -t proc proc /proc
mount -t sysfs sys /sys
mkdir -p /dev/pts /dev/shm /run /tmp /root /mnt
mount -t devpts devpts /dev/pts
mount -t tmpfs tmp /tmp

word() {
  for entry in $(cat /proc/cmdline); do
    case $entry in
      "$1"=*) echo "${entry#*=}" ;;
    esac
  done
}

# Devices have devices behind them (a PCI function, then virtio or a disk): three rounds reach all of them.
for round in 1 2 3; do
  find /sys/devices -name modalias -exec cat {} + 2>/dev/null | sort -u >/tmp/modalias.$round
  cmp -s /tmp/modalias.$round /tmp/modalias.$((round - 1)) && break
  xargs modprobe -qa </tmp/modalias.$round 2>/dev/null
done
modprobe -qa evdev sd_mod sr_mod af_packet 2>/dev/null

ip link set lo up
address=$(word saffron.ip)
case $address in
  '') ;;
  dhcp)
    ip link set eth0 up
    udhcpc -q -n -i eth0 -s /bin/udhcpc.script
    ;;
  *)
    ip link set eth0 up
    ip address add "${address%,*}" dev eth0
    ip route add default via "${address#*,}"
    ;;
esac

# The power button, as a key event: a clean end that a test can see.
acpid -c /etc/acpi -p /run/acpid.pid -l /dev/null 2>/dev/null
# A press before it listens would be lost.
for round in 1 2 3 4 5 6 7 8 9 10; do
  [ -e "/proc/$(pidof acpid)/fd/3" ] && break
  sleep 0.1
done
echo "SAFFRON-GUEST-READY"

commands=$(word saffron.run)
if [ -n "$commands" ]; then
  echo "$commands" | base64 -d >/tmp/commands.sh
  echo "SAFFRON-RUN-BEGIN"
  sh /tmp/commands.sh
  echo "SAFFRON-RUN-END $?"
fi

case $(word saffron.end) in
  poweroff) poweroff -f ;;
  reboot) reboot -f ;;
  halt) halt -f ;;
esac
while true; do
  setsid cttyhack sh
done
