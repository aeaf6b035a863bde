// What is said in a conversation: lines of text that every conversation repeats with its own
// number.
//
// Plain values. Eight of `number_mark` in a text stand for the number of the conversation and
// round, eight of `certificate_mark` for the number of its certificate, five of `port_mark` for a
// port of its own; they are written as so many decimal digits, so that all conversations of a
// script have the same length.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "workload/frames.hpp"

namespace pcapaudit::bench {

constexpr std::string_view number_mark = "########";
constexpr std::string_view certificate_mark = "@@@@@@@@";
constexpr std::string_view port_mark = "~~~~~";

struct Line {
  bool from_server = false;
  std::string text;
  std::uint64_t times = 1;  // the text again and again, as one stream
  std::vector<std::size_t> numbers = {}, certificates = {}, ports = {};  // where the marks are
};

Line client_says(std::string text);
Line server_says(std::string text, std::uint64_t times = 1);

// A server, and from which network its clients come (the base of a /16, in host order).
struct Place {
  std::uint32_t client_network, server;
  std::uint16_t port;
};

struct Script {
  enum class Carrier : std::uint8_t { tcp, udp };
  enum class End : std::uint8_t { fin, reset, stays_open };

  Carrier carrier = Carrier::tcp;
  End end = End::fin;
  bool acknowledge = true;  // segments without payload for every second segment and last of a line
  std::vector<Line> lines;
  std::uint64_t rounds = 1;        // all lines so many times
  std::uint64_t certificates = 1;  // so many different ones
  std::vector<Place> places;       // conversations take them in turn
};

// Ends of a conversation; distinct for the first fifteen million of them.
Ends ends_of(const Script& script, std::uint64_t number);

// What line `line` of a round says; `scratch` holds it when it has marks.
std::string_view spoken(const Script& script, std::uint64_t number, std::uint64_t round,
                        const Line& line, std::string& scratch);

}  // namespace pcapaudit::bench
