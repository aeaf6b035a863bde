// Bytes for TLS tests: recorded streams from tests/data/tls, and a small builder of records.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

namespace pcapaudit::test {

inline std::string tls_file(const std::string& name) {
  const auto tests = std::filesystem::path(PCAPAUDIT_TESTS);
  std::ifstream in(tests / "data" / "tls" / name, std::ios::binary);
  if (!in) throw std::runtime_error("no sample " + name);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::string number(std::size_t value, int width) {
  std::string bytes;
  for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(value >> shift & 0xff));
  }
  return bytes;
}
// `body` behind its own length.
inline std::string sized(int width, std::string_view body) {
  return number(body.size(), width) + std::string(body);
}
inline std::string record(int type, std::string_view body, std::size_t version = 0x0303) {
  return number(static_cast<std::size_t>(type), 1) + number(version, 2) + sized(2, body);
}
inline std::string message(int type, std::string_view body) {
  return number(static_cast<std::size_t>(type), 1) + sized(3, body);
}

struct HelloParts {
  std::size_t version = 0x0303;
  std::string session_id = {}, extensions = {};
  std::string random = std::string(32, 'r');
};
inline std::string client_hello(const HelloParts& parts = {}) {
  const std::string tail = parts.extensions.empty() ? "" : sized(2, parts.extensions);
  return message(1, number(parts.version, 2) + parts.random + sized(1, parts.session_id) +
                        sized(2, "\xc0\x2f") + sized(1, std::string(1, '\0')) + tail);
}
inline std::string server_hello(const HelloParts& parts = {}) {
  const std::string tail = parts.extensions.empty() ? "" : sized(2, parts.extensions);
  return message(2, number(parts.version, 2) + parts.random + sized(1, parts.session_id) +
                        "\xc0\x2f" + std::string(1, '\0') + tail);
}

}  // namespace pcapaudit::test
