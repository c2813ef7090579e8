# SPDX-License-Identifier: Apache-2.0
# ./dev fuzz [NAME [LIBFUZZER_ARGUMENT...]]: runs one fuzzer until it finds something or is stopped (Ctrl-C). New inputs that reach new code
# are kept in the cache, so the next run goes on from there; a crash is written to build/crashes. Without a name: lists the fuzzers.
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
saffron_steps=3
folder=$(build_folder address)

step "Checking packages"
bash "$SAFFRON_ROOT/scripts/setup.sh" --quiet
configure_build address
if [ $# -eq 0 ]; then
  echo "fuzzers (./dev fuzz NAME):"
  cd "$folder" && ctest -N -L fuzz | sed -n 's/^ *Test *#[0-9]*: /  /p'
  exit 0
fi
name=$1
shift
[[ $name =~ ^[a-z0-9_]+$ ]] && ninja -C "$folder" -t query "$name" >/dev/null 2>&1 || fail "no fuzzer $name; ./dev fuzz lists them"
step "Building $name"
build_in address "$name"
step "Fuzzing until stopped; inputs in $SAFFRON_CACHE/corpus/$name, crashes in build/crashes"
mkdir -p "$SAFFRON_CACHE/corpus/$name" "$SAFFRON_BUILD/crashes"
program=$(find "$folder" -type f -name "$name" -perm -u+x | head -n 1)
exec "$program" -timeout=20 -rss_limit_mb=2048 -artifact_prefix="$SAFFRON_BUILD/crashes/$name-" "$@" "$SAFFRON_CACHE/corpus/$name" \
  "$SAFFRON_ROOT/tests/fuzz/corpus/$name"
