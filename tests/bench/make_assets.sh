# SPDX-License-Identifier: Apache-2.0
# make_assets.sh FOLDER TINY_INITRD: builds what the guests of the benchmarks run: kernel.bin, firmware.bin, tiny_and_reader.gz (the small
# guest's initramfs with the disk reader in it), and idle_viewer, for the host's side.
set -euo pipefail
folder=$1
initrd=$2
payload=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/payload" && pwd -P)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for image in kernel firmware; do
  gcc -c -o "$work/$image.o" "$payload/$image.S"
  ld -m elf_x86_64 -Ttext 0 -e image -o "$work/$image.elf" "$work/$image.o"
  objcopy -O binary -j .text "$work/$image.elf" "$folder/$image.bin"
done

mkdir "$work/root"
g++ -std=c++20 -O2 -Wall -Wextra -Werror -static -s -o "$work/root/disk_reader" "$payload/disk_reader.cpp"
# A kernel unpacks one initramfs after another.
(cd "$work/root" && find . | cpio -o -H newc --owner 0:0 --quiet --reproducible) | gzip -9 >"$work/reader.gz"
cat "$initrd" "$work/reader.gz" >"$folder/tiny_and_reader.gz"

read -ra flags <<<"$(pkg-config --cflags --libs spice-client-glib-2.0)"
g++ -std=c++20 -O2 -Wall -Wextra -Werror -o "$folder/idle_viewer" "$payload/idle_viewer.cpp" "${flags[@]}"
