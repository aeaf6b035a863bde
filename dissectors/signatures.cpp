// Names other protocols by their first bytes, on any port, without facts beyond a banner.
//
// A row is a name, the carriers, and up to two tests: of what a client and of what a server
// sends first. A wrong name is worse than "unknown": a protocol without a sure sign is not here.
// Sources: RFC 4253 (SSH), 5321 (SMTP), 959 (FTP), 1939 (POP3), 9051 (IMAP), 1035 (DNS),
// 8489 (STUN), 4511 (LDAP), 4120 (Kerberos), 7143 ..., MS-SMB2, MS-TDS, MS-RDPBCGR, MS-RPCE.
#include <algorithm>
#include <cctype>
#include <string>

#include <pcapaudit/app/dissector.hpp>
#include <pcapaudit/app/header_lines.hpp>

namespace pcapaudit {
namespace {

using Kind = Probe::Kind;

// Text that begins with one of `words`; what may still become one needs more.
Kind begins(std::string_view text, std::initializer_list<std::string_view> words) {
  Kind best = Kind::not_mine;
  for (const std::string_view word : words) {
    if (text.starts_with(word)) return Kind::mine;
    if (word.starts_with(text)) best = Kind::need_more;
  }
  return best;
}

Kind ssh(Bytes prefix) {
  return begins(as_text(prefix), {"SSH-2.0-", "SSH-1.99-", "SSH-1.5-"});
}

// A reply line "NNN text" or "NNN-text" whose text holds one of `words`, ignoring case.
Kind greeting(Bytes prefix, std::string_view code, std::initializer_list<std::string_view> words) {
  const std::string_view text = as_text(prefix);
  if (!text.starts_with(code)) return code.starts_with(text) ? Kind::need_more : Kind::not_mine;
  const std::size_t end = text.find('\n');
  constexpr std::size_t longest_reply = 512;  // RFC 5321 4.5.3.1.5
  if (end == std::string_view::npos) {
    return text.size() < longest_reply ? Kind::need_more : Kind::not_mine;
  }
  if (text.size() > 3 && text[3] != ' ' && text[3] != '-') return Kind::not_mine;
  for (const std::string_view word : words) {
    for (std::size_t at = 0; at + word.size() <= text.size(); ++at) {
      if (equal_ignoring_case(text.substr(at, word.size()), word)) return Kind::mine;
    }
  }
  return Kind::not_mine;
}

Kind smtp_server(Bytes prefix) {
  return greeting(prefix, "220", {"smtp", "esmtp", "postfix", "exim"});
}
Kind smtp_client(Bytes prefix) {
  return begins(as_text(prefix), {"EHLO ", "HELO ", "ehlo ", "helo "});
}
Kind ftp_server(Bytes prefix) {
  return greeting(prefix, "220", {"ftp"});
}
Kind pop3_server(Bytes prefix) {
  return begins(as_text(prefix), {"+OK "});
}
Kind imap_server(Bytes prefix) {
  return begins(as_text(prefix), {"* OK ", "* PREAUTH "});
}
Kind rtsp_client(Bytes prefix) {
  const std::string_view text = as_text(prefix);
  const std::size_t end = text.find("\r\n");
  if (end == std::string_view::npos) return Kind::not_mine;
  return text.substr(0, end).ends_with(" RTSP/1.0") ? Kind::mine : Kind::not_mine;
}
Kind rtsp_server(Bytes prefix) {
  return begins(as_text(prefix), {"RTSP/1.0 "});
}
Kind xmpp(Bytes prefix) {
  const std::string_view text = as_text(prefix);
  const Kind kind = begins(text, {"<?xml version=", "<stream:stream"});
  if (kind != Kind::mine) return kind;
  if (text.find("http://etherx.jabber.org/streams") != std::string_view::npos) return Kind::mine;
  constexpr std::size_t patience = 512;
  return text.size() < patience ? Kind::need_more : Kind::not_mine;
}
Kind vnc(Bytes prefix) {
  return begins(as_text(prefix), {"RFB 003."});
}
Kind ssdp(Bytes prefix) {
  return begins(as_text(prefix),
                {"M-SEARCH * HTTP/1.1\r\n", "NOTIFY * HTTP/1.1\r\n", "HTTP/1.1 200 OK\r\n"});
}
Kind bittorrent(Bytes prefix) {
  return begins(as_text(prefix), {"\x13"
                                  "BitTorrent protocol"});
}

// Walks one name; false when it cannot be a name (RFC 1035 4.1.4).
bool skip_name(ByteReader& in) {
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
    in.skip(length);
  }
  return false;
}

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
  if (!skip_name(in)) return Kind::not_mine;
  const std::uint16_t type = in.u16();
  const std::uint16_t dns_class = in.u16() & 0x7fff;  // the top bit is mDNS's (RFC 6762 5.4)
  const bool known_class = dns_class == 1 || dns_class == 3 || dns_class == 4 || dns_class == 255;
  return in.ok() && type != 0 && (type < 300 || type >= 32'768) && known_class ? Kind::mine
                                                                               : Kind::not_mine;
}
Kind dns_udp(Bytes prefix) {
  return dns_message(prefix);
}
Kind dns_tcp(Bytes prefix) {
  ByteReader in(prefix);
  const std::uint16_t length = in.u16();
  constexpr std::uint16_t shortest = 17;
  if (!in.ok()) return Kind::need_more;
  if (length < shortest) return Kind::not_mine;
  if (in.remaining() < std::min<std::size_t>(length, 64)) {
    return in.remaining() < 12 || dns_message(in.rest()) == Kind::not_mine ? Kind::not_mine
                                                                           : Kind::mine;
  }
  return dns_message(in.rest());
}

Kind stun(Bytes prefix) {
  ByteReader in(prefix);
  const std::uint16_t type = in.u16();
  const std::uint16_t length = in.u16();
  const bool cookie = in.u32() == 0x2112a442;
  return in.ok() && cookie && (type & 0xc000) == 0 && length % 4 == 0 ? Kind::mine : Kind::not_mine;
}

Kind smb(Bytes prefix) {  // NetBIOS session header, then the SMB mark
  constexpr std::size_t enough = 8;
  if (prefix[0] != 0) return Kind::not_mine;
  if (prefix.size() < enough) return Kind::need_more;
  const std::string_view mark = as_text(prefix.subspan(4, 4));
  return mark == "\xffSMB" || mark == "\xfeSMB" || mark == "\xfdSMB" ? Kind::mine : Kind::not_mine;
}

Kind msrpc(Bytes prefix) {  // connection-oriented PDU: version 5, bind, request ... (MS-RPCE)
  if (prefix[0] != 5) return Kind::not_mine;
  if (prefix.size() < 16) return Kind::need_more;
  ByteReader in(prefix);
  in.u8();
  const std::uint8_t minor = in.u8();
  const std::uint8_t type = in.u8();
  in.u8();
  const std::uint32_t representation = in.u32();
  const std::uint16_t length = in.u16le();
  const bool opening = type == 11 || type == 12 || type == 13 || type == 0 || type == 2;
  return minor <= 1 && opening && representation == 0x10000000 && length >= 16 ? Kind::mine
                                                                               : Kind::not_mine;
}

Kind rdp_client(Bytes prefix) {  // TPKT, X.224 connection request (MS-RDPBCGR 2.2.1.1)
  if (prefix[0] != 3) return Kind::not_mine;
  if (prefix.size() < 11) return Kind::need_more;
  ByteReader in(prefix);
  in.u16();
  const std::uint16_t length = in.u16();
  const std::uint8_t header = in.u8();
  const std::uint8_t code = in.u8();
  if (code != 0xe0 || header + 5U != length) return Kind::not_mine;
  const std::string_view rest = as_text(prefix.subspan(11));
  return rest.starts_with("Cookie: ") || (!rest.empty() && rest[0] == 1) ? Kind::mine
                                                                         : Kind::not_mine;
}

// BER SEQUENCE, messageID, then bind (0x60), search (0x63) or an unbind/extended request.
Kind ldap(Bytes prefix) {
  if (prefix[0] != 0x30) return Kind::not_mine;
  ByteReader in(prefix);
  in.u8();
  std::uint32_t length = in.u8();
  if (length == 0x84)
    length = in.u32();
  else if (length == 0x82)
    length = in.u16();
  else if (length == 0x81)
    length = in.u8();
  if (in.u8() != 2) return in.ok() || prefix.size() > 12 ? Kind::not_mine : Kind::need_more;
  const std::uint8_t id_size = in.u8();
  if (id_size == 0 || id_size > 4) return in.ok() ? Kind::not_mine : Kind::need_more;
  in.skip(id_size);
  const std::uint8_t operation = in.u8();
  if (!in.ok()) return Kind::need_more;
  const bool known = operation == 0x60 || operation == 0x61 || operation == 0x63 ||
                     operation == 0x64 || operation == 0x65 || operation == 0x77 ||
                     operation == 0x78;
  return known && length >= 5 && length < 0x1000000 ? Kind::mine : Kind::not_mine;
}

// AS-REQ, AS-REP, TGS-REQ, TGS-REP, KRB-ERROR with their version number 5.
Kind kerberos_message(Bytes message) {
  if (message.empty()) return Kind::need_more;
  constexpr std::uint8_t tags[] = {0x6a, 0x6b, 0x6c, 0x6d, 0x7e};
  if (std::find(std::begin(tags), std::end(tags), message[0]) == std::end(tags))
    return Kind::not_mine;
  constexpr std::uint8_t version[] = {0x02, 0x01, 0x05};
  const Bytes head = message.first(std::min<std::size_t>(message.size(), 24));
  return std::search(head.begin(), head.end(), std::begin(version), std::end(version)) != head.end()
             ? Kind::mine
             : Kind::not_mine;
}
Kind kerberos_tcp(Bytes prefix) {
  ByteReader in(prefix);
  const std::uint32_t length = in.u32();
  constexpr std::uint32_t largest = 1024 * 1024;
  if (!in.ok() || in.remaining() < 16) return prefix[0] == 0 ? Kind::need_more : Kind::not_mine;
  return length < 16 || length > largest ? Kind::not_mine : kerberos_message(in.rest());
}

Kind tds_client(Bytes prefix) {  // pre-login or login packet (MS-TDS 2.2.3.1)
  if (prefix[0] != 0x12 && prefix[0] != 0x10) return Kind::not_mine;
  if (prefix.size() < 9) return Kind::need_more;
  ByteReader in(prefix);
  in.u8();
  const std::uint8_t status = in.u8();
  const std::uint16_t length = in.u16();
  const std::uint32_t tail = in.u32();
  const bool prelogin = prefix[0] == 0x12 && prefix[8] == 0;
  return status == 1 && length >= 16 && (tail & 0xff) == 0 && prelogin ? Kind::mine
                                                                       : Kind::not_mine;
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
  return in.ok() && type == 22 && known && epoch == 0 && length >= 12 && message <= 3
             ? Kind::mine
             : Kind::not_mine;
}

Kind quic(
    Bytes prefix) {  // long header of version 1, 2 or a draft, at least the size of an Initial
  ByteReader in(prefix);
  const std::uint8_t first = in.u8();
  const std::uint32_t version = in.u32();
  const std::uint8_t id_size = in.u8();
  const bool known = version == 1 || version == 0x6b3343cf || (version >> 8) == 0xff0000;
  return in.ok() && (first & 0xc0) == 0xc0 && known && id_size <= 20 ? Kind::mine : Kind::not_mine;
}

Kind ntp(Bytes prefix) {  // 48 bytes, versions 3 and 4, client or server mode, sane stratum
  constexpr std::size_t size = 48;
  if (prefix.size() != size) return Kind::not_mine;
  const unsigned version = prefix[0] >> 3 & 7U;
  const unsigned mode = prefix[0] & 7U;
  return (version == 3 || version == 4) && (mode == 3 || mode == 4) && prefix[1] <= 16
             ? Kind::mine
             : Kind::not_mine;
}

Kind dhcp(Bytes prefix) {
  constexpr std::size_t cookie_at = 236;
  if (prefix.size() < cookie_at + 4) return Kind::not_mine;
  ByteReader in(prefix.subspan(cookie_at));
  return in.u32() == 0x63825363 ? Kind::mine : Kind::not_mine;
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
  return in.ok() && number && (old || v3) ? Kind::mine : Kind::not_mine;
}

struct Row {
  std::string_view name;
  std::uint8_t carriers;
  Kind (*client)(Bytes prefix);
  Kind (*server)(Bytes prefix);
  bool either_side = false;  // both sides begin alike: nothing about who is the client
};

constexpr Row rows[] = {
    {"ssh", over_tcp, ssh, nullptr, true},
    {"ftp", over_tcp, nullptr, ftp_server},
    {"smtp", over_tcp, smtp_client, smtp_server},
    {"pop3", over_tcp, nullptr, pop3_server},
    {"imap", over_tcp, nullptr, imap_server},
    {"rtsp", over_tcp, rtsp_client, rtsp_server},
    {"xmpp", over_tcp, xmpp, nullptr, true},
    {"vnc", over_tcp, nullptr, vnc},
    {"bittorrent", over_tcp, bittorrent, nullptr, true},
    {"smb", over_tcp, smb, nullptr, true},
    {"msrpc", over_tcp, msrpc, nullptr, true},
    {"rdp", over_tcp, rdp_client, nullptr},
    {"ldap", over_tcp | over_udp, ldap, nullptr, true},
    {"kerberos", over_tcp, kerberos_tcp, nullptr, true},
    {"kerberos", over_udp, kerberos_message, nullptr, true},
    {"tds", over_tcp, tds_client, nullptr},
    {"dns", over_tcp, dns_tcp, nullptr, true},
    {"stun", over_tcp | over_udp, stun, nullptr, true},
    {"dtls", over_udp, dtls, nullptr, true},
    {"quic", over_udp, quic, nullptr, true},
    {"ssdp", over_udp, ssdp, nullptr, true},
    {"dhcp", over_udp, dhcp, nullptr, true},
    {"snmp", over_udp, snmp, nullptr, true},
    {"ntp", over_udp, ntp, nullptr, true},
    {"dns", over_udp, dns_udp, nullptr, true},
};

struct Match {
  Probe probe;
  std::string_view name;
};

// The first row that is sure; what is unsure in one row and sure in none needs more.
Match match(Bytes prefix, Carrier carrier) {
  Match best;
  for (const Row& row : rows) {
    if ((row.carriers & static_cast<std::uint8_t>(carrier)) == 0) continue;
    const Kind client = row.client != nullptr ? row.client(prefix) : Kind::not_mine;
    const Kind server = row.server != nullptr ? row.server(prefix) : Kind::not_mine;
    if (client == Kind::mine || server == Kind::mine) {
      const auto speaker = row.either_side        ? Probe::Speaker::either
                           : client == Kind::mine ? Probe::Speaker::client
                                                  : Probe::Speaker::server;
      return {.probe = Probe::mine(speaker), .name = row.name};
    }
    if (client == Kind::need_more || server == Kind::need_more) best.probe = Probe::need_more();
  }
  return best;
}

Probe probe(Bytes prefix, Carrier carrier) {
  return match(prefix, carrier).probe;
}

class Named final : public Dissector {
 public:
  explicit Named(Carrier carrier) : carrier_(carrier) {}

