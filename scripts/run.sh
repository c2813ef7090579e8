# SPDX-License-Identifier: Apache-2.0
# ./dev run [--headless]: Saffron with the demo machine running. See run_help below.
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
saffron_steps=5

run_help() {
  cat <<'TEXT'
usage: ./dev run [--headless] [--lab]

Builds what is missing and opens Saffron with the demo machine running, in a window.

  --headless   no display needed: a virtual one (Xvfb), a screenshot once the guest's desktop is there, then the end; the
               last line is "screenshot: PATH". So it is too when there is no display.
  --lab        run the machine in the lab (a virtual host in software), as on a host whose KVM cannot run it
TEXT
}

headless=0
lab=0
for argument in "$@"; do
  case $argument in
    --headless) headless=1 ;;
    --lab) lab=1 ;;
    -h | --help)
      run_help
      exit 0
      ;;
    *)
      run_help >&2
      exit 2
      ;;
  esac
done
if [ -z "${DISPLAY:-}" ] && [ -z "${WAYLAND_DISPLAY:-}" ] && [ $headless -eq 0 ]; then
  note "there is no display: a virtual one is used, and a screenshot is made"
  headless=1
fi

# Prints why this host cannot run the demo's kernel itself; nothing when it can.
why_lab() {
  if [ ! -e /dev/kvm ]; then
    echo "there is no /dev/kvm here"
  elif ! grep -qE '^flags.*\b(vmx|svm)\b' /proc/cpuinfo || [ -d /sys/module/kvm_pvm ]; then
    echo "this host's /dev/kvm is not backed by the processor (kvm_pvm) and cannot run an ordinary Linux kernel"
  elif ! (: <>/dev/kvm) 2>/dev/null; then
    echo "this user may not use /dev/kvm (sudo usermod -aG kvm $(id -un), then log in again)"
  fi
}

