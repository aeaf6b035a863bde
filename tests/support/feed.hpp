// Drives one dissector as the engine does, and collects what it emits.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <pcapaudit/app/dissector.hpp>

namespace pcapaudit::test {

struct Piece {
  Direction dir;
  std::string bytes;
};

struct Fed {
  std::vector<AppRecord> records;
  std::string malformed;  // Step::malformed text, if any
  // RecordSink::note_unread, by direction; the first text of each.
  std::array<std::string, 2> unread;
  bool handed_over = false;
  // RecordSink::inside by direction, and the first text of inside_lost.
  std::array<std::string, 2> inside, inside_lost;
  std::array<std::string, 2> rest;  // bytes of each direction that were not consumed

  bool operator==(const Fed&) const = default;
};

// Feeds the pieces in order (over TCP pieces of one direction join into a stream; over UDP each
// is a datagram), then finishes with `seen`. Every window sits in an exact-size heap buffer, so
// a sanitizer sees the first byte too far.
Fed feed(const DissectorSpec& spec, const std::vector<Piece>& pieces,
         Carrier carrier = Carrier::tcp,
         SeenStream seen = {{{.from_start = true}, {.from_start = true}}},
         const TlsKeyStore* keys = nullptr);

// The same with bytes missing between `before` and `behind`, in the directions of `behind`.
Fed feed_around_loss(const DissectorSpec& spec, const std::vector<Piece>& before,
                     const std::vector<Piece>& behind, const TlsKeyStore* keys = nullptr);

// The same bytes with one piece cut in two at every place, and byte by byte: `check` is called
// with each variant's result and must find it equal to the uncut one.
template <class Check>
void cut_everywhere(const DissectorSpec& spec, const std::vector<Piece>& pieces, Check check) {
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    for (std::size_t cut = 1; cut < pieces[i].bytes.size(); ++cut) {
      std::vector<Piece> parts(pieces.begin(), pieces.begin() + static_cast<std::ptrdiff_t>(i));
      parts.push_back({pieces[i].dir, pieces[i].bytes.substr(0, cut)});
      parts.push_back({pieces[i].dir, pieces[i].bytes.substr(cut)});
      parts.insert(parts.end(), pieces.begin() + static_cast<std::ptrdiff_t>(i) + 1, pieces.end());
      check(feed(spec, parts));
    }
  }
  std::vector<Piece> single;
  for (const Piece& piece : pieces) {
    for (const char byte : piece.bytes) single.push_back({piece.dir, std::string(1, byte)});
  }
  check(feed(spec, single));
}

}  // namespace pcapaudit::test
