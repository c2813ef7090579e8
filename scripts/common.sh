# SPDX-License-Identifier: Apache-2.0
# Shared by all verbs; sourced, never run. Sets paths and gives the small helpers: step, fail, cached, kernel_tree and more.
set -euo pipefail

SAFFRON_ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
SAFFRON_CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/saffron
SAFFRON_BUILD=$SAFFRON_ROOT/build
export SAFFRON_ROOT SAFFRON_CACHE SAFFRON_BUILD
# Administration tools (mkfs, depmod, ip) are outside an ordinary user's PATH on Debian.
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
# Precompiled headers and generated files would else be missed by the compiler cache.
export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
# A second clone finds what the first has compiled.
export CCACHE_BASEDIR="$SAFFRON_ROOT" CCACHE_NOHASHDIR=1

saffron_step=0
saffron_steps=${saffron_steps:-0}

# step TEXT: one line of progress, "[2/5] TEXT"; the total is set beforehand in saffron_steps.
# Progress goes to stderr, so that a verb's own output stays clean.
step() {
  saffron_step=$((saffron_step + 1))
  printf '[%d/%d] %s\n' "$saffron_step" "$saffron_steps" "$*" >&2
}

note() { printf '      %s\n' "$*" >&2; }

fail() {
  printf 'dev: %s\n' "$*" >&2
  exit 1
}

# as_root COMMAND...: run it with the rights of root, with sudo where needed.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "this needs root and there is no sudo: $*"
  fi
}

# cache_key WORD...: a short hash of what makes a cached thing: the contents of words that are files of the tree, else the words.
cache_key() {
  local word
  for word in "$@"; do
    if [ -f "$SAFFRON_ROOT/$word" ]; then
      sha256sum <"$SAFFRON_ROOT/$word"
    else
      echo "$word"
    fi
  done | sha256sum | cut -c1-12
}

# cached NAME SCRIPT FILE... [-- ARGUMENT...]: prints the folder $SAFFRON_CACHE/NAME-KEY, where KEY is a hash of SCRIPT, FILEs and
# ARGUMENTs. If it is not there, runs "bash SCRIPT FOLDER ARGUMENT..." (its output goes to a log, shown when it fails) in a
# folder that gets its name only when complete. Versions of NAME that nobody used for a day are removed. One process at a
# time makes a thing; the others wait for it.
cached() {
  local name=$1 script=$2 files=() key folder log
  shift
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    files+=("$1")
    shift
  done
  [ $# -gt 0 ] && shift
  key=$(cache_key "${files[@]}" "$@")
  folder=$SAFFRON_CACHE/$name-$key
  log=$SAFFRON_CACHE/$name.log
  if [ ! -d "$folder" ]; then
    mkdir -p "$SAFFRON_CACHE"
    (
      flock 9
      [ -d "$folder" ] && exit 0
      note "making $name (log: $log)"
      rm -rf "$SAFFRON_CACHE/$name"-????????????.part 2>/dev/null || as_root rm -rf "$SAFFRON_CACHE/$name"-????????????.part
      mkdir "$folder.part"
      if ! bash "$SAFFRON_ROOT/$script" "$folder.part" "$@" >"$log" 2>&1 </dev/null 9>&-; then
        tail -n 30 "$log" >&2
        fail "could not make $name; the whole log is in $log"
      fi
      mv "$folder.part" "$folder"
      for old in "$SAFFRON_CACHE/$name"-????????????; do
        # Something may still run from an older one.
        if [ "$old" != "$folder" ] && [ -n "$(find "$old" -maxdepth 0 -mmin +1440 2>/dev/null)" ]; then
          rm -rf "$old" 2>/dev/null || true
        fi
      done
    ) 9>"$SAFFRON_CACHE/$name.lock" || exit 1
  fi
  touch "$folder" 2>/dev/null || true
  printf '%s\n' "$folder"
}

# download_package PACKAGE: the .deb, into the current folder. Refreshes apt's lists when they do not know the package
# or point to a version that the archive has replaced meanwhile.
download_package() {
  local options=(-q -o APT::Sandbox::User=root)
  apt-get "${options[@]}" download "$1" && return 0
  as_root apt-get -q update
  apt-get "${options[@]}" download "$1"
}

# job_count: how many compilers at a time; a C++ compiler with Qt takes up to 1.5 GiB.
job_count() {
  local cpus memory
  cpus=$(nproc)
  memory=$(awk '/^MemAvailable/ { print int($2 / 1572864) }' /proc/meminfo)
  [ "$memory" -lt 1 ] && memory=1
  echo $((cpus < memory ? cpus : memory))
}

# build_folder KIND: where the build of a KIND (plain, address, thread) is. One top folder holds them all.
build_folder() {
  case $1 in
    plain) echo "$SAFFRON_BUILD" ;;
    address) echo "$SAFFRON_BUILD/address-sanitizer" ;;
    thread) echo "$SAFFRON_BUILD/thread-sanitizer" ;;
    *) fail "no such kind of build: $1" ;;
  esac
}

