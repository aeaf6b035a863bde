// Tokens, then ranges and transports, then which belongs to which. Each token is understood or
// told.
#include "import/port_cell.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

#include "import/port_tokens.hpp"
#include "import/words.hpp"

namespace pcapaudit {
namespace {

std::optional<Transport> transport_of(std::string_view word) {
  if (word == "tcp") return Transport::tcp;
  if (word == "udp") return Transport::udp;
  return std::nullopt;
}

bool is_versioned(std::string_view word) {
  return is_one_of(word, {"tls", "ssl", "dtls", "http", "https", "smb", "cifs", "oauth", "snmp",
                          "ip", "ipv", "ike", "nfs", "ntlm", "v", "version", "smtp", "ssh", "h"});
}

// Words that say nothing of the ports, or are read elsewhere.
bool is_known(std::string_view word) {
  return transport_of(word) ||
         is_one_of(word, {"port",        "ports",        "puerto",    "puertos",   "porta",
                          "porte",       "and",          "or",        "und",       "oder",
                          "et",          "ou",           "y",         "o",         "e",
                          "the",         "for",          "with",      "over",      "via",
                          "von",         "from",         "de",        "https",     "http",
                          "sip",         "sips",         "xmpp",      "dns",       "stun",
                          "turn",        "rtp",          "srtp",      "smb",       "dcom",
                          "rpc",         "msrpc",        "sql",       "ldap",      "ldaps",
                          "kerberos",    "ntp",          "snmp",      "ssh",       "smtp",
                          "smtps",       "rdp",          "dhcp",      "radius",    "postgresql",
                          "mysql",       "ftp",          "imap",      "imaps",     "pop3",
                          "pop3s",       "syslog",       "quic",      "psom",      "tls",
                          "ssl",         "mtls",         "dtls",      "mutual",    "client",
                          "certificate", "certificates", "secure",    "s",         "dynamic",
                          "ephemeral",   "random",       "dynamisch", "dynamique", "ポート",
                          "連接埠",      "端口",         "starttls",  "h2",        "v",
                          "version",     "tcpip",        "ip",        "legacy"});
}

// "greater", "以上", "instead of": they change what the number beside them means.
bool compares(const std::string& word) {
  constexpr std::string_view inside[] = {"以上", "以下", "未満", "未满"};
  return is_one_of(word, {"grosser", "größer", "superieur", "supérieur", "mayor", "maggiore",
                          "minore", "kleiner", "inferieur", "inférieur", "menor", "less", "lower",
                          "under", "below", "unter", "statt", "bisher", "lieu"}) ||
         std::any_of(std::begin(inside), std::end(inside),
                     [&](auto it) { return word.find(it) != std::string::npos; });
}

class Reading {
 public:
  explicit Reading(std::string_view folded) : tokens_(port_tokens(folded, result_.doubts)) {}

  // Items in their order: ranges and sets of transports.
  struct Item {
    std::vector<Transport> transports;
    std::optional<PortRange> range;
  };

  PortReading take() {
    while (at_ < tokens_.size()) step();
    if (!unread_.empty()) {
      doubt(fmt::format("\"{}\" beside the ports is not understood", unread_));
    }
    return std::move(result_);
  }
  std::vector<Item> items;
  bool says_any = false, says_nothing_else = true;

 private:
  const PortToken* peek(std::size_t ahead) const {
    return at_ + ahead < tokens_.size() ? &tokens_[at_ + ahead] : nullptr;
  }
  bool is_sign(std::size_t ahead, std::string_view sign) const {
    const PortToken* it = peek(ahead);
    return it != nullptr && it->sort != TokenSort::number && it->text == sign;
  }
  bool is_number(std::size_t ahead) const {
    const PortToken* it = peek(ahead);
    return it != nullptr && it->sort == TokenSort::number;
  }
  void doubt(std::string text) {
    if (result_.doubts.size() < 8) result_.doubts.push_back(std::move(text));
  }
  void refuse(std::string why) {
    if (result_.refused.empty()) result_.refused = std::move(why);
  }

  void step() {
    const PortToken& it = tokens_[at_];
    if (it.sort == TokenSort::word) return word(it);
    if (it.sort == TokenSort::number) return number();
    if (it.sort == TokenSort::version) {
      doubt(fmt::format("\"{}\" beside the ports is not understood", it.text));
      ++at_;
      return;
    }
    if (is_one_of(it.text, {">", ">=", "<", "<="}) && is_number(1)) return open_end();
    if (bracketed_mark()) return;
    if (it.text == "*" && items.empty() && tokens_.size() == 1) says_any = true;
    sign(it);
  }

