// The bytes of one flow on their way to a dissector: probing, windows, skipping, handover.
//
// Sides are numbered by who sent the flow's first packet (0) and who answered (1); which of
// them is the client may be found out here, from the bytes. The only caller of Dissector.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pcapaudit/app/dissector.hpp>
#include <pcapaudit/app/text_pool.hpp>

#include "dissectors/tls/certificates/x509.hpp"
#include "dissectors/tls/keys/key_store.hpp"
#include "flow/anomaly_counts.hpp"
#include "flow/closed_flow.hpp"
#include "flow/stream/read_notes.hpp"
#include "flow/stream/window.hpp"

namespace pcapaudit {

// What flows of one table have in common.
struct SharedFacts {
  DissectorList dissectors = all_dissectors();
  CertificateReader certificates;
  TextPool texts;
  std::shared_ptr<const TlsKeyStore> tls_keys = {};  // null: none were given
};

class Stream final {
 public:
  // A message larger than this is given up. The largest that a dissector wants whole is an HTTP
  // header block (1 MiB, and the segment that ends it); TLS records are at most 18 KiB.
  static constexpr std::size_t max_window = (1024 + 256) * 1024;
  // Segments at which a direction is probed while nothing was recognised, and again behind a
  // place where a protocol broke. Over UDP later datagrams are held against fewer dissectors
  // (those with a name of their own), as the signatures would be met by chance.
  static constexpr int max_probes = 32;
  // Protocols one after the other in one connection (CONNECT, then TLS, then ...); more than this
  // is a dissector and a peer playing ping-pong.
  static constexpr int max_handovers = 8;
  // Streams inside of each other: HTTPS through an HTTPS proxy has two.
  static constexpr std::uint8_t max_depth = 2;

  // `shared` must outlive it.
  Stream(Carrier carrier, SharedFacts& shared);
  ~Stream();
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;

  // The side that opened the connection, as the SYN says. Call before any bytes.
  void set_client_side(std::size_t side) { client_side_ = static_cast<std::int8_t>(side); }
  // Found out from the content, or as set.
  std::optional<std::size_t> client_side() const {
    if (client_side_ == unknown_side) return std::nullopt;
    return static_cast<std::size_t>(client_side_);
  }
  void set_from_start(std::size_t side) { halves_[side].seen.from_start = true; }

  void bytes(std::size_t side, Bytes in_order);
  // UDP; `length` is what the headers say, more than `captured` when the packet was cut.
  void datagram(std::size_t side, Bytes captured, std::size_t length);
  // Bytes behind the last ones that will not come; `cause`: gap, snap_length or tail_lost.
  void gap(std::size_t side, std::uint64_t missing, Unread cause);
  // How many of the next `count` bytes, from the first on, will no dissector read?
  std::size_t unread(std::size_t side, std::size_t count) const {
    const Half& half = halves_[side];
    if (half.detached || half.watched) return count;
    return static_cast<std::size_t>(std::min<std::uint64_t>(half.skip, count));
  }
  // Name of the attached dissector, empty without one.
  std::string_view app() const { return spec_ == nullptr ? std::string_view{} : spec_->name; }
  // What was read of the side may not be what its receiver read; `why` is static text.
  void note_hole(std::size_t side, Unread cause, std::string_view why) {
    notes(side).hole(cause, halves_[side].at, why);
  }
  void mark_truncated(std::size_t side) { halves_[side].seen.truncated = true; }
  // Payload was sent that cannot be read (fragments are missing).
  void mark_unreadable(std::size_t side);

  // Bytes that wait for more.
  std::size_t held() const {
    return halves_[0].window.held() + halves_[1].window.held() +
           (dissector_ == nullptr ? 0 : dissector_->held()) + held_inside();
  }
  // Gives them up: nothing more is read of either side.
  void release();

  void count(Anomaly anomaly, std::uint32_t times = 1) { rare().anomalies.add(anomaly, times); }
  bool has_anomalies() const { return rare_ != nullptr && !rare_->anomalies.empty(); }
  void add_anomalies_to(AnomalyCounts::Counts& sums) const {
    if (rare_ != nullptr) rare_->anomalies.add_to(sums);
  }

  // Who is the client when nothing else told it. Ends the dissection and fills
  // in the application and records of `flow`. Call once.
  void finish(std::size_t default_client_side, ClosedFlow& flow);

 private:
  static constexpr std::int8_t unknown_side = -1;
  enum class Match : std::uint8_t { undecided, mine, other, unknown };

