// HPACK through nghttp2's inflater, which is bounded here; see the header.

#include "dissectors/http/hpack.hpp"

#include <nghttp2/nghttp2.h>

namespace pcapaudit {

void Hpack::Delete::operator()(nghttp2_hd_inflater* inflater) const {
  nghttp2_hd_inflate_del(inflater);
}

Hpack::Hpack() {
  nghttp2_hd_inflater* made = nullptr;
  if (nghttp2_hd_inflate_new(&made) == 0) inflater_.reset(made);
  if (inflater_ == nullptr ||
      nghttp2_hd_inflate_change_table_size(inflater_.get(), max_table) != 0) {
    problem_ = Problem::broken;  // no memory
  }
}

void Hpack::begin(Bytes block) {
  rest_ = block;
  ended_ = false;
  fields_ = inflated_ = 0;
}

std::optional<HpackField> Hpack::next() {
  while (!ended_ && problem_ == Problem::none) {
    nghttp2_nv field{};
    int flags = 0;
    const auto used = nghttp2_hd_inflate_hd2(inflater_.get(), &field, &flags, rest_.data(),
                                             rest_.size(), /*in_final=*/1);
    if (used < 0) {
      problem_ = Problem::broken;
      break;
    }
    rest_ = rest_.subspan(static_cast<std::size_t>(used));
    if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) {
      nghttp2_hd_inflate_end_headers(inflater_.get());
      ended_ = true;
    }
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) == 0) continue;
    inflated_ += field.namelen + field.valuelen;
    if (++fields_ > max_fields || inflated_ > max_inflated) {
      problem_ = Problem::too_large;
      break;
    }
    return HpackField{.name = as_text(Bytes(field.name, field.namelen)),
                      .value = as_text(Bytes(field.value, field.valuelen))};
  }
  return std::nullopt;
}

}  // namespace pcapaudit
