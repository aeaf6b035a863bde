// Remembers lists of one value; see the header.

#include <utility>

#include <pcapaudit/app/app_record.hpp>
#include <pcapaudit/app/text_pool.hpp>

#include "base/keyed_hash.hpp"

namespace pcapaudit {

SharedValues<std::string> TextPool::list_of(std::string_view wire) {
  if (wire.size() > longest) return SharedValues<std::string>::of(clean_text(wire));
  if (texts_.empty()) texts_.resize(places);
  SharedValues<std::string>& known = texts_[keyed_hash(as_bytes(wire)) % places];
  if (!known.empty() && known.front() == wire) return known;
  auto list = SharedValues<std::string>::of(clean_text(wire));
  // What had to be cleaned would not be found by its wire text.
  if (list.front() == wire) known = list;
  return list;
}

SharedValues<std::uint32_t> TextPool::list_of(std::uint32_t number) {
  constexpr std::size_t number_places = 64;  // status codes in use
  if (numbers_.empty()) numbers_.resize(number_places);
  SharedValues<std::uint32_t>& known = numbers_[number % number_places];
  if (known.empty() || known.front() != number) known = SharedValues<std::uint32_t>::of(number);
  return known;
}

}  // namespace pcapaudit
