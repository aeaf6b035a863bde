// Keys, header protection and AEAD of Initial packets; see the header.

#include "dissectors/quic/quic_initial.hpp"

#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

namespace pcapaudit::quic_wire {
namespace {

constexpr std::uint32_t version_1 = 1, version_2 = 0x6b3343cf, draft_family = 0xff000000;
constexpr std::size_t max_id = 20, tag_size = 16;

using Salt = std::array<std::uint8_t, 20>;
constexpr Salt salt_1 = {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
                         0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a};
constexpr Salt salt_2 = {0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
                         0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9};
constexpr Salt salt_draft_29 = {0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97,
                                0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99};
constexpr Salt salt_draft_23 = {0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7,
                                0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02};

std::uint32_t draft_of(std::uint32_t version) {
  return version >> 8 == draft_family >> 8 ? version & 0xffU : 0;
}

const Salt& salt_of(std::uint32_t version) {
  const std::uint32_t draft = draft_of(version);
  if (version == version_2) return salt_2;
  if (draft >= 29 && draft <= 32) return salt_draft_29;
  if (draft >= 23 && draft <= 28) return salt_draft_23;
  return salt_1;
}

// HKDF of RFC 5869 with SHA-256; `out` tells how much is wanted.
bool hkdf(int mode, Bytes key, Bytes salt_or_info, std::span<std::uint8_t> out) {
  static EVP_KDF* const algorithm = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
  if (algorithm == nullptr) return false;
  const std::unique_ptr<EVP_KDF_CTX, void (*)(EVP_KDF_CTX*)> context(EVP_KDF_CTX_new(algorithm),
                                                                     EVP_KDF_CTX_free);
  std::string digest = "SHA256";
  const char* const second =
      mode == EVP_KDF_HKDF_MODE_EXTRACT_ONLY ? OSSL_KDF_PARAM_SALT : OSSL_KDF_PARAM_INFO;
  std::vector<std::uint8_t> key_copy(key.begin(), key.end());
  std::vector<std::uint8_t> second_copy(salt_or_info.begin(), salt_or_info.end());
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key_copy.data(), key_copy.size()),
      OSSL_PARAM_construct_octet_string(second, second_copy.data(), second_copy.size()),
      OSSL_PARAM_construct_end()};
  return context != nullptr &&
         EVP_KDF_derive(context.get(), out.data(), out.size(), parameters) == 1;
}

// HKDF-Expand-Label of RFC 8446 7.1 with an empty context.
void expand_label(Bytes secret, std::string_view label, std::span<std::uint8_t> out) {
  std::vector<std::uint8_t> info = {0, static_cast<std::uint8_t>(out.size())};
  const std::string full = "tls13 " + std::string(label);
  info.push_back(static_cast<std::uint8_t>(full.size()));
  info.insert(info.end(), full.begin(), full.end());
  info.push_back(0);
  hkdf(EVP_KDF_HKDF_MODE_EXPAND_ONLY, secret, info, out);
}

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)>;

// RFC 9001 5.4.3: one block of AES-ECB over the sample.
std::optional<std::array<std::uint8_t, 16>> header_mask(const InitialKeys& keys, Bytes sample) {
  const Cipher context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  std::array<std::uint8_t, 16> mask{};
  int size = 0;
  const bool good = context != nullptr &&
                    EVP_EncryptInit_ex(context.get(), EVP_aes_128_ecb(), nullptr,
                                       keys.header.data(), nullptr) == 1 &&
                    EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1 &&
                    EVP_EncryptUpdate(context.get(), mask.data(), &size, sample.data(), 16) == 1;
  if (!good) return std::nullopt;
  return mask;
}

std::uint64_t varint(ByteReader& in) {
  const std::uint8_t first = in.u8();
  std::uint64_t value = first & 0x3fU;
  for (int more = (1 << (first >> 6)) - 1; more > 0; --more) value = value << 8 | in.u8();
  return value;
}

PacketType type_of(std::uint8_t first, std::uint32_t version) {
  constexpr PacketType types[] = {PacketType::initial, PacketType::zero_rtt, PacketType::handshake,
                                  PacketType::retry};
  const unsigned bits = first >> 4 & 3U;
  // Version 2 moved them by one (RFC 9369 3.2).
  return types[version == version_2 ? (bits + 3U) % 4 : bits];
}

}  // namespace

bool is_known_version(std::uint32_t version) {
  const std::uint32_t draft = draft_of(version);
  return version == version_1 || version == version_2 || (draft >= 23 && draft <= 34);
}

std::string version_name(std::uint32_t version) {
  if (version == version_1) return "1";
  if (version == version_2) return "2";
  if (const std::uint32_t draft = draft_of(version); draft != 0)
    return fmt::format("draft-{}", draft);
  return fmt::format("{:#010x}", version);
}

