"""Captures made for tests: TCP connections in a pcap file of raw IPv4 (link type 101)."""
import ipaddress
import random
import struct

SYN, RST, PSH, ACK = 2, 4, 8, 16
TEN_O_CLOCK = 1795168800  # 2026-11-20T10:00:00Z


def address(text):
    return ipaddress.ip_address(text).packed


class Capture:
    def __init__(self, path):
        self.file = open(path, "wb", buffering=1 << 20)
        self.file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def packet(self, time, source, source_port, target, target_port, flags, sequence, acknowledged, payload=b""):
        tcp = struct.pack(">HHIIBBHHH", source_port, target_port, sequence, acknowledged, 0x50, flags, 64000, 0, 0)
        length = 20 + len(tcp) + len(payload)
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, length, 0, 0x4000, 64, 6, 0, source, target)
        seconds = int(time)
        self.file.write(struct.pack("<IIII", seconds, round((time - seconds) * 1e6) % 1_000_000, length, length))
        self.file.write(ip + tcp + payload)

    def connection(self, time, client, client_port, server, server_port, request=b"", answer=b"", refused=False):
        """Opened and answered when `answer` is given, else refused, else left without an answer."""
        there, back = (client, client_port, server, server_port), (server, server_port, client, client_port)
        self.packet(time, *there, SYN, 99, 0)
        if refused:
            self.packet(time + .001, *back, RST | ACK, 0, 100)
        elif answer:
            self.packet(time + .001, *back, SYN | ACK, 199, 100)
            self.packet(time + .002, *there, PSH | ACK, 100, 200, request)
            self.packet(time + .003, *back, PSH | ACK, 200, 100 + len(request), answer)


def http_request(host, path="/", agent="test", headers=()):
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", f"User-Agent: {agent}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


HTTP_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def client_hello(name):
    """A TLS 1.2 ClientHello that asks for `name` (RFC 8446 appendix B, RFC 6066 section 3)."""
    name = name.encode()
    entry = struct.pack(">BH", 0, len(name)) + name
    server_name = struct.pack(">HHH", 0, len(entry) + 2, len(entry)) + entry
    body = (struct.pack(">H", 0x0303) + bytes(32) + b"\0" + struct.pack(">HH", 2, 0xc02f) + b"\1\0"
            + struct.pack(">H", len(server_name)) + server_name)
    message = b"\1" + struct.pack(">I", len(body))[1:] + body
    return struct.pack(">BHH", 22, 0x0301, len(message)) + message


# A ServerHello and nothing more.
SERVER_HELLO = b"\x16\3\3\0\x2a\2\0\0\x26\3\3" + bytes(32) + b"\0\xc0\x2f\0"

ROLES = 15


def large_site(path):
    """15 roles with a network each, and 120 documented flows between them."""
    text = ['format = 1', '[site]', 'name = "Large site"', 'owner = "network@example"',
            'internal_networks = ["10.0.0.0/8"]', 'judge = "all"']
    for role in range(ROLES):
        text += [f"[role.zone-{role:02}-servers]", f'title = "Servers of zone {role}"']
    for role in range(ROLES):
        text += [f"[bind.zone-{role:02}-servers]", f'addresses = ["10.{role + 1}.0.0/16"]']
    for number in range(120):
        a, b = number % ROLES, (number * 7 + number // ROLES + 1) % ROLES
        text += ["[[flow]]", f'id = "row-{number:03}"', f'from = "zone-{a:02}-servers"',
                 f'to = "zone-{b:02}-servers"', f"port = {8000 + number % 4}", 'app = "http"',
                 'why = "Orders are passed on to the next zone"', 'owner = "zone@example"', "approved = 2026-02-03",
                 'expect = "hourly"']
    path.write_text("\n".join(text) + "\n", encoding="utf-8")


def large_capture(path, flows):
    """Connections between random hosts of all roles, over six hours: most of them are not documented."""
    pick = random.Random(5)
    request, ports = http_request("orders.example", "/a"), [8000, 8001, 8002, 8003, 22]
    with Capture(path) as capture:
        for number in range(flows):
            a, b = pick.randrange(ROLES), pick.randrange(ROLES)
            client = bytes([10, a + 1, pick.randrange(40), pick.randrange(1, 250)])
            server = bytes([10, b + 1, 0, pick.randrange(1, 30)])
            outcome = pick.randrange(10)
            capture.connection(TEN_O_CLOCK + number * 21600 / flows, client, 20000 + number % 40000, server,
                               pick.choice(ports), request, HTTP_ANSWER if outcome < 8 else b"", outcome == 8)
