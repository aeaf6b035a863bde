// Where packets come from: a file, standard input, or (later) an interface.
//
// A source is used by one thread. The PacketView that next() hands out is valid until
// the following call. Packet numbers start at 1 in every source.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <pcapaudit/base/result.hpp>

#include "net/packet.hpp"

namespace pcapaudit {

struct CaptureInterface {
  std::string name;  // "eth0", or empty when the file does not say
  LinkType link_type{};
  std::uint32_t snap_length = 0;  // bytes; 0 = unlimited or unknown

  bool operator==(const CaptureInterface&) const = default;
};

// Decryption secrets found in the capture (pcapng DSB), kept for a later stage.
struct CaptureSecrets {
  std::uint32_t type = 0;  // e.g. 0x544c534b: TLS key log
  std::string text;
};

// A time in which an interface could not be read.
struct BlindTime {
  Timestamp first, last;
  std::string why;  // "down", ...
};

// Packets that an interface or the kernel lost within one minute.
struct MinuteLoss {
  Timestamp minute;  // its beginning
  std::uint64_t packets = 0;
};

// What is known of a capture after its end (or so far).
struct CaptureFacts {
  std::string name;    // as given by the user, or the path found in a directory; "-" for stdin
  std::string sha256;  // of the file as stored (compressed if it is); lower-case hex; empty for
                       // stdin until its end
  std::string format;  // "pcap", "pcapng", "live"
  std::vector<CaptureInterface> interfaces;
  std::vector<CaptureSecrets> secrets;
  std::uint64_t packets = 0;    // handed out (after the filter)
  std::uint64_t bytes = 0;      // on the wire, of those packets
  std::uint64_t truncated = 0;  // packets shorter than on the wire
  std::uint64_t dropped = 0;    // as the capture itself reports (pcapng statistics and packets)
  // Of those, on a live interface: the kernel's buffer was full; the interface itself lost them.
  std::uint64_t dropped_kernel = 0, dropped_interface = 0;
  std::vector<BlindTime> blind;    // live only
  std::vector<MinuteLoss> losses;  // live only: minutes with loss, in their order
  std::uint64_t filtered = 0;      // left out by the filter
  std::uint64_t without_time = 0;  // packets of which nobody knows when they came
  // An input before it that is the same file; one that holds some of the same packets.
  std::string same_as, overlaps;
  std::optional<Timestamp> first, last;
  std::optional<Error> damage;  // why reading stopped before the end of the file
};

class PacketSource {
 public:
  virtual ~PacketSource() = default;

  // The next packet, or nullptr at the end (also when the rest is damaged: see facts().damage).
  virtual const PacketView* next() = 0;
  // Owns the bytes of the last packet: they stay as long as a copy of this does. Null: until the
  // next call only.
  virtual const std::shared_ptr<const void>& owner() const = 0;
  virtual const CaptureFacts& facts() const = 0;
  // Bytes of the stored file read so far, and its size; size 0 when unknown (stdin).
  virtual std::uint64_t position() const = 0;
  virtual std::uint64_t size() const = 0;
};

struct SourceOptions {
  std::string filter;  // BPF expression, empty for all
  // Not 0: stop waiting for standard input. A regular file never waits.
  const std::atomic<int>* interrupted = nullptr;
  bool keep_secrets = false;          // CaptureFacts::secrets; else they are passed over
  bool digest_in_background = false;  // on a thread of the source's own
};

// What paths stand for.
struct InputFiles {
  std::vector<std::string> captures;
  std::vector<std::string> others;  // files of directories that are no captures
};

// Files for the paths in the order given; a directory stands for the captures in it and everything
// below it, in name order (names starting with '.' left out, links to directories not followed).
// "-" stays, and so does a file that is named itself, capture or not. Fails when a path does not
// exist or a directory holds no capture.
Result<InputFiles> expand_paths(const std::vector<std::string>& paths);

// Fails when `filter` is no BPF expression.
Result<void> check_filter(const std::string& filter);

// Opens one file or "-". Recognises pcap, pcapng, gzip and zstd by their first bytes, not by
// name. Fails when there is no such file, it is empty, or it is no capture.
Result<std::unique_ptr<PacketSource>> open_capture(const std::string& path,
                                                   const SourceOptions& options);

}  // namespace pcapaudit
