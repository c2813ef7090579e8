# SPDX-License-Identifier: Apache-2.0
# make.sh FOLDER KERNEL_TREE (for cached): the demo machine. disk.raw: an MBR disk with one ext4 partition and GRUB for BIOS; vmlinuz,
# initrd.gz, command_line: to boot the same disk directly; welcome.ppm: what its desktop shows.
source "$(dirname -- "${BASH_SOURCE[0]}")/../../../scripts/common.sh"
folder=$1
kernel=$2
here=$SAFFRON_ROOT/tests/guest/demo

rsvg-convert -w 1920 -h 1200 "$here/wallpaper.svg" -o "$folder/wallpaper.png"
convert "$folder/wallpaper.png" -quality 92 "$folder/wallpaper.jpg"
rsvg-convert "$here/welcome.svg" -o "$folder/welcome.png"
# For the tests, which look for it on the screen.
convert "$folder/welcome.png" -depth 8 "$folder/welcome.ppm"

as_root bash "$here/tree.sh" "$folder" "$kernel"
as_root chown "$(id -u):$(id -g)" "$folder"/*

# One partition from 1 MiB on; GRUB's core image goes into the gap before it. Its boot sector loads the core from sector 1, and the core's first
# sector the rest from sector 2, unless told otherwise (GRUB manual, "BIOS installation"), so no installer is needed.
truncate -s 2048M "$folder/disk.raw"
python3 - "$folder/disk.raw" <<'TEXT'
import struct
import sys

# MBR: disk signature at 440, four partition entries of 16 bytes at 446 (active, CHS unused, Linux, first sector, sectors), 55 AA.
START, SECTORS = 2048, 2047 * 2048
entry = struct.pack("<B3sB3sII", 0x80, b"\xfe\xff\xff", 0x83, b"\xfe\xff\xff", START, SECTORS)
with open(sys.argv[1], "r+b") as disk:
    disk.seek(440)
    disk.write(struct.pack("<IH", 0x5AFF7012, 0) + entry + bytes(48) + b"\x55\xaa")
TEXT
dd if="$folder/filesystem.raw" of="$folder/disk.raw" bs=1M seek=1 conv=notrunc,sparse status=none
rm "$folder/filesystem.raw"
printf 'set root=(hd0,msdos1)\nset prefix=($root)/boot/grub\nconfigfile $prefix/grub.cfg\n' >"$folder/early.cfg"
grub-mkimage -O i386-pc -o "$folder/core.img" -p '(hd0,msdos1)/boot/grub' -c "$folder/early.cfg" \
  biosdisk part_msdos ext2 linux normal configfile boot echo
# The first 440 bytes are code; disk signature and partition table follow.
dd if=/usr/lib/grub/i386-pc/boot.img of="$folder/disk.raw" bs=440 count=1 conv=notrunc status=none
dd if="$folder/core.img" of="$folder/disk.raw" bs=512 seek=1 conv=notrunc status=none
rm "$folder"/{core.img,early.cfg,wallpaper.png,wallpaper.jpg,welcome.png}
