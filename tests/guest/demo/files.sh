# SPDX-License-Identifier: Apache-2.0
# Sourced by tree.sh. write_files ROOT PICTURES: the demo machine's own files, over Debian's.

write_files() {
  local root=$1 pictures=$2
  echo demo >"$root/etc/hostname"
  printf '127.0.0.1 localhost\n127.0.1.1 demo\n' >"$root/etc/hosts"
  echo "LABEL=saffron-demo / ext4 noatime 0 0" >"$root/etc/fstab"
  # A fixed one: else systemd takes each first start for a new installation.
  echo 5aff705aff705aff705aff705aff7000 >"$root/etc/machine-id"
  install -D -m 0644 "$pictures/wallpaper.jpg" "$root/usr/share/saffron-demo/wallpaper.jpg"
  install -D -m 0644 "$pictures/welcome.png" "$root/usr/share/saffron-demo/welcome.png"
  write_system "$root"
  write_desktop "$root"
  write_boot "$root"
}

write_system() {
  local root=$1
  install -d "$root"/etc/systemd/{network,journald.conf.d,logind.conf.d,system.conf.d} "$root/etc/systemd/system/serial-getty@ttyS0.service.d"
  printf '[Match]\nName=e*\n[Network]\nDHCP=yes\nLinkLocalAddressing=ipv6\n[DHCPv4]\nClientIdentifier=mac\n' \
    >"$root/etc/systemd/network/wired.network"
  printf '[Journal]\nStorage=volatile\nRuntimeMaxUse=8M\n' >"$root/etc/systemd/journald.conf.d/demo.conf"
  # A press of the button ends the machine, whoever is logged in.
  printf '[Login]\nHandlePowerKey=poweroff\nPowerKeyIgnoreInhibited=yes\nInhibitDelayMaxSec=1\n' >"$root/etc/systemd/logind.conf.d/demo.conf"
  printf '[Manager]\nDefaultTimeoutStopSec=15s\n' >"$root/etc/systemd/system.conf.d/demo.conf"
  cat >"$root/etc/systemd/system/serial-getty@ttyS0.service.d/autologin.conf" <<'TEXT'
[Service]
ExecStart=
ExecStart=-/sbin/agetty --autologin root --noclear --keep-baud 115200 - vt220
TEXT
  printf 'PS1="root@demo# "\nunset PROMPT_COMMAND\n' >"$root/root/.bashrc"
  # The kernel is put there, not installed; drivers for a virtual machine's devices only.
  printf 'evdev\nvirtio_rng\n' >"$root/etc/modules-load.d/demo.conf"
  printf 'blacklist pcspkr\nblacklist i2c_i801\nblacklist lpc_ich\nblacklist iTCO_wdt\nblacklist vmmouse\n' >"$root/etc/modprobe.d/demo.conf"
}

