#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Gives answers that were recorded with curl -i once more, byte for byte.

    replay.py DIRECTORY

Prints its port, then each path that is asked for.
"""
import pathlib
import socketserver
import sys


class Replay(socketserver.StreamRequestHandler):
    def handle(self):
        line = self.rfile.readline().decode("latin-1").split()
        while self.rfile.readline().strip():
            pass
        if len(line) < 2:
            return
        print(line[1], flush=True)
        file = pathlib.Path(sys.argv[1]) / line[1].replace("/", "_")
        if file.is_file():
            self.wfile.write(file.read_bytes())
        else:
            self.wfile.write(b"HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n")


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


with Server(("127.0.0.1", 0), Replay) as server:
    print(server.server_address[1], flush=True)
    server.serve_forever()
