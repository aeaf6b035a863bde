// SIP over UDP and TCP, on any port.
//
//   message = start-line *(field CRLF) CRLF [body of Content-Length bytes]
//
// Over TCP messages are framed by Content-Length and separated by keep-alive line ends
// (RFC 5626 3.5.1). Where that field is missing or wrong, reading goes on at the next start line,
// and the account says so. Over UDP a datagram is a message.
// Source: RFC 3261.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include <pcapaudit/app/dissector.hpp>
#include <pcapaudit/app/header_lines.hpp>

#include "dissectors/sip/sip_message.hpp"

namespace pcapaudit {
namespace {

// Real messages stay under the largest UDP datagram.
constexpr std::size_t max_header_block = 64 * 1024;
// A body that is waited for, to see whether it is what it says; longer ones are passed over as they
// come.
constexpr std::size_t max_description = 64 * 1024;
constexpr std::string_view no_start_line = "sip: no start line where a message should begin";

Probe probe(Bytes prefix, Carrier carrier) {
  return carrier == Carrier::udp ? probe_sip_whole(as_text(prefix))
                                 : probe_sip_stream(as_text(prefix));
}

class Sip final : public Dissector {
 public:
  explicit Sip(Carrier carrier) : carrier_(carrier) {}

  Step consume(Direction dir, Bytes window, RecordSink& out) override {
    if (is_stun(window)) return Step::advance(window.size());
    const std::string_view text = as_text(window);
    Half& half = halves_[index_of(dir)];
    if (half.body > 0) {
      if (const auto step = read_body(dir, text, out)) return *step;
    }
    if (half.in_line) {
      const std::size_t end = text.find('\n');
      half.in_line = end == std::string_view::npos;
      return Step::lost(half.in_line ? text.size() : end + 1, no_start_line);
    }
    if (const std::size_t blanks = keep_alive_size(text); blanks > 0) {
      return half.astray ? Step::lost(blanks, no_start_line) : Step::advance(blanks);
    }
    if (carrier_ == Carrier::udp) return take_datagram(dir, text, out);
    switch (probe_sip_stream(text).kind) {
      case Probe::Kind::need_more:
        return Step::need_more();
      case Probe::Kind::not_mine:
        half.astray = true;
        return pass_junk(half, text);
      case Probe::Kind::mine:
        break;
    }
    const auto end = end_of_headers(text, std::exchange(half.searched, 0));
    if (end) return take_head(dir, text.substr(0, *end), out);
    if (text.size() > max_header_block) return Step::malformed("sip: header block over 64 KiB");
    half.searched = text.size();
    return Step::need_more();
  }

  // Every message stands for itself: the next one is found by its start line.
  Resume lost(Direction dir, Bytes window) override {
    const std::string_view text = as_text(window);
    const Half half = std::exchange(halves_[index_of(dir)], {});
    if (half.body > 0) {
      reader_.read_body(text);
      return Resume::at_message;
    }
    const std::size_t last = text.rfind('\n');
    if (last != std::string_view::npos) (void)reader_.read_head(text.substr(0, last + 1));
    return Resume::at_message;
  }

  void finish(const SeenStream&, RecordSink& out) override {
    for (const Direction dir : {Direction::to_server, Direction::to_client}) {
      const Half& half = halves_[index_of(dir)];
      if (half.body == 0 || !half.is_long) continue;
      out.note_unread(dir, Unread::unknown_start,
                      "sip: a body over 64 KiB did not come to its end");
    }
    out.emit(reader_.take(carrier_ == Carrier::tcp ? "TCP" : "UDP"));
  }

 private:
  struct Half {
    std::size_t body = 0;  // of the last message, still to come
    bool describes_media = false;
    bool holds_messages = false;
    // Bytes of the window in which no head ends, or no message begins; asked again, more are there.
    std::size_t searched = 0;
    bool is_long = false;  // the body is over max_description
    bool astray = false;   // no message began where one should
    bool in_line = false;  // what was passed over ended within a line
  };

