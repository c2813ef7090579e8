# SPDX-License-Identifier: Apache-2.0
# ./dev build [TARGET...]: the release build, in build/. Programs are in build/bin.
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
saffron_steps=3
step "Checking packages"
bash "$SAFFRON_ROOT/scripts/setup.sh" --quiet
step "Configuring build/"
configure_build plain
step "Building ${*:-everything}"
build_in plain "$@"
