# SPDX-License-Identifier: Apache-2.0
# tree.sh FOLDER KERNEL_TREE (as root, from make.sh): FOLDER/tree and out of it FOLDER/filesystem.raw, the demo machine's root.
source "$(dirname -- "${BASH_SOURCE[0]}")/../../../scripts/common.sh"
source "$SAFFRON_ROOT/scripts/modules.sh"
source "$SAFFRON_ROOT/tests/guest/demo/files.sh"
folder=$1
kernel=$2
here=$SAFFRON_ROOT/tests/guest/demo
root=$folder/tree
version=$(cat "$kernel/version")

# Packages come from where this machine's own come from, through the same proxy.
apt-get indextargets --format '$(ORIGIN) deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
  sed -n 's/^Debian \(deb [^ ]* bookworm[^ ]* main\)$/\1/p' | sort -u >"$folder/sources.list"
[ -s "$folder/sources.list" ] || fail "this machine's apt has no source of Debian 12 (bookworm) packages: the demo machine is made of them"
apt-config dump | grep -E '^Acquire::(https?::|Retries)' >"$folder/apt.conf" || true
mapfile -t packages < <(sed -e 's/#.*//' -e '/^$/d' "$here/packages.txt")

# Documentation and translations are a third of the size. Of the rest, a half is what packages ask for and nothing here uses: LLVM
# (software OpenGL), PostScript, video formats, the C preprocessor, icons.
mmdebstrap --mode=root --variant=minbase --include="$(IFS=,; echo "${packages[*]}")" \
  --aptopt="$folder/apt.conf" --aptopt='Apt::Install-Recommends "false"' \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt='path-exclude=/usr/lib/x86_64-linux-gnu/libLLVM*' \
  --dpkgopt='path-exclude=/usr/lib/x86_64-linux-gnu/dri/*' --dpkgopt='path-exclude=/usr/lib/x86_64-linux-gnu/libz3.so*' \
  --dpkgopt='path-exclude=/usr/lib/x86_64-linux-gnu/libgs.so*' --dpkgopt='path-exclude=/usr/lib/x86_64-linux-gnu/libx265.so*' \
  --dpkgopt='path-exclude=/usr/share/icons/Adwaita/[0-9s]*' --dpkgopt='path-exclude=/usr/lib/gcc/*' \
  --dpkgopt='path-exclude=/usr/share/poppler/*' --dpkgopt='path-exclude=/usr/share/yudit/*' \
  bookworm "$root" - <"$folder/sources.list"

chroot "$root" useradd -m -u 1000 -s /bin/bash -G video,input,tty,dialout demo
printf 'demo:demo\nroot:demo\n' | chroot "$root" chpasswd
echo "root=LABEL=saffron-demo rw quiet console=tty0 console=ttyS0,115200 vt.global_cursor_default=0 consoleblank=0 net.ifnames=0" \
  >"$root/boot/command_line"
write_files "$root" "$folder"
chroot "$root" chown -R demo:demo /home/demo

# Drivers of what a virtual machine may have; all of Debian's are four times as much.
mkdir -p "$root/lib/modules/$version/kernel"
drivers=(arch crypto lib
  fs/{autofs,ext4,jbd2,fat,nls,isofs,fuse,9p,netfs,fscache,mbcache.ko}
  drivers/{acpi,ata,block,cdrom,char,firmware,hid,i2c,input,nvme,rtc,scsi,tty,usb,video,virtio}
  drivers/net/{virtio_net.ko,net_failover.ko,tun.ko,dummy.ko,ethernet/intel,ethernet/realtek}
  drivers/gpu/drm/{tiny,virtio,qxl,ttm,vboxvideo}
  net/{core,packet,ipv6,9p,802} sound/{core,hda,pci/hda,pci/ac97,soundcore.ko})
cd "$kernel/lib/modules/$version/kernel"
for driver in "${drivers[@]}"; do
  # Some are built in, depending on the kernel's version.
  if [ -e "$driver" ]; then
    cp -a --parents "$driver" "$root/lib/modules/$version/kernel/"
  fi
done
cd "$folder"
find "$kernel/lib/modules/$version/kernel/drivers/gpu/drm" -maxdepth 1 -name '*.ko' -exec cp {} "$root/lib/modules/$version/kernel/" \;
cp "$kernel/lib/modules/$version"/modules.{builtin,builtin.modinfo,order} "$root/lib/modules/$version/"
depmod -b "$root" "$version"

# Work that has no use here, and would wake the machine when it should be idle.
chroot "$root" systemctl -q enable systemd-networkd systemd-resolved demo-desktop demo-ready serial-getty@ttyS0
chroot "$root" systemctl -q set-default graphical.target
chroot "$root" systemctl -q mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
  fstrim.timer systemd-tmpfiles-clean.timer systemd-networkd-wait-online.service getty@tty1.service getty-static.service \
  systemd-pstore.service systemd-update-utmp.service systemd-update-utmp-runlevel.service systemd-hwdb-update.service systemd-sysctl.service \
  systemd-journal-flush.service systemd-machine-id-commit.service systemd-firstboot.service systemd-binfmt.service
ln -sf /run/systemd/resolve/stub-resolv.conf "$root/etc/resolv.conf"
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/*.log
mkdir -p "$root/var/lib/apt/lists/partial" "$root/var/cache/apt/archives/partial"

# initramfs
mkdir -p "$folder/initrd"/{bin,proc,sys,dev,root}
install -m 0755 /bin/busybox "$folder/initrd/bin/busybox"
for tool in sh mount umount mkdir findfs find sort cat xargs modprobe switch_root sleep; do
  ln -s busybox "$folder/initrd/bin/$tool"
done
ln -s bin "$folder/initrd/sbin"
install -m 0755 "$here/init.sh" "$folder/initrd/init"
copy_modules "$kernel" "$folder/initrd" "$here/modules.txt"
pack_initramfs "$folder/initrd" "$root/boot/initrd.gz"
cp "$kernel/vmlinuz" "$root/boot/vmlinuz"
cp "$root"/boot/{vmlinuz,initrd.gz,command_line} "$folder/"

truncate -s 2047M "$folder/filesystem.raw"
# Features that both the old ext2 driver of GRUB and quick mounts like; a small journal for a small disk.
mke2fs -q -t ext4 -L saffron-demo -J size=16 -m 0 -O ^metadata_csum_seed,^orphan_file -E lazy_itable_init=0,lazy_journal_init=0 -d "$root" \
  "$folder/filesystem.raw" 2>/dev/null ||
  mke2fs -q -t ext4 -L saffron-demo -J size=16 -m 0 -E lazy_itable_init=0,lazy_journal_init=0 -d "$root" "$folder/filesystem.raw"
rm -rf "$root" "$folder/initrd" "$folder/sources.list" "$folder/apt.conf"
