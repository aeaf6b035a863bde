// Marks to digits, numbers to addresses and ports.
#include "workload/script.hpp"

namespace pcapaudit::bench {
namespace {

constexpr std::uint64_t clients = 307;  // prime, so that every client visits every place
constexpr std::uint64_t first_port = 10'000, ports = 50'000;

std::vector<std::size_t> places_of(std::string_view mark, std::string_view text) {
  std::vector<std::size_t> found;
  for (std::size_t at = text.find(mark); at != text.npos; at = text.find(mark, at + mark.size())) {
    found.push_back(at);
  }
  return found;
}

Line says(bool from_server, std::string text, std::uint64_t times) {
  Line line{.from_server = from_server, .text = std::move(text), .times = times};
  line.numbers = places_of(number_mark, line.text);
  line.certificates = places_of(certificate_mark, line.text);
  line.ports = places_of(port_mark, line.text);
  return line;
}

void write_digits(std::string& text, const std::vector<std::size_t>& places, std::string_view mark,
                  std::uint64_t number) {
  for (const std::size_t place : places) {
    std::uint64_t rest = number;
    for (std::size_t i = mark.size(); i-- > 0; rest /= 10) {
      text[place + i] = static_cast<char>('0' + rest % 10);
    }
  }
}

}  // namespace

Line client_says(std::string text) {
  return says(false, std::move(text), 1);
}
Line server_says(std::string text, std::uint64_t times) {
  return says(true, std::move(text), times);
}

Ends ends_of(const Script& script, std::uint64_t number) {
  const Place& place = script.places[number % script.places.size()];
  const std::uint64_t client = number % clients;
  return {.client = place.client_network + 1 + static_cast<std::uint32_t>(client),
          .server = place.server,
          .client_port = static_cast<std::uint16_t>(first_port + number / clients % ports),
          .server_port = place.port};
}

std::string_view spoken(const Script& script, std::uint64_t number, std::uint64_t round,
                        const Line& line, std::string& scratch) {
  if (line.numbers.empty() && line.certificates.empty() && line.ports.empty()) return line.text;
  scratch = line.text;
  const std::uint64_t serial = number * script.rounds + round;
  write_digits(scratch, line.numbers, number_mark, serial);
  write_digits(scratch, line.certificates, certificate_mark, number % script.certificates);
  write_digits(scratch, line.ports, port_mark, first_port + serial % ports);
  return scratch;
}

}  // namespace pcapaudit::bench