# configure_build KIND: runs CMake if that was not done yet (ninja repeats it by itself when a list changes).
configure_build() {
  local folder options=()
  folder=$(build_folder "$1")
  case $1 in
    plain) options=(-DCMAKE_BUILD_TYPE=RelWithDebInfo) ;;
    *) options=(-DCMAKE_CXX_COMPILER=clang++-14 "-DSAFFRON_SANITIZE=$1" -DSAFFRON_APPS=OFF) ;;
  esac
  if [ ! -f "$folder/build.ninja" ]; then
    mkdir -p "$folder"
    cmake -S "$SAFFRON_ROOT" -B "$folder" -G Ninja "${options[@]}" >"$folder/configure.log" 2>&1 ||
      { tail -n 40 "$folder/configure.log" >&2; fail "CMake failed; the whole log is in $folder/configure.log"; }
  fi
}

# build_in KIND [TARGET...]
build_in() {
  local folder
  folder=$(build_folder "$1")
  shift
  ninja -C "$folder" -j "$(job_count)" "$@" >&2 || fail "the build failed"
}

# kernel_tree FLAVOUR: prints a folder with a Debian kernel that is unpacked, not installed: vmlinuz, version (its name) and
# lib/modules. FLAVOUR: amd64 or cloud-amd64.
kernel_tree() { cached "kernel-$1" scripts/make_kernel.sh -- "$1"; }

# lab_image: prints a folder with the virtual host's vmlinuz, initramfs.gz and kernel_tree (a file that names the folder).
lab_image() {
  local host=tests/lab/host
  cached lab scripts/make_lab_image.sh scripts/make_kernel.sh $host/first_init.sh $host/second_init.sh $host/boot_modules.txt \
    -- "$(kernel_tree amd64)"
}

# tiny_guest FLAVOUR: prints a folder with vmlinuz and initrd.gz of the small test guest, with a kernel of that FLAVOUR.
tiny_guest() {
  local guest=tests/guest/tiny
  cached "tiny-$1" $guest/make.sh scripts/modules.sh $guest/init.sh $guest/modules.txt $guest/udhcpc_script.sh \
    $guest/power_button.sh $guest/list_pci.sh -- "$(kernel_tree "$1")"
}

# demo_guest: prints a folder with the demo machine: disk.raw (boots from BIOS too), and vmlinuz, initrd.gz, command_line of it.
demo_guest() {
  local guest=tests/guest/demo
  cached demo $guest/make.sh scripts/modules.sh $guest/tree.sh $guest/init.sh $guest/modules.txt $guest/packages.txt $guest/welcome.svg \
    $guest/wallpaper.svg $guest/files.sh -- "$(kernel_tree amd64)"
}

# boot_media: prints a folder with CDs to boot from: debian-installer.iso and grub-rescue.iso.
boot_media() {
  cached media tests/guest/media/make.sh -- "$(dpkg-query -W -f '${Version} ' debian-installer-12-netboot-amd64 grub-rescue-pc)"
}
