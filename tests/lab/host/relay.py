# SPDX-License-Identifier: Apache-2.0
"""Inside the virtual host: makes its Unix sockets and ports reachable for the real machine.

usage: relay.py PORT=TARGET... <TOKEN

Listens on each TCP PORT of the link to the real machine. A connection that starts with the token (one line, known only
to the lab run) is joined to TARGET: a path of a Unix socket, or a TCP port of the virtual host.
"""

import socket
import sys
import threading


def pump(source, sink):
    """Copies until the end of source, then closes sink's writing side."""
    try:
        while data := source.recv(1 << 16):
            sink.sendall(data)
    except OSError:
        pass
    try:
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


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
            back = threading.Thread(target=pump, args=(peer, connection), daemon=True)
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
