// The states of a TCP conversation, and whose turn it is.
#include "workload/conversations.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "workload/words.hpp"

namespace pcapaudit::bench {
namespace {

class Conversation {
 public:
  Conversation(const Script& script, std::uint64_t number)
      : script_(&script), ends_(ends_of(script, number)), number_(number) {
    const std::uint64_t start = scatter(number);
    next_ = {static_cast<std::uint32_t>(start), static_cast<std::uint32_t>(start >> 32)};
    if (script.carrier == Script::Carrier::udp) stage_ = Stage::talk;
  }

  // Sends one packet; `scratch` is room to build it in. False when it was the last one.
  bool step(Frames& out, std::string& scratch);

 private:
  enum class Stage : std::uint8_t { syn, answer, opened, talk, close, closing, closed, over };

  void send(Frames& out, bool from_server, std::uint8_t flags, Bytes payload = {});
  void talk(Frames& out, std::string& scratch);
  void next_line();
  Stage after_talk() const;

  const Script* script_;
  Ends ends_;
  std::uint64_t number_;
  std::array<std::uint32_t, 2> next_{};  // sequence numbers: client's, server's
  std::uint64_t offset_ = 0;             // in the line that is spoken
  std::uint32_t round_ = 0;
  std::uint16_t line_ = 0;
  Stage stage_ = Stage::syn;
  std::uint8_t unacknowledged_ = 0;  // segments
  bool owes_ack_ = false, ack_from_server_ = false;
};

void Conversation::send(Frames& out, bool from_server, std::uint8_t flags, Bytes payload) {
  const std::size_t side = from_server ? 1 : 0;
  const bool first = flags == Segment::syn;
  out.tcp(ends_,
          {.from_server = from_server,
           .flags = flags,
           .sequence = next_[side],
           .acknowledgment = first ? 0 : next_[1 - side]},
          payload);
  next_[side] += static_cast<std::uint32_t>(payload.size());
  if ((flags & (Segment::syn | Segment::fin)) != 0) ++next_[side];
}

Conversation::Stage Conversation::after_talk() const {
  if (script_->carrier == Script::Carrier::udp) return Stage::over;
  return script_->end == Script::End::stays_open ? Stage::over : Stage::close;
}

void Conversation::next_line() {
  offset_ = 0;
  if (++line_ < script_->lines.size()) return;
  line_ = 0;
  if (++round_ == script_->rounds) stage_ = after_talk();
}

void Conversation::talk(Frames& out, std::string& scratch) {
  if (owes_ack_) {
    owes_ack_ = false;
    send(out, ack_from_server_, Segment::ack);
    if (offset_ == 0) next_line();
    return;
  }
  const Line& line = script_->lines[line_];
  const Bytes all = as_bytes(spoken(*script_, number_, round_, line, scratch));
  if (script_->carrier == Script::Carrier::udp) {
    out.udp(ends_, line.from_server, all);
    return next_line();
  }
  const std::uint64_t length = all.size() * line.times;
  const std::size_t from = static_cast<std::size_t>(offset_ % all.size());
  const Bytes piece = all.subspan(from, std::min(segment_size, all.size() - from));
  offset_ += piece.size();
  const bool last = offset_ == length;
  send(out, line.from_server, static_cast<std::uint8_t>(Segment::ack | (last ? Segment::psh : 0)),
       piece);
  owes_ack_ = script_->acknowledge && (last || ++unacknowledged_ == 2);
  if (owes_ack_) {
    unacknowledged_ = 0;
    ack_from_server_ = !line.from_server;
  }
  if (!last) return;
  offset_ = 0;
  if (!owes_ack_) next_line();
}

bool Conversation::step(Frames& out, std::string& scratch) {
  switch (stage_) {
    case Stage::syn:
      send(out, false, Segment::syn);
      stage_ = Stage::answer;
      break;
    case Stage::answer:
      send(out, true, Segment::syn | Segment::ack);
      stage_ = Stage::opened;
      break;
    case Stage::opened:
      send(out, false, Segment::ack);
      stage_ = Stage::talk;
      break;
    case Stage::talk:
      talk(out, scratch);
      break;
    case Stage::close:
      if (script_->end == Script::End::reset) {
        send(out, false, Segment::rst | Segment::ack);
        stage_ = Stage::over;
        break;
      }
      send(out, false, Segment::fin | Segment::ack);
      stage_ = Stage::closing;
      break;
    case Stage::closing:
      send(out, true, Segment::fin | Segment::ack);
      stage_ = Stage::closed;
      break;
    case Stage::closed:
    case Stage::over:
      send(out, false, Segment::ack);
      stage_ = Stage::over;
      break;
  }
  return stage_ != Stage::over;
}

}  // namespace

void play(Frames& out, std::span<const Script> scripts, std::uint64_t count, std::size_t at_once) {
  std::uint64_t started = 0;
  const auto start = [&] {
    const std::uint64_t number = started++;
    return Conversation(scripts[number % scripts.size()], number);
  };
  std::vector<Conversation> open;
  open.reserve(at_once);
  while (open.size() < at_once && started < count) open.push_back(start());
  Random random(1);
  std::string scratch;
  while (!open.empty()) {
    Conversation& turn = open[random.below(open.size())];
    if (turn.step(out, scratch)) continue;
    if (started < count) {
      turn = start();
    } else {
      turn = open.back();
      open.pop_back();
    }
  }
}

void flood(Frames& out, std::uint64_t count) {
  constexpr std::uint32_t director = 0x0a01020b;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t bits = scatter(i);
    // 11.0.0.0 to 126.255.255.255: unicast, and no address of a policy.
    const auto source =
        static_cast<std::uint32_t>((11 + bits % 116) << 24 | (bits >> 32 & 0xffffff));
    const Ends ends{.client = source,
                    .server = director,
                    .client_port = static_cast<std::uint16_t>(1024 + (bits >> 8) % 64'000),
                    .server_port = 443};
    out.tcp(ends,
            {.from_server = false,
             .flags = Segment::syn,
             .sequence = static_cast<std::uint32_t>(bits >> 16),
             .acknowledgment = 0},
            {});
  }
}

}  // namespace pcapaudit::bench
