// HTTP/1.0 and 1.1 on any TCP port.
//
//   message = start-line *(field CRLF) CRLF [body]
//
// Bodies are passed over, never buffered. Requests and responses are paired by order.
// Source: RFC 9110, RFC 9112.
#include <algorithm>
#include <charconv>
#include <limits>
#include <string>

#include <pcapaudit/app/dissector.hpp>
#include <pcapaudit/app/header_lines.hpp>

#include "app/http_message.hpp"

namespace pcapaudit {
namespace {

// A start line and header fields beyond this are refused by all servers in use (8 to 64 KiB).
constexpr std::size_t max_header_block = 64 * 1024;
// Requests waiting for their response. Browsers pipeline a handful.
constexpr std::size_t max_pipeline = 128;
constexpr std::string_view known_methods[] = {
    "GET ",        "HEAD ",   "POST ",        "PUT ",          "DELETE ",    "CONNECT ",
    "OPTIONS ",    "TRACE ",  "PATCH ",       "PROPFIND ",     "PROPPATCH ", "MKCOL ",
    "COPY ",       "MOVE ",   "LOCK ",        "UNLOCK ",       "REPORT ",    "SEARCH ",
    "SUBSCRIBE ",  "NOTIFY ", "RPC_IN_DATA ", "RPC_OUT_DATA ", "BITS_POST ", "MERGE ",
    "CHECKOUT ",   "POLL ",   "BMOVE ",       "BCOPY ",        "BDELETE ",   "BPROPFIND ",
    "UNSUBSCRIBE "};

bool is_prefix_of_another(std::string_view text, std::string_view whole) {
  return whole.starts_with(text) || text.starts_with(whole);
}

// A method token and a blank, then only bytes a target may have, so far.
Probe probe_open_line(std::string_view text) {
  for (const std::string_view method : known_methods) {
    if (!is_prefix_of_another(text, method)) continue;
    if (text.size() <= method.size()) return Probe::need_more();
    const std::string_view target = text.substr(method.size());
    const bool plausible = target.front() == '/' || target.front() == '*' ||
                           target.starts_with("http") || method == "CONNECT " ||
                           std::string_view("https://").starts_with(target);
    const bool printable = std::all_of(target.begin(), target.end(), [](char c) {
      return c != '\n' && (c == '\r' || static_cast<unsigned char>(c) >= 0x20);
    });
    if (!plausible || !printable) return Probe::not_mine();
    // A request line longer than any other protocol's first line.
    constexpr std::size_t certain = 1024;
    return text.size() >= certain ? Probe::mine(Probe::Speaker::client)
                                  : Probe::likely_mine(Probe::Speaker::client);
  }
  // Some other method: a token so far, at most as long as a method can be.
  constexpr std::size_t longest_method = 32;
  const std::size_t blank = text.find(' ');
  const std::string_view method = text.substr(0, blank);
  const bool token = std::all_of(method.begin(), method.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
  });
  if (!token || method.empty() || method.size() > longest_method) return Probe::not_mine();
  if (blank == std::string_view::npos) return Probe::need_more();
  const std::string_view target = text.substr(blank + 1);
  constexpr std::size_t patience = 2048;
  const bool plausible = target.empty() || target.front() == '/' || target.front() == '*' ||
                         is_prefix_of_another(target, "http");
  return plausible && text.size() < patience ? Probe::need_more() : Probe::not_mine();
}

Probe probe(Bytes prefix, Carrier) {
  std::string_view text = as_text(prefix);
  if (is_prefix_of_another(text, "HTTP/1.")) {
    constexpr std::size_t enough = 12;  // "HTTP/1.1 200"
    if (text.size() < enough) {
      return text.size() <= 7 || parse_http_start(std::string(text) + "000").has_value() ||
                     text.find('\n') == std::string_view::npos
                 ? Probe::need_more()
                 : Probe::not_mine();
    }
    return parse_http_start(text.substr(0, enough)) ? Probe::mine(Probe::Speaker::server)
                                                    : Probe::not_mine();
  }
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return probe_open_line(text);
  std::string_view line = text.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  const auto start = parse_http_start(line);
  return start && start->request ? Probe::mine(Probe::Speaker::client) : Probe::not_mine();
}

class Http final : public Dissector {
 public:
  Step consume(Direction dir, Bytes window, RecordSink& out) override {
    Half& half = halves_[index_of(dir)];
    const std::string_view text = as_text(window);
    switch (half.state) {
      case State::start:
        return read_head(dir, text, out);
      case State::chunk_size:
        return read_chunk_size(half, text);
      case State::chunk_end:
        return read_chunk_end(half, text);
      case State::trailer:
        return read_trailer(half, text);
      case State::until_close:
        return Step::advance(window.size());
      case State::waiting:
        return Step::need_more();
    }
    return Step::done();
  }

