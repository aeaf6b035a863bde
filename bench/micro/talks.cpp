// Conversations from the workloads' scripts, from recorded handshakes, and two made here.

#include "micro/talks.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "dissectors/quic/quic_initial.hpp"
#include "workload/kinds.hpp"

namespace pcapaudit::bench {
namespace {

std::string recorded(const std::string& name) {
  std::ifstream file(PCAPAUDIT_TEST_DATA "/" + name, std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  if (bytes.empty()) {
    fmt::print(stderr, "error: {}/{}: cannot be read\n", PCAPAUDIT_TEST_DATA, name);
    std::exit(EXIT_FAILURE);
  }
  return bytes;
}

std::vector<Talk::Piece> both_sides(const std::string& name) {
  return {{0, recorded(name + ".c2s")}, {1, recorded(name + ".s2c")}};
}

// What conversation 1 of a kind says.
std::vector<Talk::Piece> spoken_in(std::string_view kind) {
  const auto known = std::ranges::find(scripted_kinds(), kind, &Kind::name);
  const auto scripts = known->scripts({.flows = 1, .bytes = 1'000'000, .certificates = 1});
  if (!scripts) {
    fmt::print(stderr, "error: {}\n", scripts.error().what);
    std::exit(EXIT_FAILURE);
  }
  const Script& script = scripts->front();
  std::vector<Talk::Piece> pieces;
  std::string scratch;
  for (std::uint64_t round = 0; round < script.rounds; ++round) {
    for (const Line& line : script.lines) {
      const std::string text(spoken(script, 1, round, line, scratch));
      pieces.push_back({line.from_server ? 1U : 0U, text});
    }
  }
  return pieces;
}

// RFC 6455 5.2: a text frame, masked with zeros when a client sends it.
std::string websocket_frame(const std::string& payload, bool masked) {
  std::string frame("\x81");
  frame += static_cast<char>((masked ? 0x80 : 0) | 126);
  frame += static_cast<char>(payload.size() >> 8);
  frame += static_cast<char>(payload.size());
  return frame + std::string(masked ? 4 : 0, '\0') + payload;
}

std::vector<Talk::Piece> over_websocket(std::vector<Talk::Piece> pieces) {
  for (Talk::Piece& piece : pieces) piece.bytes = websocket_frame(piece.bytes, piece.side == 0);
  return pieces;
}

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* raw(const std::string& text) {
  return as_bytes(text).data();
}

// A client's Initial packet of QUIC version 1 with a TLS hello, sealed as RFC 9001 5 says.
std::string quic_initial(const std::string& hello) {
  const std::string id = "bench-id", number("\0\0", 2);
  const auto two = [](std::size_t value) {
    return std::string{static_cast<char>(0x40 | value >> 8), static_cast<char>(value)};
  };
  std::string frames = std::string("\x06\0", 2) + two(hello.size()) + hello;
  frames.resize(1150, '\0');
  std::string header = std::string("\xc1\0\0\0\1\x08", 6) + id + std::string(2, '\0') +
                       two(number.size() + frames.size() + 16) + number;

  const auto keys = quic_wire::derive_keys(1, as_bytes(id), true);
  const Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  std::string sealed(frames.size() + 16, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(sealed.data());
  int size = 0;
  EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_gcm(), nullptr, keys.key.data(), keys.iv.data());
  EVP_EncryptUpdate(cipher.get(), nullptr, &size, raw(header), static_cast<int>(header.size()));
  EVP_EncryptUpdate(cipher.get(), out, &size, raw(frames), static_cast<int>(frames.size()));
  EVP_EncryptFinal_ex(cipher.get(), out + size, &size);
  EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, 16, out + frames.size());

  std::array<unsigned char, 32> mask{};
  EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_ecb(), nullptr, keys.header.data(), nullptr);
  EVP_EncryptUpdate(cipher.get(), mask.data(), &size, out + 2, 16);  // the number has two bytes
  header[0] = static_cast<char>(header[0] ^ (mask[0] & 0x0f));
  for (std::size_t i = 0; i < number.size(); ++i) {
    char& byte = header[header.size() - number.size() + i];
    byte = static_cast<char>(byte ^ static_cast<char>(mask[1 + i]));
  }
  return header + sealed;
}

std::string dns(std::uint8_t flags) {
  const std::string names(
      "\x07"
      "example\x03"
      "org\0\0\1\0\1",
      17);
  const bool answers = flags != 1;
  std::string message = std::string("\x12\x34", 2) + static_cast<char>(flags) +
                        std::string("\0\0\1\0", 4) + static_cast<char>(answers ? 1 : 0) +
                        std::string(4, '\0') + names;
  if (answers) message += std::string("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1", 16);
  return message;
}

}  // namespace

std::vector<Talk> talks() {
  constexpr std::size_t record_header = 5;
  const std::string hello = recorded("tls/tls13.c2s");
  const auto hello_size = static_cast<std::size_t>(static_cast<std::uint8_t>(hello[3]) << 8 |
                                                   static_cast<std::uint8_t>(hello[4]));
  const std::vector<Talk::Piece> ssh = {{0, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"},
                                        {1, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"}};
  return {
      {"http", "http_100_exchanges", Carrier::tcp, spoken_in("http")},
      {"http", "http_1_exchange", Carrier::tcp, spoken_in("short")},
      {"http", "http2", Carrier::tcp, both_sides("http2/prior")},
      {"tls", "tls12", Carrier::tcp, spoken_in("tls")},
      {"tls", "tls12_mutual", Carrier::tcp, both_sides("tls/tls12_mutual")},
      {"tls", "tls13", Carrier::tcp, both_sides("tls/tls13")},
      {"sip", "sip_udp_20_calls", Carrier::udp, spoken_in("sip")},
      {"sip", "sip_tcp_20_calls", Carrier::tcp, spoken_in("sip")},
      {"sip", "sip_websocket_20_calls", Carrier::tcp, over_websocket(spoken_in("sip"))},
      {"quic", "quic", Carrier::udp, {{0, quic_initial(hello.substr(record_header, hello_size))}}},
      {"ssh", "signature_ssh", Carrier::tcp, ssh},
      {"dns", "signature_dns", Carrier::udp, {{0, dns(1)}, {1, dns(0x81)}}},
      {"unknown",
       "signature_none",
       Carrier::tcp,
       {{0, std::string(1400, '\xfe')}, {1, std::string(1400, '\xfd')}}},
  };
}

}  // namespace pcapaudit::bench
