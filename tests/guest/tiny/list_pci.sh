#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lspci -n for busybox: address, class, vendor:device, driver.
for device in /sys/bus/pci/devices/*; do
  driver=$(readlink "$device/driver")
  echo "${device##*/} $(cut -c3-6 "$device/class"): $(cut -c3-6 "$device/vendor"):$(cut -c3-6 "$device/device") ${driver##*/}"
done
