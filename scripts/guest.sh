# SPDX-License-Identifier: Apache-2.0
# ./dev guest NAME: makes a guest for tests if it is not there yet and prints its folder.
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

guest_help() {
  cat <<'TEXT'
usage: ./dev guest NAME      prints the folder of a guest for tests:
  tiny       vmlinuz and initrd.gz: Debian's cloud kernel and a shell
  tiny-full  the same with Debian's ordinary kernel (AHCI, PS/2 mouse, USB, graphics)
  demo       disk.raw (bootable), vmlinuz, initrd.gz, command_line: Debian with a desktop
  media      debian-installer.iso, grub-rescue.iso: CDs to boot from
TEXT
}

case ${1:-} in
  tiny) make="tiny_guest cloud-amd64" ;;
  tiny-full) make="tiny_guest amd64" ;;
  demo) make=demo_guest ;;
  media) make=boot_media ;;
  -h | --help)
    guest_help
    exit 0
    ;;
  *)
    guest_help >&2
    exit 2
    ;;
esac
bash "$SAFFRON_ROOT/scripts/setup.sh" --quiet
$make
