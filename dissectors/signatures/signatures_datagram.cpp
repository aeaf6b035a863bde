// Datagrams by structure: lengths that fit exactly, fields that make sense together.
//
// Sources: RFC 1035 (DNS; mDNS and LLMNR are its messages), 8489 and 3489 (STUN), 6347 and 9147
// (DTLS), 5905 and 1305 (NTP), 2131 (DHCP), 3416 and 3412 (SNMP), 2865 (RADIUS), 1002 (NetBIOS),
// 4120 (Kerberos), 3550 and 3551 (RTP, RTCP), C706 (RPC).
#include <algorithm>
#include <string>

#include "dissectors/signatures/signatures.hpp"

namespace pcapaudit::signature {
namespace {

Kind when(bool sure) {
  return sure ? Kind::mine : Kind::not_mine;
}

// Walks one name; false when it cannot be a name. Labels go to `out` when it is there.
bool read_name(ByteReader& in, std::string* out = nullptr) {
  constexpr int max_labels = 128;
  for (int i = 0; i < max_labels; ++i) {
    const std::uint8_t length = in.u8();
    if (!in.ok()) return false;
    if (length == 0) return true;
    if ((length & 0xc0) == 0xc0) {
      in.u8();
      return in.ok();
    }
    if ((length & 0xc0) != 0) return false;
    const Bytes label = in.take(length);
    if (!in.ok()) return false;
    if (out != nullptr) *out += (out->empty() ? "" : ".") + std::string(as_text(label));
  }
  return false;
}

// Attributes from the front to exactly the end: type, length that counts both, value.
bool walks_to_end(Bytes attributes) {
  ByteReader in(attributes);
  while (in.remaining() > 0) {
    const std::uint8_t type = in.u8();
    const std::uint8_t length = in.u8();
    if (!in.ok() || type == 0 || length < 2) return false;
    in.skip(length - 2U);
    if (!in.ok()) return false;
  }
  return true;
}

}  // namespace

// Header and first question must make sense together (RFC 1035 4.1).
Kind dns_message(Bytes message) {
  ByteReader in(message);
  in.u16();  // identifier
  const std::uint16_t flags = in.u16();
  const std::uint16_t questions = in.u16();
  const std::uint16_t answers = in.u16();
  const std::uint16_t authorities = in.u16();
  const std::uint16_t additional = in.u16();
  if (!in.ok()) return Kind::not_mine;
  const unsigned opcode = flags >> 11 & 0xfU;
  constexpr std::uint16_t plausible = 64;
  if (opcode > 6 || opcode == 3 || (flags & 0x0040) != 0 || questions > 4) return Kind::not_mine;
  if (answers > plausible * 4 || authorities > plausible || additional > plausible)
    return Kind::not_mine;
  const bool response = (flags & 0x8000) != 0;
  if (questions == 0 && (!response || answers == 0)) return Kind::not_mine;
  if (!read_name(in)) return Kind::not_mine;
  const std::uint16_t type = in.u16();
  const std::uint16_t dns_class = in.u16() & 0x7fff;  // the top bit is mDNS's (RFC 6762 5.4)
  const bool known_class = dns_class == 1 || dns_class == 3 || dns_class == 4 || dns_class == 255;
  return when(in.ok() && type != 0 && (type < 300 || type >= 32'768) && known_class);
}
Kind dns_udp(Bytes prefix) {
  return dns_message(prefix);
}
std::string dns_question(Bytes message) {
  ByteReader in(message);
  in.skip(4);
  const std::uint16_t questions = in.u16();
  in.skip(6);
  std::string name;
  if (!in.ok() || questions == 0 || !read_name(in, &name)) return {};
  return name;
}

bool is_bare_dns_answer(Bytes message) {
  constexpr std::size_t header = 12;
  return message.size() == header && (message[2] & 0x80U) != 0 && (message[3] & 0x0fU) != 0 &&
         std::all_of(message.begin() + 4, message.end(), [](std::uint8_t c) { return c == 0; });
}

// RFC 1035 4.1: questions, then records in three sections.
Bytes behind_dns_message(Bytes message) {
  ByteReader in(message);
  in.skip(4);
  const std::uint32_t questions = in.u16();
  std::uint32_t records = in.u16();
  records += in.u16();
  records += in.u16();
  for (std::uint32_t i = 0; i < questions && in.ok(); ++i) {
    if (!read_name(in)) return {};
    in.skip(4);
  }
  for (std::uint32_t i = 0; i < records && in.ok(); ++i) {
    if (!read_name(in)) return {};
    in.skip(8);  // type, class, time to live
    in.skip(in.u16());
  }
  if (!in.ok()) return {};
  return in.take(in.remaining());
}

Kind dns_tcp_next(Bytes window) {
  constexpr std::size_t enough = 8;  // length, identifier, flags, questions
  if (window.size() < enough) return Kind::need_more;
  ByteReader in(window);
  const std::size_t length = in.u16();
  in.u16();
  constexpr std::uint16_t reserved = 0x0040, most_questions = 4;
  if ((in.u16() & reserved) != 0 || in.u16() > most_questions) return Kind::not_mine;
  constexpr std::size_t header = 12, longest_question = 255 + 4;
  const std::size_t wanted = std::min(length, header + longest_question);
  if (window.size() < 2 + wanted) return Kind::need_more;
  const Bytes message = window.subspan(2, std::min(length, window.size() - 2));
  return is_bare_dns_answer(message) ? Kind::mine : dns_message(message);
}

bool is_blank(Bytes datagram) {
  return std::all_of(datagram.begin(), datagram.end(), [](std::uint8_t c) {
    return c == 0 || c == ' ' || c == '\t' || c == '\r' || c == '\n';
  });
}

bool beside_media(Bytes datagram) {
  ByteReader in(datagram);
  const unsigned first = in.u8();
  in.u8();
  const std::size_t length = in.u16();
  const auto between = [&](unsigned low, unsigned high) { return first >= low && first <= high; };
  // Letters look like TURN's channels, whose length tells (RFC 8656 12.4; padded over TCP only).
  const bool is_channel =
      between(64, 79) && in.ok() && length <= in.remaining() && in.remaining() - length < 4;
  return first <= 3 || between(16, 19) || between(20, 26) || between(32, 63) || is_channel ||
         between(128, 191) || is_blank(datagram);
}

Kind stun(Bytes prefix) {
  ByteReader in(prefix);
  const std::uint16_t type = in.u16();
  const std::uint16_t length = in.u16();
  const bool cookie = in.u32() == 0x2112a442;
  return when(in.ok() && cookie && (type & 0xc000) == 0 && length % 4 == 0);
}

// The form without a cookie: its attributes must walk exactly to the end.
Kind classic_stun(Bytes prefix) {
  ByteReader in(prefix);
  const std::uint16_t type = in.u16();
  const std::uint16_t length = in.u16();
  if (!in.ok() || length % 4 != 0) return Kind::not_mine;
  constexpr std::size_t header = 20;
  constexpr std::uint16_t methods[] = {0x0001, 0x0101, 0x0111, 0x0002, 0x0102, 0x0112};
  if (std::find(std::begin(methods), std::end(methods), type) == std::end(methods) ||
      prefix.size() != header + length) {
    return Kind::not_mine;
  }
  ByteReader attributes(prefix.subspan(header));
  while (attributes.remaining() > 0) {
    const std::uint16_t attribute = attributes.u16();
    const std::uint16_t size = attributes.u16();
    attributes.skip(size);
    const bool known = (attribute >= 1 && attribute <= 0x21) || attribute >= 0x8000;
    if (!attributes.ok() || !known || size % 4 != 0) return Kind::not_mine;
  }
  return Kind::mine;
}

Kind dtls(Bytes prefix) {  // handshake record, epoch 0, ClientHello or ServerHello
  ByteReader in(prefix);
  const std::uint8_t type = in.u8();
  const std::uint16_t version = in.u16();
  const std::uint16_t epoch = in.u16();
  in.skip(6);
  const std::uint16_t length = in.u16();
  const std::uint8_t message = in.u8();
  const bool known = version == 0xfeff || version == 0xfefd || version == 0x0100;
  return when(in.ok() && type == 22 && known && epoch == 0 && length >= 12 && message <= 3);
}

Kind ntp(Bytes prefix) {
  constexpr std::size_t plain = 48, with_mac = 68, with_sha1 = 72;
  const unsigned version = prefix[0] >> 3 & 7U;
  const unsigned mode = prefix[0] & 7U;
  const bool size =
      prefix.size() == plain || prefix.size() == with_mac || prefix.size() == with_sha1;
  if (!size || version < 1 || version > 4 || mode == 0 || mode > 5) return Kind::not_mine;
  // Stratum, poll exponent and precision of a second's fraction.
  const auto poll = static_cast<std::int8_t>(prefix[2]);
  const auto precision = static_cast<std::int8_t>(prefix[3]);
  return when(prefix[1] <= 16 && poll >= -6 && poll <= 17 && precision <= 0 && precision >= -40);
}

Kind dhcp(Bytes prefix) {
  constexpr std::size_t cookie_at = 236;
  if (prefix.size() < cookie_at + 4) return Kind::not_mine;
  ByteReader in(prefix.subspan(cookie_at));
  return when(in.u32() == 0x63825363);
}

Kind snmp(Bytes prefix) {  // SEQUENCE, version 0, 1 or 3, then community or header
  ByteReader in(prefix);
  if (in.u8() != 0x30) return Kind::not_mine;
  const std::uint8_t size = in.u8();
  if (size == 0x81) in.u8();
  if (size == 0x82) in.u16();
  const bool number = in.u8() == 2 && in.u8() == 1;
  const std::uint8_t version = in.u8();
  const std::uint8_t next = in.u8();
  const bool old = version <= 1 && next == 4;
  const bool v3 = version == 3 && next == 0x30;
  return when(in.ok() && number && (old || v3));
}

// Code, identifier, the datagram's own length, authenticator, attributes up to exactly the end.
Kind radius(Bytes prefix) {
  ByteReader in(prefix);
  const std::uint8_t code = in.u8();
  in.u8();
  const std::uint16_t length = in.u16();
  in.skip(16);
  constexpr std::uint8_t codes[] = {1, 2, 3, 4, 5, 11, 12, 13, 40, 41, 42, 43, 44, 45};
  const bool known = std::find(std::begin(codes), std::end(codes), code) != std::end(codes);
  return when(in.ok() && known && length == prefix.size() && walks_to_end(in.rest()) &&
              (in.remaining() > 0 || code == 2 || code == 3 || code == 5));
}

Kind netbios_datagram(Bytes prefix) {  // RFC 1002 4.4: type, flags, id, source, port, length
  ByteReader in(prefix);
  const std::uint8_t type = in.u8();
  const std::uint8_t flags = in.u8();
  in.skip(6);
  in.u16();
  const std::uint16_t length = in.u16();
  const std::uint16_t offset = in.u16();
  const std::uint8_t name = in.u8();
  constexpr std::size_t header = 14;
  return when(in.ok() && type >= 0x10 && type <= 0x12 && (flags & 0xf0U) == 0 && offset == 0 &&
              length + header >= prefix.size() && name == 0x20);
}

// A name query or registration: DNS's form, a name of 32 letters A to P, class IN, type NB(STAT).
Kind netbios_names(Bytes prefix) {
  constexpr std::size_t name_at = 12, name_size = 32;
  if (prefix.size() < name_at + 1 + name_size + 1 + 4 || prefix[name_at] != name_size) {
    return Kind::not_mine;
  }
  const Bytes name = prefix.subspan(name_at + 1, name_size);
  const bool letters =
      std::all_of(name.begin(), name.end(), [](std::uint8_t c) { return c >= 'A' && c <= 'P'; });
  ByteReader in(prefix.subspan(name_at + 1 + name_size));
  while (in.ok() && in.remaining() > 4) {  // a scope may follow the name
    const std::uint8_t label = in.u8();
    if (label == 0) break;
    in.skip(label);
  }
  const std::uint16_t type = in.u16();
  return when(in.ok() && letters && (type == 0x20 || type == 0x21) && in.u16() == 1);
}

Kind msrpc_datagram(Bytes prefix) {  // connectionless header of 80 bytes, version 4
  constexpr std::size_t header = 80;
  if (prefix.size() < header || prefix[0] != 4) return Kind::not_mine;
  const std::uint8_t type = prefix[1];
  const bool little = prefix[4] == 0x10;
  const bool representation = (little || prefix[4] == 0) && prefix[5] == 0;
  const Bytes at = prefix.subspan(74, 2);
  const std::size_t length =
      little ? at[0] | std::size_t{at[1]} << 8 : at[1] | std::size_t{at[0]} << 8;
  return when(type <= 10 && representation && header + length <= prefix.size() + 8);
}

// AS-REQ, AS-REP, TGS-REQ, TGS-REP, KRB-ERROR with their version number 5.
Kind kerberos_message(Bytes message) {
  if (message.empty()) return Kind::need_more;
  constexpr std::uint8_t tags[] = {0x6a, 0x6b, 0x6c, 0x6d, 0x7e};
  if (std::find(std::begin(tags), std::end(tags), message[0]) == std::end(tags))
    return Kind::not_mine;
  constexpr std::uint8_t version[] = {0x02, 0x01, 0x05};
  const Bytes head = message.first(std::min<std::size_t>(message.size(), 24));
  return when(std::search(head.begin(), head.end(), std::begin(version), std::end(version)) !=
              head.end());
}

// A compound packet: reports first, lengths that add up to the datagram (RFC 3550 6.1).
Kind rtcp(Bytes prefix) {
  constexpr std::uint8_t sender = 200, receiver = 201, last = 207;
  if (prefix.size() < 8 || (prefix[1] != sender && prefix[1] != receiver)) return Kind::not_mine;
  ByteReader in(prefix);
  std::size_t packets = 0;
  while (in.remaining() >= 4) {
    const std::uint8_t first = in.u8();
    const std::uint8_t type = in.u8();
    const std::size_t words = in.u16();
    // Behind an encrypted or authenticated packet (SRTCP) come four bytes with a flag, and a tag.
    const bool sane = first >> 6 == 2 && type >= sender && type <= last;
    if (!sane) return when(packets >= 1 && in.remaining() + 4 <= 20);
    const std::size_t reports = first & 0x1fU;
    const std::size_t least = type == sender     ? 6 + 6 * reports
                              : type == receiver ? 1 + 6 * reports
                                                 : 0;
    if (words < least) return Kind::not_mine;
    in.skip(words * 4);
    if (!in.ok()) return Kind::not_mine;
    ++packets;
  }
  return when(in.remaining() == 0 && packets >= 1);
}

// Version 2, a payload type that is assigned or dynamic and not RTCP's, room for the header.
Kind rtp(Bytes prefix) {
  constexpr std::size_t header = 12;
  if (prefix.size() < header + 1 || prefix[0] >> 6 != 2) return Kind::not_mine;
  const unsigned type = prefix[1] & 0x7fU;
  const bool assigned = type <= 34 || type >= 96;
  const bool like_rtcp = prefix[1] >= 192 && prefix[1] <= 223 && type < 96;
  const std::size_t sources = prefix[0] & 0x0fU;
  return when(assigned && !like_rtcp && prefix.size() >= header + sources * 4);
}

}  // namespace pcapaudit::signature
