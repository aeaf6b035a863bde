// HTTP/2 in clear: by prior knowledge, or behind an HTTP/1.1 upgrade to h2c.
//
// The client begins with a fixed preface, the server with a SETTINGS frame. Field blocks are
// inflated in the order of their frames; bodies are passed over, never buffered.
// Source: RFC 9113, RFC 7541 (HPACK).
#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <utility>
#include <vector>

#include <pcapaudit/app/dissector.hpp>

#include "dissectors/http/hpack.hpp"
#include "dissectors/http/http2_frames.hpp"
#include "dissectors/http/http_message.hpp"

namespace pcapaudit {
namespace {

using namespace http2_wire;  // NOLINT(google-build-using-namespace): this file is their only user

// Frames above the default size need the peer's leave; nobody asks for more than a megabyte, and
// the format allows 16 MiB (RFC 9113 4.2). Larger headers are a stream that is no HTTP/2.
constexpr std::size_t max_frame = std::size_t{1} << 20;
// A field block with its continuations. Servers refuse 16 to 256 KiB.
constexpr std::size_t max_block = 256 * 1024;
// Streams of which one side is missing. Servers allow 100 to 250 at a time.
constexpr std::size_t max_lone = 1024;

// SETTINGS of a server's first frame: known size, stream 0, plausible identifiers.
Probe probe_settings(Bytes prefix) {
  if (prefix.size() < frame_header_size) {
    // The first byte of a length below 65 536 is zero; then type 4, flags 0, stream 0.
    constexpr std::array<int, frame_header_size> known = {0, -1, -1, settings, 0, 0, 0, 0, 0};
    for (std::size_t i = 0; i < prefix.size(); ++i) {
      if (known[i] >= 0 && prefix[i] != known[i]) return Probe::not_mine();
    }
    return Probe::need_more();
  }
  const FrameHeader header = parse_frame_header(prefix);
  constexpr std::size_t setting_size = 6, most_settings = 32;
  const bool sane = header.type == settings && header.flags == 0 && header.stream == 0 &&
                    header.length % setting_size == 0 &&
                    header.length <= setting_size * most_settings;
  if (!sane) return Probe::not_mine();
  const std::size_t there = std::min(header.length, prefix.size() - frame_header_size);
  ByteReader in(prefix.subspan(frame_header_size, there));
  while (in.remaining() >= setting_size) {
    const std::uint16_t id = in.u16();
    in.skip(4);
    // Registered ones are below 0x20; GREASE (RFC 8701's idea) looks like 0x?a?a.
    if ((id == 0 || id > 0x20) && (id & 0x0f0f) != 0x0a0a) return Probe::not_mine();
  }
  // An empty SETTINGS is nine bytes that other protocols may send, too: what follows decides.
  if (header.length == 0 && prefix.size() < 2 * frame_header_size) return Probe::need_more();
  if (header.length == 0) {
    const FrameHeader next = parse_frame_header(prefix.subspan(frame_header_size));
    if (next.type > continuation || next.length > max_frame) return Probe::not_mine();
  }
  if (prefix.size() < frame_header_size + header.length) return Probe::need_more();
  return Probe::mine(Probe::Speaker::server);
}

Probe probe(Bytes prefix, Carrier) {
  const std::string_view text = as_text(prefix);
  if (text.starts_with(preface)) return Probe::mine(Probe::Speaker::client);
  if (preface.starts_with(text)) return Probe::need_more();
  return probe_settings(prefix);
}

// "Basic eDp5": only the scheme is kept.
void take_authorization(std::string_view value, HttpFacts& facts) {
  constexpr std::size_t longest_scheme = 64;
  for (auto scheme = next_scheme(value); !scheme.empty(); scheme = next_scheme(value)) {
    facts.authorization_schemes.add(clean_text(scheme, longest_scheme));
    if (is_clear_scheme(scheme)) facts.credentials_in_clear = true;
  }
}

class Http2 final : public Dissector {
 public:
  Http2() { facts_.version = "2"; }

