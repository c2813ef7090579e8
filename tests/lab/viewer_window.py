# SPDX-License-Identifier: Apache-2.0
"""saffron-viewer in a real window of an X server without a monitor, worked as a person does: with a mouse and keys.

The window fills a screen that has the size of the guest's, so that a place on the one is the same place on the other.
"""

import os
import subprocess
import tempfile
import time

from harness import BIN, PATIENCE, Failure, end_process
from picture import Picture


class ViewerWindow:
    """A context manager. size: pixels, width and height; folder: where logs and pictures go."""

    def __init__(self, place, size, folder):
        self.place = place
        self.size = size
        self.folder = folder
        self.started = []
        self.environment = {**os.environ, "QT_QPA_PLATFORM": "xcb"}

    def __enter__(self):
        try:
            self._start_screen()
            self._run("openbox", "openbox")
            self._run("viewer", os.path.join(BIN, "saffron-viewer"), "--full-screen", self.place)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.started):
            end_process(process)

    def _run(self, log, *command, **options):
        with open(f"{self.folder}/{log}.log", "wb") as output:
            self.started.append(
                subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=self.environment, **options
                )
            )

    def _start_screen(self):
        width, height = self.size
        read_end, write_end = os.pipe()
        screen = ("-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp")
        self._run("xvfb", "Xvfb", "-displayfd", str(write_end), *screen, pass_fds=[write_end])
        os.close(write_end)
        with open(read_end, encoding="ascii") as pipe:
            number = pipe.readline().strip()
        if not number:
            raise Failure("Xvfb did not start")
        self.environment["DISPLAY"] = f":{number}"

    def _tool(self, *command):
        subprocess.run(command, check=True, timeout=PATIENCE, env=self.environment, stdin=subprocess.DEVNULL)

    def picture(self):
        """What is on the screen, without the mouse pointer of the window system."""
        with tempfile.NamedTemporaryFile(suffix=".ppm") as file:
            self._tool("import", "-silent", "-window", "root", "-depth", "8", file.name)
            return Picture.load_ppm(file.name)

    def wait_picture(self, expected, patience=PATIENCE):
        """Waits until the screen is `expected`, pixel by pixel."""
        deadline = time.monotonic() + patience
        while (seen := self.picture()) != expected:
            if time.monotonic() > deadline:
                seen.save_png(f"{self.folder}/viewer-window.png")
                raise Failure("the viewer's window does not show the guest's screen as it is")
            time.sleep(1)

    def click(self, x, y, button=1):
        self._tool("xdotool", "mousemove", str(x), str(y), "click", str(button))

    def type(self, text):
        """Text without line ends; xdotool has another key than a person for those."""
        self._tool("xdotool", "type", "--delay", "60", text)

    def press(self, key):
        """A key by its name in X, such as Return."""
        self._tool("xdotool", "key", key)
