# SPDX-License-Identifier: Apache-2.0
# PID 1 of the virtual host once the real machine's files are its root (read-only, under a layer of RAM): makes it a usable
# host, runs the command of the share with its three streams on virtio-serial ports, notes its exit status, powers off.
lab=/run/lab
share=$lab/share
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

mkdir -p /dev/pts /dev/shm /dev/hugepages
mount -t devpts -o mode=0620,ptmxmode=0666,gid=5 devpts /dev/pts
mount -t tmpfs -o mode=1777 shm /dev/shm
mount -t cgroup2 cgroup /sys/fs/cgroup
mount -t tracefs tracing /sys/kernel/tracing
mount -t debugfs debug /sys/kernel/debug
ln -sf /proc/self/fd /dev/fd
ln -sf /proc/self/fd/0 /dev/stdin
ln -sf /proc/self/fd/1 /dev/stdout
ln -sf /proc/self/fd/2 /dev/stderr

# The share says which kernel tree (in the cache of the real machine) fits the running kernel.
. $share/settings.sh
mkdir -p /lib/modules/"$(uname -r)"
mount --bind "$LAB_KERNEL_TREE/lib/modules/$(uname -r)" /lib/modules/"$(uname -r)"

hostname virtual-host
mkdir -p /run/lock /run/user/0 /run/dbus /tmp /var/tmp
chmod 0700 /run/user/0
chmod 1777 /run/lock /tmp /var/tmp
# What programs of the real machine left in /tmp about their displays is not true here.
rm -rf /tmp/.X*-lock /tmp/.X11-unix /tmp/.ICE-unix
mkdir -m 1777 /tmp/.X11-unix /tmp/.ICE-unix

# 192.0.2.0/24 is for documentation only (RFC 5737): the virtual host's own network, with nobody else on it. The user-mode network of a
# guest needs an interface with a default route to copy.
modprobe -a tun virtio_blk
modprobe dummy numdummies=0
ip link set lo up
ip link add lab0 type dummy
ip address add 192.0.2.1/24 dev lab0
# passt gives the first address to its guest; the second one is where the guest finds the virtual host.
ip address add 192.0.2.2/24 dev lab0
ip address add 2001:db8::1/64 dev lab0
ip link set lab0 up
ip route add default via 192.0.2.254 dev lab0
sysctl -q -w net.ipv4.ping_group_range="0 2147483647" net.ipv4.ip_unprivileged_port_start=0
[ -e /dev/net/tun ] && chmod 0666 /dev/net/tun
if [ -e /dev/kvm ]; then
  chmod 0666 /dev/kvm
  python3 -BSE "$LAB_PROGRAMS/hold_vm.py"
fi

if [ -n "$LAB_FORWARDS" ]; then
  # The link to the real machine: QEMU's user network, closed to the outside; addresses are QEMU's fixed ones.
  modprobe virtio_net
  for interface in /sys/bus/virtio/drivers/virtio_net/virtio*/net/*; do
    ip link set "${interface##*/}" up
    ip address add 10.0.2.15/24 dev "${interface##*/}"
    break
  done
  python3 "$LAB_PROGRAMS/relay.py" $LAB_FORWARDS <$share/token &
fi
if [ -n "$LAB_COLDPLUG" ]; then
  # Devices were added: load their drivers, as on any host.
  if [ -x /lib/systemd/systemd-udevd ]; then
    /lib/systemd/systemd-udevd --daemon
    udevadm trigger --action=add
    udevadm settle --timeout=30
  else
    find /sys/devices -name modalias -exec cat {} + | sort -u | xargs modprobe -qab
  fi
  # udev's rules know no group kvm when the real machine has none.
  [ -e /dev/kvm ] && chmod 0666 /dev/kvm
fi

stop() {
  sync
  $lab/bin/busybox poweroff -f
}

port() {
  for entry in /sys/class/virtio-ports/*; do
    if [ "$(cat "$entry/name" 2>/dev/null)" = "$1" ]; then
      echo "/dev/${entry##*/}"
      return
    fi
  done
}

# Outside the share, which is closed to ordinary users.
export LAB_OUT=$lab/out
mkdir -p $LAB_OUT
if [ -n "$LAB_OWN_OUT" ]; then
  mount -t 9p -o trans=virtio,version=9p2000.L,cache=mmap,msize=512000 lab_out $LAB_OUT
fi
chmod 1777 $LAB_OUT 2>/dev/null

if [ -n "$LAB_INTERACTIVE" ]; then
  $lab/bin/busybox setsid -c sh $share/command.sh <>/dev/hvc0 >&0 2>&1
  echo $? >$share/status
  stop
fi

# Through pipes: a program may open /dev/stdout again, which a virtio-serial port refuses.
mkfifo -m 0666 $lab/stdout $lab/stderr
cat $lab/stdout >"$(port lab.stdout)" &
stdout_pump=$!
cat $lab/stderr >"$(port lab.stderr)" &
stderr_pump=$!
input=/dev/null
if [ -n "$LAB_STDIN" ]; then
  mkfifo -m 0666 $lab/stdin
  cat "$(port lab.stdin)" >$lab/stdin &
  input=$lab/stdin
fi
setsid sh $share/command.sh <$input >$lab/stdout 2>$lab/stderr
echo $? >$share/status
# Both pumps end with the last writer; a process that the command left behind must not keep the lab alive.
(sleep 5; kill $stdout_pump $stderr_pump) 2>/dev/null &
wait $stdout_pump $stderr_pump
stop
