// Marks of other formats; see the header.
//
// Sources: Wireshark's wiretap, RFC 1761 (snoop), Microsoft's evntrace.h (trace files have no mark:
// sizes of the first buffer, and the header of its first event).
#include "capture/foreign_format.hpp"

#include <algorithm>

namespace pcapaudit {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view editcap = "editcap -F pcapng FILE OUT.pcapng (Wireshark) converts it";

struct Mark {
  std::string_view bytes;
  ForeignFormat format;
};
constexpr Mark marks[] = {
    {"RTSS"sv, {"a Network Monitor 1 capture", editcap}},
    {"GMBU"sv, {"a Network Monitor 2 or 3 capture", editcap}},
    {"snoop\0\0\0"sv, {"a snoop capture", editcap}},
    {"btsnoop\0"sv, {"a Bluetooth snoop capture", editcap}},
    {"TRSNIFF data    \x1a"sv, {"a Sniffer capture", editcap}},
    {"XCP\0"sv, {"a NetXRay or Sniffer capture", editcap}},
    {"\x7fver"sv, {"an OmniPeek capture", editcap}},
    {"ObserverPktBuffe"sv, {"an Observer capture", editcap}},
    {"iptrace "sv, {"an AIX iptrace capture", editcap}},
    {"\xa1\xb2\xcd\x34"sv, {"a pcap file with Kuznetzov's changes", editcap}},
    {"\x34\xcd\xb2\xa1"sv, {"a pcap file with Kuznetzov's changes", editcap}},
    {"\xfd\x37zXZ\0"sv, {"compressed with xz", "xz -dc FILE | pcapaudit ... - reads it"}},
    {"BZh"sv, {"compressed with bzip2", "bzip2 -dc FILE | pcapaudit ... - reads it"}},
    {"\x04\x22\x4d\x18"sv, {"compressed with lz4", "lz4 -dc FILE | pcapaudit ... - reads it"}},
    {"PK\x03\x04"sv, {"a zip archive", "unzip -p FILE | pcapaudit ... - reads it"}},
    {"7z\xbc\xaf\x27\x1c"sv, {"a 7z archive", "7z x -so FILE | pcapaudit ... - reads it"}},
};

// WMI_BUFFER_HEADER, whose first words are sizes, and a SYSTEM_TRACE_HEADER at 72: version 1 or 2,
// kind of header, marks.
bool is_event_trace(Bytes head) {
  constexpr std::size_t event_at = 72;
  constexpr std::uint32_t kilobyte = 1024, largest_buffer = 16 * 1024 * 1024;
  constexpr std::uint8_t system_header = 1, last_system_header = 4, mark = 0xc0;
  ByteReader in(head);
  const std::uint32_t buffer = in.u32le();
  const std::uint32_t saved = in.u32le();
  const std::uint32_t used = in.u32le();
  in.skip(event_at - 12);
  const std::uint16_t version = in.u16le();
  const std::uint8_t kind = in.u8();
  const std::uint8_t marked = in.u8();
  const bool sizes = buffer >= kilobyte && buffer <= largest_buffer && buffer % kilobyte == 0 &&
                     saved <= buffer && used <= buffer;
  return in.ok() && sizes && version >= 1 && version <= 2 && kind >= system_header &&
         kind <= last_system_header && marked == mark;
}

}  // namespace

ForeignFormat foreign_format(Bytes head) {
  const std::string_view text = as_text(head);
  const auto* found =
      std::ranges::find_if(marks, [&](const Mark& it) { return text.starts_with(it.bytes); });
  if (found != std::end(marks)) return found->format;
  if (is_event_trace(head)) {
    return {"an event trace (ETL), as netsh trace and pktmon write it",
            "etl2pcapng FILE OUT.pcapng or pktmon etl2pcap FILE converts it"};
  }
  return {};
}

}  // namespace pcapaudit