write_desktop() {
  local root=$1
  printf 'allowed_users=anybody\nneeds_root_rights=yes\n' >"$root/etc/X11/Xwrapper.config"
  install -d "$root/etc/X11/xorg.conf.d" "$root/etc/xdg/openbox" "$root/etc/xdg/tint2"
  # No acceleration: there is no GPU, and software OpenGL would only cost. No blanking: the screen stays as it is.
  cat >"$root/etc/X11/xorg.conf.d/demo.conf" <<'TEXT'
Section "Device"
  Identifier "screen"
  Driver "modesetting"
  Option "AccelMethod" "none"
  Option "ShadowFB" "true"
EndSection
Section "ServerFlags"
  Option "BlankTime" "0"
  Option "StandbyTime" "0"
  Option "SuspendTime" "0"
  Option "OffTime" "0"
  Option "AutoAddGPU" "false"
EndSection
Section "Extensions"
  Option "GLX" "Disable"
  Option "DPMS" "Disable"
EndSection
TEXT
  cat >"$root/etc/systemd/system/demo-desktop.service" <<'TEXT'
[Unit]
Description=Desktop of the user demo
After=systemd-user-sessions.service systemd-logind.service dbus.service systemd-udev-trigger.service
Conflicts=getty@tty7.service

[Service]
User=demo
PAMName=login
WorkingDirectory=~
TTYPath=/dev/tty7
StandardInput=tty
StandardOutput=journal
StandardError=journal
Environment=XDG_SESSION_TYPE=x11 LANG=C.UTF-8
ExecStart=/usr/bin/xinit /usr/local/bin/demo-session -- /usr/bin/X :0 vt7 -nolisten tcp -s 0 -noreset -novtswitch
Restart=on-failure

[Install]
WantedBy=graphical.target
TEXT
  # Says on the serial console when all windows are there. The port belongs to the group tty once a shell is on it, to dialout before.
  cat >"$root/etc/systemd/system/demo-ready.service" <<'TEXT'
[Unit]
Description=Tells the serial console that the desktop is there
After=demo-desktop.service

[Service]
Type=oneshot
User=root
Environment=DISPLAY=:0
ExecStart=/usr/local/bin/demo-ready

[Install]
WantedBy=graphical.target
TEXT
  cat >"$root/usr/local/bin/demo-ready" <<'TEXT'
#!/bin/sh
while [ ! -e /run/user/1000/demo-session ]; do sleep 0.5; done
export XAUTHORITY=$(cat /run/user/1000/demo-session)
for name in tint2 Welcome Terminal; do
  xdotool search --sync --onlyvisible --name "^$name" >/dev/null
done
sleep 1
echo "SAFFRON-DESKTOP-READY" >/dev/ttyS0
TEXT
  cat >"$root/usr/local/bin/demo-session" <<'TEXT'
#!/bin/sh
xset s off -dpms 2>/dev/null
xsetroot -solid '#2b1b4d' -cursor_name left_ptr
openbox &
# Follows the screen when the host's window changes its size.
feh --no-fehbg --bg-fill /usr/share/saffron-demo/wallpaper.jpg
tint2 -c /etc/xdg/tint2/demo.conf &
feh --title Welcome --class Welcome /usr/share/saffron-demo/welcome.png &
echo "$XAUTHORITY" >/run/user/1000/demo-session
xterm -title Terminal -geometry 82x13 &
# The session ends with the window manager, not with a terminal.
wait
TEXT
  chmod 0755 "$root/usr/local/bin/demo-ready" "$root/usr/local/bin/demo-session"
  cat >"$root/home/demo/.Xdefaults" <<'TEXT'
XTerm*faceName: DejaVu Sans Mono
XTerm*faceSize: 10
XTerm*background: #1d1730
XTerm*foreground: #efe6dc
XTerm*cursorColor: #f7b04a
XTerm*cursorBlink: false
XTerm*internalBorder: 8
XTerm*scrollBar: false
XTerm*loginShell: false
TEXT
  printf 'PS1="\\[\\e[38;5;215m\\]demo@saffron\\[\\e[0m\\]:\\w\\$ "\nunset PROMPT_COMMAND\n' >"$root/home/demo/.bashrc"
  cat >"$root/etc/xdg/tint2/demo.conf" <<'TEXT'
rounded = 0
border_width = 0
background_color = #160d2b 92
border_color = #000000 0
rounded = 6
border_width = 0
background_color = #ffffff 14
border_color = #000000 0
rounded = 6
border_width = 0
background_color = #e0663f 100
border_color = #000000 0
panel_items = PTE
panel_size = 100% 36
panel_margin = 0 0
panel_padding = 6 4 8
panel_background_id = 1
panel_position = bottom center horizontal
panel_layer = top
panel_dock = 0
wm_menu = 1
taskbar_mode = single_desktop
taskbar_padding = 0 0 6
task_text = 1
task_icon = 0
task_centered = 1
task_maximum_size = 170 28
task_padding = 8 3
task_background_id = 2
task_active_background_id = 3
task_font = DejaVu Sans 9
task_font_color = #ffffff 90
task_active_font_color = #ffffff 100
mouse_left = toggle_iconify
button = new
button_text = Saffron
button_font = DejaVu Sans Bold 9
button_font_color = #f7b04a 100
button_lclick_command = xdotool key --window 0 super+space
button_padding = 10 0
button_background_id = 0
execp = new
execp_command = echo Debian 12
execp_interval = 0
execp_has_icon = 0
execp_font = DejaVu Sans 9
execp_font_color = #ffffff 80
execp_padding = 10 0
TEXT
  write_openbox "$root"
}

