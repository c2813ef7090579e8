#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Called by acpid when the power button was pressed.
echo "SAFFRON-POWER-BUTTON" >/dev/console
sync
poweroff -f
