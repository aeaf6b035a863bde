// QUIC over UDP, on any port: version, server name, ALPN and cipher from its Initial packets.
//
// A client's first Initial packet proves itself: it decrypts with keys that come from its own
// header. Everything behind the hellos is encrypted for good.
// Sources: RFC 9000, 9001, 9369; Google's own QUIC is named by its version only.
#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include <pcapaudit/app/dissector.hpp>

#include "dissectors/quic/quic_initial.hpp"
#include "dissectors/tls/tls_fingerprint.hpp"
#include "dissectors/tls/tls_handshake.hpp"
#include "dissectors/tls/tls_record.hpp"

namespace pcapaudit {
namespace {

using namespace quic_wire;  // NOLINT(google-build-using-namespace): this file is their only user

// RFC 9000 14.1: a client pads the datagram of its Initial packets.
constexpr std::size_t least_client_datagram = 1200;

// Google's QUIC up to 43: public flags with version and an 8-byte connection id, then "Q0dd".
std::string google_version(Bytes datagram) {
  constexpr std::size_t at = 9;
  if (datagram.size() < at + 4 || (datagram[0] & 0x89U) != 0x09) return {};
  const std::string_view version = as_text(datagram.subspan(at, 4));
  const bool digits =
      std::all_of(version.begin() + 1, version.end(), [](char c) { return c >= '0' && c <= '9'; });
  return version[0] == 'Q' && version[1] == '0' && digits ? std::string(version) : std::string();
}

// Every packet of a datagram but the last one must be followed by another of the connection.
bool fits_datagram(const LongHeader& header, Bytes datagram) {
  if (header.size == datagram.size()) return true;
  const Bytes rest = datagram.subspan(header.size);
  if ((rest[0] & 0x80U) == 0) return true;  // short header
  const auto next = parse_long_header(rest);
  return next && next->version == header.version;
}

bool names_known_version(const LongHeader& header, Bytes datagram) {
  ByteReader in(datagram);
  in.skip(5 + 1 + header.destination_id.size() + 1 + header.source_id.size());
  if (in.remaining() == 0 || in.remaining() % 4 != 0) return false;
  while (in.remaining() > 0) {
    if (is_known_version(in.u32())) return true;
  }
  return false;
}

Probe probe(Bytes datagram, Carrier) {
  if (!google_version(datagram).empty()) return Probe::mine(Probe::Speaker::client);
  const auto header = parse_long_header(datagram);
  if (!header) return Probe::not_mine();
  switch (header->type) {
    case PacketType::version_negotiation:
      return names_known_version(*header, datagram) ? Probe::mine(Probe::Speaker::server)
                                                    : Probe::not_mine();
    case PacketType::retry:
      return Probe::mine(Probe::Speaker::server);
    case PacketType::initial:
      if (datagram.size() >= least_client_datagram &&
          decrypt(*header, datagram,
                  derive_keys(header->version, header->destination_id, /*for_client=*/true))) {
        return Probe::mine(Probe::Speaker::client);
      }
      break;
    default:
      break;
  }
  // A server's answer, or a packet behind the beginning: only the header speaks for it.
  return fits_datagram(*header, datagram) ? Probe::mine(Probe::Speaker::either) : Probe::not_mine();
}

class Quic final : public Dissector {
 public:
  Step consume(Direction dir, Bytes window, RecordSink&) override {
    if (version_.empty()) version_ = google_version(window);
    Bytes rest = window;
    while (!rest.empty()) {
      const auto header = parse_long_header(rest);
      if (!header) break;
      take_packet(dir, *header, rest);
      rest = rest.subspan(header->size);
    }
    const bool all = client_done_ && server_done_;
    return all ? Step::done() : Step::advance(window.size());
  }

