// SIP over UDP and TCP, on any port.
//
//   message = start-line *(field CRLF) CRLF [body of Content-Length bytes]
//
// Over TCP messages are framed by Content-Length and separated by keep-alive line ends
// (RFC 5626 3.5.1); over UDP a datagram is a message.
// Source: RFC 3261.
#include <algorithm>
#include <charconv>
#include <string>

#include <pcapaudit/app/dissector.hpp>
#include <pcapaudit/app/header_lines.hpp>

namespace pcapaudit {
namespace {

// Real messages stay under the largest UDP datagram.
constexpr std::size_t max_header_block = 64 * 1024;
constexpr std::size_t max_body = 16 * 1024 * 1024;  // MESSAGE with pictures; more is no SIP
constexpr std::string_view version = "SIP/2.0";

struct StartLine {
  bool request = false;
  std::string_view method;
  std::uint32_t status = 0;
};

bool is_method(std::string_view text) {
  constexpr std::size_t longest = 32;
  return !text.empty() && text.size() <= longest &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '.' || c == '_';
         });
}

std::optional<StartLine> parse_start(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with("SIP/2.0 ")) {
    StartLine start;
    const std::string_view digits = line.substr(8, 3);
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), start.status);
    const bool good = parsed.ec == std::errc{} && parsed.ptr == digits.data() + 3 &&
                      start.status >= 100 && start.status <= 699;
    if (!good || (line.size() > 11 && line[11] != ' ')) return std::nullopt;
    return start;
  }
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || line.substr(last + 1) != version) {
    return std::nullopt;
  }
  const std::string_view method = line.substr(0, first);
  if (!is_method(method)) return std::nullopt;
  return StartLine{.request = true, .method = method};
}

Probe probe(Bytes prefix, Carrier carrier) {
  const std::string_view text = as_text(prefix);
  const std::size_t end = text.find('\n');
  if (end != std::string_view::npos || carrier == Carrier::udp) {
    const auto start = parse_start(text.substr(0, end));
    if (!start) return Probe::not_mine();
    return Probe::mine(start->request ? Probe::Speaker::client : Probe::Speaker::server);
  }
  if (text.starts_with("SIP/2.0 ") || std::string_view("SIP/2.0 ").starts_with(text)) {
    constexpr std::size_t enough = 11;
    if (text.size() < enough) return Probe::need_more();
    return parse_start(text.substr(0, enough)) ? Probe::mine(Probe::Speaker::server)
                                               : Probe::not_mine();
  }
  constexpr std::size_t longest_line = 2048;
  const std::size_t blank = text.find(' ');
  if (!is_method(text.substr(0, blank)) || text.size() > longest_line) return Probe::not_mine();
  if (blank == std::string_view::npos) return Probe::need_more();
  // The rest may only be a URI, a blank and the version.
  const std::string_view uri = text.substr(blank + 1);
  constexpr std::string_view schemes[] = {"sip:", "sips:", "tel:", "urn:", "im:", "pres:"};
  const bool plausible = std::any_of(std::begin(schemes), std::end(schemes), [&](auto scheme) {
    return uri.starts_with(scheme) || scheme.starts_with(uri);
  });
  if (!plausible) return Probe::not_mine();
  const bool uri_begun = uri.find(':') != std::string_view::npos;
  return uri_begun ? Probe::likely_mine(Probe::Speaker::client) : Probe::need_more();
}

// "sip:user@example.com;tag=..." or "Name <sip:user@example.com>" to "example.com".
std::string_view domain_of(std::string_view address) {
  const std::size_t scheme = address.find(':', address.find('<') + 1);
  if (scheme == std::string_view::npos) return {};
  std::string_view rest = address.substr(scheme + 1);
  rest = rest.substr(0, rest.find_first_of(">;? \t\r\n"));
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos)
    rest = rest.substr(at + 1);
  if (!rest.starts_with('[')) rest = rest.substr(0, rest.find(':'));
  return rest;
}

// Full or compact name (RFC 3261 7.3.3).
bool is_field(std::string_view name, std::string_view full, std::string_view compact) {
  return equal_ignoring_case(name, full) || equal_ignoring_case(name, compact);
}

class Sip final : public Dissector {
 public:
  explicit Sip(Carrier carrier) : carrier_(carrier) {}

  Step consume(Direction, Bytes window, RecordSink&) override {
    const std::string_view text = as_text(window);
    if (is_stun(window)) return Step::advance(window.size());
    const std::size_t blanks = text.find_first_not_of(std::string_view("\r\n\0 ", 4));
    if (blanks != 0) return Step::advance(std::min(blanks, text.size()));  // keep-alive
    const auto end = end_of_headers(text);
    if (!end) {
      if (text.size() > max_header_block) return Step::malformed("sip: header block over 64 KiB");
      // A datagram may end with its last header line.
      return carrier_ == Carrier::udp ? take(text, text.size()) : Step::need_more();
    }
    return take(text, *end);
  }

