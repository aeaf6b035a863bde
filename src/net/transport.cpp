// Names of IP protocols; see the header.

#include "net/transport.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace pcapaudit {
namespace {

struct Name {
  std::uint8_t protocol;
  std::string_view text;
};
// In the order in which they are offered.
constexpr Name names[] = {
    {6, "tcp"},   {17, "udp"},      {1, "icmp"},   {132, "sctp"}, {50, "esp"},     {51, "ah"},
    {47, "gre"},  {4, "ipip"},      {41, "6in4"},  {2, "igmp"},   {89, "ospf"},    {88, "eigrp"},
    {103, "pim"}, {112, "vrrp"},    {115, "l2tp"}, {46, "rsvp"},  {97, "etherip"}, {108, "ipcomp"},
    {33, "dccp"}, {136, "udplite"}, {124, "isis"}, {137, "mpls"}};

// "0" to "255", one behind the other.
struct Digits {
  std::array<char, 3> text{};
  std::uint8_t size = 0;
};
constexpr std::array<Digits, transport_count> digits_of_all() {
  std::array<Digits, transport_count> all{};
  for (std::size_t i = 0; i < all.size(); ++i) {
    Digits& it = all[i];
    if (i >= 100) it.text[it.size++] = static_cast<char>('0' + i / 100);
    if (i >= 10) it.text[it.size++] = static_cast<char>('0' + i / 10 % 10);
    it.text[it.size++] = static_cast<char>('0' + i % 10);
  }
  return all;
}
constexpr std::array<Digits, transport_count> digits = digits_of_all();

constexpr std::array<std::string_view, transport_count> texts_of_all() {
  std::array<std::string_view, transport_count> all{};
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i] = std::string_view(digits[i].text.data(), digits[i].size);
  }
  for (const Name& it : names) all[it.protocol] = it.text;
  return all;
}
constexpr std::array<std::string_view, transport_count> texts = texts_of_all();

}  // namespace

std::string_view to_text(Transport transport) {
  return texts[static_cast<std::size_t>(transport)];
}

bool has_name(Transport transport) {
  return std::any_of(std::begin(names), std::end(names), [&](const Name& it) {
    return it.protocol == static_cast<std::uint8_t>(transport);
  });
}

std::optional<Transport> parse_transport(std::string_view text) {
  const auto* const named = std::find_if(std::begin(names), std::end(names),
                                         [&](const Name& it) { return it.text == text; });
  if (named != std::end(names)) return Transport{named->protocol};
  std::uint8_t protocol = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), protocol);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return transport_of(protocol);
}

std::vector<std::string> transport_names() {
  std::vector<std::string> list;
  for (const Name& it : names) list.emplace_back(it.text);
  return list;
}

}  // namespace pcapaudit
