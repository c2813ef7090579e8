# SPDX-License-Identifier: Apache-2.0
# make_lab_image.sh FOLDER KERNEL_TREE (for cached): see lab_image in common.sh.
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
source "$SAFFRON_ROOT/scripts/modules.sh"
folder=$1
tree=$2
root=$folder/root

mkdir -p "$root"/{bin,proc,sys,dev,lower,layer,root}
install -m 0755 /bin/busybox "$root/bin/busybox"
for tool in sh mount umount mkdir cp grep xargs modprobe switch_root poweroff; do
  ln -s busybox "$root/bin/$tool"
done
ln -s bin "$root/sbin"
install -m 0755 "$SAFFRON_ROOT/tests/lab/host/first_init.sh" "$root/init"
install -m 0644 "$SAFFRON_ROOT"/tests/lab/host/{second_init.sh,boot_modules.txt} "$root/"
copy_modules "$tree" "$root" "$SAFFRON_ROOT/tests/lab/host/boot_modules.txt"
pack_initramfs "$root" "$folder/initramfs.gz"
rm -rf "$root"
cp "$tree/vmlinuz" "$folder/"
echo "$tree" >"$folder/kernel_tree"
