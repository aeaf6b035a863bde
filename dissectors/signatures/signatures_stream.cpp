// Binary protocols on streams by the shape of their first messages.
//
// Sources: MS-SMB2, RFC 1002 (NetBIOS), MS-RPCE and C706 (RPC), MS-RDPBCGR, RFC 4511 (LDAP), 4120
// (Kerberos), MS-TDS, RFC 1035 4.2.2 (DNS), MS-TURN, the PostgreSQL and MySQL manuals' protocol
// chapters, RFC 1928 (SOCKS 5) and Ying-Da Lee's memo on SOCKS 4.
#include <algorithm>

#include "dissectors/signatures/signatures.hpp"

namespace pcapaudit::signature {
namespace {

// A BER length; 0 when it is not there yet or too long for a message.
std::uint32_t ber_length(ByteReader& in) {
  const std::uint8_t first = in.u8();
  if (first < 0x80) return first;
  switch (first) {
    case 0x81:
      return in.u8();
    case 0x82:
      return in.u16();
    case 0x83:
      return in.u24();
    case 0x84:
      return in.u32();
    default:
      return UINT32_MAX;
  }
}

Kind when(bool sure) {
  return sure ? Kind::mine : Kind::not_mine;
}

}  // namespace

Kind smb(Bytes prefix) {  // NetBIOS session header, then the SMB mark
  constexpr std::size_t enough = 8;
  if (prefix[0] != 0) return Kind::not_mine;
  if (prefix.size() < enough) return Kind::need_more;
  const std::string_view mark = as_text(prefix.subspan(4, 4));
  // SMB 1, SMB 2 and 3, encrypted, compressed.
  return when(mark == "\xffSMB" || mark == "\xfeSMB" || mark == "\xfdSMB" || mark == "\xfcSMB");
}

// Session request (called and calling name of 34 bytes each), and its three answers.
Kind netbios_session(Bytes prefix) {
  if (prefix[0] < 0x81 || prefix[0] > 0x83) return Kind::not_mine;
  if (prefix.size() < 4) return Kind::need_more;
  ByteReader in(prefix);
  const std::uint8_t type = in.u8();
  const std::uint8_t flags = in.u8();
  const std::uint16_t length = in.u16();
  if (flags != 0) return Kind::not_mine;
  if (type == 0x82) return when(length == 0 && prefix.size() == 4);
  if (type == 0x83) return when(length == 1 && prefix.size() == 5 && prefix[4] >= 0x80);
  if (length != 68) return Kind::not_mine;
  if (in.remaining() == 0) return Kind::need_more;
  return when(in.u8() == 0x20);
}

Kind msrpc(Bytes prefix) {  // connection-oriented PDU: version 5, bind, request ...
  if (prefix[0] != 5) return Kind::not_mine;
  if (prefix.size() < 16) return Kind::need_more;
  ByteReader in(prefix);
  in.u8();
  const std::uint8_t minor = in.u8();
  const std::uint8_t type = in.u8();
  in.u8();
  const std::uint32_t representation = in.u32();
  const bool little = representation == 0x10000000;
  const bool big = representation == 0;
  const std::uint16_t length = little ? in.u16le() : in.u16();
  constexpr std::uint8_t last_type = 20;  // RTS of RPC over HTTP
  const bool known = type <= last_type && type != 4 && type != 6;
  return when(minor <= 1 && known && (little || big) && length >= 16);
}

Kind rdp_client(Bytes prefix) {  // TPKT, X.224 connection request (MS-RDPBCGR 2.2.1.1)
  if (prefix[0] != 3) return Kind::not_mine;
  if (prefix.size() < 11) return Kind::need_more;
  ByteReader in(prefix);
  const std::uint16_t version = in.u16();
  const std::uint16_t length = in.u16();
  const std::uint8_t header = in.u8();
  const std::uint8_t code = in.u8();
  if (version != 0x0300 || code != 0xe0 || header + 5U != length) return Kind::not_mine;
  const std::string_view rest = as_text(prefix.subspan(11));
  if (rest.empty()) return Kind::not_mine;
  return when(rest.starts_with("Cookie: ") || rest[0] == 1);
}
Kind rdp_server(Bytes prefix) {  // X.224 connection confirm with a negotiation response
  if (prefix[0] != 3) return Kind::not_mine;
  if (prefix.size() < 19) return Kind::need_more;
  ByteReader in(prefix);
  const bool framed = in.u16() == 0x0300 && in.u16() == 19 && in.u8() == 14 && in.u8() == 0xd0;
  const std::uint8_t kind = prefix[11];
  return when(framed && (kind == 2 || kind == 3) && prefix[13] == 8);
}

// SEQUENCE, messageID, then an operation's tag; its own length must fit into the message.
Kind ldap(Bytes prefix) {
  if (prefix[0] != 0x30) return Kind::not_mine;
  ByteReader in(prefix);
  in.u8();
  const std::uint32_t length = ber_length(in);
  if (!in.ok()) return Kind::need_more;
  const std::uint8_t integer = in.u8();
  const std::uint8_t id_size = in.u8();
  if (!in.ok()) return Kind::need_more;
  if (integer != 2 || id_size == 0 || id_size > 4) return Kind::not_mine;
  in.skip(id_size);
  const std::uint8_t operation = in.u8();
  if (!in.ok()) return Kind::need_more;
  // Bind, its answer, search, entry, done, modify, add, extended and its answer.
  constexpr std::uint8_t known[] = {0x60, 0x61, 0x63, 0x64, 0x65, 0x66, 0x68, 0x77, 0x78};
  const bool is_known = std::find(std::begin(known), std::end(known), operation) != std::end(known);
  const std::uint32_t inner = ber_length(in);
  if (!in.ok()) return is_known ? Kind::need_more : Kind::not_mine;
  const std::uint32_t shell = 2U + id_size + 2U;
  return when(is_known && length >= shell && length < 0x1000000 && inner <= length - shell);
}

Kind kerberos_tcp(Bytes prefix) {
  ByteReader in(prefix);
  const std::uint32_t length = in.u32();
  constexpr std::uint32_t largest = 1024 * 1024;
  if (!in.ok() || in.remaining() < 16) return prefix[0] == 0 ? Kind::need_more : Kind::not_mine;
  return length < 16 || length > largest ? Kind::not_mine : kerberos_message(in.rest());
}

// Packet header: type, status, length, SPID, packet number, window (MS-TDS 2.2.3.1). Batches and
// calls are known by the headers in front of them (2.2.5.3).
Kind tds_client(Bytes prefix) {
  constexpr std::uint8_t batch = 1, call = 3, login = 0x10, prelogin = 0x12;
  const std::uint8_t type = prefix[0];
  if (type != batch && type != call && type != login && type != prelogin) return Kind::not_mine;
  constexpr std::size_t enough = 18;
  if (prefix.size() < enough) return Kind::need_more;
  ByteReader in(prefix);
  in.u8();
  const std::uint8_t status = in.u8();
  const std::uint16_t length = in.u16();
  in.u16();
  in.u8();
  const std::uint8_t window = in.u8();
  if ((status & ~0x09U) != 0 || length < enough || window != 0) return Kind::not_mine;
  if (type == prelogin) return when(prefix[8] == 0);  // VERSION is the first option
  const std::uint32_t first = in.u32le();
  if (type == login) return when(first + 8 >= length && first < 0x20000);
  return when(first == 22 && in.u32le() == 18 && in.u16le() == 2);
}
// The answer to a pre-login, or a packet of tokens that is as long as it says.
Kind tds_server(Bytes prefix) {
  if (prefix[0] != 4) return Kind::not_mine;
  if (prefix.size() < 14) return Kind::need_more;
  ByteReader in(prefix);
  in.u8();
  const std::uint8_t status = in.u8();
  const std::uint16_t length = in.u16();
  in.skip(3);
  const std::uint8_t window = in.u8();
  const std::uint8_t token = in.u8();
  if (status > 1 || window != 0) return Kind::not_mine;
  if (token == 0) {
    const std::uint16_t offset = in.u16();
    const std::uint16_t size = in.u16();
    return when(size == 6 && offset + 8U + size <= length);
  }
  constexpr std::uint8_t tokens[] = {0x79, 0x81, 0xaa, 0xab, 0xad, 0xe3, 0xfd, 0xff};
  const bool known = std::find(std::begin(tokens), std::end(tokens), token) != std::end(tokens);
  return when(known && length == prefix.size());
}

Kind ssh_packet(Bytes window) {
  constexpr std::size_t enough = 6;
  constexpr std::uint32_t largest = 35'000;   // RFC 4253 6.1
  constexpr std::uint8_t last_in_clear = 49;  // RFC 4251 7: transport and key exchange
  if (window.size() < enough) return Kind::need_more;
  ByteReader in(window);
  const std::uint32_t length = in.u32();
  in.u8();  // of padding
  const std::uint8_t message = in.u8();
  const bool sane = length >= 2 && length <= largest && message >= 1 && message <= last_in_clear;
  return sane ? Kind::mine : Kind::not_mine;
}

Kind dns_tcp(Bytes prefix) {
  ByteReader in(prefix);
  const std::uint16_t length = in.u16();
  constexpr std::uint16_t shortest = 17;
  if (!in.ok()) return Kind::need_more;
  if (length < shortest) return Kind::not_mine;
  if (in.remaining() < 12) return prefix[0] < 8 ? Kind::need_more : Kind::not_mine;
  return dns_message(in.rest());
}

// Microsoft's framing of TURN over TCP: ff10 for control, length, then a STUN message; the header
// is padded to twelve bytes in the multiplexed form (MS-TURN 2.1, MS-ICE2).
Kind ms_turn(Bytes prefix) {
  if (prefix[0] != 0xff) return Kind::not_mine;
  constexpr std::size_t enough = 20;
  if (prefix.size() < 2) return Kind::need_more;
  if (prefix[1] != 0x10) return Kind::not_mine;
  if (prefix.size() < enough) return Kind::need_more;
  ByteReader in(prefix);
  in.u16();
  const std::uint16_t length = in.u16();
  for (const std::size_t at : {std::size_t{4}, std::size_t{12}}) {
    ByteReader message(prefix.subspan(at));
    const std::uint16_t type = message.u16();
    const std::uint16_t size = message.u16();
    const bool method = (type & 0xc000) == 0 && (type & 0x3e00) == 0 && type != 0;
    if (message.ok() && method && size % 4 == 0 && size + 20U <= length + 8U) return Kind::mine;
  }
  return Kind::not_mine;
}

// Length, then the code of a startup (3.0), SSL, GSS or cancel request.
Kind postgresql(Bytes prefix) {
  if (prefix[0] != 0) return Kind::not_mine;
  if (prefix.size() < 8)
    return prefix.size() < 3 || prefix[1] == 0 ? Kind::need_more : Kind::not_mine;
  ByteReader in(prefix);
  const std::uint32_t length = in.u32();
  const std::uint32_t code = in.u32();
  if (code == 80877103 || code == 80877104) return when(length == 8);
  if (code == 80877102) return when(length == 16);
  return when(code == 0x00030000 && length >= 9 && length <= 10'000);
}

// Packet 0: protocol 10 and a printable version that begins with a digit, or an error message.
Kind mysql_server(Bytes prefix) {
  if (prefix.size() < 8)
    return prefix.size() >= 4 && prefix[3] != 0 ? Kind::not_mine : Kind::need_more;
  ByteReader in(prefix);
  const std::uint32_t low = in.u16le();
  const std::uint32_t length = low | std::uint32_t{in.u8()} << 16;
  const std::uint8_t sequence = in.u8();
  const std::uint8_t protocol = in.u8();
  if (sequence != 0 || length < 20 || length > 1024 || protocol != 10) return Kind::not_mine;
  const std::string_view version = as_text(in.rest());
  const std::size_t end = version.find('\0');
  constexpr std::size_t longest_version = 80;
  const std::string_view shown = version.substr(0, std::min(end, longest_version));
  const bool printable =
      std::all_of(shown.begin(), shown.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  const bool numbered = !shown.empty() && shown[0] >= '3' && shown[0] <= '9' &&
                        shown.find('.') != std::string_view::npos;
  if (!printable) return Kind::not_mine;
  if (end == std::string_view::npos) {
    return version.size() > longest_version ? Kind::not_mine : Kind::need_more;
  }
  return when(numbered);
}

// SOCKS 5 greeting: exactly its methods. SOCKS 4 request: command, port, address, user.
Kind socks_client(Bytes prefix) {
  if (prefix[0] != 5 && prefix[0] != 4) return Kind::not_mine;
  if (prefix.size() < 3) return Kind::need_more;
  if (prefix[0] == 5) {
    const std::size_t methods = prefix[1];
    constexpr std::size_t most = 10;
    if (methods == 0 || methods > most || prefix.size() != 2 + methods) return Kind::not_mine;
    return when(std::all_of(prefix.begin() + 2, prefix.end(),
                            [](std::uint8_t method) { return method <= 9 || method >= 0x80; }));
  }
  if (prefix[1] != 1 && prefix[1] != 2) return Kind::not_mine;
  if (prefix.size() < 9) return Kind::need_more;
  const bool port = prefix[2] != 0 || prefix[3] != 0;
  const Bytes names = prefix.subspan(8);
  const bool text = std::all_of(names.begin(), names.end(),
                                [](std::uint8_t c) { return c == 0 || (c > 0x20 && c < 0x7f); });
  return when(port && text && names.back() == 0 && std::count(names.begin(), names.end(), 0) <= 2);
}

}  // namespace pcapaudit::signature
