// Reads session descriptions line by line; see the header.

#include "dissectors/sip/sdp.hpp"

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <pcapaudit/base/ip.hpp>

#include "base/text/address_port.hpp"

namespace pcapaudit {
namespace {

constexpr std::uint16_t discard_port = 9;  // a placeholder of ICE (RFC 8840 4.1.1)

struct Media {
  std::string kind;  // "audio", "video", ...
  std::uint16_t port = 0;
  std::optional<std::uint16_t> rtcp_port;
  std::optional<IpAddress> address;
};

// The words of a line; more than a candidate line has are not looked at.
std::vector<std::string_view> words_of(std::string_view line) {
  constexpr std::size_t enough = 10;
  std::vector<std::string_view> words;
  while (!line.empty() && words.size() < enough) {
    const std::size_t end = std::min(line.find(' '), line.size());
    if (end > 0) words.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

std::optional<std::uint16_t> port_of(std::string_view text) {
  text = text.substr(0, text.find('/'));  // "49170/2" is two ports from there
  std::uint16_t port = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool good = parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size();
  if (!good || port == 0 || port == discard_port) return std::nullopt;
  return port;
}

// "IN IP4 192.0.2.1/127", with its words already apart.
std::optional<IpAddress> address_of(const std::vector<std::string_view>& words, std::size_t at) {
  if (words.size() < at + 3 || words[at] != "IN") return std::nullopt;
  return IpAddress::parse(words[at + 2].substr(0, words[at + 2].find('/')));
}

void add(TextList& out, std::string_view kind, const IpAddress& address, std::uint16_t port) {
  const IpAddress nowhere{};
  if (address == nowhere || to_text(address) == "0.0.0.0") return;  // on hold (RFC 3264 8.4)
  out.add(fmt::format("{} {}", kind, address_port(to_text(address), port)));
}

void finish(const Media& media, const std::optional<IpAddress>& session, TextList& out) {
  const auto& address = media.address ? media.address : session;
  if (!address || media.port == 0) return;
  add(out, media.kind, *address, media.port);
  if (media.rtcp_port) add(out, media.kind, *address, *media.rtcp_port);
}

// "a=candidate:1 1 UDP 2130706431 192.0.2.1 50000 typ host" (RFC 8839 5.1).
void read_candidate(const std::vector<std::string_view>& words, std::string_view kind,
                    TextList& out) {
  if (words.size() < 6) return;
  const auto address = IpAddress::parse(words[4]);
  const auto port = port_of(words[5]);
  if (address && port) add(out, kind, *address, *port);
}

}  // namespace

void read_media_endpoints(std::string_view sdp, TextList& out) {
  std::optional<IpAddress> session;
  std::optional<Media> media;
  while (!sdp.empty()) {
    const std::size_t end = std::min(sdp.find('\n'), sdp.size());
    std::string_view line = sdp.substr(0, end);
    sdp.remove_prefix(std::min(end + 1, sdp.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.size() < 2 || line[1] != '=') continue;
    const auto words = words_of(line.substr(2));
    if (words.empty()) continue;
    if (line[0] == 'c') {
      (media ? media->address : session) = address_of(words, 0);
    } else if (line[0] == 'm' && words.size() >= 2) {
      if (media) finish(*media, session, out);
      media = Media{.kind = clean_text(words[0], 16),
                    .port = port_of(words[1]).value_or(0),
                    .rtcp_port = {},
                    .address = {}};
    } else if (line[0] == 'a' && media && words[0].starts_with("rtcp:")) {
      media->rtcp_port = port_of(words[0].substr(5));
    } else if (line[0] == 'a' && media && words[0].starts_with("candidate:")) {
      read_candidate(words, media->kind, out);
    }
  }
  if (media) finish(*media, session, out);
}

}  // namespace pcapaudit
