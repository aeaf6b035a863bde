// HTTP/1.x and 0.9 on any TCP port.
//
//   message = start-line *(field CRLF) CRLF [body]
//
// Bodies are passed over, never buffered. Requests and responses are paired by order. Messages
// are read as peers take them; where peers disagree the account of the direction says so.
// Source: RFC 9110, RFC 9112.
#include <algorithm>
#include <array>
#include <string>

#include <pcapaudit/app/dissector.hpp>
#include <pcapaudit/app/header_lines.hpp>

#include "dissectors/http/http_facts.hpp"
#include "dissectors/http/http_framing.hpp"
#include "dissectors/http/http_message.hpp"
#include "dissectors/http/http_notes.hpp"
#include "dissectors/http/http_probe.hpp"

namespace pcapaudit {
namespace {

// RFC 9110 5.4 sets no limit. Servers refuse heads of 8 to 64 KiB unless they are set otherwise.
constexpr std::size_t max_header_block = 1024 * 1024;
// Heads that arrive in many segments are searched anew with each one, up to this size.
constexpr std::size_t small_head = 4096;
// Requests that wait for their responses may be any number; changes of their kind may be so many.
constexpr std::size_t max_runs = 4096;

constexpr std::string_view no_start = "http: no start line where a message should begin";

Probe probe(Bytes prefix, Carrier) {
  return probe_http(as_text(prefix));
}

class Http final : public Dissector {
  using Kind = HttpNotes::Kind;

 public:
  Step consume(Direction dir, Bytes window, RecordSink& out) override {
    State& state = states_[index_of(dir)];
    const std::string_view text = as_text(window);
    switch (state) {
      case State::start:
        return read_head(dir, text, out);
      case State::promised:
        return read_promised(dir, text, out);
      case State::chunk_size:
        return read_chunk_size(dir, text, out);
      case State::chunk_end:
        return read_chunk_end(dir, text, out);
      case State::trailer:
        return read_trailer(dir, text);
      case State::until_close:
        return Step::done();
      case State::waiting:
        return Step::need_more();
    }
    return Step::done();
  }

  // A body that ends with the connection is not read; elsewhere the next message is found by its
  // start line. Which request a later response answers is then unknown.
  Resume lost(Direction dir, Bytes window) override {
    State& state = states_[index_of(dir)];
    if (state == State::until_close) return Resume::done;
    forget_search(dir);
    if (state == State::start) read_cut_head(dir, as_text(window));
    state = State::start;
    waiting_ = no_meaning;
    is_paired_ = false;
    if (auto* rare = notes_.rare_if_any()) rare->waiting.clear();
    return Resume::at_message;
  }

  void finish(const SeenStream& seen, RecordSink& out) override {
    // The server read another request than the ones that are read here.
    if (has_extra_ && is_paired_ && seen[0].from_start && seen[1].from_start) {
      out.note_unread(Direction::to_server, Unread::malformed,
                      "http: an answer without its request");
    }
    if (waiting_ != no_meaning) {
      out.note_unread(Direction::to_client, Unread::unfinished,
                      "http: a request without its answer");
    }
    out.emit(notes_.take());
  }

 private:
  enum class State : std::uint8_t {
    start,
    promised,  // a body that the client sends when the server agrees
    chunk_size,
    chunk_end,
    trailer,
    until_close,
    waiting
  };
  // What a request means for its response: bits.
  enum Meaning : std::uint8_t {
    no_meaning = 0,
    ordinary = 1,
    to_head = 2,
    to_connect = 4,
    to_upgrade = 8,
    to_bare = 16,  // HTTP/0.9: the answer may have no head
  };

  Step read_head(Direction dir, std::string_view text, RecordSink& out) {
    // Empty lines before a start line (RFC 9112 2.2), in any number.
    const std::size_t lead = std::min(text.find_first_not_of(" \t\r\n"), text.size());
    if (lead > 0) {
      const bool blanks = text.substr(0, lead).find_first_of(" \t") != std::string_view::npos;
      if (blanks) doubt(dir, "http: blanks before a start line", &out);
      return Step::advance(lead);
    }
    if (dir == Direction::to_client && (waiting_ & to_bare) != 0 && !may_be_status(text)) {
      return take_bare_answer(out);
    }
    const HttpNotes::Search search = searched(dir);
    std::optional<std::size_t> end;
    if (search.start_line_seen) {  // and long, perhaps: it is read again when its head is there
      end = end_of_headers(text, search.done);
      if (!end) return wait_for_head(dir, text, true);
    }
    const std::size_t line_end = text.find('\n', search.start_line_seen ? 0 : search.done);
    if (line_end == std::string_view::npos) return wait_for_head(dir, text, false);
    const auto start = parse_http_start(text.substr(0, line_end));
    if (!start) return Step::malformed(no_start);
    if (start->bare && dir == Direction::to_server) return take_bare(*start, line_end + 1, out);
    if (!end) end = end_of_headers(text, search.done);
    if (!end) return wait_for_head(dir, text, true);
    forget_search(dir);
    if (start->request != (dir == Direction::to_server)) {
      return Step::malformed("http: request and response on the same side");
    }
    if (!start->plain) doubt(dir, "http: a start line that not all peers take", &out);
    notes_.note_version(start->minor, false);
    const std::string_view headers = text.substr(line_end + 1, *end - line_end - 1);
    return start->request ? take_request(*start, headers, *end, &out)
                          : take_response(*start, headers, *end, &out);
  }

