# SPDX-License-Identifier: Apache-2.0
# ./dev test [--quick] [CTEST_ARGUMENT...]: builds everything in three ways and runs every test under one ctest, whose summary is the
# end. --quick leaves out the sanitizer builds. CTEST_ARGUMENTs choose a part: -L unit, -R NAME, -j 1.
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
quick=0
if [ "${1:-}" = --quick ]; then
  quick=1
  shift
fi
saffron_steps=$((quick ? 4 : 6))

step "Checking packages"
bash "$SAFFRON_ROOT/scripts/setup.sh" --quiet

step "Release build"
configure_build plain
build_in plain
lists=("=$(build_folder plain)")

if [ $quick -eq 0 ]; then
  step "Build with AddressSanitizer and UndefinedBehaviorSanitizer: unit tests and fuzzers"
  configure_build address
  build_in address
  step "Build with ThreadSanitizer: the tests with the label tsan"
  configure_build thread
  # A test is named as the program that it is.
  mapfile -t threaded < <(cd "$(build_folder thread)" && ctest -N -L '^tsan$' | sed -n 's/^ *Test *#[0-9]*: //p')
  [ ${#threaded[@]} -eq 0 ] || build_in thread "${threaded[@]}"
  lists+=("asan.=$(build_folder address)" "tsan.=$(build_folder thread):tsan")
fi

step "Guests and the lab's virtual host"
lab_image >/dev/null
tiny_guest cloud-amd64 >/dev/null
tiny_guest amd64 >/dev/null
boot_media >/dev/null
demo_guest >/dev/null

python3 "$SAFFRON_ROOT/scripts/merge_tests.py" "$SAFFRON_BUILD/all-tests" "${lists[@]}"
step "Tests"
# Each process of this run inherits the mark, so that what is left of it afterwards can be found, and nothing else is.
export SAFFRON_TEST_RUN=run-$$-$RANDOM$RANDOM
status=0
ctest --test-dir "$SAFFRON_BUILD/all-tests" --output-on-failure -j "$(nproc)" "$@" || status=$?

left=()
for environment in /proc/[0-9]*/environ; do
  pid=${environment#/proc/}
  pid=${pid%/environ}
  if [ "$pid" != $$ ] && [ "$pid" != "$BASHPID" ] && grep -qzx "SAFFRON_TEST_RUN=$SAFFRON_TEST_RUN" "$environment" 2>/dev/null; then
    left+=("$pid")
  fi
done
for pid in "${left[@]}"; do
  [ -d "/proc/$pid" ] || continue
  echo "dev: a test left this running (ended now): $(tr '\0' ' ' <"/proc/$pid/cmdline" | cut -c1-200)" >&2
  kill -9 "$pid" 2>/dev/null || true
  status=1
done
exit $status
