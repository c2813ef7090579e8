# SPDX-License-Identifier: Apache-2.0
# ./dev lab [OPTION...] -- COMMAND: see tests/lab/virtual_host.py.
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
bash "$SAFFRON_ROOT/scripts/setup.sh" --quiet
exec python3 "$SAFFRON_ROOT/tests/lab/virtual_host.py" "$@"
