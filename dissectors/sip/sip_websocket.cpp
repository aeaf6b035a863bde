// SIP over WebSocket (RFC 7118), behind an HTTP upgrade or where a connection was joined.
//
//   frame = fin+opcode:u8 mask+length:u8 [length:u16|u64] [mask:4] payload     RFC 6455 5.2
//
// A SIP message is one WebSocket message: a text or binary frame and its continuations.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <pcapaudit/app/dissector.hpp>
#include <pcapaudit/app/header_lines.hpp>

#include "dissectors/sip/sip_message.hpp"

namespace pcapaudit {
namespace {

// A message that is kept; SIP messages stay below the largest datagram. Longer ones are passed
// over unread.
constexpr std::size_t max_message = 64 * 1024;

struct Frame {
  bool last = false;
  std::uint8_t opcode = 0;
  std::optional<std::array<std::uint8_t, 4>> mask;
  std::size_t header = 0;
  std::uint64_t length = 0;
};
enum Opcode : std::uint8_t { continuation = 0, text_frame = 1, binary_frame = 2, close_frame = 8 };

enum class Parsed : std::uint8_t { good, cut, bad };

Parsed parse_frame(Bytes bytes, Frame& frame) {
  ByteReader in(bytes);
  const std::uint8_t first = in.u8();
  if (!in.ok()) return Parsed::cut;
  frame.last = (first & 0x80U) != 0;
  frame.opcode = first & 0x0fU;
  // Bit 0x40 is for compression (RFC 7692), whose messages cannot be read here.
  const bool control = frame.opcode >= close_frame;
  if ((first & 0x70U) != 0 || frame.opcode > 10 || (frame.opcode > 2 && !control)) {
    return Parsed::bad;
  }
  const std::uint8_t second = in.u8();
  if (!in.ok()) return Parsed::cut;
  frame.length = second & 0x7fU;
  if (control && (frame.length > 125 || !frame.last)) return Parsed::bad;
  if (frame.length == 126) {
    frame.length = in.u16();
    if (in.ok() && frame.length < 126) return Parsed::bad;
  } else if (frame.length == 127) {
    frame.length = std::uint64_t{in.u32()} << 32;
    frame.length |= in.u32();
    if (in.ok() && (frame.length <= 0xffff || frame.length >> 63 != 0)) return Parsed::bad;
  }
  if ((second & 0x80U) != 0) {
    const Bytes key = in.take(4);
    if (!in.ok()) return Parsed::cut;
    frame.mask.emplace();
    std::ranges::copy(key, frame.mask->begin());
  }
  if (!in.ok()) return Parsed::cut;
  frame.header = bytes.size() - in.remaining();
  return Parsed::good;
}

void append(std::string& out, Bytes payload, const Frame& frame) {
  for (std::size_t i = 0; i < payload.size(); ++i) {
    const std::uint8_t key = frame.mask ? (*frame.mask)[i % 4] : std::uint8_t{0};
    out += static_cast<char>(payload[i] ^ key);
  }
}

Probe probe(Bytes prefix, Carrier) {
  Frame frame;
  const Parsed parsed = parse_frame(prefix, frame);
  if (parsed == Parsed::bad) return Probe::not_mine();
  if (parsed == Parsed::cut) return Probe::need_more();
  if (frame.opcode != text_frame && frame.opcode != binary_frame) return Probe::not_mine();
  std::string text;
  append(text, prefix.subspan(frame.header), frame);
  // RFC 5626 keep-alives travel as messages of their own.
  const std::size_t blanks = text.find_first_not_of("\r\n");
  if (blanks == std::string::npos) return Probe::need_more();
  if (blanks > 0) return Probe::not_mine();
  const Probe inner = probe_sip_stream(text);
  // Clients mask, servers do not (RFC 6455 5.1); who sends a request is another matter.
  const auto speaker = frame.mask ? Probe::Speaker::client : Probe::Speaker::server;
  switch (inner.kind) {
    case Probe::Kind::mine:
      return Probe::mine(speaker);
    case Probe::Kind::need_more:
      return inner.likely ? Probe::likely_mine(speaker) : Probe::need_more();
    case Probe::Kind::not_mine:
      break;
  }
  return Probe::not_mine();
}

class SipWebsocket final : public Dissector {
 public:
  Step consume(Direction dir, Bytes window, RecordSink& out) override {
    Frame frame;
    switch (parse_frame(window, frame)) {
      case Parsed::cut:
        return Step::need_more();
      case Parsed::bad:
        return Step::malformed("sip: not a websocket frame");
      case Parsed::good:
        break;
    }
    if (frame.opcode >= close_frame) return pass(frame);
    Half& half = halves_[index_of(dir)];
    if (frame.opcode != continuation) half = {};
    half.oversized = half.oversized || frame.length > max_message - half.message.size();
    if (half.oversized) {
      out.note_unread(dir, Unread::over_cap, "sip: a websocket message over 64 KiB");
      return pass(frame);
    }
    if (window.size() < frame.header + frame.length) return Step::need_more();
    append(half.message, window.subspan(frame.header, static_cast<std::size_t>(frame.length)),
           frame);
    if (frame.last) take_message(dir, std::exchange(half, {}).message, out);
    return pass(frame);
  }

  void finish(const SeenStream&, RecordSink& out) override { out.emit(reader_.take("WS")); }

 private:
  struct Half {
    std::string message;  // of the frames so far
    bool oversized = false;
  };

  static Step pass(const Frame& frame) {
    return Step::advance(frame.header + static_cast<std::size_t>(frame.length));
  }

  void take_message(Direction dir, const std::string& message, RecordSink& out) {
    if (message.find_first_not_of("\r\n") == std::string::npos) return;  // keep-alive
    const std::size_t end = end_of_headers(message).value_or(message.size());
    const SipReader::Head head = reader_.read_head(std::string_view(message).substr(0, end));
    const std::string_view doubt = head.failure.empty() ? head.doubt : head.failure;
    if (!doubt.empty()) out.note_unread(dir, Unread::malformed, doubt);
    if (head.failure.empty() && head.describes_media) {
      reader_.read_body(std::string_view(message).substr(end));
    }
  }

  std::array<Half, 2> halves_;
  SipReader reader_;
};

}  // namespace

extern constinit const DissectorSpec sip_websocket{
    .name = "sip",
    .carriers = over_tcp,
    .probe = probe,
    .make = [](Carrier) -> std::unique_ptr<Dissector> { return std::make_unique<SipWebsocket>(); },
};

}  // namespace pcapaudit