  static bool may_be_status(std::string_view text) {
    constexpr std::string_view word = "HTTP/";
    const std::size_t common = std::min(text.size(), word.size());
    return equal_ignoring_case(text.substr(0, common), word.substr(0, common));
  }

  Step wait_for_head(Direction dir, std::string_view text, bool start_line_seen) {
    if (text.size() > max_header_block) {
      read_cut_head(dir, text);
      return Step::malformed("http: header block over 1 MiB");
    }
    remember_search(dir, text, start_line_seen);
    return Step::need_more();
  }

  // Where to go on searching a window that has grown.
  HttpNotes::Search searched(Direction dir) {
    const auto* rare = notes_.rare_if_any();
    return rare == nullptr ? HttpNotes::Search{} : rare->search[index_of(dir)];
  }
  void remember_search(Direction dir, std::string_view text, bool start_line_seen) {
    if (text.size() < small_head) return;
    notes_.rare().search[index_of(dir)] = {.done = text.size(), .start_line_seen = start_line_seen};
  }
  void forget_search(Direction dir) {
    if (auto* rare = notes_.rare_if_any()) rare->search[index_of(dir)] = {};
  }

  // What the beginning of a message tells: its start line as far as it is there, and whole fields.
  void read_cut_head(Direction dir, std::string_view text) {
    const std::size_t line_end = text.find('\n');
    if (line_end == std::string_view::npos) {
      const auto start = parse_cut_http_start(text);
      if (start && start->request && dir == Direction::to_server) {
        notes_.note_request();
        notes_.note(Kind::methods, start->method, nullptr);
      } else if (start && !start->request && dir == Direction::to_client) {
        notes_.note_response();
        notes_.note_status(start->status, nullptr);
      }
      return;
    }
    const auto start = parse_http_start(text.substr(0, line_end));
    if (!start || start->request != (dir == Direction::to_server)) return;
    notes_.note_version(start->minor, start->bare);
    const std::string_view headers = text.substr(line_end + 1, text.rfind('\n') - line_end);
    (void)(start->request ? take_request(*start, headers, 0, nullptr)
                          : take_response(*start, headers, 0, nullptr));
  }

  // HTTP/0.9: a line, and nothing more.
  Step take_bare(const HttpStart& start, std::size_t size, RecordSink& out) {
    doubt(Direction::to_server, "http: a request without a version", &out);
    notes_.note_version(0, true);
    forget_search(Direction::to_server);
    return take_request(start, {}, size, &out);
  }
  Step take_bare_answer(RecordSink& out) {
    doubt(Direction::to_client, "http: an answer without a status line", &out);
    notes_.note_response();
    states_[1] = State::until_close;
    return Step::advance(1);
  }

