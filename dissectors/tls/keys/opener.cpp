// Keys in and records out; see the header.

#include "dissectors/tls/keys/opener.hpp"

#include <utility>

#include "dissectors/tls/tls_record.hpp"

namespace pcapaudit::tls_wire {
namespace {

constexpr std::size_t master_size = 48;

std::vector<std::uint8_t> joined(const TlsKeyStore::Random& one, const TlsKeyStore::Random& other) {
  std::vector<std::uint8_t> both(one.begin(), one.end());
  both.insert(both.end(), other.begin(), other.end());
  return both;
}

}  // namespace

void Opener::close(Direction dir, NotDecrypted why) {
  Side& side = sides_[index_of(dir)];
  if (side.why == NotDecrypted::none) side.why = why;
  side.cipher.reset();
  side.decompressor.reset();
  side.secret = {};
}

void Opener::note_loss(Direction dir) {
  Side& side = sides_[index_of(dir)];
  const bool chains = side.cipher != nullptr && side.cipher->chains();
  if (chains || side.decompressor != nullptr) close(dir, NotDecrypted::gap);
  side.searches = true;
}

void Opener::begin(Direction dir, const Agreed& agreed, bool is_sure) {
  Side& side = sides_[index_of(dir)];
  agreed_ = agreed;
  side.has_begun = true;
  side.sequence = 0;
  side.any = false;
  side.cipher.reset();
  side.decompressor.reset();
  if (side.why != NotDecrypted::none) return;
  if (!record_suite(agreed.cipher, agreed.version)) {
    return close(dir, NotDecrypted::unsupported_suite);
  }
  if (!keys_->knows(agreed.client_random)) return close(dir, NotDecrypted::no_key);
  if (is_tls13(agreed.version)) {
    enter(dir, Epoch::handshake);
    if (side.cipher == nullptr && secret_of(dir, Epoch::application).empty()) {
      close(dir, NotDecrypted::no_key);
    }
  } else {
    begin_tls12(dir, side);
  }
  if (!is_sure || side.searches) note_loss(dir);
}

void Opener::begin_tls12(Direction dir, Side& side) {
  constexpr std::uint8_t deflate = 1;
  if (agreed_.compression == deflate) side.decompressor = Decompressor::make();
  if (agreed_.compression > deflate || (agreed_.compression == deflate && !side.decompressor)) {
    return close(dir, NotDecrypted::unsupported_suite);
  }
  const RecordSuite suite = *record_suite(agreed_.cipher, agreed_.version);
  Secret master(keys_->find(agreed_.client_random, SecretKind::master));
  if (master.empty()) {
    // Without the extended master secret, which Wireshark's label does not speak of.
    const Bytes premaster = keys_->find(agreed_.client_random, SecretKind::premaster);
    master = Secret::of_size(master_size);
    if (premaster.empty() ||
        !prf(suite.hash, premaster, "master secret",
             joined(agreed_.client_random, agreed_.server_random), master.room())) {
      return close(dir, NotDecrypted::no_key);
    }
  }
  const std::size_t size = 2 * (suite.mac_size + suite.key_size + suite.iv_size);
  KeyBlock block = KeyBlock::of_size(size);
  if (size > KeyBlock::max_size ||
      !prf(suite.hash, master.bytes(), "key expansion",
           joined(agreed_.server_random, agreed_.client_random), block.room())) {
    return close(dir, NotDecrypted::unsupported_suite);
  }
  // Client's, then server's: of each kind (RFC 5246 6.3).
  const std::size_t at = index_of(dir);
  ByteReader in(block.bytes());
  const auto take = [&](std::size_t each) {
    const Bytes of_both = in.take(2 * each);
    return of_both.subspan(at * each, each);
  };
  const Bytes mac = take(suite.mac_size), key = take(suite.key_size), iv = take(suite.iv_size);
  side.cipher = RecordCipher::make(suite, agreed_.version, agreed_.encrypt_then_mac,
                                   {.key = key, .iv = iv, .mac = mac});
  if (side.cipher == nullptr) close(dir, NotDecrypted::unsupported_suite);
}

Bytes Opener::secret_of(Direction dir, Epoch epoch) const {
  const bool is_client = dir == Direction::to_server;
  switch (epoch) {
    case Epoch::early:
      return is_client ? keys_->find(agreed_.client_random, SecretKind::client_early) : Bytes{};
    case Epoch::handshake:
      return keys_->find(agreed_.client_random,
                         is_client ? SecretKind::client_handshake : SecretKind::server_handshake);
    case Epoch::application:
      return keys_->find(agreed_.client_random,
                         is_client ? SecretKind::client_traffic : SecretKind::server_traffic);
  }
  return {};
}

bool Opener::take_traffic_secret(Side& side, Bytes secret) {
  const auto suite = record_suite(agreed_.cipher, agreed_.version);
  side.cipher.reset();
  side.sequence = 0;
  side.any = false;
  if (!suite || secret.size() != size_of(suite->hash)) return false;
  side.secret = Secret(secret);
  KeyBlock keys = KeyBlock::of_size(suite->key_size + suite->iv_size);
  const std::span<std::uint8_t> key = keys.room().first(suite->key_size);
  const std::span<std::uint8_t> iv = keys.room().subspan(suite->key_size);
  if (!expand_label(suite->hash, side.secret.bytes(), "key", key) ||
      !expand_label(suite->hash, side.secret.bytes(), "iv", iv)) {
    return false;
  }
  side.cipher =
      RecordCipher::make(*suite, agreed_.version, false, {.key = key, .iv = iv, .mac = {}});
  return side.cipher != nullptr;
}

bool Opener::enter(Direction dir, Epoch epoch) {
  Side& side = sides_[index_of(dir)];
  side.epoch = epoch;
  const Secret secret(secret_of(dir, epoch));
  return take_traffic_secret(side, secret.bytes());
}

void Opener::expect_early(const Agreed& agreed) {
  agreed_ = agreed;
  Side& side = sides_[index_of(Direction::to_server)];
  if (side.why == NotDecrypted::none) enter(Direction::to_server, Epoch::early);
}

void Opener::next_epoch(Direction dir) {
  Side& side = sides_[index_of(dir)];
  if (side.why != NotDecrypted::none || side.epoch == Epoch::application) return;
  const Epoch next = side.epoch == Epoch::early ? Epoch::handshake : Epoch::application;
  if (!enter(dir, next) && next == Epoch::application) close(dir, NotDecrypted::no_key);
}

void Opener::update_keys(Direction dir) {
  Side& side = sides_[index_of(dir)];
  const auto suite = record_suite(agreed_.cipher, agreed_.version);
  if (side.why != NotDecrypted::none || !suite || side.secret.empty()) return;
  Secret next = Secret::of_size(size_of(suite->hash));
  if (!expand_label(suite->hash, side.secret.bytes(), "traffic upd", next.room()) ||
      !take_traffic_secret(side, next.bytes())) {
    close(dir, NotDecrypted::unsupported_suite);
  }
}

// The record's number is not known: some were lost.
Opener::Opened Opener::try_ahead(Side& side, Bytes record, std::span<std::uint8_t> out) {
  for (std::uint64_t ahead = 1; ahead <= max_ahead && side.credit >= record.size(); ++ahead) {
    side.credit -= record.size();
    if (const auto opened = side.cipher->open(side.sequence + ahead, record, out)) {
      side.sequence += ahead + 1;
      side.any = true;
      side.searches = false;
      return {.kind = Opened::Kind::opened,
              .type = opened->type,
              .text = opened->text,
              .is_behind_loss = true};
    }
  }
  return {};
}

// The message that ends the epoch was not seen: its record was lost, or its secret is not there.
Opener::Opened Opener::try_next_epoch(Direction dir, Bytes record, std::span<std::uint8_t> out) {
  Side& side = sides_[index_of(dir)];
  Side before = std::move(side);
  side = Side{.has_begun = true,
              .searches = before.searches,
              .epoch = before.epoch,
              .credit = before.credit};
  next_epoch(dir);
  if (side.cipher != nullptr) {
    if (const auto opened = side.cipher->open(0, record, out)) {
      side.sequence = 1;
      side.any = true;
      return {.kind = Opened::Kind::opened,
              .type = opened->type,
              .text = opened->text,
              .is_behind_loss = std::exchange(side.searches, false)};
    }
    if (side.searches) {
      if (Opened opened = try_ahead(side, record, out); opened.kind == Opened::Kind::opened) {
        return opened;
      }
    }
  }
  const std::uint64_t credit = side.credit;
  side = std::move(before);
  side.credit = credit;
  return {};
}

Opener::Opened Opener::decompressed(Direction dir, Opened opened) {
  Side& side = sides_[index_of(dir)];
  if (side.decompressor == nullptr) return opened;
  const auto text = side.decompressor->open(opened.text);
  if (!text) {
    close(dir, NotDecrypted::altered);
    return {};
  }
  opened.text = *text;
  return opened;
}

Opener::Opened Opener::open(Direction dir, Bytes record, std::span<std::uint8_t> out) {
  Side& side = sides_[index_of(dir)];
  if (side.why != NotDecrypted::none) return {};
  side.credit += tried_bytes * record.size();
  if (side.cipher != nullptr) {
    if (const auto opened = side.cipher->open(side.sequence, record, out)) {
      ++side.sequence;
      side.any = true;
      if (dir == Direction::to_server) rejected_ = 0;
      return decompressed(dir, {.kind = Opened::Kind::opened,
                                .type = opened->type,
                                .text = opened->text,
                                .is_behind_loss = std::exchange(side.searches, false)});
    }
    if (side.searches) {
      Opened opened = try_ahead(side, record, out);
      if (opened.kind == Opened::Kind::opened) return opened;
    }
  }
  const bool may_follow =
      is_tls13(agreed_.version) && side.epoch != Epoch::application && (!side.any || side.searches);
  if (may_follow) {
    Opened opened = try_next_epoch(dir, record, out);
    if (opened.kind == Opened::Kind::opened) return opened;
  }
  if (side.searches) return {.kind = Opened::Kind::passed_over};
  const Opened skipped{.kind = Opened::Kind::skipped};
  if (dir == Direction::to_server && rejected_ > 0 && !side.any) {
    --rejected_;
    return skipped;
  }
  // The records of an epoch whose secret is not there, before one that is.
  if (may_follow && side.cipher == nullptr && ++side.unopened < max_rejected) {
    return {.kind = Opened::Kind::unopened};
  }
  close(dir, side.any ? NotDecrypted::altered : NotDecrypted::keys_do_not_fit);
  return {};
}

}  // namespace pcapaudit::tls_wire
