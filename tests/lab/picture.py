# SPDX-License-Identifier: Apache-2.0
"""Screens as pixels: what tests look at. Standard library only.

A Picture holds width x height pixels as 3 bytes (red, green, blue) each, rows from the top without padding.
"""

import collections
import functools
import struct
import zlib

FONT_ROM = "/usr/share/seabios/vgabios-stdvga.bin"
# The letter A of the PC's 8x16 font, which every VGA BIOS carries: finds the font in the ROM.
LETTER_A = bytes([0, 0, 0x10, 0x38, 0x6C, 0xC6, 0xC6, 0xFE, 0xC6, 0xC6, 0xC6, 0xC6, 0, 0, 0, 0])
CELL_HEIGHT = 16


def unfilter(kind, row, above, step):
    """Undoes a PNG row's filter, in place."""
    for i, value in enumerate(row):
        left = row[i - step] if i >= step else 0
        corner = above[i - step] if i >= step else 0
        if kind == 1:
            row[i] = (value + left) & 255
        elif kind == 2:
            row[i] = (value + above[i]) & 255
        elif kind == 3:
            row[i] = (value + (left + above[i]) // 2) & 255
        elif kind == 4:
            guess = left + above[i] - corner
            nearest = min((abs(guess - left), 0, left), (abs(guess - above[i]), 1, above[i]), (abs(guess - corner), 2, corner))
            row[i] = (value + nearest[2]) & 255


class Picture:
    """One screen, or a part of one."""

    def __init__(self, width, height, pixels):
        self.width, self.height, self.pixels = width, height, pixels
        if len(pixels) != width * height * 3:
            raise ValueError("a picture's bytes do not fit its size")

    @classmethod
    def from_xrgb(cls, width, height, stride, data):
        """From the engine's format: little-endian 0x00RRGGBB, rows of stride bytes."""
        rows = []
        for y in range(height):
            row = data[y * stride : y * stride + width * 4]
            packed = bytearray(width * 3)
            packed[0::3], packed[1::3], packed[2::3] = row[2::4], row[1::4], row[0::4]
            rows.append(bytes(packed))
        return cls(width, height, b"".join(rows))

    @classmethod
    def load_ppm(cls, path):
        """A binary PPM (P6) of 8 bits, as ImageMagick and spicy-screenshot write it."""
        with open(path, "rb") as file:
            data = file.read()
        words, position = [], 0
        while len(words) < 4:
            while data[position : position + 1].isspace():
                position += 1
            if data[position : position + 1] == b"#":
                position = data.index(b"\n", position)
                continue
            end = position
            while not data[end : end + 1].isspace():
                end += 1
            words.append(data[position:end])
            position = end
        if words[0] != b"P6" or words[3] != b"255":
            raise ValueError(f"{path} is not a PPM of 8 bits")
        width, height = int(words[1]), int(words[2])
        return cls(width, height, data[position + 1 : position + 1 + width * height * 3])

    @classmethod
    def load_png(cls, path):
        """A PNG of 8 bits, RGB or RGBA, not interlaced (PNG specification, 9: the row filters)."""
        with open(path, "rb") as file:
            data = file.read()
        width, height, depth, kind, _, _, interlace = struct.unpack(">IIBBBBB", data[16:29])
        if data[:8] != b"\x89PNG\r\n\x1a\n" or depth != 8 or kind not in (2, 6) or interlace:
            raise ValueError(f"{path} is not a plain PNG of 8 bits")
        packed, position = b"", 8
        while position < len(data):
            (length,) = struct.unpack(">I", data[position : position + 4])
            if data[position + 4 : position + 8] == b"IDAT":
                packed += data[position + 8 : position + 8 + length]
            position += length + 12
        step = 3 if kind == 2 else 4
        raw, stride = zlib.decompress(packed), width * step
        above, rows = bytearray(stride), []
        for y in range(height):
            start = y * (stride + 1)
            row = bytearray(raw[start + 1 : start + 1 + stride])
            unfilter(raw[start], row, above, step)
            above = row
            rows.append(bytes(row) if step == 3 else b"".join(bytes(row[i : i + 3]) for i in range(0, stride, 4)))
        return cls(width, height, b"".join(rows))

    def save_png(self, path):
        rows = b"".join(b"\0" + self.row(y) for y in range(self.height))

        def chunk(kind, data):
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

        with open(path, "wb") as file:
            file.write(
                b"\x89PNG\r\n\x1a\n"
                + chunk(b"IHDR", struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0))
                + chunk(b"IDAT", zlib.compress(rows, 6))
                + chunk(b"IEND", b"")
            )

    def __eq__(self, other):
        return (self.width, self.height, self.pixels) == (other.width, other.height, other.pixels)

    def row(self, y):
        return self.pixels[y * self.width * 3 : (y + 1) * self.width * 3]

    def pixel(self, x, y):
        offset = (y * self.width + x) * 3
        return tuple(self.pixels[offset : offset + 3])

    def crop(self, x, y, width, height):
        return Picture(
            width, height, b"".join(self.row(line)[x * 3 : (x + width) * 3] for line in range(y, y + height))
        )

    def colors(self):
        """How many pixels each color has."""
        return {
            tuple(color): count
            for (color,), count in collections.Counter(struct.iter_unpack("3s", self.pixels)).items()
        }

    def share_of(self, color, tolerance=0):
        """The part of all pixels, 0 to 1, that have this color."""
        near = sum(
            count
            for other, count in self.colors().items()
            if all(abs(a - b) <= tolerance for a, b in zip(color, other))
        )
        return near / (self.width * self.height)

    def find(self, part):
        """Where `part` is in this picture, pixel by pixel: (x, y), or None."""
        # The row of the part with the most colors is searched first: it is the least likely to be elsewhere.
        probe = max(range(part.height), key=lambda y: len(set(zip(*[iter(part.row(y))] * 3))))
        needle = part.row(probe)
        for y in range(probe, self.height - part.height + probe + 1):
            row, start = self.row(y), -1
            while (start := row.find(needle, start + 1)) >= 0:
                if start % 3 == 0 and self.crop(start // 3, y - probe, part.width, part.height) == part:
                    return start // 3, y - probe
        return None

    def difference(self, other):
        """The part of pixels, 0 to 1, that differ; 1 when the sizes do."""
        if (self.width, self.height) != (other.width, other.height):
            return 1.0
        pairs = zip(struct.iter_unpack("3s", self.pixels), struct.iter_unpack("3s", other.pixels))
        different = sum(1 for mine, theirs in pairs if mine != theirs)
        return different / (self.width * self.height)

    def text(self):
        """The lines of a VGA text screen, read by the shapes of the PC's font; '?' where a cell has none of them."""
        columns = 9 if self.width % 720 == 0 or self.width == 360 else 8
        lines = []
        for top in range(0, self.height - CELL_HEIGHT + 1, CELL_HEIGHT):
            rows = [self.row(top + y) for y in range(CELL_HEIGHT)]
            line = ""
            for left in range(0, self.width - columns + 1, columns):
                line += read_cell(rows, left)
            lines.append(line.rstrip())
        return "\n".join(lines).rstrip()


def read_cell(rows, left):
    """One character; its cell has two colors at most, the background in the top left corner (or, for block shapes, the other)."""
    offset = left * 3
    background = rows[0][offset : offset + 3]
    glyph = bytearray(CELL_HEIGHT)
    for y, row in enumerate(rows):
        cell = row[offset : offset + 24]
        if cell == background * 8:
            continue
        bits = 0
        for x in range(8):
            bits = bits << 1 | (cell[x * 3 : x * 3 + 3] != background)
        glyph[y] = bits
    if not any(glyph):
        return " "
    shapes = font()
    return (
        shapes.get(bytes(glyph))
        or shapes.get(bytes(byte ^ 0xFF for byte in glyph))
        or shapes.get(bytes(glyph[:13]))
        or "?"
    )


@functools.lru_cache(maxsize=1)
def font():
    """Shape to character, out of SeaBIOS's VGA BIOS: code page 437, of which tests need ASCII only. A cursor may hide the last rows."""
    with open(FONT_ROM, "rb") as file:
        rom = file.read()
    start = rom.index(LETTER_A) - ord("A") * CELL_HEIGHT
    shapes = {}
    for code in range(0x20, 0x7F):
        glyph = rom[start + code * CELL_HEIGHT : start + (code + 1) * CELL_HEIGHT]
        shapes.setdefault(glyph, chr(code))
        shapes.setdefault(glyph[:13], chr(code))
    for code in (0xB3, 0xBA):
        shapes[rom[start + code * CELL_HEIGHT : start + (code + 1) * CELL_HEIGHT]] = "|"
    for code in (0xC4, 0xCD):
        shapes[rom[start + code * CELL_HEIGHT : start + (code + 1) * CELL_HEIGHT]] = "-"
    for code in (0xB0, 0xB1, 0xB2, 0xDB, 0xDC, 0xDF):
        shapes[rom[start + code * CELL_HEIGHT : start + (code + 1) * CELL_HEIGHT]] = "#"
    for code in (0xBF, 0xC0, 0xC3, 0xB4, 0xD9, 0xDA, 0xC9, 0xBB, 0xC8, 0xBC):
        shapes[rom[start + code * CELL_HEIGHT : start + (code + 1) * CELL_HEIGHT]] = "+"
    return shapes