  // `out` may be null.
  Step take_request(const HttpStart& start, std::string_view headers, std::size_t size,
                    RecordSink* out) {
    constexpr auto dir = Direction::to_server;
    notes_.note_request();
    notes_.note(Kind::methods, start.method, out);
    const HttpTarget target = split_target(start.method, start.target);
    note_target(notes_, target, start, out);
    bool host_in_field = target.host.empty(), is_named = !target.host.empty();
    bool expects = false;
    std::uint8_t meaning = start.bare ? ordinary | to_bare : ordinary;
    HttpFraming framing;
    HeaderLines lines(headers);
    while (const auto line = lines.next()) {
      const HttpField field = http_field(line->name);
      doubt(dir, doubt_of(*line), out);
      framing.take(field, line->value);
      if (field == HttpField::host) {
        const std::string_view host = note_host(notes_, line->value, out);
        host_in_field = host_in_field || is_same_host(host, target.host);
        is_named = is_named || !host.empty();
      } else if (field == HttpField::user_agent) {
        notes_.note(Kind::user_agents, line->value, out);
      } else if (field == HttpField::authorization) {
        note_authorization(notes_, line->value);
      } else if (field == HttpField::upgrade) {
        meaning |= to_upgrade;
      }
      expects = expects || field == HttpField::expect;
    }
    // Servers differ in which of two names they go by (RFC 9112 3.2.2 has one answer).
    if (!host_in_field) note_whole(notes_, dir, Kind::hosts, target.host, out);
    if (!is_named && out != nullptr) notes_.note_no_host();
    if (lines.bad_lines() > 0) doubt(dir, "http: a header line without a colon", out);
    if (start.method == "HEAD") meaning |= to_head;
    if (start.method == "CONNECT") meaning |= to_connect;
    wait_for(meaning, out);
    if ((meaning & to_connect) != 0) {
      // What follows is HTTP only if the proxy refuses.
      states_[0] = State::waiting;
      return Step::advance(size);
    }
    const HttpFraming::Body body = framing.body(start, false);
    if (expects && body.kind == HttpFraming::Kind::length && body.length > 0) {
      doubt(dir, body.doubt, out);
      states_[0] = State::promised;
      notes_.rare().promised_body = body.length;
      notes_.rare().declined = false;
      return Step::advance(size);
    }
    return begin_body(dir, body, size, out);
  }

  // A server that declines may take what comes next for a request, and one that agreed for the body
  // (RFC 9110 10.1.1).
  Step read_promised(Direction dir, std::string_view text, RecordSink& out) {
    const std::uint64_t length = notes_.rare().promised_body;
    const bool declined = notes_.rare().declined;
    const std::string_view body = text.substr(0, static_cast<std::size_t>(length));
    const Probe::Kind kind = probe_http(body).kind;
    if (!declined && kind == Probe::Kind::need_more && body.size() < length) {
      return Step::need_more();
    }
    if (declined || kind == Probe::Kind::mine) {
      doubt(dir, "http: a request where Expect announced a body: which is it?", &out);
    }
    states_[index_of(dir)] = State::start;
    return Step::advance(static_cast<std::size_t>(length));
  }

  Step take_response(const HttpStart& start, std::string_view headers, std::size_t size,
                     RecordSink* out) {
    constexpr auto dir = Direction::to_client;
    notes_.note_response();
    notes_.note_status(start.status, out);
    std::string_view upgrade = "upgrade";
    bool is_directed = false;
    HttpFraming framing;
    HeaderLines lines(headers);
    while (const auto line = lines.next()) {
      const HttpField field = http_field(line->name);
      if (field != HttpField::other) doubt(dir, doubt_of(*line), out);
      framing.take(field, line->value);
      if (field == HttpField::server) notes_.note(Kind::servers, line->value, out);
      if (field == HttpField::location) note_whole(notes_, dir, Kind::locations, line->value, out);
      is_directed = is_directed || field == HttpField::location;
      if (field == HttpField::upgrade) upgrade = line->value;
    }
    if (lines.bad_lines() > 0) doubt(dir, "http: a header line without a colon", out);
    const std::uint8_t answered = waiting_;
    if (start.status == 101) {
      // A client that did not ask goes on with HTTP (RFC 9110 7.8); one whose request was not
      // captured may have asked.
      if (answered == no_meaning || (answered & to_upgrade) != 0) {
        return hand_over(clean_text(upgrade, 64), size);
      }
      doubt(dir, "http: 101 without being asked", out);
    }
    const bool interim = start.status < 200;
    // Without a request a server only tells that it waited for one (RFC 9110 15.5.9).
    constexpr std::uint32_t request_timeout = 408;
    const bool is_extra = answered == no_meaning && !interim && start.status != request_timeout;
    has_extra_ = has_extra_ || is_extra;
    if (!interim) wait_for_next();
    if (!interim && states_[0] == State::promised) notes_.rare().declined = true;
    if ((answered & to_connect) != 0 && !interim) {
      if (start.status < 300) return hand_over("connect", size);
      states_[0] = State::start;
    }
    const HttpFraming::Body body = framing.body(start, (answered & to_head) != 0);
    const bool has_body = body.kind == HttpFraming::Kind::length
                              ? body.length > 0
                              : body.kind != HttpFraming::Kind::none;
    // A redirection to nowhere is content. Its target is an empty text; that of a cut head is
    // unknown.
    if (out != nullptr && start.status / 100 == 3 && has_body && !is_directed)
      notes_.note(Kind::locations, "", out);
    return begin_body(dir, body, size, out);
  }