  // Signs that stand between items or around them; any other one changes what the numbers mean.
  void sign(const PortToken& it) {
    constexpr std::string_view plain = ",;/|&()[]:.\"'*#+-";
    const bool is_plain = it.text.size() == 1 && plain.find(it.text) != std::string_view::npos;
    const bool hangs =
        it.text == "-" &&
        ((at_ == 0 && is_number(1) && !peek(1)->blank_before) ||
         (at_ + 1 == tokens_.size() && at_ > 0 && tokens_[at_ - 1].sort == TokenSort::number));
    if (!is_plain || hangs) refuse(fmt::format("\"{}\" beside a port is not understood", it.text));
    ++at_;
  }

  // "(3)", "[2]": a footnote; a port above the largest footnote is none.
  bool bracketed_mark() {
    constexpr std::uint32_t largest_mark = 15;
    const bool round = is_sign(0, "("), square = is_sign(0, "[");
    if ((!round && !square) || !is_number(1) || !is_sign(2, round ? ")" : "]")) return false;
    const PortToken& number = *peek(1);
    const bool hangs = square && at_ > 0 && !tokens_[at_].blank_before;
    if (hangs || number.value <= largest_mark) {
      at_ += 3;
      return true;
    }
    doubt(fmt::format("port {} stands in brackets, and is written like the others", number.text));
    ++at_;  // the number is read next
    return true;
  }

  void open_end() {
    const std::string sign = tokens_[at_].text;
    const std::uint32_t value = peek(1)->value;
    at_ += 2;
    if (sign == ">") return add(value + 1, last_port);
    if (sign == ">=") return add(value, last_port);
    add(1, sign == "<" && value > 0 ? value - 1 : value);
  }

  void add(std::uint32_t first, std::uint32_t last) {
    if (first == 0 && last > 0) first = 1;
    if (first < 1 || first > last || last > last_port) {
      return refuse(first > last ? fmt::format("the ports {}-{} run backwards", first, last)
                                 : fmt::format("{} is no port", last));
    }
    items.push_back(
        {.transports = {},
         .range = PortRange{static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last)}});
  }

  void number() {
    const std::uint32_t first = tokens_[at_].value;
    const bool colon = is_sign(1, ":") && is_number(2) && !peek(1)->blank_before &&
                       !peek(2)->blank_before && first < peek(2)->value;
    // "32NN", "443<NN>", "3xx41": a part of a number that is not given.
    const PortToken* const behind = peek(1);
    const bool is_glued = behind != nullptr && !behind->blank_before &&
                          (behind->sort == TokenSort::word || behind->text == "<") &&
                          static_cast<unsigned char>(behind->text[0]) < 0x80 &&
                          !is_known(behind->text) && !is_one_of(behind->text, {"st", "nd", "th"});
    if (is_glued) refuse(fmt::format("\"{}{}\" is no number of a port", it_text(), behind->text));
    const std::uint32_t protocols[] = {6, 17};
    if (items.empty() && at_ == 0 && is_sign(1, "/") && is_number(2) &&
        std::find(std::begin(protocols), std::end(protocols), first) != std::end(protocols)) {
      refuse(fmt::format("{} before the ports may be the number of a protocol", first));
    }
    constexpr std::uint32_t largest_count = 50;
    if (is_sign(1, "ports") && first <= largest_count) {
      refuse(fmt::format("\"{} ports\" may count them", first));
    }
    const bool range = is_range(1);
    if ((range || colon) && is_number(2)) {
      const std::uint32_t last = peek(2)->value;
      at_ += 3;
      skip_star();
      return add(first, last);
    }
    ++at_;
    if (is_sign(0, "+")) {
      // "1024+" is open, "135 + ephemeral" a list, "8000 + 2" a sum.
      const bool joins = peek(0)->blank_before && peek(1) != nullptr;
      if (is_number(1)) refuse("a sum of ports is not understood");
      ++at_;
      return joins ? add(first, first) : add(first, last_port);
    }
    const bool joins = is_sign(0, "and") || is_sign(0, "or") || is_sign(0, "und") ||
                       is_sign(0, "oder") || is_sign(0, "et") || is_sign(0, "y");
    const PortToken* next = peek(joins ? 1 : 0);
    if (next != nullptr &&
        is_one_of(next->text, {"above", "higher", "up", "upwards", "hoher", "höher", "aufwarts",
                               "aufwärts", "superior", "greater"})) {
      at_ += joins ? 2 : 1;
      return add(first, last_port);
    }
    skip_star();
    add(first, first);
  }

  const std::string& it_text() const { return tokens_[at_].text; }

  bool is_range(std::size_t ahead) const {
    return is_sign(ahead, "-") || is_sign(ahead, "..") || is_sign(ahead, "...") ||
           is_sign(ahead, "to") || is_sign(ahead, "bis") || is_sign(ahead, "through") ||
           is_sign(ahead, "thru") || is_sign(ahead, "hasta") || is_sign(ahead, "al") ||
           is_sign(ahead, "a") || is_sign(ahead, "à");
  }

