#include "import/requirement.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "import/words.hpp"

namespace pcapaudit {
namespace {

using Words = std::vector<std::string>;

bool holds(const std::string& text, std::string_view phrase) {
  return text.find(phrase) != std::string::npos;
}

// Where mutual TLS is spoken of; npos when it is not. Longer phrases first, as they begin earlier.
std::size_t mutual_at(const std::string& text) {
  constexpr std::string_view phrases[] = {"mtls",
                                          "mutual",
                                          "client certificate",
                                          "client-certificate",
                                          "certificate-based",
                                          "two-way tls",
                                          "two-way ssl",
                                          "2-way tls",
                                          "2-way ssl",
                                          "client cert",
                                          "gegenseitig",
                                          "beidseitig",
                                          "clientzertifikat",
                                          "client-zertifikat",
                                          "mutuel",
                                          "certificat client",
                                          "mutuo",
                                          "mutua",
                                          "reciproc",
                                          "certificado de cliente",
                                          "certificato client",
                                          "相互",
                                          "クライアント証明書",
                                          "双向",
                                          "雙向",
                                          "客户端证书",
                                          "用戶端憑證"};
  std::size_t first = std::string::npos;
  for (const std::string_view phrase : phrases) first = std::min(first, text.find(phrase));
  return first;
}

bool is_denied(const std::string& text, std::size_t at) {
  constexpr std::string_view noes[] = {"no",   "not", "non",   "without", "ohne", "kein", "keine",
                                       "sans", "sin", "senza", "nicht",   "なし", "不"};
  const Words before = words_of(std::string_view(text).substr(0, at));
  const std::size_t looked_at = std::min<std::size_t>(before.size(), 3);
  return std::any_of(before.end() - static_cast<std::ptrdiff_t>(looked_at), before.end(),
                     [&](const std::string& word) {
                       return std::find(std::begin(noes), std::end(noes), word) != std::end(noes);
                     });
}

void read_version(const std::string& text, Requirement& found) {
  for (std::size_t at = 0; (at = text.find("tls", at)) != std::string::npos;) {
    at += 3;
    std::size_t digit = text.find_first_not_of(" v>=-", at);
    constexpr std::size_t nearest = 6;
    if (digit == std::string::npos || digit - at > nearest) continue;
    if (text.compare(digit, 2, "1.") != 0 || digit + 2 >= text.size()) continue;
    const char minor = text[digit + 2];
    if (minor < '0' || minor > '3') continue;
    const bool below = text.find('<', at) < digit;
    if (below) {
      found.doubts.emplace_back("an upper bound of the TLS version is not written");
      continue;
    }
    const std::string version = fmt::format("1.{}", minor);
    if (!found.min_version.empty() && found.min_version != version) {
      found.doubts.push_back(fmt::format("TLS {} and {} are named; at least {} is written",
                                         found.min_version, version,
                                         std::min(found.min_version, version)));
      found.min_version = std::min(found.min_version, version);
    } else {
      found.min_version = version;
    }
  }
}

}  // namespace

Requirement requirement_in(const std::string& text) {
  const std::string folded = fold(text);
  const Words words = words_of(folded);
  Requirement found;
  found.tls = has_word(words, {"tls", "mtls", "ssl", "https"});
  const std::size_t at = mutual_at(folded);
  if (at != std::string::npos) {
    found.denied_mutual = is_denied(folded, at);
    found.mutual = !found.denied_mutual;
    found.tls = true;
    if (holds(folded, "optional") || holds(folded, "or mtls") || has_word(words, {"if"})) {
      found.doubts.emplace_back("mutual TLS is named with a condition; it is written as demanded");
    }
  }
  read_version(folded, found);
  found.tls = found.tls || !found.min_version.empty();
  return found;
}

Requirement mutual_column(const std::string& cell) {
  const Words words = words_of(fold(cell));
  Requirement found;
  found.mutual = has_word(
      words, {"yes",         "true",   "1",           "required", "mandatory",    "always",
              "must",        "ja",     "oui",         "si",       "sí",           "x",
              "✓",           "mutual", "mtls",        "client",   "erforderlich", "pflicht",
              "obligatoire", "requis", "obligatorio", "必須",     "必须",         "必要"});
  found.denied_mutual = has_word(words, {"no", "false", "0", "none", "nein", "non", "not"});
  // A mark that is not understood asks for more rather than for less.
  const bool is_mark = words.empty() && cell.find_first_not_of(" -\n\t") != std::string::npos &&
                       cell.find("–") == std::string::npos && cell.find("—") == std::string::npos &&
                       cell.find("✗") == std::string::npos && cell.find("✘") == std::string::npos &&
                       cell.find("❌") == std::string::npos;
  if ((!words.empty() && found.mutual == found.denied_mutual) || is_mark) {
    found.mutual = true;
    found.denied_mutual = false;
    found.doubts.push_back(
        fmt::format("mutual TLS \"{}\" is not understood; it is demanded", cell));
  }
  found.tls = found.mutual;
  return found;
}

std::string application_in(const std::string& text, std::vector<std::string>& others) {
  constexpr std::pair<std::string_view, std::string_view> names[] = {
      {"https", "https"},       {"http", "http"},
      {"sip", "sip"},           {"sips", "sip"},
      {"xmpp", "xmpp"},         {"dns", "dns"},
      {"stun", "stun"},         {"turn", "stun"},
      {"rtp", "rtp"},           {"srtp", "rtp"},
      {"smb", "smb"},           {"cifs", "smb"},
      {"dcom", "msrpc"},        {"msrpc", "msrpc"},
      {"tds", "tds"},           {"ldap", "ldap"},
      {"kerberos", "kerberos"}, {"ntp", "ntp"},
      {"snmp", "snmp"},         {"ssh", "ssh"},
      {"sftp", "ssh"},          {"smtp", "smtp"},
      {"rdp", "rdp"},           {"dhcp", "dhcp"},
      {"radius", "radius"},     {"postgresql", "postgresql"},
      {"mysql", "mysql"},       {"imap", "imap"},
      {"imap4", "imap"},        {"pop3", "pop3"},
      {"ftp", "ftp"},           {"syslog", "syslog"},
      {"netbios", "netbios"},   {"ldaps", "tls"},
      {"imaps", "tls"},         {"pop3s", "tls"},
      {"quic", "quic"},         {"rtsp", "rtsp"},
      {"vnc", "vnc"},           {"socks", "socks"}};
  const Words words = words_of(fold(text));
  std::string found;
  for (const std::string& word : words) {
    const auto* const it = std::find_if(std::begin(names), std::end(names),
                                        [&](const auto& name) { return name.first == word; });
    if (it == std::end(names) || it->second == found) continue;
    if (found.empty()) {
      found = it->second;
    } else if (std::find(others.begin(), others.end(), it->second) == others.end()) {
      others.emplace_back(it->second);
    }
  }
  if (found.empty() && has_word(words, {"tls", "mtls", "ssl"})) found = "tls";
  return found;
}

}  // namespace pcapaudit