  Step hand_over(std::string to, std::size_t size) {
    wait_for_next();
    const bool is_websocket = equal_ignoring_case(to, "websocket");
    notes_.rare().upgraded_to = std::move(to);
    return Step::handover(size, is_websocket ? "websocket" : "");
  }

  Step begin_body(Direction dir, const HttpFraming::Body& body, std::size_t size, RecordSink* out) {
    State& state = states_[index_of(dir)];
    state = State::start;
    switch (body.kind) {
      case HttpFraming::Kind::none:
        break;
      case HttpFraming::Kind::length:
        size += static_cast<std::size_t>(body.length);
        break;
      case HttpFraming::Kind::chunked:
        state = State::chunk_size;
        break;
      case HttpFraming::Kind::until_close:
        state = State::until_close;
        break;
      case HttpFraming::Kind::unknown:
        return Step::malformed(body.doubt);
    }
    doubt(dir, body.doubt, out);
    return Step::advance(size);
  }

  // A line of `text`, without its LF; nullopt: not there yet.
  std::optional<std::string_view> whole_line(Direction dir, std::string_view text) {
    const std::size_t end = text.find('\n', searched(dir).done);
    if (end == std::string_view::npos) {
      remember_search(dir, text, false);
      return std::nullopt;
    }
    forget_search(dir);
    return text.substr(0, end);
  }

  // chunk-size [chunk-ext] CRLF (RFC 9112 7.1)
  Step read_chunk_size(Direction dir, std::string_view text, RecordSink& out) {
    const auto line = whole_line(dir, text);
    if (!line && text.size() > max_header_block) {
      return Step::malformed("http: chunk size line over 1 MiB");
    }
    if (!line) return Step::need_more();
    const auto chunk = parse_chunk_line(*line);
    if (!chunk) return Step::malformed("http: bad chunk size");
    if (!chunk->plain) doubt(dir, "http: a chunk size that not all peers take", &out);
    states_[index_of(dir)] = chunk->size == 0 ? State::trailer : State::chunk_end;
    return Step::advance(line->size() + 1 + static_cast<std::size_t>(chunk->size));
  }

  Step read_chunk_end(Direction dir, std::string_view text, RecordSink& out) {
    if (text == "\r") return Step::need_more();
    states_[index_of(dir)] = State::chunk_size;
    if (text.starts_with("\r\n")) return Step::advance(2);
    if (text.starts_with('\n')) {
      doubt(dir, "http: a chunk that ends in LF alone", &out);
      return Step::advance(1);
    }
    return Step::malformed("http: chunk without its line end");
  }

  // Trailer fields up to the empty line.
  Step read_trailer(Direction dir, std::string_view text) {
    const auto line = whole_line(dir, text);
    if (!line && text.size() > max_header_block) {
      return Step::malformed("http: trailer over 1 MiB");
    }
    if (!line) return Step::need_more();
    if (line->empty() || *line == "\r") states_[index_of(dir)] = State::start;
    const auto field = HeaderLines(*line).next();
    if (field && http_field(field->name) == HttpField::authorization) {
      note_authorization(notes_, field->value);
    }
    return Step::advance(line->size() + 1);
  }

  void wait_for(std::uint8_t meaning, RecordSink* out) {
    if (waiting_ == no_meaning) {
      waiting_ = meaning;
      return;
    }
    auto& runs = notes_.rare().waiting;
    if (!runs.empty() && runs.back().meaning == meaning) {
      ++runs.back().count;
    } else if (runs.size() < max_runs) {
      runs.push_back({.meaning = meaning, .count = 1});
    } else if (out != nullptr) {
      out->note_unread(Direction::to_client, Unread::over_cap,
                       "http: too many requests of different kinds wait for answers");
    }
  }
  void wait_for_next() {
    waiting_ = no_meaning;
    auto* rare = notes_.rare_if_any();
    if (rare == nullptr || rare->waiting.empty()) return;
    waiting_ = rare->waiting.front().meaning;
    if (--rare->waiting.front().count == 0) rare->waiting.erase(rare->waiting.begin());
  }

  // Small, because every open connection has one: what follows lies in the padding of the notes.
  [[no_unique_address]] HttpNotes notes_;
  std::array<State, 2> states_{};
  std::uint8_t waiting_ = no_meaning;  // of the first request without its response
  bool has_extra_ = false;             // final answers that no request waited for
  bool is_paired_ = true;              // until bytes are lost
};

}  // namespace

extern constinit const DissectorSpec http{
    .name = "http",
    .carriers = over_tcp,
    .probe = probe,
    .make = [](Carrier) -> std::unique_ptr<Dissector> { return std::make_unique<Http>(); },
};

}  // namespace pcapaudit