  // A body that ends with the connection may have holes; elsewhere the next message is found by
  // its start line. Which request a later response answers is then unknown.
  Resume lost(Direction dir, Bytes window) override {
    Half& half = halves_[index_of(dir)];
    if (half.state == State::until_close) return Resume::anywhere;
    if (half.state == State::start) read_cut_head(dir, as_text(window));
    half.state = State::start;
    waiting_ = Waiting::none;
    if (rare_ != nullptr) rare_->waiting.clear();
    return Resume::at_message;
  }

  void finish(const SeenStream&, RecordSink& out) override {
    HttpFacts facts{.version = version_ == 0     ? ""
                               : version_ == '1' ? "1.1"
                                                 : "1.0",
                    .requests = requests_,
                    .responses = responses_,
                    .methods = take(Kind::methods),
                    .hosts = take(Kind::hosts),
                    .paths = take(Kind::paths),
                    .statuses = {.values = std::move(statuses_),
                                 .more = rare_ == nullptr ? 0 : rare_->more_statuses},
                    .user_agents = take(Kind::user_agents),
                    .servers = take(Kind::servers),
                    .locations = take(Kind::locations),
                    .authorization_schemes = take(Kind::authorization_schemes),
                    .credentials_in_clear = credentials_in_clear_,
                    .upgraded_to = {}};
    if (rare_ != nullptr) facts.upgraded_to = std::move(rare_->upgraded_to);
    out.emit(std::move(facts));
  }

 private:
  enum class State : std::uint8_t { start, chunk_size, chunk_end, trailer, until_close, waiting };
  struct Half {
    State state = State::start;
  };
  // What a request's method means for its response.
  enum class Waiting : std::uint8_t { none, other, head, connect };

