// HPACK: header blocks of HTTP/2 to their fields (the only file that sees nghttp2 is hpack.cpp).
//
// One object for each direction; its dynamic table lives as long as the direction does.
// Source: RFC 7541.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include <pcapaudit/base/bytes.hpp>

struct nghttp2_hd_inflater;

namespace pcapaudit {

struct HpackField {
  std::string_view name, value;  // valid until the next call
};

class Hpack {
 public:
  // The most that an encoder may ask its table to hold. The limit that both ends agreed on
  // (SETTINGS_HEADER_TABLE_SIZE) may be in the direction that was not captured, and takes effect
  // at a moment that only they know; but every real change of the table is announced in the block
  // itself (RFC 7541 4.2), and that is what is followed. Browsers announce 64 KiB.
  static constexpr std::size_t max_table = 64 * 1024;
  // A block's fields together. 256 KiB is the most that a browser takes; servers take 8 to 64 KiB.
  static constexpr std::size_t max_inflated = 256 * 1024;
  // Servers refuse more than about a hundred.
  static constexpr std::size_t max_fields = 1024;

  enum class Problem : std::uint8_t { none, broken, too_large };

  Hpack();

  // Starts a whole block: the fragments of one HEADERS or PUSH_PROMISE and its CONTINUATIONs.
  // It must stay valid until next() has answered nullopt.
  void begin(Bytes block);
  // The next field. nullopt: the block has ended, or problem() says why it cannot go on; then no
  // later block can be read either, for the table is out of step.
  std::optional<HpackField> next();
  Problem problem() const { return problem_; }

 private:
  struct Delete {
    void operator()(nghttp2_hd_inflater* inflater) const;
  };

  std::unique_ptr<nghttp2_hd_inflater, Delete> inflater_;
  Bytes rest_;
  bool ended_ = true;
  std::size_t fields_ = 0;
  std::size_t inflated_ = 0;  // bytes of names and values so far
  Problem problem_ = Problem::none;
};

}  // namespace pcapaudit
