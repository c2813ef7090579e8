# SPDX-License-Identifier: Apache-2.0
# Sourced by what makes an initramfs.

# copy_modules TREE ROOT LIST: copies the modules that the file LIST names, with what they depend on, from a kernel tree to
# ROOT/lib/modules. Names that this kernel has built in or does not have are passed over.
copy_modules() {
  local tree=$1 root=$2 version
  version=$(cat "$tree/version")
  mkdir -p "$root/lib/modules/$version"
  cp "$tree/lib/modules/$version"/modules.{builtin,builtin.modinfo,order} "$root/lib/modules/$version/"
  sed -e 's/#.*//' "$3" | xargs -n 1 modprobe -d "$tree" -S "$version" --show-depends --all 2>/dev/null |
    sed -n 's/^insmod \([^ ]*\).*/\1/p' | sort -u >"$root/modules.list" || true
  local file
  while read -r file; do
    install -D -m 0644 "$file" "$root${file#"$tree"}"
  done <"$root/modules.list"
  rm "$root/modules.list"
  depmod -b "$root" "$version"
}

# pack_initramfs ROOT FILE: a gzip-compressed initramfs of everything in ROOT, owned by root.
pack_initramfs() {
  (cd "$1" && find . -print0 | sort -z | cpio --null -o -H newc --owner 0:0 --quiet --reproducible) | gzip -9 >"$2"
}