  // A STUN keep-alive between SIP datagrams (RFC 5626 3.5.2), also one without the cookie that
  // RFC 5389 added.
  bool is_stun(Bytes window) const {
    if (carrier_ != Carrier::udp) return false;
    ByteReader in(window);
    const std::uint16_t type = in.u16();
    const std::uint16_t length = in.u16();
    const bool cookie = in.u32() == 0x2112a442;
    constexpr std::size_t header_size = 20;
    const bool binding = type == 0x0001 || type == 0x0101 || type == 0x0111;
    return in.ok() && (type & 0xc000) == 0 &&
           (cookie || (binding && window.size() == header_size + length));
  }

  static void doubt(Direction dir, std::string_view why, RecordSink& out) {
    if (!why.empty()) out.note_unread(dir, Unread::malformed, why);
  }

  // A datagram may end with its last header line; its body is what is left. What is behind its
  // length is discarded by peers that keep to RFC 3261 18.3; others may take it for anything.
  Step take_datagram(Direction dir, std::string_view text, RecordSink& out) {
    const std::size_t end = end_of_headers(text).value_or(text.size());
    const SipReader::Head head = reader_.read_head(text.substr(0, end));
    if (!head.failure.empty()) return Step::malformed(head.failure);
    doubt(dir, head.doubt, out);
    const std::string_view body = text.substr(end);
    if (head.describes_media) reader_.read_body(body);
    const std::size_t length = std::min(head.body.value_or(body.size()), body.size());
    const std::string_view rest = body.substr(length);
    if (keep_alive_size(rest) < rest.size()) {
      const bool is_message =
          probe_sip_stream(rest.substr(keep_alive_size(rest))).kind == Probe::Kind::mine;
      out.note_unread(dir, is_message ? Unread::malformed : Unread::unknown_start,
                      is_message ? "sip: another message behind the one of a datagram"
                                 : "sip: bytes behind the message of a datagram");
    }
    return Step::advance(text.size());
  }

  Step take_head(Direction dir, std::string_view text, RecordSink& out) {
    const SipReader::Head head = reader_.read_head(text);
    if (!head.failure.empty()) return Step::malformed(head.failure);
    // Where the next message begins on a stream is then anybody's choice.
    if (head.unframed) out.note_unread(dir, Unread::unknown_start, head.doubt);
    if (!head.unframed) doubt(dir, head.doubt, out);
    const std::size_t body = head.body.value_or(0);
    const bool is_long = body > max_description;
    halves_[index_of(dir)] = {.body = body,
                              .describes_media = head.describes_media && !is_long,
                              .holds_messages = head.holds_messages,
                              .is_long = is_long};
    return Step::advance(text.size());
  }

  // Up to a line that may be a start line. What is passed over may end within a line.
  static Step pass_junk(Half& half, std::string_view text) {
    const std::size_t first = text.find('\n');
    const std::size_t end =
        first == std::string_view::npos ? text.size() : find_sip_start(text, first + 1, true);
    half.in_line = end == text.size() && text.back() != '\n';
    return Step::lost(end, no_start_line);
  }

  // A body in which a message begins is shorter than it says; nullopt: one begins at once.
  std::optional<Step> read_body(Direction dir, std::string_view text, RecordSink& out) {
    Half& half = halves_[index_of(dir)];
    const std::string_view body = text.substr(0, half.body);
    if (half.is_long) {
      // Passed over as it comes; one that never comes to its end is told in finish().
      half.body -= body.size();
      if (half.body == 0) half = {};
      return Step::advance(body.size());
    }
    const std::size_t next =
        half.holds_messages ? body.size() : find_sip_start(body, half.searched, false);
    if (next == body.size() && body.size() < half.body) {
      half.searched = 1 + body.rfind('\n');  // the line that has no end yet, or all
      return Step::need_more();
    }
    if (next < body.size()) doubt(dir, "sip: a message begins inside a body", out);
    if (half.describes_media) reader_.read_body(body.substr(0, next));
    half = {};
    return next > 0 ? std::optional(Step::advance(next)) : std::nullopt;
  }

  Carrier carrier_;
  SipReader reader_;
  std::array<Half, 2> halves_;
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