  // Every message stands for itself: the next one is found by its start line.
  Resume lost(Direction, Bytes window) override {
    const std::string_view text = as_text(window);
    const std::size_t last = text.rfind('\n');
    if (last != std::string_view::npos) (void)take(text.substr(0, last + 1), last + 1);
    return Resume::at_message;
  }

  void finish(const SeenStream&, RecordSink& out) override {
    if (facts_.methods.empty()) facts_.methods = std::move(cseq_methods_);
    if (facts_.transport.empty()) facts_.transport = carrier_ == Carrier::tcp ? "TCP" : "UDP";
    out.emit(std::move(facts_));
  }

 private:
  // A STUN keep-alive between SIP datagrams (RFC 5626 3.5.2).
  bool is_stun(Bytes window) const {
    if (carrier_ != Carrier::udp) return false;
    ByteReader in(window);
    const std::uint16_t type = in.u16();
    in.u16();
    return in.u32() == 0x2112a442 && (type & 0xc000) == 0 && in.ok();
  }

  Step take(std::string_view text, std::size_t end) {
    const std::string_view head = text.substr(0, end);
    const std::size_t line_end = std::min(head.find('\n'), head.size());
    const auto start = parse_start(head.substr(0, line_end));
    if (!start) return Step::malformed("sip: no start line where a message should begin");
    if (start->request) {
      ++facts_.requests;
      facts_.methods.add(clean_text(start->method));
      if (start->method == "BENOTIFY" || start->method == "SERVICE") facts_.lync_signs = true;
    } else {
      ++facts_.responses;
      facts_.statuses.add(start->status);
    }
    std::size_t body = 0;
    HeaderLines lines(head.substr(std::min(line_end + 1, head.size())));
    bool via_seen = false;
    while (const auto line = lines.next()) {
      if (is_field(line->name, "Content-Length", "l")) {
        const std::string_view value = line->value;
        const auto parsed = std::from_chars(value.data(), value.data() + value.size(), body);
        if (parsed.ec != std::errc{} || body > max_body) {
          return Step::malformed("sip: bad content length");
        }
      } else {
        take_field(*line, via_seen);
      }
    }
    if (carrier_ == Carrier::udp) return Step::advance(text.size());
    return Step::advance(end + body);
  }

  void take_field(const HeaderLine& line, bool& via_seen) {
    const std::string_view value = line.value;
    if (is_field(line.name, "Via", "v")) {
      if (!via_seen) take_via(value);
      via_seen = true;
    } else if (is_field(line.name, "From", "f")) {
      add_domain(facts_.from_domains, value);
    } else if (is_field(line.name, "To", "t")) {
      add_domain(facts_.to_domains, value);
    } else if (equal_ignoring_case(line.name, "User-Agent")) {
      facts_.user_agents.add(clean_text(value));
      if (value.find("UCCAPI") != std::string_view::npos) facts_.lync_signs = true;
    } else if (equal_ignoring_case(line.name, "Server")) {
      facts_.servers.add(clean_text(value));
      if (value.starts_with("RTC/")) facts_.lync_signs = true;
    } else if (equal_ignoring_case(line.name, "CSeq")) {
      const std::size_t blank = value.find_last_of(" \t");
      if (blank != std::string_view::npos)
        cseq_methods_.add(clean_text(value.substr(blank + 1), 64));
    } else if (line.name.size() > 3 && equal_ignoring_case(line.name.substr(0, 3), "ms-")) {
      facts_.lync_signs = true;
    }
  }

  // "SIP/2.0/TLS host:port;branch=..." of the first message tells how the sender sent it.
  void take_via(std::string_view value) {
    if (!facts_.transport.empty() || !value.starts_with("SIP/2.0/")) return;
    const std::string_view transport = value.substr(8, value.find_first_of(" \t", 8) - 8);
    facts_.transport = clean_text(transport, 16);
  }

  static void add_domain(TextList& list, std::string_view address) {
    const std::string_view domain = domain_of(address);
    if (!domain.empty()) list.add(clean_text(domain, 256));
  }

  Carrier carrier_;
  SipFacts facts_;
  TextList cseq_methods_;
};

}  // namespace

extern constinit const DissectorSpec sip{
    .name = "sip",
    .carriers = over_tcp | over_udp,
    .probe = probe,
    .make = [](Carrier carrier) -> std::unique_ptr<Dissector> {
      return std::make_unique<Sip>(carrier);
    },
};

}  // namespace pcapaudit
