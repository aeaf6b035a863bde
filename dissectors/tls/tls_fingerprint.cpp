// Makes JA3 and JA4; GREASE values count nowhere (RFC 8701).
//
// Sources: the published definitions of JA3 (MD5 over decimal lists) and of JA4's TLS client
// part (sorted hexadecimal lists, SHA-256 cut to twelve digits).

#include "dissectors/tls/tls_fingerprint.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "dissectors/tls/tls_record.hpp"

namespace pcapaudit::tls_wire {
namespace {

constexpr std::uint16_t sni_extension = 0x0000;
constexpr std::uint16_t alpn_extension = 0x0010;

std::vector<std::uint16_t> without_grease(const std::vector<std::uint16_t>& values) {
  std::vector<std::uint16_t> kept;
  kept.reserve(values.size());
  std::ranges::copy_if(values, std::back_inserter(kept), [](auto v) { return !is_grease(v); });
  return kept;
}

template <class T>
std::string dashed(const std::vector<T>& values) {
  std::string text;
  for (const T value : values) {
    if (!text.empty()) text += '-';
    const fmt::format_int digits(value);
    text.append(digits.data(), digits.size());
  }
  return text;
}

std::string hex_list(const std::vector<std::uint16_t>& values) {
  constexpr std::string_view digits = "0123456789abcdef";
  constexpr std::size_t width = 5;  // four digits and a comma
  std::string text;
  text.reserve(values.size() * width);
  for (const unsigned value : values) {
    if (!text.empty()) text += ',';
    for (const unsigned shift : {12U, 8U, 4U, 0U}) text += digits[value >> shift & 0xfU];
  }
  return text;
}

std::string cut_digest(const std::string& text) {
  return sha256_hex(as_bytes(text)).substr(0, 12);
}

std::string_view version_code(std::uint16_t version) {
  switch (version) {
    case 0x0002:
      return "s2";
    case 0x0300:
      return "s3";
    case 0x0301:
      return "10";
    case 0x0302:
      return "11";
    case 0x0303:
      return "12";
    case 0x0304:
      return "13";
    default:
      return "00";
  }
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// First and last character of the first ALPN name, of its hexadecimal form when one of them is
// not a letter or digit.
std::string alpn_code(const std::vector<std::string>& alpn) {
  if (alpn.empty()) return "00";
  const char first = alpn.front().front();
  const char last = alpn.front().back();
  if (is_alphanumeric(first) && is_alphanumeric(last)) return {first, last};
  const auto low_nibble = static_cast<unsigned>(static_cast<unsigned char>(last)) & 0xfU;
  return fmt::format("{:x}{:x}", static_cast<unsigned char>(first) >> 4, low_nibble);
}

std::string cipher_digest(std::vector<std::uint16_t> ciphers) {
  if (ciphers.empty()) return std::string(12, '0');
  std::ranges::sort(ciphers);
  return cut_digest(hex_list(ciphers));
}

std::string extension_digest(std::vector<std::uint16_t> extensions,
                             const std::vector<std::uint16_t>& signatures) {
  std::erase_if(extensions, [](auto v) { return v == sni_extension || v == alpn_extension; });
  if (extensions.empty()) return std::string(12, '0');
  std::ranges::sort(extensions);
  const std::string tail = signatures.empty() ? "" : "_" + hex_list(signatures);
  return cut_digest(hex_list(extensions) + tail);
}

}  // namespace

std::string ja3_text(const ClientHello& hello) {
  return fmt::format("{},{},{},{},{}", hello.legacy_version, dashed(without_grease(hello.ciphers)),
                     dashed(without_grease(hello.extensions)), dashed(without_grease(hello.groups)),
                     dashed(hello.point_formats));
}

std::string ja3(const ClientHello& hello) {
  return md5_hex(as_bytes(ja3_text(hello)));
}

std::string ja4(const ClientHello& hello, char carrier) {
  const auto ciphers = without_grease(hello.ciphers);
  const auto extensions = without_grease(hello.extensions);
  const bool named = std::ranges::find(extensions, sni_extension) != extensions.end();
  constexpr std::size_t most = 99;  // two digits
  return fmt::format("{}{}{}{:02}{:02}{}_{}_{}", carrier, version_code(hello.highest_version()),
                     named ? 'd' : 'i', std::min(ciphers.size(), most),
                     std::min(extensions.size(), most), alpn_code(hello.alpn),
                     cipher_digest(ciphers),
                     extension_digest(extensions, without_grease(hello.signature_algorithms)));
}

}  // namespace pcapaudit::tls_wire