  Step read_head(Direction dir, std::string_view text, RecordSink& out) {
    if (text.starts_with("\r\n")) return Step::advance(2);  // RFC 9112 2.2
    if (text.starts_with('\n')) return Step::advance(1);
    const auto end = end_of_headers(text);
    if (!end) {
      return text.size() > max_header_block ? Step::malformed("http: header block over 64 KiB")
                                            : Step::need_more();
    }
    const std::string_view head = text.substr(0, *end);
    const std::size_t line_end = head.find('\n');
    std::string_view line = head.substr(0, line_end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto start = parse_http_start(line);
    if (!start) return Step::malformed("http: no start line where a message should begin");
    if (start->request != (dir == Direction::to_server)) {
      return Step::malformed("http: request and response on the same side");
    }
    note_version(start->version);
    const std::string_view headers = head.substr(line_end + 1);
    return start->request ? take_request(*start, headers, *end, &out)
                          : take_response(*start, headers, *end, &out);
  }

  // What the beginning of a message tells: its start line as far as it is there, and whole fields.
  void read_cut_head(Direction dir, std::string_view text) {
    const std::size_t line_end = text.find('\n');
    if (line_end == std::string_view::npos) {
      const auto start = parse_cut_http_start(text);
      if (start && start->request && dir == Direction::to_server) {
        ++requests_;
        note(Kind::methods, start->method, nullptr);
      } else if (start && !start->request && dir == Direction::to_client) {
        ++responses_;
        note_status(start->status, nullptr);
      }
      return;
    }
    std::string_view line = text.substr(0, line_end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto start = parse_http_start(line);
    if (!start || start->request != (dir == Direction::to_server)) return;
    note_version(start->version);
    const std::string_view headers = text.substr(line_end + 1, text.rfind('\n') - line_end);
    (void)(start->request ? take_request(*start, headers, 0, nullptr)
                          : take_response(*start, headers, 0, nullptr));
  }

  // `out` may be null.
  Step take_request(const HttpStart& start, std::string_view headers, std::size_t size,
                    RecordSink* out) {
    ++requests_;
    note(Kind::methods, start.method, out);
    const HttpTarget target = split_target(start.method, start.target);
    if (!target.path.empty()) note(Kind::paths, target.path, out);
    bool host_seen = false;
    HttpFraming framing;
    HeaderLines lines(headers);
    while (const auto line = lines.next()) {
      const HttpField field = http_field(line->name);
      framing.take(field, line->value);
      if (field == HttpField::host) {
        host_seen = true;
        if (!line->value.empty()) note(Kind::hosts, line->value, out);
      } else if (field == HttpField::user_agent) {
        note(Kind::user_agents, line->value, out);
      } else if (field == HttpField::authorization) {
        take_authorization(line->value);
      }
    }
    if (!host_seen && !target.host.empty()) note(Kind::hosts, target.host, out);
    const Waiting waiting = start.method == "CONNECT" ? Waiting::connect
                            : start.method == "HEAD"  ? Waiting::head
                                                      : Waiting::other;
    wait_for(waiting);
    if (waiting == Waiting::connect) {
      // What follows is HTTP only if the proxy refuses.
      halves_[0].state = State::waiting;
      return Step::advance(size);
    }
    return begin_body(halves_[0], framing.body(start, false), size);
  }

  void take_authorization(std::string_view value) {
    const std::string_view scheme = value.substr(0, value.find(' '));
    add(Kind::authorization_schemes, clean_text(scheme, 64));
    // Basic is the password in Base64 (RFC 7617 4); who reads a Bearer token can use it (RFC 6750
    // 5).
    if (equal_ignoring_case(scheme, "Basic") || equal_ignoring_case(scheme, "Bearer")) {
      credentials_in_clear_ = true;
    }
  }

  Step take_response(const HttpStart& start, std::string_view headers, std::size_t size,
                     RecordSink* out) {
    ++responses_;
    note_status(start.status, out);
    std::string_view upgrade;
    HttpFraming framing;
    HeaderLines lines(headers);
    while (const auto line = lines.next()) {
      const HttpField field = http_field(line->name);
      framing.take(field, line->value);
      if (field == HttpField::server) note(Kind::servers, line->value, out);
      if (field == HttpField::location) note(Kind::locations, line->value, out);
      if (field == HttpField::upgrade) upgrade = line->value;
    }
    const bool interim = start.status >= 100 && start.status < 200 && start.status != 101;
    const Waiting answered = waiting_;
    if (!interim) wait_for_next();
    if (start.status == 101) {
      rare().upgraded_to = upgrade.empty() ? "upgrade" : clean_text(upgrade, 64);
      return Step::handover(size);
    }
    if (answered == Waiting::connect) {
      if (start.status >= 200 && start.status < 300) {
        rare().upgraded_to = "connect";
        return Step::handover(size);
      }
      if (!interim) halves_[0].state = State::start;
    }
    return begin_body(halves_[1], framing.body(start, answered == Waiting::head), size);
  }

  Step begin_body(Half& half, HttpFraming::Body framing, std::size_t size) {
    switch (framing.kind) {
      case HttpFraming::Kind::none:
        half.state = State::start;
        return Step::advance(size);
      case HttpFraming::Kind::length: {
        half.state = State::start;
        constexpr std::uint64_t room = std::numeric_limits<std::size_t>::max() / 2;
        if (framing.length > room) return Step::malformed("http: content length is out of range");
        return Step::advance(size + static_cast<std::size_t>(framing.length));
      }
      case HttpFraming::Kind::chunked:
        half.state = State::chunk_size;
        return Step::advance(size);
      case HttpFraming::Kind::until_close:
        half.state = State::until_close;
        return Step::advance(size);
      case HttpFraming::Kind::contradictory:
        break;
    }
    return Step::malformed("http: contradictory content lengths");
  }

  // chunk-size [chunk-ext] CRLF (RFC 9112 7.1)
  Step read_chunk_size(Half& half, std::string_view text) {
    constexpr std::size_t max_line = 4096;  // extensions are unused in practice
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      return text.size() > max_line ? Step::malformed("http: chunk size line over 4 KiB")
                                    : Step::need_more();
    }
    std::uint64_t size = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + end, size, 16);
    constexpr std::uint64_t room = std::uint64_t{1} << 62;
    if (parsed.ec != std::errc{} || size > room) return Step::malformed("http: bad chunk size");
    half.state = size == 0 ? State::trailer : State::chunk_end;
    return Step::advance(end + 1 + static_cast<std::size_t>(size));
  }