  void skip_star() {
    while (is_sign(0, "*") && !peek(0)->blank_before) ++at_;
  }

  void word(const PortToken& it) {
    if (const auto transport = transport_of(it.text)) return take_transport(*transport);
    if (is_one_of(it.text,
                  {"icmp", "icmpv6", "esp", "ah", "gre", "igmp", "ospf", "vrrp", "sctp"})) {
      ++at_;
      return refuse(fmt::format("{} has no ports of TCP or UDP", it.text));
    }
    if (is_one_of(it.text, {"but", "except", "excluding", "ausser", "ohne", "sauf", "excepto",
                            "salvo", "eccetto", "tranne", "except"})) {
      ++at_;
      return refuse("ports with an exception cannot be written as a row");
    }
    if (compares(it.text)) {
      ++at_;
      return refuse(fmt::format("\"{}\" beside ports is not understood", it.text));
    }
    if (is_one_of(it.text, {"above", "over", "uber", "über"}) && is_number(1)) {
      const std::uint32_t value = peek(1)->value;
      at_ += 2;
      return add(value + 1, last_port);
    }
    if (is_one_of(it.text, {"was", "formerly", "previously", "old", "fruher", "früher", "ehemals",
                            "ancien", "deprecated", "instead"})) {
      return skip_former();
    }
    if (is_one_of(it.text,
                  {"any", "all", "beliebig", "alle", "tous", "toutes", "tout", "todos",
                   "cualquiera", "qualsiasi", "tutti", "任意", "任何", "全部", "すべて", "全て"})) {
      says_any = true;
      ++at_;
      return;
    }
    if (is_one_of(it.text, {"protocol", "proto", "protokoll"}) && is_number(1)) {
      refuse(fmt::format("IP protocol {} has no ports", peek(1)->value));
      at_ += 2;
      return;
    }
    other_word(it.text);
  }

  // What is said of ports, or of something else.
  void other_word(const std::string& text) {
    ++at_;
    if (is_one_of(text, {"dynamic", "ephemeral", "random", "dynamisch", "dynamique", "dinamico",
                         "動的", "动态", "動態"})) {
      doubt(fmt::format("\"{}\" is not written: give the range that the site uses", text));
      return;
    }
    if (is_one_of(text, {"from", "ab", "desde", "starting"}) && is_number(0) && !is_range(1)) {
      return refuse(fmt::format("\"{} {}\" has no end", text, peek(0)->text));
    }
    const bool has_number = text.find_first_of("0123456789") != std::string::npos;
    const std::string stem = text.substr(0, text.find_first_of("0123456789"));
    if (has_number && is_versioned(stem) && is_sign(0, ".") && is_number(1)) {  // "tls1.2"
      at_ += 2;
      return;
    }
    if (is_versioned(text)) skip_version();
    if (!is_known(text)) {
      says_nothing_else = false;
      if (unread_.size() < 80) unread_ += (unread_.empty() ? "" : " ") + text;
    }
  }

  // "HTTP/2", "TLS >= 1.2", "SMB 3.1.1", "TLS 1.2+", not "HTTP/80".
  void skip_version() {
    std::size_t ahead = 0;
    while (is_sign(ahead, "/") || is_sign(ahead, ">=") || is_sign(ahead, ">") ||
           is_sign(ahead, "v") || is_sign(ahead, "=") || is_sign(ahead, "version") ||
           is_sign(ahead, "/")) {
      ++ahead;
    }
    const PortToken* it = peek(ahead);
    constexpr std::uint32_t largest_version = 4;
    const bool version =
        it != nullptr && (it->sort == TokenSort::version ||
                          (it->sort == TokenSort::number && it->value <= largest_version));
    if (!version) return;
    at_ += ahead + 1;
    if (is_sign(0, "+")) ++at_;
  }

  void skip_former() {
    std::string skipped;
    while (at_ < tokens_.size() && !is_sign(0, ")") && !is_sign(0, ";")) {
      skipped += (skipped.empty() ? "" : " ") + tokens_[at_++].text;
    }
    doubt(fmt::format("the port of \"{}\" is not written", skipped));
  }

  void take_transport(Transport transport) {
    ++at_;
    const std::uint32_t own = transport == Transport::tcp ? 6 : 17;
    if (is_sign(0, "(") && is_number(1) && peek(1)->value == own && is_sign(2, ")")) at_ += 3;
    const bool joins = !items.empty() && !items.back().range;
    if (!joins) items.push_back({});
    std::vector<Transport>& all = items.back().transports;
    if (std::find(all.begin(), all.end(), transport) == all.end()) all.push_back(transport);
    std::sort(all.begin(), all.end());
  }

