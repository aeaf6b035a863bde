// The seam between the engine and a protocol: probe, consume, finish.
//
// The engine owns the buffers. A dissector sees a window: bytes in order from where it
// last stopped. One object per flow, used by one thread. Nothing here throws.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <pcapaudit/app/account.hpp>
#include <pcapaudit/app/app_record.hpp>
#include <pcapaudit/base/bytes.hpp>

namespace pcapaudit {

enum class Direction : std::uint8_t { to_server = 0, to_client = 1 };
constexpr Direction opposite(Direction dir) {
  return dir == Direction::to_server ? Direction::to_client : Direction::to_server;
}
constexpr std::size_t index_of(Direction dir) {
  return static_cast<std::size_t>(dir);
}

enum class Carrier : std::uint8_t { tcp = 1, udp = 2 };  // a byte stream, or one datagram a window

// Answer of a probe: do the first bytes of one direction belong to this protocol?
// `speaker` is who sends such bytes; the engine uses it to find client and server when
// it did not see the start of the connection.
struct Probe {
  enum class Kind : std::uint8_t { not_mine, need_more, mine };
  enum class Speaker : std::uint8_t { either, client, server };
  Kind kind = Kind::not_mine;
  Speaker speaker = Speaker::either;
  bool likely = false;  // need_more: when the capture has no more of it, take it as mine

  bool operator==(const Probe&) const = default;
  static constexpr Probe not_mine() { return {}; }
  static constexpr Probe need_more() { return {.kind = Kind::need_more}; }
  static constexpr Probe likely_mine(Speaker speaker) {
    return {.kind = Kind::need_more, .speaker = speaker, .likely = true};
  }
  static constexpr Probe mine(Speaker speaker) { return {.kind = Kind::mine, .speaker = speaker}; }
};

// Answer to one consume() call.
struct [[nodiscard]] Step {
  enum class Kind : std::uint8_t { advance, need_more, malformed, lost, done, handover };
  Kind kind;
  std::size_t count =
      0;  // advance, lost, handover: bytes used (advance: at least 1, may run past the window)
  // malformed, lost: static text for the audit trail. handover: the protocol that the peers agreed
  // on, which names what comes when no dissector recognises it; empty: unknown.
  std::string_view why = {};

  static constexpr Step advance(std::size_t n) { return {.kind = Kind::advance, .count = n}; }
  static constexpr Step need_more() { return {.kind = Kind::need_more}; }
  static constexpr Step malformed(std::string_view why) {
    return {.kind = Kind::malformed, .why = why};
  }
  // TCP: n bytes (at least 1) begin no message, which is looked for behind them. They are a hole
  // when one is found, and else the end; the engine looks whether another protocol begins there.
  static constexpr Step lost(std::size_t n, std::string_view why) {
    return {.kind = Kind::lost, .count = n, .why = why};
  }
  // Nothing more to learn in this direction.
  static constexpr Step done() { return {.kind = Kind::done}; }
  // The connection turns into another protocol here, in both directions (CONNECT, STARTTLS):
  // the engine finishes this dissector and probes again, in each direction from its own
  // next unconsumed byte. n may be 0.
  static constexpr Step handover(std::size_t n, std::string_view agreed = {}) {
    return {.kind = Kind::handover, .count = n, .why = agreed};
  }
};

// How a dissector goes on in a direction after bytes of it were lost.
enum class Resume : std::uint8_t {
  never,       // its framing is lost for good
  at_message,  // at the next segment that its probe takes for the start of a message
  anywhere,    // with whatever comes next: nothing was lost that matters
  done,        // not at all, and it does not matter: nothing more is to be learnt here
};

// How completely one direction was seen when the flow ended.
struct SeenDirection {
  bool from_start =
      false;         // its first byte was the connection's first (SYN seen), always true for UDP
  bool gap = false;  // bytes are missing in the middle
  bool truncated = false;  // packets cut by the snap length, or a cap was reached
  bool any_payload = false;
};
using SeenStream = std::array<SeenDirection, 2>;  // indexed by index_of(Direction)

class TlsKeyStore;  // secrets of connections, of the built-in TLS dissector

class RecordSink {
 public:
  virtual ~RecordSink() = default;
  virtual void emit(AppRecord record) = 0;
  // Something of `dir` was passed over, and reading goes on: a field that is not understood
  // (Unread::malformed), a list or a value beyond a cap (over_cap). `why` is static text for the
  // audit trail. It becomes a hole of the direction's account, at the window's place.
  virtual void note_unread(Direction, Unread, std::string_view) {}
  // Secrets that were given, read-only while packets are read; null: none.
  virtual const TlsKeyStore* tls_keys() const { return nullptr; }
  // Bytes of `dir` that were encrypted and were opened: a stream inside of this one, which the
  // engine reads as it reads this one. What it finds comes behind this dissector's record.
  virtual void inside(Direction, Bytes) {}
  // Bytes of that stream are missing here. `why` is static text.
  virtual void inside_lost(Direction, std::string_view) {}
  // Facts of a DER certificate, read once for all flows that show it (CertificateReader).
  virtual SharedCertificate certificate(Bytes der) = 0;
  // A list of this text or number alone, shared by the flows that show it (TextPool).
  virtual SharedValues<std::string> list_of(std::string_view wire) {
    return SharedValues<std::string>::of(clean_text(wire));
  }
  virtual SharedValues<std::uint32_t> list_of(std::uint32_t number) {
    return SharedValues<std::uint32_t>::of(number);
  }
};

class Dissector {
 public:
  virtual ~Dissector() = default;

  // Reads one message from the front of the window, which is never empty.
  virtual Step consume(Direction dir, Bytes window, RecordSink& out) = 0;
  // Bytes behind `window` are missing from the capture (lost, or cut by the snap length; at the
  // end of the flow, too): take what the beginning of a message still tells. The window may be
  // empty.
  virtual Resume lost(Direction, Bytes) { return Resume::never; }
  // The flow has ended (or was handed over): emit the facts. Called exactly once.
  virtual void finish(const SeenStream& seen, RecordSink& out) = 0;
  // What it has recognised, when its spec has no name of its own; empty: nothing, so far.
  virtual std::string_view protocol() const { return {}; }
  // Bytes kept of messages that are not whole; release() gives them up, and nothing more comes.
  virtual std::size_t held() const { return 0; }
  virtual void release() {}
  // UDP: datagrams of other protocols travel between the same ports (RFC 7983), and theirs is the
  // flow's name.
  virtual bool shares_ports() const { return false; }
};

struct DissectorSpec {
  // The application's name, as in the contract; empty: the dissector tells it (protocol()).
  std::string_view name;
  std::uint8_t carriers;                          // bits of Carrier
  Probe (*probe)(Bytes prefix, Carrier carrier);  // stateless; prefix is never empty
  std::unique_ptr<Dissector> (*make)(Carrier carrier);
  // All that protocol() may answer, when the spec has no name of its own.
  std::vector<std::string_view> (*names)() = nullptr;
};
constexpr std::uint8_t over_tcp = static_cast<std::uint8_t>(Carrier::tcp);
constexpr std::uint8_t over_udp = static_cast<std::uint8_t>(Carrier::udp);

// In probing order. Static objects: a list outlives the audit that uses it.
using DissectorList = std::span<const DissectorSpec* const>;

// All that are built in (generated from dissectors/CMakeLists.txt).
DissectorList all_dissectors();

}  // namespace pcapaudit