  Step consume(Direction dir, Bytes window, RecordSink& out) override {
    Half& half = halves_[index_of(dir)];
    const std::string_view text = as_text(window);
    if (!half.begun && dir == Direction::to_server) {
      if (text.size() < preface.size() && preface.starts_with(text)) return Step::need_more();
      half.begun = true;
      if (text.starts_with(preface)) return Step::advance(preface.size());
      out.note_unread(dir, Unread::malformed, "http2: no preface where the client begins");
    }
    half.begun = true;
    if (window.size() < frame_header_size) return Step::need_more();
    const FrameHeader header = parse_frame_header(window);
    if (header.length > max_frame) return Step::malformed("http2: frame over 1 MiB");
    const bool starts = header.type == headers || header.type == push_promise;
    if (half.open && (header.type != continuation || header.stream != half.stream)) {
      return Step::malformed("http2: field block without its end");
    }
    if (!starts && !(half.open && header.type == continuation)) {
      if (header.type == rst_stream) end_waiting(header.stream, dir, out);
      if (header.type == continuation) return Step::malformed("http2: continuation of nothing");
      return Step::advance(frame_header_size + header.length);
    }
    if (window.size() < frame_header_size + header.length) return Step::need_more();
    const auto fragment = fragment_of(header, window.subspan(frame_header_size, header.length));
    if (!fragment) return Step::malformed("http2: padding exceeds the frame");
    if (starts) {
      half.open = true;
      half.stream = header.stream;
      half.promise = header.type == push_promise;
      half.ends = header.type == headers && header.has(end_stream);
      half.block.clear();
    }
    if (half.block.size() + fragment->size() > max_block) {
      return Step::malformed("http2: field block over 256 KiB");
    }
    half.block.insert(half.block.end(), fragment->begin(), fragment->end());
    if (header.has(end_headers)) {
      half.open = false;
      if (const auto failure = take_block(dir, half, out); !failure.empty()) {
        return Step::malformed(failure);
      }
    }
    return Step::advance(frame_header_size + header.length);
  }

  std::size_t held() const override {
    return halves_[0].block.capacity() + halves_[1].block.capacity();
  }
  void release() override {
    for (Half& half : halves_) std::vector<std::uint8_t>().swap(half.block);
  }

  void finish(const SeenStream&, RecordSink& out) override {
    if (no_host_ && !facts_.hosts.empty()) facts_.hosts.add("");
    for (const Direction dir : {Direction::to_server, Direction::to_client}) {
      if (halves_[index_of(dir)].open) {
        out.note_unread(dir, Unread::unfinished, "http2: a field block without its end");
      }
    }
    // Behind an upgrade the first stream is the one that asked for it.
    early_.erase(1);
    if (!early_.empty()) {
      out.note_unread(Direction::to_server, Unread::malformed,
                      "http2: an answer without its request");
    }
    if (!asked_.empty()) {
      out.note_unread(Direction::to_client, Unread::unfinished,
                      "http2: a request without its answer");
    }
    out.emit(std::move(facts_));
  }

 private:
  struct Half {
    bool begun = false;
    bool open = false;  // a field block waits for its continuation
    bool promise = false;
    bool ends = false;  // no body follows
    std::uint32_t stream = 0;
    std::vector<std::uint8_t> block;
    Hpack hpack;
  };
  struct Message {
    std::string method, path, authority, host;
    std::string status;
    bool has_status = false;
    bool has_location = false;
    bool doubtful = false;  // a pseudo-header field twice (RFC 9113 8.3)
  };

  std::string_view take_block(Direction dir, Half& half, RecordSink& out) {
    Message message;
    half.hpack.begin(Bytes(half.block));
    while (const auto field = half.hpack.next()) take_field(*field, half.promise, message);
    if (half.hpack.problem() == Hpack::Problem::too_large) return "http2: field block over 256 KiB";
    if (half.hpack.problem() != Hpack::Problem::none) return "http2: field block cannot be read";
    if (message.doubtful) {
      out.note_unread(dir, Unread::malformed, "http2: a pseudo-header field twice");
    }
    if (!split_authority(message.authority).plain || !split_authority(message.host).plain) {
      doubt(dir, "http2: an authority that is more than name and port", out);
    }
    if (message.path.size() > longest_text || message.authority.size() > longest_text ||
        message.host.size() > longest_text) {
      out.note_unread(dir, Unread::over_cap, "http: a path or name over 1024 bytes");
    }
    // What a server promises it sends as if it had been asked for.
    if (half.promise) take_target(message);
    if (half.promise) return {};
    if (dir == Direction::to_server) {
      take_request(message, half, out);
    } else {
      take_response(message, half, out);
    }
    return {};
  }

  static void doubt(Direction dir, std::string_view why, RecordSink& out) {
    out.note_unread(dir, Unread::malformed, why);
  }

  void take_field(const HpackField& field, bool promise, Message& message) {
    const auto only_once = [&](std::string& place, std::string_view value) {
      message.doubtful = message.doubtful || !place.empty();
      place = value;
    };
    if (field.name == ":method") only_once(message.method, clean_text(field.value, 64));
    if (field.name == ":path") only_once(message.path, field.value);
    if (field.name == ":authority") only_once(message.authority, field.value);
    if (field.name == "host") only_once(message.host, field.value);
    if (field.name == ":status") only_once(message.status, field.value);
    if (promise) return;
    if (field.name == "user-agent") facts_.user_agents.add(clean_text(field.value));
    if (field.name == "server") facts_.servers.add(clean_text(field.value));
    message.has_status = message.has_status || field.name == ":status";
    message.has_location = message.has_location || field.name == "location";
    if (field.name == "location") facts_.locations.add(clean_text(field.value));
    if (field.name == "authorization" || field.name == "proxy-authorization") {
      take_authorization(field.value, facts_);
    }
  }