  struct Half {
    Window window;           // in order, not consumed yet
    std::uint64_t skip = 0;  // bytes that a dissector passed over in advance
    std::uint64_t at = 0;    // payload bytes before the window's
    SeenDirection seen;
    Match match = Match::undecided;  // does this side speak the attached protocol?
    std::uint8_t probes = 0;
    bool detached = false;  // nothing more is wanted of this side
    bool resyncs = false;   // after a loss: waits for a segment that starts a message
    bool broken = false;    // its framing is lost: only another protocol is looked for
    bool watched = false;   // all was learnt, and what comes has no frame: the same
  };
  struct Inside;  // what the dissector decrypted
  // What few flows have.
  struct Rare {
    std::vector<std::string> apps;         // of dissectors that handed over, in order
    std::vector<std::string> beside;       // what else was there: foreign bytes, port sharers
    std::string_view agreed;               // by the last handover, and not recognised so far
    std::array<std::string, 2> other_app;  // by side: what it speaks instead (Match::other)
    std::vector<AppRecord> records;        // of dissectors that handed over
    std::string_view malformed_why;
    std::array<ReadNotes, 2> notes;  // by side
    AnomalyCounts anomalies;         // of the flow, whoever found them
    std::unique_ptr<Inside> inside;  // of the attached dissector

    Rare();
    ~Rare();
  };
  class Sink;
  Inside& inside();
  void read_inside(std::size_t side, Bytes bytes);
  void lose_inside(std::size_t side, Unread cause, std::string_view why);
  void finish_inside(std::vector<AppRecord>& records);
  std::size_t held_inside() const;
  void release_inside();

  void advance_all(std::size_t side, Bytes fresh);
  // Bytes used from the front of `window`, of which those from `fresh` on are new; stops when
  // more bytes are needed.
  std::size_t run(std::size_t side, Bytes window, std::size_t fresh);
  std::size_t consume(std::size_t side, Bytes window, bool& waiting);
  // The bytes behind the side's window are lost: what it holds is all there will be.
  void take_rest(std::size_t side, Unread cause);
  void end_reading(std::size_t side, Unread cause, std::string_view why);
  ReadAccount account(std::size_t side) const;
  void name(ClosedFlow& flow, std::vector<std::string> apps) const;
  struct Probed {
    enum class Kind : std::uint8_t { attached, wait, drop };
    Kind kind = Kind::attached;
    std::size_t passed = 0;  // attached: bytes before the message, of no meaning
  };
  // Which dissector a message belongs to that begins with `window`.
  struct Recognised {
    const DissectorSpec* spec = nullptr;
    Probe::Speaker speaker = Probe::Speaker::either;
    bool undecided = false;  // none so far; more bytes may tell
  };
  enum class Among : std::uint8_t { all, named };
  Recognised recognise(Bytes window, Among among, bool cut = false) const;
  bool must_probe(const Half& half) const {
    return dissector_ == nullptr || half.match == Match::undecided || half.resyncs || half.broken ||
           half.watched || (carrier_ == Carrier::udp && dissector_->shares_ports());
  }
  Among among(const Half& half) const;
  Probed place(std::size_t side, Bytes window);
  Probed probe(std::size_t side, Bytes window);
  Probed probe_shared(std::size_t side, Bytes window);
  Probed probe_broken(std::size_t side, Bytes window);
  Probed probe_watched(std::size_t side, Bytes window);
  std::string other_in(std::size_t side, Bytes window, const Recognised& found) const;
  bool waits_for_foreign(std::size_t side, Bytes window);
  Probed check_other_side(std::size_t side, Bytes window);
  Probed resync(std::size_t side, Bytes window);
  void note_foreign_start(std::size_t side, Bytes window);
  Probed note_mismatch(std::size_t side, std::string other);
  bool is_out_of_step(std::size_t side) const;
  std::size_t broke(std::size_t side, Bytes window, std::string_view why);
  std::size_t pass_lost(std::size_t side, Bytes window, const Step& step, bool& waiting);
  std::size_t hand_over(std::size_t side, const Step& step, std::size_t size);
  void attach(const DissectorSpec& spec, std::size_t side, Probe::Speaker speaker);
  void detach_dissector(std::vector<AppRecord>& records);
  void give_up_probing(std::size_t side);
  void note_beside(std::string app);
  ReadNotes& notes(std::size_t side) { return rare().notes[side]; }
  Rare& rare() {
    if (rare_ == nullptr) rare_ = std::make_unique<Rare>();
    return *rare_;
  }
  Direction direction_of(std::size_t side) const;
  std::size_t side_of(Direction dir) const { return direction_of(0) == dir ? 0 : 1; }
  SeenStream seen_stream(std::size_t client_side) const;

  // Small, because every open flow has one.
  SharedFacts* shared_;
  std::array<Half, 2> halves_;
  const DissectorSpec* spec_ = nullptr;
  std::unique_ptr<Dissector> dissector_;
  std::unique_ptr<Rare> rare_;
  Carrier carrier_;
  std::int8_t client_side_ = unknown_side;
  std::uint8_t handovers_ = 0;
  std::uint8_t depth_ = 0;    // streams around this one
  bool handed_over_ = false;  // since the last bytes(): the other side's window waits
};

}  // namespace pcapaudit
