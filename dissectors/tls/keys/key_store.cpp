// Parses key logs; see the header.

#include "dissectors/tls/keys/key_store.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <tuple>

namespace pcapaudit {
namespace {

struct Label {
  std::string_view name;
  SecretKind kind;
};
constexpr Label labels[] = {
    {"CLIENT_RANDOM", SecretKind::master},
    {"PMS_CLIENT_RANDOM", SecretKind::premaster},
    {"CLIENT_EARLY_TRAFFIC_SECRET", SecretKind::client_early},
    {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", SecretKind::client_handshake},
    {"SERVER_HANDSHAKE_TRAFFIC_SECRET", SecretKind::server_handshake},
    {"CLIENT_TRAFFIC_SECRET_0", SecretKind::client_traffic},
    {"SERVER_TRAFFIC_SECRET_0", SecretKind::server_traffic},
};
constexpr std::size_t master_size = 48;
// The shortest that a hash of TLS 1.3 or a premaster secret of a small group has.
constexpr std::size_t least_secret = 16;

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Bytes that the digits stand for; nullopt when these are none, or more than `out` holds.
std::optional<std::size_t> read_hex(std::string_view text, std::span<std::uint8_t> out) {
  if (text.size() % 2 != 0 || text.size() / 2 > out.size()) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]), low = digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out[i / 2] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return text.size() / 2;
}

constexpr std::string_view blanks = " \t\r";

std::string_view take_word(std::string_view& line) {
  const std::size_t begin = line.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return line = {};
  line.remove_prefix(begin);
  const std::string_view word = line.substr(0, line.find_first_of(blanks));
  line.remove_prefix(word.size());
  return word;
}

// Labels of others, and those that say nothing about records, are in capitals.
bool is_label(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

TlsKeyStore::Line TlsKeyStore::parse(std::string_view line, Entry& entry) {
  if (line.size() > max_line) return Line::malformed;
  const std::string_view label = take_word(line);
  const auto* const known = std::ranges::find(labels, label, &Label::name);
  if (known == std::end(labels)) return is_label(label) ? Line::unused : Line::malformed;
  const auto random = read_hex(take_word(line), entry.client_random);
  const auto size = read_hex(take_word(line), entry.secret);
  if (random != random_size || !size || !take_word(line).empty()) return Line::malformed;
  if (*size < least_secret || (known->kind == SecretKind::master && *size != master_size)) {
    return Line::malformed;
  }
  entry.kind = known->kind;
  entry.size = static_cast<std::uint8_t>(*size);
  return Line::secret;
}

TlsKeyStore::Added TlsKeyStore::add_key_log(std::string_view text) {
  Added added;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t begin = line.find_first_not_of(blanks);
    if (begin == std::string_view::npos || line[begin] == '#') continue;
    Entry entry;
    switch (parse(line, entry)) {
      case Line::unused:
        ++added.counts.unused;
        break;
      case Line::malformed:
        if (added.malformed_line == 0) added.malformed_line = number;
        ++added.counts.malformed;
        break;
      case Line::secret:
        if (secrets_.size() == max_secrets) {
          ++added.counts.over_cap;
          break;
        }
        entry.order = static_cast<std::uint32_t>(secrets_.size());
        secrets_.push_back(entry);
        ++added.counts.secrets;
        break;
    }
    wipe(entry.secret);
  }
  counts_.unused += added.counts.unused;
  counts_.malformed += added.counts.malformed;
  counts_.over_cap += added.counts.over_cap;
  return added;
}

void TlsKeyStore::finish() {
  std::ranges::sort(secrets_, {}, [](const Entry& it) {
    return std::tuple(it.client_random, it.kind, ~it.order);
  });
  const auto repeated = std::ranges::unique(
      secrets_, {}, [](const Entry& it) { return std::tuple(it.client_random, it.kind); });
  secrets_.erase(repeated.begin(), repeated.end());
  counts_.secrets = secrets_.size();
}

Bytes TlsKeyStore::find(const Random& client_random, SecretKind kind) const {
  const auto wanted = std::tie(client_random, kind);
  const auto found = std::ranges::lower_bound(
      secrets_, wanted, {}, [](const Entry& it) { return std::tie(it.client_random, it.kind); });
  if (found == secrets_.end() || std::tie(found->client_random, found->kind) != wanted) return {};
  return Bytes(found->secret).first(found->size);
}

bool TlsKeyStore::knows(const Random& client_random) const {
  const auto found = std::ranges::lower_bound(secrets_, client_random, {}, &Entry::client_random);
  return found != secrets_.end() && found->client_random == client_random;
}

}  // namespace pcapaudit