  // Trailers have no method and stand on a stream that was opened before (RFC 9113 8.1).
  void take_request(const Message& message, Half& half, RecordSink& out) {
    const bool opens = half.stream > last_stream_;
    last_stream_ = std::max(last_stream_, half.stream);
    const bool is_whole =
        !message.method.empty() && (!message.path.empty() || message.method == "CONNECT");
    if (opens && !is_whole)
      doubt(Direction::to_server, "http2: a request without method or path", out);
    if (message.method.empty()) return;
    if (message.method == "CONNECT") {
      for (const Direction dir : {Direction::to_server, Direction::to_client}) {
        out.note_unread(dir, Unread::unknown_start, "http2: a tunnel, which is not read");
      }
    }
    ++facts_.requests;
    note_request(half.stream, out);
    facts_.methods.add(message.method);
    take_target(message);
    no_host_ = no_host_ || (message.authority.empty() && message.host.empty());
  }

  // Servers differ in which of two names they go by.
  void take_target(const Message& message) {
    const std::string path = message.path.substr(0, message.path.find_first_of("?#"));
    if (!path.empty()) facts_.paths.add(clean_text(path));
    const std::string_view authority = take_host(message.authority);
    const std::string_view host = take_host(message.host);
    if (!authority.empty()) facts_.hosts.add(clean_text(authority));
    if (!host.empty() && !is_same_host(host, authority)) facts_.hosts.add(clean_text(host));
  }

  // A host without its user information, of which a password is told.
  std::string_view take_host(std::string_view value) {
    const HttpAuthority authority = split_authority(value);
    if (authority.credentials) {
      facts_.authorization_schemes.add("userinfo");
      facts_.credentials_in_clear = true;
    }
    return authority.host;
  }

  // A request and its final answer have one stream (RFC 9113 5.1). Even ones are promised by the
  // server.
  void note_request(std::uint32_t stream, RecordSink& out) {
    if (stream % 2 == 0 || early_.erase(stream) > 0) return;
    keep(asked_, stream, Direction::to_server, out);
  }

  // `stream` has its answer, or was given up by the side `dir` is from (6.4: who resets a stream
  // expects nothing more of it). In the order of reading an answer may come before its request.
  void end_waiting(std::uint32_t stream, Direction dir, RecordSink& out) {
    if (asked_.erase(stream) > 0 || stream % 2 == 0 || stream <= last_stream_) return;
    keep(early_, stream, dir, out);
  }

  static void keep(std::set<std::uint32_t>& streams, std::uint32_t stream, Direction dir,
                   RecordSink& out) {
    if (streams.size() < max_lone) {
      streams.insert(stream);
    } else {
      out.note_unread(dir, Unread::over_cap, "http2: over 1024 streams with one side alone");
    }
  }

  void take_response(const Message& message, const Half& half, RecordSink& out) {
    const bool ends = half.ends;
    constexpr auto dir = Direction::to_client;
    if (!message.has_status) {
      if (!ends) doubt(dir, "http2: an answer without a status", out);
      return;
    }
    std::uint32_t status = 0;
    const char* const end = message.status.data() + message.status.size();
    const auto parsed = std::from_chars(message.status.data(), end, status);
    if (parsed.ec != std::errc{} || parsed.ptr != end || status < 100 || status > 999) {
      return doubt(dir, "http2: a status that is no number", out);
    }
    ++facts_.responses;
    constexpr std::uint32_t first_final = 200;
    if (status >= first_final) end_waiting(half.stream, dir, out);
    facts_.statuses.add(status);
    // A redirection to nowhere is content.
    const bool directs = status / 100 == 3 && status != 304;
    if (directs && !message.has_location && !ends) facts_.locations.add("");
  }

  std::array<Half, 2> halves_;
  HttpFacts facts_;
  std::set<std::uint32_t> asked_;  // streams of requests that wait for their answer
  std::set<std::uint32_t> early_;  // of answers that were read before their request
  std::uint32_t last_stream_ = 0;  // that a client opened
  bool no_host_ = false;           // of a request at least
};

}  // namespace

extern constinit const DissectorSpec http2{
    .name = "http",
    .carriers = over_tcp,
    .probe = probe,
    .make = [](Carrier) -> std::unique_ptr<Dissector> { return std::make_unique<Http2>(); },
};

}  // namespace pcapaudit
