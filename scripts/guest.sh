# SPDX-License-Identifier: Apache-2.0
# ./dev guest NAME: makes a guest for tests if it is not there yet and prints its folder.
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
bash "$SAFFRON_ROOT/scripts/setup.sh" --quiet
case ${1:-} in
  tiny) tiny_guest cloud-amd64 ;;
  tiny-full) tiny_guest amd64 ;;
  demo) demo_guest ;;
  media) boot_media ;;
  *)
    cat >&2 <<'TEXT'
usage: ./dev guest NAME      prints the folder of a guest for tests:
  tiny       vmlinuz and initrd.gz: Debian's cloud kernel and a shell
  tiny-full  the same with Debian's ordinary kernel (AHCI, PS/2 mouse, USB, graphics)
  demo       disk.raw (bootable), vmlinuz, initrd.gz, command_line: Debian with a desktop
  media      debian-installer.iso, grub-rescue.iso: CDs to boot from
TEXT
    exit 2
    ;;
esac
