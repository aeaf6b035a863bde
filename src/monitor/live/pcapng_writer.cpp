// Section header, interface description and enhanced packet blocks; see the header.

#include "monitor/live/pcapng_writer.hpp"

#include <algorithm>

#include <pcapaudit/app/app_record.hpp>

namespace pcapaudit {
namespace {

constexpr std::uint32_t section_header = 0x0a0d0d0a, interface_description = 1, enhanced_packet = 6;
constexpr std::uint32_t byte_order_magic = 0x1a2b3c4d;
constexpr std::uint16_t comment_option = 1, name_option = 2, resolution_option = 9,
                        application_option = 4;
constexpr char nanoseconds = 9;  // 10^-9

template <class T>
void put(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    out += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xff);
  }
}

// Fields end on a multiple of four bytes.
void pad(std::string& out) {
  while (out.size() % 4 != 0) out += '\0';
}

void put_option(std::string& out, std::uint16_t code, std::string_view value) {
  if (value.empty()) return;
  put(out, code);
  put(out, static_cast<std::uint16_t>(value.size()));
  out += value;
  pad(out);
}

void put_block(std::string& out, std::uint32_t type, std::string body) {
  put<std::uint32_t>(body, 0);  // end of options
  const auto length = static_cast<std::uint32_t>(body.size() + 12);
  put(out, type);
  put(out, length);
  out += body;
  put(out, length);
}

}  // namespace

PcapngWriter::PcapngWriter(std::string_view application, std::string_view comment) {
  std::string body;
  put(body, byte_order_magic);
  put<std::uint16_t>(body, 1);  // version 1.0
  put<std::uint16_t>(body, 0);
  put(body, ~std::uint64_t{0});  // section length: not given
  put_option(body, comment_option, clean_text(comment));
  put_option(body, application_option, clean_text(application));
  put_block(bytes_, section_header, std::move(body));
}

std::uint32_t PcapngWriter::interface_of(LinkType link_type, std::string_view name) {
  const std::pair<LinkType, std::string> wanted{link_type, clean_text(name)};
  const auto found = std::find(interfaces_.begin(), interfaces_.end(), wanted);
  const auto index = static_cast<std::uint32_t>(found - interfaces_.begin());
  if (found != interfaces_.end()) return index;
  std::string body;
  put(body, static_cast<std::uint16_t>(link_type));
  put<std::uint16_t>(body, 0);  // reserved
  put<std::uint32_t>(body, 0);  // snap length: no limit
  put_option(body, name_option, wanted.second);
  put_option(body, resolution_option, std::string_view(&nanoseconds, 1));
  put_block(bytes_, interface_description, std::move(body));
  interfaces_.push_back(wanted);
  return index;
}

void PcapngWriter::add(const PacketView& packet, std::string_view interface,
                       std::string_view comment) {
  const auto time = static_cast<std::uint64_t>(packet.time.ns);
  std::string body;
  put(body, interface_of(packet.link_type, interface));
  put(body, static_cast<std::uint32_t>(time >> 32));
  put(body, static_cast<std::uint32_t>(time));
  put(body, static_cast<std::uint32_t>(packet.bytes.size()));
  put(body, std::max(packet.wire_length, static_cast<std::uint32_t>(packet.bytes.size())));
  body += as_text(packet.bytes);
  pad(body);
  put_option(body, comment_option, clean_text(comment));
  put_block(bytes_, enhanced_packet, std::move(body));
  ++packets_;
}

}  // namespace pcapaudit