  PortReading result_;
  std::vector<PortToken> tokens_;
  std::size_t at_ = 0;
  std::string unread_;
};

void add_group(std::vector<PortGroup>& groups, const std::vector<Transport>& transports,
               const PortRange& range) {
  const auto known = std::find_if(groups.begin(), groups.end(),
                                  [&](const PortGroup& it) { return it.transports == transports; });
  PortGroup& group = known != groups.end() ? *known : groups.emplace_back();
  group.transports = transports;
  if (std::find(group.ports.begin(), group.ports.end(), range) == group.ports.end()) {
    group.ports.push_back(range);
  }
}

// Transports before their ports ("TCP 443, UDP 3478") or behind them ("443/tcp, 3478/udp"): as the
// first of them stands.
void assign(const std::vector<Reading::Item>& items, const std::vector<Transport>& beside,
            PortReading& result) {
  const bool behind = !items.empty() && items.front().range.has_value();
  std::vector<Transport> current = beside;
  std::vector<PortRange> waiting;
  bool has_ports_since = true;
  for (const Reading::Item& it : items) {
    if (it.range) {
      if (behind) waiting.push_back(*it.range);
      if (!behind) add_group(result.groups, current, *it.range);
      has_ports_since = true;
      continue;
    }
    current = it.transports;
    if (!behind) has_ports_since = false;
    for (const PortRange& range : waiting) add_group(result.groups, current, range);
    waiting.clear();
  }
  if (!waiting.empty() && !current.empty() && current != beside) {
    result.doubts.emplace_back(
        "the last port has no transport of its own; the one before it is written");
  }
  for (const PortRange& range : waiting) add_group(result.groups, current, range);
  if (!has_ports_since && !result.groups.empty()) {
    result.doubts.emplace_back("a transport stands behind the last port, and is not written");
  }
}

std::vector<Transport> transports_in(const std::string& text) {
  std::vector<Transport> found;
  for (const std::string& word : words_of(fold(text))) {
    const auto transport = transport_of(word);
    if (transport && std::find(found.begin(), found.end(), *transport) == found.end()) {
      found.push_back(*transport);
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

// The word that takes something out of the ports; "not mutual" speaks of a certificate.
std::string turned_in(const std::string& text) {
  std::string turned = negation_in(text);
  if (turned.empty()) return denial_in(text);
  const std::vector<std::string> words = words_of(fold(text));
  const auto at = std::find(words.begin(), words.end(), turned);
  const bool of_mutual = at != words.end() && at + 1 != words.end() &&
                         is_one_of(*(at + 1), {"mutual", "mtls", "client"}) &&
                         std::count_if(words.begin(), words.end(), [](const std::string& it) {
                           return !negation_in(it).empty();
                         }) == 1;
  return of_mutual ? denial_in(text) : turned;
}

}  // namespace

PortReading read_ports(const std::string& cell, const std::string& beside,
                       const std::string& heading) {
  for (const std::string* text : {&cell, &beside}) {
    const std::string turned = turned_in(*text);
    if (turned.empty()) continue;
    PortReading refused;
    refused.refused =
        fmt::format("\"{}\" in \"{}\": what is taken out cannot be a row", turned, *text);
    return refused;
  }
  Reading reading(fold(cell));
  PortReading result = reading.take();
  std::vector<Transport> transports = transports_in(beside);
  Reading protocol(fold(beside));
  if (const PortReading of_protocol = protocol.take();
      transports.empty() && result.refused.empty() && !of_protocol.refused.empty()) {
    result.refused = of_protocol.refused;
  }
  if (const auto of_heading = transports_in(heading);
      transports.empty() && of_heading.size() == 1) {
    transports = of_heading;
  }
  if (!result.refused.empty()) return result;
  const bool has_port = std::any_of(reading.items.begin(), reading.items.end(),
                                    [](const auto& it) { return it.range.has_value(); });
  if (!has_port && reading.says_any && reading.says_nothing_else) {
    reading.items.push_back({.transports = {}, .range = PortRange{1, last_port}});
  } else if (has_port && reading.says_any) {
    result.doubts.emplace_back("\"any\" beside ports is not understood; the ports are written");
  }
  assign(reading.items, transports, result);
  for (const PortGroup& group : result.groups) {
    if (!transports.empty() && !group.transports.empty() && group.transports != transports &&
        !std::includes(transports.begin(), transports.end(), group.transports.begin(),
                       group.transports.end())) {
      result.doubts.emplace_back(
          "the transport beside the port is another one; the one with the port is written");
    }
  }
  if (result.groups.empty()) result.refused = fmt::format("no port in \"{}\"", cell);
  return result;
}

}  // namespace pcapaudit
