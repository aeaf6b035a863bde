// QUIC's Initial packets: headers, the keys that everybody can derive, and what they carry.
//
// The keys come from a fixed salt and a connection id on the wire, so Initial packets hide nothing
// (RFC 9001 5.2); all later packets do. The only file that sees OpenSSL's ciphers is the .cpp.
// Sources: RFC 9000, 9001, 9369 (version 2), drafts 23 to 34 of quic-transport.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <pcapaudit/base/bytes.hpp>

namespace pcapaudit::quic_wire {

enum class PacketType : std::uint8_t { initial, zero_rtt, handshake, retry, version_negotiation };

// One long-header packet at the front of a datagram.
struct LongHeader {
  PacketType type = PacketType::initial;
  std::uint32_t version = 0;
  Bytes destination_id, source_id;
  std::size_t number_at = 0;  // offset of the packet number; Initial, 0-RTT and Handshake
  std::size_t size = 0;       // of the whole packet
};

// Versions that this program can name; 0 is version negotiation.
bool is_known_version(std::uint32_t version);
std::string version_name(std::uint32_t version);  // "1", "2", "draft-29", "0x1234abcd"

// nullopt when the bytes are no long-header packet of a known version that fits.
std::optional<LongHeader> parse_long_header(Bytes datagram);

// Keys of one side of the Initial space.
struct InitialKeys {
  std::array<std::uint8_t, 16> key{}, header{};
  std::array<std::uint8_t, 12> iv{};
};
InitialKeys derive_keys(std::uint32_t version, Bytes client_destination_id, bool for_client);

// The frames of an Initial packet in clear, or nullopt when it does not authenticate.
std::optional<std::vector<std::uint8_t>> decrypt(const LongHeader& header, Bytes packet,
                                                 const InitialKeys& keys);

// CRYPTO frames put in order, from any number of packets.
class CryptoStream {
 public:
  // A hello with post-quantum keys has some 2 KB; certificates are in later packets.
  static constexpr std::size_t max_bytes = 64 * 1024;
  static constexpr std::size_t max_pieces = 64;

  // False when a frame is none, or a cap is reached.
  bool add_frames(Bytes frames);
  // What is there from offset 0 on without a hole.
  Bytes in_order();
  std::size_t held() const { return kept_ + joined_.capacity(); }

 private:
  std::map<std::uint64_t, std::vector<std::uint8_t>> pieces_;
  std::size_t kept_ = 0;  // bytes of the pieces
  std::vector<std::uint8_t> joined_;
};

}  // namespace pcapaudit::quic_wire
