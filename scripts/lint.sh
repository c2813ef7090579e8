# SPDX-License-Identifier: Apache-2.0
# ./dev lint: source rules; see lint.py.
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
bash "$SAFFRON_ROOT/scripts/setup.sh" --quiet
exec python3 "$SAFFRON_ROOT/scripts/lint.py" "$@"