  std::size_t held() const override { return client_crypto_.held() + server_crypto_.held(); }
  void release() override { client_crypto_ = server_crypto_ = {}; }
  void finish(const SeenStream&, RecordSink& out) override {
    GenericFacts facts{.protocol = "quic", .fields = {}};
    const auto add = [&](std::string_view name, const std::string& value) {
      if (!value.empty()) facts.fields.push_back({std::string(name), value});
    };
    add("version", version_);
    add("sni", sni_);
    add("alpn", alpn_);
    add("ja4", ja4_);
    add("hidden_name", hidden_name_);
    add("cipher", cipher_);
    add("group", group_);
    add("retry", retried_ ? "yes" : "");
    out.emit(std::move(facts));
  }

 private:
  void take_packet(Direction dir, const LongHeader& header, Bytes packet) {
    if (header.version != 0 && (version_.empty() || !client_done_)) {
      version_ = version_name(header.version);
    }
    if (header.type == PacketType::retry && dir == Direction::to_client) {
      retried_ = true;
      client_keys_.reset();  // the next Initial goes to another id
      return;
    }
    if (header.type != PacketType::initial) return;
    if (dir == Direction::to_server && !client_done_) take_client_initial(header, packet);
    if (dir == Direction::to_client && server_keys_ && !server_done_) {
      if (const auto frames = decrypt(header, packet, *server_keys_)) take_server_frames(*frames);
    }
  }

  void take_client_initial(const LongHeader& header, Bytes packet) {
    std::optional<std::vector<std::uint8_t>> frames;
    if (client_keys_) frames = decrypt(header, packet, *client_keys_);
    if (!frames) {
      const InitialKeys keys = derive_keys(header.version, header.destination_id, true);
      frames = decrypt(header, packet, keys);
      if (!frames) return;
      client_keys_ = keys;
      server_keys_ = derive_keys(header.version, header.destination_id, false);
    }
    client_crypto_.add_frames(Bytes(*frames));
    if (const auto body = message(client_crypto_.in_order(), tls_wire::client_hello)) {
      client_done_ = true;
      if (const auto hello = tls_wire::parse_client_hello(*body)) note(*hello);
      client_crypto_ = {};
    }
  }

  void take_server_frames(const std::vector<std::uint8_t>& frames) {
    server_crypto_.add_frames(Bytes(frames));
    const auto body = message(server_crypto_.in_order(), tls_wire::server_hello);
    if (!body) return;
    server_done_ = true;
    const auto hello = tls_wire::parse_server_hello(*body);
    if (!hello) return;
    cipher_ = tls_cipher_name(hello->cipher);
    if (hello->group != 0) group_ = tls_group_name(hello->group);
    server_crypto_ = {};
  }

  // The first message's body once all of it is there.
  static std::optional<Bytes> message(Bytes crypto, std::uint8_t type) {
    ByteReader in(crypto);
    const std::uint8_t found = in.u8();
    const std::size_t length = in.u24();
    const Bytes body = in.take(length);
    if (!in.ok() || found != type) return std::nullopt;
    return body;
  }

  void note(const tls_wire::ClientHello& hello) {
    sni_ = clean_text(hello.sni);
    for (const std::string& name : hello.alpn) {
      alpn_ += (alpn_.empty() ? "" : ",") + clean_text(name, 64);
    }
    hidden_name_ = to_text(hello.hidden_name);
    if (hello.whole) ja4_ = tls_wire::ja4(hello, 'q');
  }

  std::optional<InitialKeys> client_keys_, server_keys_;
  CryptoStream client_crypto_, server_crypto_;
  bool client_done_ = false, server_done_ = false, retried_ = false;
  std::string version_, sni_, alpn_, ja4_, hidden_name_, cipher_, group_;
};

}  // namespace

extern constinit const DissectorSpec quic{
    .name = "quic",
    .carriers = over_udp,
    .probe = probe,
    .make = [](Carrier) -> std::unique_ptr<Dissector> { return std::make_unique<Quic>(); },
};

}  // namespace pcapaudit
