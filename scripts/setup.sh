# SPDX-License-Identifier: Apache-2.0
# ./dev setup: installs the packages of scripts/packages.txt that are missing. Does nothing, fast, when all are there.
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
saffron_steps=1
[ "${1:-}" = --quiet ] && quiet=1 || quiet=0

mapfile -t wanted < <(sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' "$SAFFRON_ROOT/scripts/packages.txt")
mapfile -t missing < <(comm -23 <(printf '%s\n' "${wanted[@]}" | sort -u) \
  <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null | sed -n 's/^installed //p' | sort -u))

if [ ${#missing[@]} -eq 0 ]; then
  [ $quiet -eq 1 ] || step "All ${#wanted[@]} packages are installed"
  exit 0
fi

step "Installing ${#missing[@]} of ${#wanted[@]} packages: ${missing[*]}"
if ! grep -q '^VERSION_ID="12"' /etc/os-release 2>/dev/null; then
  note "this is not Debian 12: the packages may be named otherwise"
fi
# Waits where another apt is at work, as on a machine that has just been started.
apt=(as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600)
"${apt[@]}" update >&2 || note "apt-get update had errors; going on with the lists that are there"
"${apt[@]}" install --no-install-recommends "${missing[@]}" >&2 || fail "apt-get could not install: ${missing[*]}"
