// Operations on one direction of a connection, held against a plain model: each byte that comes out
// was put in at its place, and positions grow without a jump that is not told. An operation is a
// kind, two bytes of sequence, and for segments a length and the cut.
#include <map>
#include <set>

#include "flow/stream/tcp_reassembler.hpp"
#include "target.hpp"

namespace pcapaudit::fuzz {
namespace {

constexpr std::uint32_t origin = 0xffff8000U;  // sequence numbers wrap within the range

class Collected final : public TcpReassembler::Output {
 public:
  explicit Collected(const std::map<std::uint32_t, std::set<std::uint8_t>>& given)
      : given_(given) {}
  void begin(std::uint32_t sequence) { next_ = sequence; }
  void bytes(Bytes in_order) override {
    for (const std::uint8_t byte : in_order) {
      const auto at = given_.find(next_++);
      require(at != given_.end() && at->second.contains(byte), "a byte was not put in there");
    }
  }
  std::size_t unread(std::size_t) const override { return 0; }
  void gap(std::uint64_t missing, Unread) override {
    require(missing > 0, "a gap of nothing");
    next_ += static_cast<std::uint32_t>(missing);
  }
  std::uint32_t next() const { return next_; }

 private:
  const std::map<std::uint32_t, std::set<std::uint8_t>>& given_;
  std::uint32_t next_ = 0;
};

}  // namespace

void run(Bytes input) {
  ByteReader reader(input);
  TcpReassembler tcp;
  std::map<std::uint32_t, std::set<std::uint8_t>> given;
  Collected out(given);
  constexpr int most_operations = 2000;
  for (int i = 0; i < most_operations && reader.remaining() >= 3; ++i) {
    const std::uint8_t kind = reader.u8();
    const std::uint32_t sequence = origin + reader.u16();
    const bool began = tcp.started();
    if (kind == 0) {
      tcp.start(sequence);
      if (!began) out.begin(sequence + 1);
    } else if (kind == 1) {
      tcp.acknowledge(sequence);
    } else {
      const Bytes bytes = reader.take(std::min<std::size_t>(reader.u8(), reader.remaining()));
      const auto length = static_cast<std::uint32_t>(bytes.size() + kind / 64);
      if (!began && length > 0) out.begin(sequence);
      std::uint32_t at = sequence;
      for (const std::uint8_t byte : bytes) given[at++].insert(byte);
      tcp.push(sequence, bytes, length, out);
    }
    if (tcp.started()) require(tcp.next_sequence() == out.next(), "positions drift");
  }
  tcp.flush(out);
  require(!tcp.has_pending(), "nothing is left after the end");
  if (tcp.started()) require(tcp.next_sequence() == out.next(), "positions drift at the end");
}

std::vector<std::string> seeds() {
  const auto word = [](unsigned sequence) {
    return std::string{static_cast<char>(sequence >> 8 & 0xffU),
                       static_cast<char>(sequence & 0xffU)};
  };
  const auto segment = [&](unsigned sequence, const std::string& text) {
    return "\x02" + word(sequence) + static_cast<char>(text.size()) + text;
  };
  const std::string start(1, '\0');
  const std::string open = start + word(0x7fee);
  const auto acknowledge = [&](unsigned sequence) { return "\x01" + word(sequence); };
  return {open + segment(0x7fef, "first bytes ") + segment(0x7ffb, "and the rest"),
          open + segment(0x7ffb, "and the rest") + segment(0x7ff5, "ytes and") +
              segment(0x7fef, "first bytes "),
          segment(0x8010, "without a start") + segment(0x8005, "before it all") +
              acknowledge(0x8020) + segment(0x8030, "behind a hole"),
          open + segment(0x7fef, "one") + segment(0x7fef, "two") + acknowledge(0x7ff2) +
              segment(0x7fef, "six") + segment(0x7ff0, "overlapping")};
}

}  // namespace pcapaudit::fuzz
