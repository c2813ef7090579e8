# SPDX-License-Identifier: Apache-2.0
# ./dev shot [FOLDER]: a picture of every window, in both languages and both colour schemes, into FOLDER (build/screenshots/windows).
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
saffron_steps=3
folder=${1:-$SAFFRON_BUILD/screenshots/windows}

step "Checking packages"
bash "$SAFFRON_ROOT/scripts/setup.sh" --quiet
step "Building the windows"
configure_build plain
build_in plain window_shots
step "Making pictures"
mkdir -p "$folder"
program=$(find "$SAFFRON_BUILD" -type f -name window_shots -perm -u+x | head -n 1)
xvfb-run -a -s "-screen 0 1600x1200x24" "$program" "$folder" >&2 || fail "a picture could not be made"
echo "pictures: $folder"
