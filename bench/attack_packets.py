"""Captures of attacks: packets that cost their sender little. Each attack is a generator of frames.

Addresses of "servers" are those of role and port in samples/site.toml; strangers come from 203.0.113.0/24 and 11.0.0.0/8.
"""
import struct

SERVER = bytes([10, 1, 2, 11])  # the Director
ETHERNET = bytes.fromhex("020000000002 020000000001") + b"\x08\x00"


def ipv4(protocol, source, payload, target=SERVER, identification=0, fragment=0, ttl=64):
    """Checksums are left out: captures of sending hosts hold none, and the program reads them all the same."""
    return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), identification & 0xffff, fragment, ttl, protocol,
                       0) + source + target + payload


def tcp(source_port, sequence, acknowledgment, flags, payload=b"", port=443, options=b""):
    return struct.pack("!HHIIBBHHH", source_port, port, sequence & 0xffffffff, acknowledgment & 0xffffffff,
                       (5 + len(options) // 4) << 4, flags, 65000, 0, 0) + options + payload


def stranger(number):
    return struct.pack("!I", 0x0b000000 + number)


def opened(number, port):
    """The three frames that open connection `number`; it goes on at 1001, the server at 2001."""
    source, own = stranger(number // 60000), 1024 + number % 60000
    yield ETHERNET + ipv4(6, source, tcp(own, 1000, 0, 2, port=port))
    yield ETHERNET + ipv4(6, SERVER, struct.pack("!HHIIBBHHH", port, own, 2000, 1001, 0x50, 0x12, 65000, 0, 0), target=source)
    yield ETHERNET + ipv4(6, source, tcp(own, 1001, 2001, 16, port=port))


def said(number, sequence, payload, port, flags=16, options=b""):
    source, own = stranger(number // 60000), 1024 + number % 60000
    return ETHERNET + ipv4(6, source, tcp(own, sequence, 2001, flags, payload, port, options))


def tiny_fragments(packets):
    """First and middle fragments of eight bytes, of datagrams that never become whole."""
    for i in range(packets):
        yield ETHERNET + ipv4(17, stranger(i % 5), b"8 bytes." * 1, identification=i // 2,
                              fragment=0x2000 | (1 + i % 2 * 7))


def reversed_fragments(packets):
    """Datagrams of 64 KB in pieces of eight bytes, the last one first."""
    pieces = 8180
    for i in range(packets):
        place = pieces - 1 - i % pieces
        yield ETHERNET + ipv4(17, stranger(1), b"8 bytes.", identification=i // pieces,
                              fragment=place | (0 if i % pieces == 0 else 0x2000))


def reversed_segments(packets):
    """Segments of one byte, the last one first, a thousand behind each hole."""
    yield from opened(1, 443)
    for i in range(packets - 3):
        block, place = divmod(i, 1000)
        yield said(1, 1001 + block * 2000 + 1500 - place, b"x", 443)


def holes(packets, each=250):
    """Connections whose first byte is missing and that then send 350 KB."""
    text = b"x" * 1400
    number = -1
    for i in range(packets):
        number, place = divmod(i, each)
        if place < 3:
            yield list(opened(number, 443))[place]
        else:
            yield said(number, 1002 + (place - 3) * 1400, text, 443)


def overlaps(packets):
    """The same bytes again and again, each time others."""
    yield from opened(1, 80)
    yield said(1, 1001, b"GET / HTTP/1.1\r\nX: ", 80)
    for i in range(packets - 4):
        yield said(1, 1020 + i % 64, b"%08x" % i * 16, 80)


def tiny_segments(packets):
    """A header of a request, a byte at a time."""
    yield from opened(1, 80)
    for i, c in enumerate(b"GET / HTTP/1.1\r\nX: "):
        yield said(1, 1001 + i, bytes([c]), 80)
    for i in range(packets - 22):
        yield said(1, 1020 + i, b"x", 80)


def retransmissions(packets):
    """One segment, sent for ever."""
    yield from opened(1, 80)
    for _ in range(packets - 3):
        yield said(1, 1001, b"GET / HTTP/1.1\r\n", 80)


def options(packets):
    """TCP options of forty bytes, all of them without meaning."""
    yield from opened(1, 80)
    for i in range(packets - 3):
        yield said(1, 1001 + i, b"x", 80, options=b"\x01" * 40)


def tunnels(packets):
    """IP in IP in IP, thirty times."""
    inner = ipv4(6, stranger(1), tcp(4000, 1, 0, 2))
    for _ in range(30):
        inner = ipv4(4, stranger(2), inner)
    for _ in range(packets):
        yield ETHERNET + inner


def extension_headers(packets):
    """IPv6 with a hundred destination options headers."""
    chain = struct.pack("!BBHI", 60, 0, 0x0104, 0) * 99 + struct.pack("!BBHI", 6, 0, 0x0104, 0)
    payload = chain + tcp(4000, 1, 0, 2)
    head = struct.pack("!IHBB", 0x60000000, len(payload), 60, 64) + b"\x20\x01" + b"\x00" * 13 + b"\x01" + \
        b"\x20\x01" + b"\x00" * 13 + b"\x02"
    for _ in range(packets):
        yield ETHERNET[:12] + b"\x86\xdd" + head + payload


def syns(packets):
    """Attempts from everywhere."""
    for i in range(packets):
        yield ETHERNET + ipv4(6, stranger(i), tcp(40000, i, 0, 2))


def half_handshakes(packets, each=50):
    """TLS handshakes that never end: a message of 200 KB, most of which comes."""
    record = b"\x16\x03\x01\x05\x00"
    for i in range(packets):
        number, place = divmod(i, each)
        if place < 3:
            yield list(opened(number, 443))[place]
        else:
            body = (b"\x01\x03\x00\x00" if place == 3 else b"\x03\x03\x03\x03") + b"\x03" * 1276
            yield said(number, 1001 + (place - 3) * 1285, record + body, 443)


def endless_headers(packets, each=50):
    """Requests whose header does not end."""
    for i in range(packets):
        number, place = divmod(i, each)
        if place < 3:
            yield list(opened(number, 80))[place]
        else:
            text = b"GET / HTTP/1.1\r\nX: " + b"x" * 1381 if place == 3 else b"x" * 1400
            yield said(number, 1001 + (place - 3) * 1400, text, 80)


def datagrams(packets):
    """UDP between ports that nobody uses twice."""
    for i in range(packets):
        yield ETHERNET + ipv4(17, stranger(i >> 16), struct.pack("!HHHH", i & 0xffff, 9, 8 + 16, 0) + b"x" * 16)


ATTACKS = {it.__name__: it for it in (
    tiny_fragments, reversed_fragments, reversed_segments, holes, overlaps, tiny_segments, retransmissions, options,
    tunnels, extension_headers, syns, half_handshakes, endless_headers, datagrams)}


def write(out, frames, rate=30000):
    """A pcap file with `rate` packets a second; answers how many."""
    out.write(struct.pack("<IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, 262144, 1))
    count = 0
    for frame in frames:
        seconds, part = divmod(count, rate)
        out.write(struct.pack("<IIII", 1_795_000_000 + seconds, part * (1_000_000_000 // rate), len(frame), len(frame)) + frame)
        count += 1
    return count
