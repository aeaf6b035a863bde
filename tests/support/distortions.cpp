// The table of distortions.hpp: of messages, of packets, of frames.
#include "support/distortions.hpp"

#include <algorithm>
#include <utility>

#include "support/packets.hpp"
#include "support/tls_bytes.hpp"

namespace pcapaudit::test {
namespace {

using Packets = std::vector<WirePacket>;
using Frames = std::vector<Frame>;
using enum Talk::Kind;
constexpr std::int64_t small_step_ns = 1'000;
constexpr std::uint8_t push = TcpHeader::ack | TcpHeader::psh;

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// ---- Messages.

std::function<void(Talk&)> each_message(int side, std::function<void(std::string&)> change) {
  return [side, change](Talk& talk) {
    for (TalkMessage& message : talk.messages) {
      if (message.side == side || side < 0) change(message.bytes);
    }
  };
}

std::function<void(Talk&)> leading(int side, std::string junk) {
  return each_message(side, [junk](std::string& bytes) { bytes = junk + bytes; });
}

// Start line and fields with LF alone; bodies here hold no line ends.
void with_lf(std::string& bytes) {
  bytes = replaced(bytes, "\r\n", "\n");
}

void change_start_line(std::string& bytes, const std::function<void(std::string&)>& change) {
  const std::size_t end = bytes.find("\r\n");
  if (end == std::string::npos) return;
  std::string line = bytes.substr(0, end);
  change(line);
  bytes = line + bytes.substr(end);
}

std::function<void(Talk&)> request_line(std::function<void(std::string&)> change) {
  return each_message(0, [change](std::string& bytes) { change_start_line(bytes, change); });
}

void add_field(std::string& bytes, const std::string& field) {
  const std::size_t end = bytes.find("\r\n");
  if (end != std::string::npos) bytes.insert(end + 2, field + "\r\n");
}

// Records of TLS with at most `size` bytes of handshake each.
std::string with_small_records(const std::string& bytes, std::size_t size) {
  std::string out;
  std::size_t at = 0;
  while (at + 5 <= bytes.size()) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[at + i]); };
    const std::size_t length = static_cast<std::size_t>(byte(3)) << 8 | byte(4);
    const std::string body = bytes.substr(at + 5, length);
    const bool is_plain_handshake = byte(0) == 22 && !body.empty() && body[0] != '\xa5';
    if (is_plain_handshake) {
      for (std::size_t i = 0; i < body.size(); i += size) {
        out += record(22, body.substr(i, size));
      }
    } else {
      out += bytes.substr(at, 5 + length);
    }
    at += 5 + length;
  }
  return out;
}

std::function<void(Talk&)> small_records(int side, std::size_t size) {
  return each_message(side,
                      [size](std::string& bytes) { bytes = with_small_records(bytes, size); });
}

// Every message of a side that directly follows another one of it comes with that one.
void joined_messages(Talk& talk) {
  std::vector<TalkMessage> out;
  for (TalkMessage& message : talk.messages) {
    if (!out.empty() && out.back().side == message.side) {
      out.back().bytes += message.bytes;
    } else {
      out.push_back(std::move(message));
    }
  }
  talk.messages = std::move(out);
}

// All requests first, then all answers (RFC 9112 9.3.2).
void pipelined(Talk& talk) {
  std::stable_partition(talk.messages.begin(), talk.messages.end(),
                        [](const TalkMessage& it) { return it.side == 0; });
  joined_messages(talk);
}