write_openbox() {
  local root=$1
  install -d -m 0755 "$root/usr/share/themes/Saffron/openbox-3"
  cat >"$root/usr/share/themes/Saffron/openbox-3/themerc" <<'TEXT'
border.width: 1
border.color: #2b1b4d
padding.width: 8
padding.height: 5
window.client.padding.width: 0
window.handle.width: 0
window.active.title.bg: Flat Solid
window.active.title.bg.color: #3a2357
window.active.label.bg: Parentrelative
window.active.label.text.color: #fff3e2
window.active.button.*.bg: Parentrelative
window.active.button.*.image.color: #f7b04a
window.inactive.title.bg: Flat Solid
window.inactive.title.bg.color: #4d4058
window.inactive.label.bg: Parentrelative
window.inactive.label.text.color: #cfc4cc
window.inactive.button.*.bg: Parentrelative
window.inactive.button.*.image.color: #a79aa8
window.label.text.justify: center
menu.border.width: 1
menu.border.color: #2b1b4d
menu.items.bg: Flat Solid
menu.items.bg.color: #fdfaf6
menu.items.text.color: #3b3140
menu.items.active.bg: Flat Solid
menu.items.active.bg.color: #e0663f
menu.items.active.text.color: #ffffff
menu.title.bg: Flat Solid
menu.title.bg.color: #3a2357
menu.title.text.color: #fff3e2
menu.separator.color: #d9cfc6
TEXT
  cat >"$root/etc/xdg/openbox/menu.xml" <<'TEXT'
<?xml version="1.0" encoding="UTF-8"?>
<openbox_menu xmlns="http://openbox.org/3.4/menu">
<menu id="root-menu" label="Saffron">
  <item label="Terminal"><action name="Execute"><command>xterm -title Terminal</command></action></item>
  <item label="Welcome"><action name="Execute"><command>feh --title Welcome --class Welcome /usr/share/saffron-demo/welcome.png</command></action></item>
  <separator/>
  <item label="Restart"><action name="Execute"><command>systemctl reboot</command></action></item>
  <item label="Shut down"><action name="Execute"><command>systemctl poweroff</command></action></item>
</menu>
</openbox_menu>
TEXT
  python3 - "$root/etc/xdg/openbox/rc.xml" <<'TEXT'
import re
import sys

path = sys.argv[1]
with open(path, encoding="utf-8") as file:
    text = file.read()
text = re.sub(r"<theme>\s*<name>[^<]*</name>", "<theme><name>Saffron</name>", text)
text = re.sub(r"<titleLayout>[^<]*</titleLayout>", "<titleLayout>LIMC</titleLayout>", text)
text = re.sub(r"<number>4</number>", "<number>1</number>", text)
text = re.sub(r"<popupTime>\d+</popupTime>", "<popupTime>0</popupTime>", text)
rules = """<applications>
  <application title="Welcome"><position force="yes"><x>center</x><y>36</y></position></application>
  <application class="XTerm" title="Terminal"><position force="no"><x>center</x><y>432</y></position><focus>yes</focus></application>
"""
text = text.replace("<applications>", rules, 1)
with open(path, "w", encoding="utf-8") as file:
    file.write(text)
TEXT
}

write_boot() {
  local root=$1
  install -d "$root/boot/grub"
  cat >"$root/boot/grub/grub.cfg" <<TEXT
set timeout=0
set root=(hd0,msdos1)
linux /boot/vmlinuz $(cat "$root/boot/command_line")
initrd /boot/initrd.gz
boot
TEXT
}
