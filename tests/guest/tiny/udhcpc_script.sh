#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What udhcpc calls with a lease; it gives the values as variables.
case $1 in
  deconfig) ip address flush dev "$interface" ;;
  bound | renew)
    ip address add "$ip/${mask:-24}" dev "$interface"
    [ -n "$router" ] && ip route add default via "${router%% *}" dev "$interface"
    for server in $dns; do
      echo "nameserver $server"
    done >/etc/resolv.conf
    ;;
esac