std::optional<LongHeader> parse_long_header(Bytes datagram) {
  ByteReader in(datagram);
  const std::uint8_t first = in.u8();
  LongHeader header;
  header.version = in.u32();
  header.destination_id = in.take(in.u8());
  header.source_id = in.take(in.u8());
  if (!in.ok() || (first & 0x80U) == 0) return std::nullopt;
  if (header.destination_id.size() > max_id || header.source_id.size() > max_id)
    return std::nullopt;
  if (header.version == 0) {
    header.type = PacketType::version_negotiation;
    header.size = datagram.size();
    return header;
  }
  if (!is_known_version(header.version) || (first & 0x40U) == 0) return std::nullopt;
  header.type = type_of(first, header.version);
  if (header.type == PacketType::retry) {
    if (in.remaining() <= tag_size) return std::nullopt;
    header.size = datagram.size();
    return header;
  }
  if (header.type == PacketType::initial) {
    const std::uint64_t token = varint(in);
    if (token > in.remaining()) return std::nullopt;
    in.skip(static_cast<std::size_t>(token));
  }
  const std::uint64_t length = varint(in);
  constexpr std::size_t least = 4 + tag_size;  // a packet number's room and the tag
  if (!in.ok() || length > in.remaining() || length < least) return std::nullopt;
  header.number_at = datagram.size() - in.remaining();
  header.size = header.number_at + static_cast<std::size_t>(length);
  return header;
}

InitialKeys derive_keys(std::uint32_t version, Bytes client_destination_id, bool for_client) {
  std::array<std::uint8_t, 32> initial{}, side{};
  hkdf(EVP_KDF_HKDF_MODE_EXTRACT_ONLY, client_destination_id, Bytes(salt_of(version)), initial);
  expand_label(Bytes(initial), for_client ? "client in" : "server in", side);
  const std::string prefix = version == version_2 ? "quicv2 " : "quic ";
  InitialKeys keys;
  expand_label(Bytes(side), prefix + "key", keys.key);
  expand_label(Bytes(side), prefix + "iv", keys.iv);
  expand_label(Bytes(side), prefix + "hp", keys.header);
  return keys;
}

std::optional<std::vector<std::uint8_t>> decrypt(const LongHeader& header, Bytes packet,
                                                 const InitialKeys& keys) {
  constexpr std::size_t sample_behind = 4, sample_size = 16;
  const std::size_t at = header.number_at;
  if (header.size > packet.size() || at + sample_behind + sample_size > header.size) {
    return std::nullopt;
  }
  const auto mask = header_mask(keys, packet.subspan(at + sample_behind, sample_size));
  if (!mask) return std::nullopt;
  std::vector<std::uint8_t> clear(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(at));
  clear[0] ^= static_cast<std::uint8_t>((*mask)[0] & 0x0fU);
  const std::size_t number_size = (clear[0] & 3U) + 1U;
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < number_size; ++i) {
    clear.push_back(static_cast<std::uint8_t>(packet[at + i] ^ (*mask)[1 + i]));
    number = number << 8 | clear.back();
  }
  std::array<std::uint8_t, 12> nonce = keys.iv;
  for (std::size_t i = 0; i < 8; ++i) {
    nonce[11 - i] ^= static_cast<std::uint8_t>(number >> (8 * i));
  }
  const Bytes sealed = packet.subspan(at + number_size, header.size - at - number_size);
  if (sealed.size() < tag_size) return std::nullopt;
  const Bytes text = sealed.first(sealed.size() - tag_size);
  std::array<std::uint8_t, tag_size> tag{};
  std::copy(sealed.end() - tag_size, sealed.end(), tag.begin());

  const Cipher context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  std::vector<std::uint8_t> out(text.size() + tag_size);
  int size = 0, last = 0;
  const bool good =
      context != nullptr &&
      EVP_DecryptInit_ex(context.get(), EVP_aes_128_gcm(), nullptr, keys.key.data(),
                         nonce.data()) == 1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &size, clear.data(),
                        static_cast<int>(clear.size())) == 1 &&
      EVP_DecryptUpdate(context.get(), out.data(), &size, text.data(),
                        static_cast<int>(text.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, tag_size, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), out.data() + size, &last) == 1;
  if (!good) return std::nullopt;
  out.resize(static_cast<std::size_t>(size + last));
  return out;
}

// PADDING, PING, ACK, CRYPTO and CONNECTION_CLOSE may stand in an Initial packet (RFC 9000 12.4).
bool CryptoStream::add_frames(Bytes frames) {
  ByteReader in(frames);
  while (in.remaining() > 0) {
    const std::uint64_t type = varint(in);
    if (type == 0x00 || type == 0x01) continue;
    if (type == 0x02 || type == 0x03) {
      varint(in);
      varint(in);
      const std::uint64_t ranges = varint(in);
      varint(in);
      for (std::uint64_t i = 0; i < ranges && in.ok(); ++i) {
        varint(in);
        varint(in);
      }
      for (int i = 0; type == 0x03 && i < 3; ++i) varint(in);
      if (!in.ok()) return false;
      continue;
    }
    if (type != 0x06) return type == 0x1c;
    const std::uint64_t offset = varint(in);
    const std::uint64_t length = varint(in);
    if (!in.ok() || length > in.remaining() || offset > max_bytes || offset + length > max_bytes) {
      return false;
    }
    const Bytes piece = in.take(static_cast<std::size_t>(length));
    if (pieces_.size() >= max_pieces) return false;
    auto& kept = pieces_[offset];
    if (kept.size() >= piece.size()) continue;
    kept_ += piece.size() - kept.size();
    kept.assign(piece.begin(), piece.end());
  }
  return true;
}

Bytes CryptoStream::in_order() {
  for (const auto& [offset, piece] : pieces_) {
    if (offset > joined_.size()) break;
    const std::size_t known = joined_.size() - static_cast<std::size_t>(offset);
    if (known >= piece.size()) continue;
    joined_.insert(joined_.end(), piece.begin() + static_cast<std::ptrdiff_t>(known), piece.end());
  }
  return Bytes(joined_);
}

}  // namespace pcapaudit::quic_wire
