// Reads SIP messages; see the header.

#include "dissectors/sip/sip_message.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <utility>

#include "base/keyed_hash.hpp"
#include "dissectors/sip/sdp.hpp"

namespace pcapaudit {
namespace {

constexpr std::string_view version = "SIP/2.0";

// RFC 3261 25.1: a token, of any length.
bool is_method(std::string_view text) {
  constexpr std::string_view marks = "-.!%*_+`'~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
  });
}

std::string_view without_blanks(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

std::optional<std::size_t> parse_length(std::string_view digits) {
  std::size_t length = 0;
  const char* const end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, length);
  const bool good = parsed.ec == std::errc{} && parsed.ptr == end && length <= SipReader::max_body;
  return good ? std::optional(length) : std::nullopt;
}

std::optional<SipStart> parse_status_line(std::string_view line) {
  SipStart start;
  const std::string_view rest = without_blanks(line.substr(version.size()));
  start.plain = line.size() > version.size() + 1 && line[version.size()] == ' ' &&
                line[version.size() + 1] != ' ';
  const std::string_view digits = up_to(rest, ' ', '\t');
  const char* const end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, start.status);
  const bool good = parsed.ec == std::errc{} && parsed.ptr == end && digits.size() == 3 &&
                    start.status >= 100 && start.status <= 699;
  return good ? std::optional(start) : std::nullopt;
}

// "sip:user@example.com;tag=..." or "Name <sip:user@example.com>" to "example.com".
std::string_view domain_of(std::string_view address) {
  const std::size_t scheme = address.find(':', address.find('<') + 1);
  if (scheme == std::string_view::npos) return {};
  std::string_view rest = address.substr(scheme + 1);
  rest = up_to(rest, '>', ';', '?', ' ', '\t', '\r', '\n');
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos)
    rest = rest.substr(at + 1);
  if (!rest.starts_with('[')) rest = rest.substr(0, rest.find(':'));
  return rest;
}

void add_domain(TextList& list, std::string_view address) {
  const std::string_view domain = domain_of(address);
  if (!domain.empty()) list.add(clean_text(domain, 256));
}

// Full or compact name (RFC 3261 7.3.3).
bool is_field(std::string_view name, std::string_view full, std::string_view compact) {
  return equal_ignoring_case(name, full) || equal_ignoring_case(name, compact);
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// The value of ";name=value", or empty.
std::string_view parameter(std::string_view value, std::string_view name) {
  for (std::size_t at = value.find(';'); at != std::string_view::npos; at = value.find(';', at)) {
    ++at;
    std::string_view rest = value.substr(at);
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    const bool named = rest.size() > name.size() && rest[name.size()] == '=' &&
                       equal_ignoring_case(rest.substr(0, name.size()), name);
    if (!named) continue;
    rest.remove_prefix(name.size() + 1);
    return up_to(rest, ';', ' ', '\t', '\r', '\n', ',');
  }
  return {};
}

bool is_printable(char c) {
  return c == '\t' || c == '\r' || static_cast<unsigned char>(c) >= ' ';
}

}  // namespace

std::optional<SipStart> parse_sip_start(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  // The case of the version plays no part (RFC 3261 7.1).
  if (line.size() > version.size() &&
      (line[version.size()] == ' ' || line[version.size()] == '\t') &&
      equal_ignoring_case(line.substr(0, version.size()), version)) {
    return parse_status_line(line);
  }
  const std::string_view trimmed = without_blanks(line);
  if (trimmed.size() <= version.size()) return std::nullopt;
  const std::string_view last = trimmed.substr(trimmed.size() - version.size());
  const std::string_view method = up_to(trimmed, ' ', '\t');
  if (!equal_ignoring_case(last, version) || !is_method(method)) return std::nullopt;
  const std::string_view between = trimmed.substr(
      method.size(), trimmed.size() - std::min(trimmed.size(), method.size() + version.size()));
  const std::string_view uri = without_blanks(between);
  if (uri.empty() || (between.back() != ' ' && between.back() != '\t')) return std::nullopt;
  const bool plain = trimmed.size() == line.size() && between.size() == uri.size() + 2 &&
                     uri.find_first_of(" \t") == std::string_view::npos;
  return SipStart{.request = true, .plain = plain, .method = method};
}

std::size_t keep_alive_size(std::string_view text) {
  return std::min(text.find_first_not_of(std::string_view("\r\n\0 ", 4)), text.size());
}