std::function<void(Talk&)> after_requests(std::size_t count, bool are_pipelined) {
  return [count, are_pipelined](Talk& talk) {
    std::vector<TalkMessage> requests, answers;
    for (std::size_t i = 0; i < count; ++i) {
      requests.push_back(
          {0, "GET /public/" + std::to_string(i) + " HTTP/1.1\r\nHost: www.example.com\r\n\r\n"});
      answers.push_back({1, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"});
    }
    std::vector<TalkMessage> out;
    if (are_pipelined) {
      out = requests;
      out.insert(out.end(), answers.begin(), answers.end());
    } else {
      for (std::size_t i = 0; i < count; ++i) {
        out.push_back(requests[i]);
        out.push_back(answers[i]);
      }
    }
    talk.messages.insert(talk.messages.begin(), out.begin(), out.end());
    joined_messages(talk);
  };
}

void add_messages(std::vector<Distortion>& table) {
  const std::vector<Talk::Kind> text = {http, sip}, web = {http}, secure = {tls};
  const auto add = [&](const char* name, std::function<void(Talk&)> change,
                       const std::vector<Talk::Kind>& kinds, bool is_harmless = true) {
    table.push_back(
        {.name = name, .on_talk = std::move(change), .is_harmless = is_harmless, .kinds = kinds});
  };
  add("an empty line before each request", leading(0, "\r\n"), text);
  add("three empty lines before each request", leading(0, "\r\n\r\n\r\n"), text);
  add("a line feed before each request", leading(0, "\n"), text);
  add("an empty line before each answer", leading(1, "\r\n"), text, false);
  add("line feeds alone", each_message(-1, with_lf), text, false);
  add("two blanks in the request line",
      request_line([](std::string& line) { line = replaced(line, " ", "  "); }), web, false);
  add("a blank behind the request line", request_line([](std::string& line) { line += ' '; }), web,
      false);
  add("a tab in the request line", request_line([](std::string& line) {
        if (line.find(' ') != std::string::npos) line.replace(line.find(' '), 1, "\t");
      }),
      web, false);
  add("HTTP/1.2",
      each_message(-1, [](std::string& bytes) { bytes = replaced(bytes, "HTTP/1.1", "HTTP/1.2"); }),
      web, false);
  add("http/1.1 in small letters",
      request_line([](std::string& line) { line = replaced(line, "HTTP/1.1", "http/1.1"); }), web,
      false);
  add("field names in small letters",
      each_message(-1,
                   [](std::string& bytes) {
                     for (const auto& [from, to] :
                          std::initializer_list<std::pair<const char*, const char*>>{
                              {"Host:", "host:"},
                              {"Authorization:", "authorization:"},
                              {"Location:", "LOCATION:"}}) {
                       bytes = replaced(bytes, from, to);
                     }
                   }),
      web);
  add("a folded field",
      each_message(-1, [](std::string& bytes) { bytes = replaced(bytes, "Host: ", "Host:\r\n "); }),
      web, false);
  add("a blank before the colon",
      each_message(-1,
                   [](std::string& bytes) {
                     bytes = replaced(replaced(replaced(bytes, "Authorization:", "Authorization :"),
                                               "Host:", "Host :"),
                                      "Location:", "Location :");
                   }),
      web, false);
  add("absolute targets", request_line([](std::string& line) {
        line = replaced(line, " /", " http://www.example.com/");
        line = replaced(line, " HTTP/1.1", " HTTP/1.1");
      }),
      web, false);
  add("HTTP/1.0",
      each_message(-1, [](std::string& bytes) { bytes = replaced(bytes, "HTTP/1.1", "HTTP/1.0"); }),
      web, false);
  add("a field of 100 KB",
      each_message(0,
                   [](std::string& bytes) {
                     if (bytes.find("HTTP/1") != std::string::npos) {
                       add_field(bytes, "X-Long: " + std::string(100'000, 'x'));
                     }
                   }),
      web);
  table.back().is_paired = false;
  add("pipelined requests", pipelined, web);
  table.back().joins = true;
  add("after seventy requests", after_requests(70, false), web, false);
  table.back().is_paired = false;
  add("after two hundred pipelined requests", after_requests(200, true), web, false);
  table.back().is_paired = false;
  add("two lengths",
      each_message(
          0,
          [](std::string& bytes) { add_field(bytes, "Content-Length: 0\r\nContent-Length: 5"); }),
      web, false);
  add("a length of 2^64",
      each_message(
          0, [](std::string& bytes) { add_field(bytes, "Content-Length: 18446744073709551616"); }),
      web, false);
  add("a length that hides the next request",
      each_message(0, [](std::string& bytes) { add_field(bytes, "Content-Length: 90"); }), web,
      false);
  table.back().is_paired = false;  // a receiver takes what follows for the body, as it should
  add("chunked, identity",
      each_message(
          0, [](std::string& bytes) { add_field(bytes, "Transfer-Encoding: chunked, identity"); }),
      web, false);
  add("two codings",
      each_message(0,
                   [](std::string& bytes) {
                     add_field(bytes, "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked");
                   }),
      web, false);
  add("a length and a coding",
      each_message(1, [](std::string& bytes) { add_field(bytes, "Transfer-Encoding: chunked"); }),
      web, false);
  add("an answer with a length that hides the next",
      each_message(1,
                   [](std::string& bytes) {
                     bytes = replaced(bytes, "Content-Length: ", "Content-Length: 1");
                   }),
      web, false);
  add("100 Continue before each answer", leading(1, "HTTP/1.1 100 Continue\r\n\r\n"), web, false);
  add("records of one byte", small_records(-1, 1), secure);
  add("the client's records of three bytes", small_records(0, 3), secure);
  add("the server's records of 40 bytes", small_records(1, 40), secure);
  add("messages of a side in one go", joined_messages, {http, tls, sip});
  add(
      "plain HTTP behind the handshake",
      [](Talk& talk) {
        talk.messages.push_back({0, "GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n"});
        talk.messages.push_back({1, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"});
      },
      secure, false);
  table.back().adds_others = true;
}

// ---- Packets.

// Between the packet's time and the next one's.
WirePacket copy_of(const WirePacket& packet, std::int64_t later_ns) {
  WirePacket copy = packet;
  copy.ns += later_ns;
  return copy;
}

void in_order_of_time(Packets& packets) {
  std::stable_sort(packets.begin(), packets.end(),
                   [](const WirePacket& a, const WirePacket& b) { return a.ns < b.ns; });
}

std::function<void(Packets&, const Packets&)> segments_of(std::size_t size) {
  return [size](Packets& packets, const Packets&) {
    Packets out;
    for (const WirePacket& packet : packets) {
      if (packet.payload.size() <= size || (packet.flags & TcpHeader::syn) != 0) {
        out.push_back(packet);
        continue;
      }
      for (std::size_t at = 0; at < packet.payload.size(); at += size) {
        WirePacket piece = packet;
        piece.sequence += static_cast<std::uint32_t>(at);
        piece.payload = packet.payload.substr(at, size);
        piece.ns += static_cast<std::int64_t>(at);
        out.push_back(std::move(piece));
      }
    }
    packets = std::move(out);
  };
}

// Each run of packets with payload of one side, backwards.
void reversed(Packets& packets, const Packets&) {
  segments_of(64)(packets, {});
  for (std::size_t i = 0; i < packets.size();) {
    std::size_t end = i;
    while (end < packets.size() && packets[end].side == packets[i].side &&
           !packets[end].payload.empty()) {
      ++end;
    }
    for (std::size_t a = i, b = end; a + 1 < b; ++a, --b) {
      std::swap(packets[a], packets[b - 1]);
      std::swap(packets[a].ns, packets[b - 1].ns);
    }
    i = std::max(end, i + 1);
  }
}

// What the twin has at this place; of equal length, so that the sequence numbers stay.
std::string decoy_for(const WirePacket& packet, std::size_t index, const Packets& other) {
  if (index < other.size() && other[index].payload.size() == packet.payload.size() &&
      other[index].payload != packet.payload) {
    return other[index].payload;
  }
  std::string text = packet.payload;
  for (char& c : text) c = static_cast<char>(c ^ 0x15);
  return text;
}

// A copy with other bytes of every `which` packet with payload, before or after it.
std::function<void(Packets&, const Packets&)> contradicted(bool before, std::size_t first_byte) {
  return [before, first_byte](Packets& packets, const Packets& other) {
    Packets out;
    for (std::size_t i = 0; i < packets.size(); ++i) {
      const WirePacket& packet = packets[i];
      if (packet.payload.size() <= first_byte) {
        out.push_back(packet);
        continue;
      }
      WirePacket decoy = packet;
      decoy.payload = decoy_for(packet, i, other).substr(first_byte);
      decoy.sequence += static_cast<std::uint32_t>(first_byte);
      if (before) {
        out.push_back(decoy);
        out.push_back(copy_of(packet, small_step_ns));
      } else {
        out.push_back(packet);
        out.push_back(copy_of(decoy, small_step_ns));
      }
    }
    packets = std::move(out);
  };
}

// A decoy that arrives early, over a hole: the second half of the segment comes first with other
// bytes, then the whole segment.
void early_decoy(Packets& packets, const Packets& other) {
  Packets out;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    const WirePacket& packet = packets[i];
    if (packet.payload.size() < 2) {
      out.push_back(packet);
      continue;
    }
    const std::size_t half = packet.payload.size() / 2;
    WirePacket decoy = packet;
    decoy.payload = decoy_for(packet, i, other).substr(half);
    decoy.sequence += static_cast<std::uint32_t>(half);
    out.push_back(decoy);
    out.push_back(copy_of(packet, small_step_ns));
  }
  packets = std::move(out);
}

std::function<void(Packets&, const Packets&)> without(std::function<bool(const WirePacket&)> lost) {
  return [lost](Packets& packets, const Packets&) { std::erase_if(packets, lost); };
}

std::function<void(Packets&, const Packets&)> without_number(std::size_t number) {
  return [number](Packets& packets, const Packets&) {
    if (number < packets.size()) {
      packets.erase(packets.begin() + static_cast<std::ptrdiff_t>(number));
    }
  };
}

// A packet of somebody who is not there, in the middle of the conversation.
std::function<void(Packets&, const Packets&)> spoofed(int side, std::uint8_t flags,
                                                      std::int64_t sequence_offset) {
  return [=](Packets& packets, const Packets&) {
    const std::size_t middle = packets.size() / 2;
    const auto same_side = [&](const WirePacket& it) { return it.side == side; };
    const auto last = std::find_if(packets.rend() - static_cast<std::ptrdiff_t>(middle),
                                   packets.rend(), same_side);
    if (last == packets.rend()) return;
    WirePacket packet = *last;
    packet.flags = flags;
    packet.sequence += static_cast<std::uint32_t>(packet.payload.size()) +
                       static_cast<std::uint32_t>(sequence_offset);
    if ((flags & TcpHeader::ack) == 0) packet.acknowledgment = 0;
    packet.payload.clear();
    packet.ns = packets[middle - 1].ns + small_step_ns;
    packets.insert(packets.begin() + static_cast<std::ptrdiff_t>(middle), packet);
  };
}

void doubled(Packets& packets, const Packets&) {
  Packets out;
  for (const WirePacket& packet : packets) {
    out.push_back(packet);
    out.push_back(copy_of(packet, small_step_ns));
  }
  packets = std::move(out);
}

void late_copies(Packets& packets, const Packets&) {
  if (packets.empty()) return;
  const Packets all = packets;
  const std::int64_t end = packets.back().ns;
  for (const WirePacket& packet : all) packets.push_back(copy_of(packet, end));
}

void late_syn(Packets& packets, const Packets&) {
  if (packets.empty()) return;
  WirePacket syn = packets.front();
  const std::size_t middle = packets.size() / 2;
  syn.ns = packets[middle].ns + small_step_ns;
  packets.insert(packets.begin() + static_cast<std::ptrdiff_t>(middle) + 1, syn);
}

// Behind the acknowledgment of each byte, once more (RFC 9293 3.8.4: with any content).
void keep_alives(Packets& packets, const Packets&) {
  Packets out;
  for (const WirePacket& packet : packets) {
    out.push_back(packet);
    if (!packet.payload.empty() || packet.flags != TcpHeader::ack || out.size() < 2) continue;
    const WirePacket& acknowledged = out[out.size() - 2];
    if (acknowledged.payload.empty() || acknowledged.side == packet.side) continue;
    WirePacket probe = copy_of(acknowledged, packet.ns - acknowledged.ns + small_step_ns);
    probe.sequence += static_cast<std::uint32_t>(acknowledged.payload.size()) - 1;
    probe.payload = std::string(1, '\0');
    probe.flags = TcpHeader::ack;
    out.push_back(probe);
  }
  packets = std::move(out);
}

// Data of the SYN's packet (RFC 7413).
void fast_open(Packets& packets, const Packets&) {
  const auto data = std::find_if(packets.begin(), packets.end(), [](const WirePacket& it) {
    return it.side == 0 && !it.payload.empty();
  });
  if (data == packets.end() || (packets.front().flags & TcpHeader::syn) == 0) return;
  packets.front().payload = data->payload;
  packets.erase(data);
}

void pause_in_middle(Packets& packets, const Packets&) {
  constexpr std::int64_t two_hours_ns = 7200 * std::int64_t{1'000'000'000};
  for (std::size_t i = packets.size() / 2; i < packets.size(); ++i) packets[i].ns += two_hours_ns;
}

void from_the_future(Packets& packets, const Packets&) {
  if (packets.empty()) return;
  packets[packets.size() / 2].ns += 4000 * std::int64_t{1'000'000'000};
}

void from_the_past(Packets& packets, const Packets&) {
  for (std::size_t i = packets.size() / 2; i < packets.size(); ++i) {
    packets[i].ns -= 3600 * std::int64_t{1'000'000'000};
  }
}

// Each acknowledgment is captured before what it acknowledges.
void acknowledged_early(Packets& packets, const Packets&) {
  for (std::size_t i = 1; i < packets.size(); ++i) {
    const bool answers = packets[i].payload.empty() && !packets[i - 1].payload.empty() &&
                         packets[i].side != packets[i - 1].side &&
                         packets[i].flags == TcpHeader::ack;
    if (!answers) continue;
    std::swap(packets[i], packets[i - 1]);
    std::swap(packets[i].ns, packets[i - 1].ns);
  }
}

void garbage_behind(Packets& packets, const Packets&) {
  const auto last = std::find_if(packets.rbegin(), packets.rend(),
                                 [](const WirePacket& it) { return !it.payload.empty(); });
  if (last == packets.rend()) return;
  WirePacket junk = *last;
  junk.sequence += static_cast<std::uint32_t>(junk.payload.size());
  junk.payload = "SSH-2.0-OpenSSH_9.2p1\r\n" + std::string(200, '\x01');
  junk.ns += small_step_ns;
  packets.insert(last.base(), junk);
}

void add_packets(std::vector<Distortion>& table) {
  const std::vector<Talk::Kind> over_tcp = {http, tls, sip, other};
  const auto add = [&](std::string name, std::function<void(Packets&, const Packets&)> change,
                       bool is_harmless, bool is_paired = true) {
    table.push_back({.name = std::move(name),
                     .on_packets = std::move(change),
                     .is_harmless = is_harmless,
                     .is_paired = is_paired,
                     .kinds = over_tcp});
  };
  const auto sent = [](int side, std::uint8_t flag) {
    return [=](const WirePacket& it) { return it.side == side && (it.flags & flag) != 0; };
  };
  add("one byte each", segments_of(1), true, false);
  add("seven bytes each", segments_of(7), true);
  add("each flight backwards", reversed, true);
  table.back().sorts = {"the SYN is not first"};
  add("every packet twice", doubled, true);
  add("all again at the end", late_copies, true);
  const std::size_t first_decoy = table.size();
  add("other bytes before each segment", contradicted(true, 0), false);
  add("other bytes behind each segment", contradicted(false, 0), false);
  add("another tail before each segment", contradicted(true, 3), false);
  add("another tail behind each segment", contradicted(false, 3), false);
  add("another second half, early", early_decoy, false);
  for (std::size_t i = first_decoy; i < table.size(); ++i) table[i].adds_others = true;
  const std::size_t first_loss = table.size();
  for (std::size_t i = 0; i < 24; ++i) {
    add("without packet " + std::to_string(i), without_number(i), false, i >= 3 && i <= 6);
  }
  add("without the SYN", without(sent(0, TcpHeader::syn)), false, false);
  add("without the handshake",
      without([](const WirePacket& it) { return (it.flags & TcpHeader::syn) != 0; }), false);
  add(
      "joined in the middle",
      [](Packets& packets, const Packets&) {
        packets.erase(packets.begin(),
                      packets.begin() + static_cast<std::ptrdiff_t>(packets.size() / 2));
      },
      false);
  add(
      "left in the middle",
      [](Packets& packets, const Packets&) { packets.resize(packets.size() / 2); }, false);
  add("without both FINs",
      without([](const WirePacket& it) { return (it.flags & TcpHeader::fin) != 0; }), true, false);
  add("the client alone", without([](const WirePacket& it) { return it.side == 1; }), false);
  add("the server alone", without([](const WirePacket& it) { return it.side == 0; }), false);
  for (std::size_t i = first_loss; i < table.size(); ++i) table[i].removes = true;
  add("without acknowledgments", without([](const WirePacket& it) {
        return it.payload.empty() && it.flags == TcpHeader::ack;
      }),
      true, false);
  add("a SYN of the client far away", spoofed(0, TcpHeader::syn, 500'000'000), false);
  add("a SYN of the client within the window", spoofed(0, TcpHeader::syn, 10), false);
  add("a SYN of the server", spoofed(1, TcpHeader::syn, 700'000'000), false);
  table.back().adds_others = true;  // an attempt to open that nobody documents
  add("a SYN-ACK of the server", spoofed(1, TcpHeader::syn | TcpHeader::ack, 9'000), false);
  table.back().begins_another = true;
  add("the SYN once more, late", late_syn, false);
  add("a RST far away", spoofed(1, TcpHeader::rst, 900'000'000), false);
  add("a RST within the window", spoofed(1, TcpHeader::rst, 100), false);
  add("an exact RST that nobody heeds", spoofed(1, TcpHeader::rst, 0), false);
  add("an exact RST of the client that nobody heeds", spoofed(0, TcpHeader::rst, 0), false);
  add("a FIN that nobody heeds", spoofed(0, TcpHeader::fin | TcpHeader::ack, 0), false);
  add("a FIN beyond the data", spoofed(1, TcpHeader::fin | TcpHeader::ack, 5000), false);
  add("keep-alives", keep_alives, true);
  table.back().sorts = {"a probe of bytes that were not there yet"};
  add("data with the SYN", fast_open, true);
  table.back().sorts = {"the SYN is not first"};
  add("a pause of two hours", pause_in_middle, false);
  add("a packet from the future", from_the_future, false);
  add("an hour back", from_the_past, false);
  add("acknowledged before it was seen", acknowledged_early, true);
  table.back().sorts = {"a probe of bytes that were not there yet"};
  add("SSH at the end of what the last speaker says", garbage_behind, false);
  table.back().adds_others = true;
}

// ---- Frames.

std::function<void(Frames&)> tagged(std::vector<std::uint16_t> to_server,
                                    std::vector<std::uint16_t> to_client) {
  return [=](Frames& frames) {
    for (Frame& frame : frames) {
      const auto& tags = frame.side == 0 ? to_server : to_client;
      frame.vlans.insert(frame.vlans.begin(), tags.begin(), tags.end());
    }
  };
}

void mirrored(Frames& frames) {
  Frames out;
  for (const Frame& frame : frames) {
    out.push_back(frame);
    out.push_back(frame);
    out.back().vlans.insert(out.back().vlans.begin(), 77);
    out.back().ns += small_step_ns;
  }
  frames = std::move(out);
}

std::size_t total_length(const std::string& ip) {
  return static_cast<std::size_t>(static_cast<unsigned char>(ip[2])) << 8 |
         static_cast<unsigned char>(ip[3]);
}

std::string fragment(const std::string& ip, std::size_t at, std::size_t size, bool more) {
  constexpr std::size_t header = 20;
  std::string piece = ip.substr(0, header) + ip.substr(header + at, size);
  piece.replace(2, 2, number(piece.size(), 2));
  piece.replace(6, 2, number((more ? 0x2000U : 0U) | at / 8, 2));
  return piece;
}

// IP fragments of `size` bytes of payload. `order` gets the number of pieces.
std::function<void(Frames&)> fragmented(std::size_t size, bool backwards, bool twice,
                                        bool contradicted) {
  return [=](Frames& frames) {
    constexpr std::size_t header = 20;
    Frames out;
    std::uint16_t identification = 0x4000;  // each datagram has its own, whatever carries it
    for (Frame& frame : frames) {
      frame.ip.resize(total_length(frame.ip));  // what pads the link is no part of it
      if (frame.ip.size() > header + size) frame.ip.replace(4, 2, number(identification++, 2));
      if (frame.ip.size() <= header + size) {
        out.push_back(frame);
        continue;
      }
      Frames pieces;
      const std::size_t payload = frame.ip.size() - header;
      for (std::size_t at = 0; at < payload; at += size) {
        Frame piece = frame;
        piece.ip = fragment(frame.ip, at, std::min(size, payload - at), at + size < payload);
        if (contradicted && at > 0) {
          Frame decoy = piece;
          for (std::size_t i = header; i < decoy.ip.size(); ++i) {
            decoy.ip[i] = static_cast<char>(decoy.ip[i] ^ 0x15);
          }
          pieces.push_back(decoy);
        }
        pieces.push_back(piece);
        if (twice) pieces.push_back(piece);
      }
      if (backwards) std::reverse(pieces.begin(), pieces.end());
      for (std::size_t i = 0; i < pieces.size(); ++i) {
        pieces[i].ns = frame.ns + static_cast<std::int64_t>(i);
      }
      out.insert(out.end(), pieces.begin(), pieces.end());
    }
    frames = std::move(out);
  };
}

std::function<void(Frames&)> cut_at(std::size_t snap_length) {
  return [snap_length](Frames& frames) {
    for (Frame& frame : frames) frame.snap_length = std::min(frame.snap_length, snap_length);
  };
}

std::function<void(Frames&)> carried_in_ip(std::uint8_t protocol, std::string before) {
  return [=](Frames& frames) {
    for (Frame& frame : frames) {
      frame.ip = ipv4({.protocol = protocol,
                       .source = frame.side == 0 ? "10.255.0.1" : "10.255.0.2",
                       .destination = frame.side == 0 ? "10.255.0.2" : "10.255.0.1",
                       .identification = static_cast<std::uint16_t>(frame.ns / small_step_ns)},
                      before + frame.ip);
    }
  };
}

void carried_in_vxlan(Frames& frames) {
  for (Frame& frame : frames) {
    const std::string header = from_hex("08 00 00 00 00 00 2a 00");
    const std::string inside =
        udp({.source_port = 50001, .destination_port = 4789}, header + ethernet(0x0800, frame.ip));
    frame.ip = ipv4({.protocol = 17,
                     .source = frame.side == 0 ? "10.255.0.1" : "10.255.0.2",
                     .destination = frame.side == 0 ? "10.255.0.2" : "10.255.0.1",
                     .identification = 0},
                    inside);
  }
}

void padded(Frames& frames) {
  for (Frame& frame : frames) {
    const std::size_t least = 46;
    if (frame.ip.size() < least) frame.ip.resize(least, '\xee');
  }
}

void add_frames(std::vector<Distortion>& table) {
  const auto add = [&](const char* name, std::function<void(Frames&)> change, bool is_harmless,
                       bool is_paired = true) {
    table.push_back({.name = name,
                     .on_frames = std::move(change),
                     .is_harmless = is_harmless,
                     .is_paired = is_paired});
  };
  add("VLAN 10", tagged({10}, {10}), true);
  add("a priority tag", tagged({0}, {0}), true);
  add("two tags", tagged({10, 20}, {10, 20}), true, false);
  add("a VLAN for each direction", tagged({10}, {11}), false);
  add("a mirror port that copies into a VLAN", mirrored, true);
  const std::size_t first_fragments = table.size();
  add("fragments", fragmented(24, false, false, false), true);
  add("fragments backwards", fragmented(24, true, false, false), true);
  add("fragments twice, backwards", fragmented(24, true, true, false), true, false);
  add("tiny fragments", fragmented(8, false, false, false), false);
  add("fragments that contradict", fragmented(24, false, false, true), false);
  table.back().adds_others = true;
  add(
      "every fragment but the first is lost",
      [](Frames& frames) {
        fragmented(40, false, false, false)(frames);
        std::erase_if(frames, [](const Frame& it) {
          return (static_cast<unsigned char>(it.ip[6]) & 0x1f) != 0 || it.ip[7] != 0;
        });
      },
      false);
  table.back().removes = true;
  const std::size_t first_cut = table.size();
  for (std::size_t i = first_fragments; i < first_cut; ++i) {
    table[i].sorts = {"fragments", "carrier"};
  }
  add("96 bytes of each", cut_at(96), false);
  add("68 bytes of each", cut_at(68), false, false);
  add("200 bytes of each", cut_at(200), false);
  add("54 bytes of each", cut_at(54), false, false);
  for (std::size_t i = first_cut; i < table.size(); ++i) {
    table[i].removes = table[i].removes_from_each = true;
    table[i].sorts = {"carrier"};
  }
  add("GRE", carried_in_ip(47, from_hex("00 00 08 00")), true);
  add("IP in IP", carried_in_ip(4, ""), true, false);
  add("VXLAN", carried_in_vxlan, true);
  table.back().sorts = {"carrier"};
  add(
      "MPLS",
      [](Frames& frames) {
        for (Frame& frame : frames) {
          frame.ethertype = 0x8847;
          frame.before = from_hex("00 01 01 40") + frame.before;
        }
      },
      true, false);
  add("padding of the link", padded, true);
}

}  // namespace

bool Distortion::applies_to(const Talk& talk) const {
  return kinds.empty() || std::find(kinds.begin(), kinds.end(), talk.kind) != kinds.end();
}

bool go_together(const Distortion& a, const Distortion& b) {
  return std::none_of(a.sorts.begin(), a.sorts.end(), [&](const std::string& sort) {
    return std::find(b.sorts.begin(), b.sorts.end(), sort) != b.sorts.end();
  });
}

std::vector<Distortion> all_distortions() {
  std::vector<Distortion> table;
  add_messages(table);
  add_packets(table);
  add_frames(table);
  return table;
}

}  // namespace pcapaudit::test