  Step read_chunk_end(Half& half, std::string_view text) {
    if (text == "\r") return Step::need_more();
    half.state = State::chunk_size;
    if (text.starts_with("\r\n")) return Step::advance(2);
    if (text.starts_with('\n')) return Step::advance(1);
    return Step::malformed("http: chunk without its line end");
  }

  // Trailer fields up to the empty line.
  Step read_trailer(Half& half, std::string_view text) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      return text.size() > max_header_block ? Step::malformed("http: trailer over 64 KiB")
                                            : Step::need_more();
    }
    if (end == 0 || (end == 1 && text[0] == '\r')) half.state = State::start;
    return Step::advance(end + 1);
  }

  static constexpr std::size_t kinds = 7;
  enum class Kind : std::uint8_t {
    methods,
    hosts,
    paths,
    user_agents,
    servers,
    locations,
    authorization_schemes
  };
  // What few connections have.
  struct Rare {
    std::array<std::uint64_t, kinds> more{};  // DistinctList::more
    std::uint64_t more_statuses = 0;
    std::string upgraded_to;
    std::vector<Waiting> waiting;  // behind waiting_
  };
  Rare& rare() {
    if (rare_ == nullptr) rare_ = std::make_unique<Rare>();
    return *rare_;
  }

  // Most connections show one value of each kind, and the same as others do. `out` may be null.
  void note(Kind kind, std::string_view wire, RecordSink* out) {
    SharedValues<std::string>& values = texts_[static_cast<std::size_t>(kind)];
    if (values.empty() && out != nullptr) {
      values = out->list_of(wire);
    } else if (std::find(values.begin(), values.end(), wire) == values.end()) {
      add(kind, clean_text(wire));
    }
  }
  void add(Kind kind, const std::string& text) {
    SharedValues<std::string>& values = texts_[static_cast<std::size_t>(kind)];
    TextList list{.values = std::move(values)};
    list.add(text);
    values = std::move(list.values);
    if (list.more > 0) rare().more[static_cast<std::size_t>(kind)] += list.more;
  }
  void note_status(std::uint32_t status, RecordSink* out) {
    if (statuses_.empty() && out != nullptr) {
      statuses_ = out->list_of(status);
      return;
    }
    NumberList list{.values = std::move(statuses_)};
    list.add(status);
    statuses_ = std::move(list.values);
    if (list.more > 0) rare().more_statuses += list.more;
  }
  void note_version(std::string_view version) {
    if (version_ == 0 && !version.empty()) version_ = version.back();
  }
  void wait_for(Waiting waiting) {
    if (waiting_ == Waiting::none) {
      waiting_ = waiting;
    } else if (rare().waiting.size() + 1 < max_pipeline) {
      rare().waiting.push_back(waiting);
    }
  }
  void wait_for_next() {
    waiting_ = Waiting::none;
    if (rare_ == nullptr || rare_->waiting.empty()) return;
    waiting_ = rare_->waiting.front();
    rare_->waiting.erase(rare_->waiting.begin());
  }

  TextList take(Kind kind) {
    const auto i = static_cast<std::size_t>(kind);
    return {.values = std::move(texts_[i]), .more = rare_ == nullptr ? 0 : rare_->more[i]};
  }

  // Small, because every open connection has one: HttpFacts are made of it at the end.
  std::array<SharedValues<std::string>, kinds> texts_;  // by Kind
  SharedValues<std::uint32_t> statuses_;
  std::uint64_t requests_ = 0, responses_ = 0;
  std::unique_ptr<Rare> rare_;
  std::array<Half, 2> halves_;
  char version_ = 0;  // the last digit of the first message's: 1.0 or 1.1
  bool credentials_in_clear_ = false;
  Waiting waiting_ = Waiting::none;  // the first request without its response
};

}  // namespace

extern constinit const DissectorSpec http{
    .name = "http",
    .carriers = over_tcp,
    .probe = probe,
    .make = [](Carrier) -> std::unique_ptr<Dissector> { return std::make_unique<Http>(); },
};

}  // namespace pcapaudit
