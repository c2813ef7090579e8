# SPDX-License-Identifier: Apache-2.0
# make_kernel.sh FOLDER FLAVOUR (for cached): see kernel_tree in common.sh. Once made, it stays as it is until this file changes.
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
folder=$1
flavour=$2

# The metapackage names today's kernel.
mkdir "$folder/download"
cd "$folder/download"
download_package "linux-image-$flavour"
package=$(dpkg-deb -f "linux-image-${flavour}"_*.deb Depends | tr ',' '\n' | sed -n 's/^ *\(linux-image-[^ ]*\).*/\1/p' | head -n 1)
rm -f -- ./*.deb
download_package "$package"
dpkg-deb -x "$package"_*.deb "$folder/unpacked"
cd "$folder"
rm -rf download
echo "${package#linux-image-}" >version
mv unpacked/boot/vmlinuz-* vmlinuz
chmod 0644 vmlinuz
mkdir lib
mv unpacked/lib/modules lib/
rm -rf unpacked
depmod -b "$folder" "$(cat version)"
