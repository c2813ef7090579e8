# SPDX-License-Identifier: Apache-2.0
"""Inside the virtual host: makes its Unix sockets and ports reachable for the real machine.

usage: relay.py PORT=TARGET... <TOKEN

Listens on each TCP PORT of the link to the real machine. A connection that starts with the token (one line, known only
to the lab run) is joined to TARGET: a path of a Unix socket, or a TCP port of the virtual host.

What TARGET sends goes to the real machine in frames: a letter, a 32-bit length, that many bytes. D: data. F: the content of a file
descriptor that came with the next data (a screenshot, for example): the other end makes a descriptor of it again.
"""

import array
import os
import socket
import stat
import struct
import sys
import threading

# A screen of 3840x2160 has 32 MiB; more is not taken over the link.
MAX_DESCRIPTOR_BYTES = 64 << 20
MAX_DESCRIPTORS = 4


def finish(sink):
    try:
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def pump(source, sink):
    """Copies until the end of source, then closes sink's writing side."""
    try:
        while data := source.recv(1 << 16):
            sink.sendall(data)
    except OSError:
        pass
    finish(sink)


def descriptor_content(descriptor):
    """The bytes of a file that travels as a descriptor; none of anything that is no plain file."""
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_DESCRIPTOR_BYTES:
            return b""
        return os.pread(descriptor, status.st_size, 0)
    finally:
        os.close(descriptor)


def pump_frames(source, sink):
    """Like pump, but in frames and with what descriptors hold."""
    try:
        while True:
            data, ancillary, _, _ = source.recvmsg(1 << 16, socket.CMSG_SPACE(4 * MAX_DESCRIPTORS))
            for level, kind, payload in ancillary:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    descriptors = array.array("i")
                    descriptors.frombytes(payload[: len(payload) - len(payload) % 4])
                    for descriptor in descriptors:
                        content = descriptor_content(descriptor)
                        sink.sendall(struct.pack(">cI", b"F", len(content)) + content)
            if not data:
                break
            sink.sendall(struct.pack(">cI", b"D", len(data)) + data)
    except OSError:
        pass
    finish(sink)


def read_line(connection):
    line = b""
    while not line.endswith(b"\n") and len(line) < 256:
        byte = connection.recv(1)
        if not byte:
            break
        line += byte
    return line


def open_target(target):
    if target.isdigit():
        return socket.create_connection(("127.0.0.1", int(target)))
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(target)
    return connection


def serve(connection, target, token):
    with connection:
        connection.settimeout(30)
        if read_line(connection) != token:
            return
        connection.settimeout(None)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            peer = open_target(target)
        except OSError:
            return
        with peer:
            # One byte tells the other end that the target is there, before any of its data.
            connection.sendall(b"+")
            back = threading.Thread(target=pump_frames, args=(peer, connection), daemon=True)
            back.start()
            pump(connection, peer)
            back.join()


def listen(port, target, token):
    listener = socket.create_server(("0.0.0.0", port), backlog=16)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection, target, token), daemon=True).start()


def main():
    token = sys.stdin.readline().encode()
    threads = []
    for forward in sys.argv[1:]:
        port, target = forward.split("=", 1)
        threads.append(threading.Thread(target=listen, args=(int(port), target, token)))
    for thread in threads:
        thread.start()


main()