  Step consume(Direction dir, Bytes window, RecordSink&) override {
    if (facts_.protocol.empty()) facts_.protocol = match(window, carrier_).name;
    if (facts_.protocol == "ssh") return take_banner(dir, as_text(window));
    return Step::done();
  }

  void finish(const SeenStream&, RecordSink& out) override {
    if (!facts_.protocol.empty()) out.emit(std::move(facts_));
  }

 private:
  // The SSH version line of each side (RFC 4253 4.2).
  Step take_banner(Direction dir, std::string_view text) {
    constexpr std::size_t longest = 255;
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos && text.size() <= longest) return Step::need_more();
    std::string_view line = text.substr(0, std::min(end, longest));
    if (line.ends_with('\r')) line.remove_suffix(1);
    facts_.fields.push_back(
        {.name = dir == Direction::to_server ? "client_version" : "server_version",
         .value = clean_text(line)});
    return Step::done();
  }

  Carrier carrier_;
  GenericFacts facts_;
};

}  // namespace

extern constinit const DissectorSpec signatures{
    .name = "signatures",
    .carriers = over_tcp | over_udp,
    .probe = probe,
    .make = [](Carrier carrier) -> std::unique_ptr<Dissector> {
      return std::make_unique<Named>(carrier);
    },
};

}  // namespace pcapaudit