std::size_t find_sip_start(std::string_view text, std::size_t from, bool open) {
  const auto is_start = [&](std::string_view rest) {
    const Probe::Kind kind = probe_sip_stream(rest).kind;
    return kind == Probe::Kind::mine || (open && kind == Probe::Kind::need_more);
  };
  for (std::size_t at = from; at < text.size();) {
    if (is_start(text.substr(at))) return at;
    const std::size_t end = text.find('\n', at);
    if (end == std::string_view::npos) break;
    at = end + 1;
  }
  return text.size();
}

Probe probe_sip_whole(std::string_view message) {
  message.remove_prefix(keep_alive_size(message));
  if (message.empty()) return Probe::need_more();
  const std::string_view line = message.substr(0, message.find('\n'));
  const bool is_text = std::all_of(line.begin(), line.end(), is_printable);
  return is_text && parse_sip_start(line) ? Probe::mine(Probe::Speaker::either) : Probe::not_mine();
}

Probe probe_sip_stream(std::string_view text) {
  constexpr std::size_t most_lead = 16 * 1024;  // keep-alives, and nothing else
  const std::size_t lead = keep_alive_size(text);
  if (lead > most_lead) return Probe::not_mine();
  text.remove_prefix(lead);
  if (text.empty()) return Probe::need_more();
  if (text.find('\n') != std::string_view::npos) return probe_sip_whole(text);
  constexpr std::size_t enough = 11;  // "SIP/2.0 200"
  if (text.size() >= enough && parse_sip_start(text.substr(0, enough)) &&
      text.starts_with("SIP/")) {
    return Probe::mine(Probe::Speaker::either);
  }
  constexpr std::size_t longest_line = 16 * 1024;
  const std::string_view method = up_to(text, ' ', '\t');
  const bool version_first =
      equal_ignoring_case(method.substr(0, version.size()), version.substr(0, method.size()));
  if (text.size() > longest_line || (!is_method(method) && !version_first) ||
      !std::all_of(text.begin(), text.end(), is_printable)) {
    return Probe::not_mine();
  }
  // The rest may only be a URI, a blank and the version.
  const std::string_view uri = without_blanks(text.substr(method.size()));
  constexpr std::string_view schemes[] = {"sip:", "sips:", "tel:", "urn:", "im:", "pres:"};
  const bool is_uri = std::any_of(std::begin(schemes), std::end(schemes), [&](auto scheme) {
    return equal_ignoring_case(uri.substr(0, scheme.size()), scheme);
  });
  if (is_uri) return Probe::likely_mine(Probe::Speaker::either);
  const std::string_view scheme = up_to(uri, ':');
  return scheme.empty() || is_method(scheme) ? Probe::need_more() : Probe::not_mine();
}

SipReader::Head SipReader::read_head(std::string_view head) {
  Head answer;
  const std::size_t line_end = std::min(head.find('\n'), head.size());
  const auto start = parse_sip_start(head.substr(0, line_end));
  if (!start) {
    answer.failure = "sip: no start line where a message should begin";
    return answer;
  }
  if (!start->plain) answer.doubt = "sip: a start line that not all peers take";
  bool length_seen = false;
  Message message{.request = start->request, .status = start->status, .branch = {}, .method = {}};
  if (start->request) {
    ++facts_.requests;
    facts_.methods.add(clean_text(start->method));
    if (start->method == "BENOTIFY" || start->method == "SERVICE") facts_.lync_signs = true;
  } else {
    ++facts_.responses;
    facts_.statuses.add(start->status);
  }
  HeaderLines lines(head.substr(std::min(line_end + 1, head.size())));
  while (const auto line = lines.next()) {
    const std::string_view value = line->value;
    if (is_field(line->name, "Content-Length", "l")) {
      const auto before = std::exchange(answer.body, parse_length(value));
      if (!answer.body || (length_seen && before != answer.body)) {
        answer.body = std::nullopt;
        answer.doubt = "sip: bad content length";
        answer.unframed = true;
      }
      length_seen = true;
    } else if (is_field(line->name, "Content-Type", "c")) {
      const std::string_view type = value.substr(0, value.find(';'));
      answer.describes_media = equal_ignoring_case(type, "application/sdp") ||
                               equal_ignoring_case(type.substr(0, 10), "multipart/");
      answer.holds_messages = equal_ignoring_case(type.substr(0, 8), "message/") ||
                              equal_ignoring_case(type.substr(0, 10), "multipart/");
      take_lync_field(*line);
    } else {
      take_field(*line, message);
    }
  }
  note_transaction(message);
  return answer;
}

