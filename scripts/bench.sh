# SPDX-License-Identifier: Apache-2.0
# ./dev bench [OPTION...]: Saffron's figures beside QEMU's. See tests/bench/bench.py (--help) and docs/benchmarks.md.
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
saffron_steps=4
case ${1:-} in
  -h | --help) exec python3 -B "$SAFFRON_ROOT/tests/bench/bench.py" "$@" ;;
esac

bench_assets() {
  local here=tests/bench payload=tests/bench/payload
  cached bench $here/make_assets.sh $payload/kernel.S $payload/firmware.S $payload/disk_reader.cpp $payload/idle_viewer.cpp -- "$1/initrd.gz"
}

step "Checking packages"
bash "$SAFFRON_ROOT/scripts/setup.sh" --quiet
if [ -z "${SAFFRON_BIN:-}" ]; then
  step "Building the engine"
  configure_build plain
  build_in plain saffron-engine
  export SAFFRON_BIN=$SAFFRON_BUILD/bin
else
  step "Using the engine in $SAFFRON_BIN"
fi
step "Making the guests"
SAFFRON_GUEST_TINY=$(tiny_guest cloud-amd64)
SAFFRON_GUEST_DEMO=$(demo_guest)
SAFFRON_BENCH_ASSETS=$(bench_assets "$SAFFRON_GUEST_TINY")
export SAFFRON_GUEST_TINY SAFFRON_GUEST_DEMO SAFFRON_BENCH_ASSETS
step "Measuring"
exec python3 -B "$SAFFRON_ROOT/tests/bench/bench.py" "$@"
