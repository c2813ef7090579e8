#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Called by acpid when the power button was pressed.
printf "\nSAFFRON-POWER-BUTTON\n" >/dev/console
sync
poweroff -f
