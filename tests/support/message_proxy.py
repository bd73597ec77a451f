"""A proxy before a server that breaks a session behind one message of its client.

Messages are counted over all sessions, as the clients send them: a start-up packet is the first of
each. The one with the number to cut at still reaches the server, and its work there is waited for;
the answer is lost, and with it every session of the proxy.
"""
import contextlib
import select
import socket
import struct
import threading

ANSWER_LIMIT = 120


def read_exactly(source, count):
    data = b""
    while len(data) < count:
        piece = source.recv(count - len(data))
        if not piece:
            raise ConnectionError("the peer has gone")
        data += piece
    return data


class MessageProxy:
    """`with MessageProxy(port, cut_at) as proxy:` listens on 127.0.0.1, `proxy.port`."""

    def __init__(self, server_port, cut_at=None):
        self.server_port = server_port
        self.cut_at = cut_at
        self.count = 0
        self.has_cut = False
        self.lock = threading.Lock()
        self.sockets = []
        self.threads = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        self.start(self.accept)
        return self

    def __exit__(self, *_):
        self.cut()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join(ANSWER_LIMIT)

    def start(self, work, *arguments):
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self.threads.append(thread)
        thread.start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.has_cut:
                client.close()
                continue
            server = socket.create_connection(("127.0.0.1", self.server_port))
            with self.lock:
                self.sockets += [client, server]
            self.start(self.serve, client, server)

    def serve(self, client, server):
        with contextlib.suppress(OSError):
            self.carry(client, server)
        for end in (client, server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def carry(self, client, server):
        started = False
        while True:
            ready, _, _ = select.select([client, server], [], [])
            if server in ready:
                data = server.recv(65536)
                if not data:
                    return
                client.sendall(data)
            if client not in ready:
                continue
            kind = read_exactly(client, 1) if started else b""
            size = read_exactly(client, 4)
            body = read_exactly(client, struct.unpack("!I", size)[0] - 4)
            # What asks for encryption is no start-up packet; the server says no to it.
            started = started or struct.unpack("!I", body[:4])[0] == 0x30000
            cuts = self.is_last()
            server.sendall(kind + size + body)
            if cuts:
                self.await_answer(server)
                self.cut()
                return

    def is_last(self):
        with self.lock:
            self.count += 1
            return self.count == self.cut_at

    @staticmethod
    def await_answer(server):
        """Reads until the server waits for the client again, or has nothing to say."""
        server.settimeout(ANSWER_LIMIT)
        data = b""
        with contextlib.suppress(OSError):
            while True:
                piece = server.recv(65536)
                data += piece
                # ReadyForQuery, CopyInResponse and authentication requests end an answer.
                if not piece or data[-6:-1] == b"Z\0\0\0\5" or data[:1] in b"GRNE":
                    return

    def cut(self):
        with self.lock:
            self.has_cut = True
            for end in self.sockets:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
