// Opens the records of one TLS connection with its secrets: keys, sequence numbers, and the search
// behind a loss. What is inside of the records is tls_inside's.
//
// A direction is opened from its first encrypted record on, in order. A record that does not
// authenticate ends it: its receiver ends the connection, too (RFC 5246 7.2.2, RFC 8446 5.2).
// Behind a loss a few sequence numbers are tried for each record. Used by one thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include <pcapaudit/app/app_record.hpp>
#include <pcapaudit/app/dissector.hpp>

#include "dissectors/tls/keys/compression.hpp"
#include "dissectors/tls/keys/key_store.hpp"
#include "dissectors/tls/keys/record_cipher.hpp"

namespace pcapaudit::tls_wire {

// What the hellos agreed upon.
struct Agreed {
  std::uint16_t version = 0, cipher = 0;
  TlsKeyStore::Random client_random{}, server_random{};
  bool encrypt_then_mac = false;
  std::uint8_t compression = 0;  // RFC 3749
  bool operator==(const Agreed&) const = default;
};

class Opener {
 public:
  // Sequence numbers that are tried for a record behind a loss: 16 MiB of full records.
  static constexpr std::uint64_t max_ahead = 1024;
  // Bytes that may be tried behind losses for each byte of records of the direction, as each try
  // costs as much as reading the record: so a capture cannot ask for more than as many times its
  // own work.
  static constexpr std::uint64_t tried_bytes = 64;
  // Records of early data that a server did not take: its own limit is bytes, of which OpenSSL
  // takes 16 KiB.
  static constexpr std::uint32_t max_rejected = 1024;

  // `keys` must outlive it.
  explicit Opener(const TlsKeyStore& keys) : keys_(&keys) {}

  // Up to TLS 1.2: this direction's records are encrypted from here on. TLS 1.3: both hellos were
  // read. `is_sure`: nothing of the direction is missing so far.
  void begin(Direction dir, const Agreed& agreed, bool is_sure);
  bool has_begun(Direction dir) const { return sides_[index_of(dir)].has_begun; }

  struct Opened {
    enum class Kind : std::uint8_t {
      opened,
      passed_over,  // behind a loss, and no number fits
      skipped,      // early data that was not taken
      unopened,     // of an epoch whose secret is not there
      closed,       // nothing of the direction is opened from here on: see why()
    };
    Kind kind = Kind::closed;
    std::uint8_t type = 0;
    Bytes text = {};              // in `out`, or until the next call
    bool is_behind_loss = false;  // the first one that was opened behind a loss
  };
  Opened open(Direction dir, Bytes record, std::span<std::uint8_t> out);
  bool is_closed(Direction dir) const { return sides_[index_of(dir)].why != NotDecrypted::none; }
  NotDecrypted why(Direction dir) const { return sides_[index_of(dir)].why; }
  void close(Direction dir, NotDecrypted why);
  // Bytes of the direction are missing here.
  void note_loss(Direction dir);

  // TLS 1.3. The client's early data was taken (or is not known not to be); it was not.
  void expect_early(const Agreed& agreed);
  void expect_rejected() { rejected_ = max_rejected; }
  // Behind EndOfEarlyData: the client's handshake. Behind Finished: application data.
  void next_epoch(Direction dir);
  void update_keys(Direction dir);  // KeyUpdate (RFC 8446 7.2)
  bool is_behind_handshake(Direction dir) const {
    return sides_[index_of(dir)].epoch == Epoch::application;
  }

 private:
  enum class Epoch : std::uint8_t { early, handshake, application };
  struct Side {
    bool has_begun = false;
    bool searches = false;  // behind a loss
    bool any = false;       // a record was opened under this epoch's keys
    Epoch epoch = Epoch::handshake;
    NotDecrypted why = NotDecrypted::none;
    std::uint64_t sequence = 0;
    std::uint32_t unopened = 0;  // records of an epoch whose secret is not there
    std::uint64_t credit = 0;    // bytes that may be tried
    std::unique_ptr<RecordCipher> cipher = {};
    std::unique_ptr<Decompressor> decompressor = {};
    Secret secret = {};  // TLS 1.3: of this epoch, for the next one's keys
  };

  Opened decompressed(Direction dir, Opened opened);
  void begin_tls12(Direction dir, Side& side);
  bool take_traffic_secret(Side& side, Bytes secret);
  bool enter(Direction dir, Epoch epoch);
  Bytes secret_of(Direction dir, Epoch epoch) const;
  Opened try_ahead(Side& side, Bytes record, std::span<std::uint8_t> out);
  Opened try_next_epoch(Direction dir, Bytes record, std::span<std::uint8_t> out);

  const TlsKeyStore* keys_;
  std::array<Side, 2> sides_;
  Agreed agreed_;
  std::uint32_t rejected_ = 0;  // records of early data that may still be passed over
};

}  // namespace pcapaudit::tls_wire
