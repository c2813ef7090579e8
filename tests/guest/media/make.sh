# SPDX-License-Identifier: Apache-2.0
# make.sh FOLDER (for cached): bootable CDs out of installed Debian packages. debian-installer's netboot files come for PXE; a CD of
# them boots with isolinux (El Torito, no emulation), as Debian's own CDs do. Its menu has: text (the default), graphical.
source "$(dirname -- "${BASH_SOURCE[0]}")/../../../scripts/common.sh"
folder=$1
images=/usr/lib/debian-installer/images/12/amd64
tree=$folder/tree

ln -s /usr/lib/grub-rescue/grub-rescue-cdrom.iso "$folder/grub-rescue.iso"

mkdir -p "$tree"/{isolinux,text,gtk}
for kind in text gtk; do
  cp "$images/$kind/debian-installer/amd64"/{linux,initrd.gz} "$tree/$kind/"
done
cp /usr/lib/ISOLINUX/isolinux.bin "$tree/isolinux/"
cp /usr/lib/syslinux/modules/bios/{ldlinux.c32,libcom32.c32,libutil.c32,vesamenu.c32,menu.c32} "$tree/isolinux/"
cp "$images/gtk/debian-installer/amd64/boot-screens/splash.png" "$tree/isolinux/"
cat >"$tree/isolinux/isolinux.cfg" <<'TEXT'
default vesamenu.c32
prompt 0
timeout 0
menu title Debian installer
menu background splash.png
menu resolution 640 480
label text
  menu label ^Install
  menu default
  kernel /text/linux
  append initrd=/text/initrd.gz vga=788 --- quiet
label graphical
  menu label ^Graphical install
  kernel /gtk/linux
  append initrd=/gtk/initrd.gz vga=788 --- quiet
TEXT
xorriso -as mkisofs -quiet -V SAFFRON_DI -o "$folder/debian-installer.iso" -r -J -b isolinux/isolinux.bin -c isolinux/boot.cat \
  -no-emul-boot -boot-load-size 4 -boot-info-table -isohybrid-mbr /usr/lib/ISOLINUX/isohdpfx.bin "$tree"
rm -rf "$tree"
