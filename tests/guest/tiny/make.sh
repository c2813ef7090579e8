# SPDX-License-Identifier: Apache-2.0
# make.sh FOLDER KERNEL_TREE (for cached): the small guest: vmlinuz and initrd.gz. See init.sh for what it does.
source "$(dirname -- "${BASH_SOURCE[0]}")/../../../scripts/common.sh"
source "$SAFFRON_ROOT/scripts/modules.sh"
folder=$1
tree=$2
here=$SAFFRON_ROOT/tests/guest/tiny
root=$folder/root

mkdir -p "$root"/{bin,proc,sys,dev,etc/acpi/PWRF,root,mnt}
install -m 0755 /bin/busybox "$root/bin/busybox"
/bin/busybox --list | grep -vx busybox | while read -r tool; do
  ln -s busybox "$root/bin/$tool"
done
ln -s bin "$root/sbin"
install -m 0755 "$here/init.sh" "$root/init"
install -m 0755 "$here/udhcpc_script.sh" "$root/bin/udhcpc.script"
install -m 0755 "$here/list_pci.sh" "$root/bin/lspci"
# 00000080 is the first event's number that busybox's acpid gives to a power button.
install -m 0755 "$here/power_button.sh" "$root/etc/acpi/PWRF/00000080"
copy_modules "$tree" "$root" "$here/modules.txt"
pack_initramfs "$root" "$folder/initrd.gz"
rm -rf "$root"
cp "$tree/vmlinuz" "$folder/"