# --- What this run starts, and its end. Everything is ended by its own process id, the latest first.
started=()
scratch=
finish() {
  local index
  trap - EXIT
  for ((index = ${#started[@]} - 1; index >= 0; index--)); do
    kill "${started[index]}" 2>/dev/null && wait "${started[index]}" 2>/dev/null || true
  done
  if [ $lab -eq 0 ] && [ $headless -eq 1 ] && [ -n "$scratch" ]; then
    "$SAFFRON_BUILD/bin/saffronctl" stop demo --force >/dev/null 2>&1 || true
  fi
  [ -z "$scratch" ] || rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

step "Checking packages"
bash "$SAFFRON_ROOT/scripts/setup.sh" --quiet

step "Building Saffron (the first time takes some minutes)"
configure_build plain
build_in plain saffron saffron-viewer saffron-engine saffronctl

step "Making the demo machine (the first time takes some minutes)"
guest=$(demo_guest)

if [ $lab -eq 0 ]; then
  reason=$(why_lab)
  if [ -n "$reason" ]; then
    lab=1
    note "The machine runs in the lab, a virtual host in software, which is slower: $reason."
  fi
fi

# --- The machine's folder. It boots its kernel directly: in the lab that saves half a minute.
prepare_machine() {
  local folder=$1
  mkdir -p "$folder"
  cp "$guest/vmlinuz" "$guest/initrd.gz" "$folder/"
  cat >"$folder/machine.json" <<TEXT
{
  "format": 1,
  "name": "demo",
  "uuid": "5aff7012-0000-4000-8000-00000000de30",
  "memory_mib": 1024,
  "cpus": 2,
  "boot": {
    "kernel": "vmlinuz",
    "initrd": "initrd.gz",
    "command_line": "$(cat "$guest/command_line")"
  },
  "disks": [{"id": "disk0", "path": "disk.raw"}],
  "networks": [{"id": "net0", "mode": "user"}]
}
TEXT
}

scratch=$(mktemp -d "${TMPDIR:-/tmp}/saffron-run.XXXXXX")
log=$SAFFRON_BUILD/run
rm -rf "$log"
mkdir -p "$log"

start_in_lab() {
  # A library of its own: what runs in the lab could not be started by this host.
  export SAFFRON_MACHINES=$SAFFRON_BUILD/lab-machines SAFFRON_RUNTIME=$scratch SAFFRON_STATE=$log
  local folder=$SAFFRON_MACHINES/demo inside=/run/user/0/saffron/demo image
  prepare_machine "$folder"
  ln -sfn "$guest/disk.raw" "$folder/disk.raw"
  mkdir -m 0700 "$scratch/demo"
  image=$(lab_image)
  # In the lab the disk is the virtual host's /dev/vda; what is written to it is dropped at the end.
  # shellcheck disable=SC2016
  SAFFRON_LAB_IMAGE=$image python3 "$SAFFRON_ROOT/tests/lab/virtual_host.py" --timeout 864000 --out "$log" \
    --drive "$guest/disk.raw,snapshot=on" \
    --forward "$scratch/demo/control.sock:$inside/control.sock" --forward "$scratch/demo/spice.sock:$inside/spice.sock" \
    --forward "$scratch/demo/serial.sock:$inside/serial.sock" -- \
    sh -c 'ln -sfn /dev/vda "$1/disk.raw" && SAFFRON_RUNTIME= SAFFRON_STATE=$LAB_OUT exec "$2" --machine "$1" --runtime "$3"' sh \
    "$folder" "$SAFFRON_BUILD/bin/saffron-engine" "$inside" >"$log/lab.log" 2>&1 </dev/null &
  engine=$!
  started+=("$engine")
}

start_here() {
  if [ $headless -eq 1 ]; then
    # Nothing of this run stays, so the user's own library is left alone.
    export SAFFRON_MACHINES=$scratch/machines SAFFRON_RUNTIME=$scratch/runtime SAFFRON_STATE=$log
    mkdir -m 0700 "$SAFFRON_MACHINES" "$SAFFRON_RUNTIME"
  fi
  local folder=${SAFFRON_MACHINES:-${XDG_DATA_HOME:-$HOME/.local/share}/saffron/machines}/demo
  if [ ! -e "$folder/machine.json" ]; then
    mkdir -p "$folder"
    cp --sparse=always --reflink=auto "$guest/disk.raw" "$folder/disk.raw"
    prepare_machine "$folder"
  fi
  "$SAFFRON_BUILD/bin/saffronctl" show demo >/dev/null || fail "the demo machine in $folder cannot be read"
  if ! "$SAFFRON_BUILD/bin/saffronctl" start demo >"$log/start.log" 2>&1; then
    # It may run already, from an earlier ./dev run.
    "$SAFFRON_BUILD/bin/saffronctl" show demo --json | jq -e '.. | .state? // empty | select(. == "running" or . == "paused")' >/dev/null 2>&1 ||
      fail "the demo machine did not start: $(cat "$log/start.log")"
  fi
  engine=
}

# Waits until the machine's control socket answers; shows the lab's words when it ended instead.
wait_for_engine() {
  local round
  for round in $(seq 600); do
    if timeout 10 "$SAFFRON_BUILD/bin/saffronctl" spice demo >/dev/null 2>&1; then
      return 0
    fi
    if [ -n "$engine" ] && ! kill -0 "$engine" 2>/dev/null; then
      tail -n 30 "$log/lab.log" >&2
      fail "the machine ended"
    fi
    sleep 0.5
  done
  fail "the machine did not come up in 5 minutes; see $log"
}

# The guest says on its serial port when its desktop is there.
wait_for_desktop() {
  local round
  for round in $(seq 900); do
    if "$SAFFRON_BUILD/bin/saffronctl" log demo --serial 2>/dev/null | grep -q SAFFRON-DESKTOP-READY; then
      return 0
    fi
    if [ -n "$engine" ] && ! kill -0 "$engine" 2>/dev/null; then
      tail -n 30 "$log/lab.log" >&2
      fail "the machine ended before its desktop came"
    fi
    [ $((round % 30)) -ne 0 ] || note "still starting ($round s)"
    sleep 1
  done
  fail "the guest's desktop did not come in 15 minutes; see $log"
}

start_display() {
  # Room for the library beside the console at its own size.
  Xvfb -displayfd 3 -screen 0 2216x1000x24 -nolisten tcp 3>"$scratch/display" >"$log/xvfb.log" 2>&1 &
  started+=("$!")
  local round
  for round in $(seq 100); do
    [ -s "$scratch/display" ] && break
    sleep 0.1
  done
  [ -s "$scratch/display" ] || fail "Xvfb did not start: $(cat "$log/xvfb.log")"
  DISPLAY=:$(tr -d '\n' <"$scratch/display")
  export DISPLAY
  unset WAYLAND_DISPLAY
  openbox >"$log/openbox.log" 2>&1 &
  started+=("$!")
}

# Both windows side by side, the console at the guest's own size.
arrange_windows() {
  local window
  window=$(xdotool search --onlyvisible --name '^Saffron$' | head -n 1) || true
  [ -z "$window" ] || xdotool windowsize "$window" 880 900 windowmove "$window" 16 40
  window=$(xdotool search --onlyvisible --name 'Saffron Viewer$' | head -n 1) || true
  [ -z "$window" ] || xdotool windowsize "$window" 1280 882 windowmove "$window" 920 40 windowactivate "$window"
}

step "Starting the demo machine"
if [ $lab -eq 1 ]; then
  start_in_lab
else
  start_here
fi
wait_for_engine

step "Opening Saffron"
[ $headless -eq 0 ] || start_display
"$SAFFRON_BUILD/bin/saffron" --machine demo >"$log/saffron.log" 2>&1 &
library=$!
started+=("$library")
"$SAFFRON_BUILD/bin/saffron-viewer" --machine demo >"$log/viewer.log" 2>&1 &
viewer=$!
started+=("$viewer")

if [ $headless -eq 1 ]; then
  note "waiting for the guest's desktop"
  wait_for_desktop
  # The last windows of the guest are drawn, travel, and are drawn again.
  arrange_windows
  sleep 8
  for window in "$library" "$viewer"; do
    kill -0 "$window" 2>/dev/null || fail "a window of Saffron has gone: $(tail -n 5 "$log/saffron.log" "$log/viewer.log")"
  done
  mkdir -p "$SAFFRON_BUILD/screenshots"
  picture=$SAFFRON_BUILD/screenshots/run-$(date +%Y%m%d-%H%M%S).png
  import -window root "$picture" || fail "no screenshot could be made"
  finish
  echo "screenshot: $picture"
  exit 0
fi

if [ $lab -eq 1 ]; then
  note "the machine runs as long as Saffron is open"
else
  note "the machine goes on when Saffron is closed; build/bin/saffronctl stop demo ends it"
fi
# Until the last window is closed.
wait "$library" "$viewer" || true