void SipReader::read_body(std::string_view body) {
  read_media_endpoints(body, facts_.media);
}

void SipReader::take_field(const HeaderLine& line, Message& message) {
  const std::string_view value = line.value;
  if (is_field(line.name, "Via", "v")) {
    take_via(value, message);
  } else if (is_field(line.name, "From", "f")) {
    add_domain(facts_.from_domains, value);
    if (!parameter(value, "epid").empty()) facts_.lync_signs = true;
  } else if (is_field(line.name, "To", "t")) {
    add_domain(facts_.to_domains, value);
    if (!parameter(value, "epid").empty()) facts_.lync_signs = true;
  } else if (equal_ignoring_case(line.name, "User-Agent")) {
    facts_.user_agents.add(clean_text(value));
    if (contains(value, "UCCAPI")) facts_.lync_signs = true;
  } else if (equal_ignoring_case(line.name, "Server")) {
    facts_.servers.add(clean_text(value));
    if (value.starts_with("RTC/")) facts_.lync_signs = true;
  } else if (equal_ignoring_case(line.name, "CSeq")) {
    const std::size_t blank = value.find_last_of(" \t");
    if (blank == std::string_view::npos) return;
    message.method = clean_text(value.substr(blank + 1), 64);
    cseq_methods_.add(message.method);
  } else {
    take_lync_field(line);
  }
}

// What only Lync and its relatives send.
void SipReader::take_lync_field(const HeaderLine& line) {
  const auto named = [&](std::string_view name) { return equal_ignoring_case(line.name, name); };
  const std::string_view value = line.value;
  const bool own_name = line.name.size() > 3 && equal_ignoring_case(line.name.substr(0, 3), "ms-");
  const bool own_type =
      (named("Content-Type") || named("c") || named("Event") || named("o") || named("Accept")) &&
      (contains(value, "vnd-microsoft-") || contains(value, "msrtc-"));
  const bool own_extension =
      (named("Supported") || named("k")) &&
      (contains(value, "msrtc-event-categories") || contains(value, "com.microsoft.") ||
       contains(value, "ms-forking") || contains(value, "adhoclist"));
  const bool own_scheme = contains(value, "TLS-DSK");
  const bool route = contains(value, "ms-route-sig=");
  if (own_name || own_type || own_extension || own_scheme || route) facts_.lync_signs = true;
}

// "SIP/2.0/TLS host:port;branch=..." of the first message tells how the sender sent it.
void SipReader::take_via(std::string_view value, Message& message) {
  if (contains(value, "ms-received-cid=")) facts_.lync_signs = true;
  if (message.via_seen) return;
  message.via_seen = true;
  message.branch = parameter(value, "branch").substr(0, 256);
  if (!facts_.transport.empty() || !value.starts_with("SIP/2.0/")) return;
  const std::string_view transport = up_to(value.substr(8), ' ', '\t');
  facts_.transport = clean_text(transport, 16);
}

// A retransmission belongs to the transaction that it repeats; an ACK starts none (RFC 3261 17).
void SipReader::note_transaction(const Message& message) {
  if (message.branch.empty() || message.method.empty() || message.method == "ACK") return;
  const std::size_t hash = KeyedHash{}(message.branch + ' ' + message.method);
  const auto known = std::ranges::find(transactions_, hash, &Transaction::hash);
  constexpr std::uint32_t first_final = 200;
  if (message.request) {
    if (known != transactions_.end()) return;
    ++facts_.transactions;
    const std::size_t place = transactions_seen_++ % max_transactions;
    if (place == transactions_.size()) transactions_.emplace_back();
    transactions_[place] = {.hash = hash};
  } else if (message.status >= first_final && known != transactions_.end() && !known->answered) {
    known->answered = true;
    ++facts_.answered;
  }
}

SipFacts SipReader::take(std::string_view transport) {
  if (facts_.methods.empty()) facts_.methods = std::move(cseq_methods_);
  if (facts_.transport.empty()) facts_.transport = transport;
  return std::move(facts_);
}

}  // namespace pcapaudit
