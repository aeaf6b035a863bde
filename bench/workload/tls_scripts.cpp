// Messages of a full TLS 1.2 handshake (RFC 5246, RFC 8422, RFC 6066), nothing behind it.
#include "workload/certificate.hpp"
#include "workload/kinds.hpp"
#include "workload/places.hpp"
#include "workload/words.hpp"

namespace pcapaudit::bench {
namespace {

enum class Message : char {
  client_hello = 1,
  server_hello = 2,
  certificate = 11,
  server_key_exchange = 12,
  server_hello_done = 14,
  client_key_exchange = 16,
};
constexpr char change_cipher_spec = 20, handshake = 22;

// `bytes` of them, the number in front: no two conversations have the same random value.
std::string random_with_number(std::size_t bytes, std::uint64_t seed) {
  std::string text(number_mark);
  Random random(seed);
  while (text.size() < bytes) text += static_cast<char>(random.next());
  return text;
}

// Big-endian, in `width` bytes.
std::string number(std::size_t value, std::size_t width) {
  std::string text;
  for (std::size_t i = width; i-- > 0;) text += static_cast<char>(value >> 8 * i);
  return text;
}

std::string sized(std::size_t width, const std::string& body) {
  return number(body.size(), width) + body;
}

std::string record(char type, const std::string& body) {
  return std::string{type, 3, 3} + sized(2, body);
}

std::string message(Message type, const std::string& body) {
  return record(handshake, std::string{static_cast<char>(type)} + sized(3, body));
}

std::string extension(std::size_t type, const std::string& body) {
  return number(type, 2) + sized(2, body);
}

std::string words(std::initializer_list<std::size_t> values) {
  std::string text;
  for (const std::size_t value : values) text += number(value, 2);
  return text;
}

std::string client_hello() {
  const std::string ciphers = words({0xc02f, 0xc030, 0xc027, 0xc013, 0xc014, 0x009c, 0x002f});
  const std::string server_name = sized(2, number(0, 1) + sized(2, "meet.contoso.example"));
  const std::string extensions =
      extension(0, server_name) + extension(10, sized(2, words({0x001d, 0x0017, 0x0018}))) +
      extension(11, sized(1, number(0, 1))) +
      extension(13, sized(2, words({0x0403, 0x0804, 0x0401, 0x0501}))) +
      extension(16, sized(2, sized(1, "h2") + sized(1, "http/1.1"))) + extension(23, "");
  return message(Message::client_hello, number(0x0303, 2) + random_with_number(32, 5) +
                                            sized(1, "") + sized(2, ciphers) +
                                            sized(1, number(0, 1)) + sized(2, extensions));
}

std::string server_hello() {
  const std::string extensions = extension(16, sized(2, sized(1, "http/1.1"))) + extension(23, "");
  return message(Message::server_hello, number(0x0303, 2) + random_with_number(32, 6) +
                                            sized(1, random_with_number(32, 7)) +
                                            number(0xc02f, 2) + number(0, 1) +
                                            sized(2, extensions));
}

std::string server_flight(const std::string& certificate) {
  const std::string point = number(4, 1) + random_with_number(64, 8);
  const std::string exchange = number(3, 1) + number(0x0017, 2) + sized(1, point) +
                               number(0x0401, 2) + sized(2, random_with_number(256, 9));
  return server_hello() + message(Message::certificate, sized(3, sized(3, certificate))) +
         message(Message::server_key_exchange, exchange) + message(Message::server_hello_done, "");
}

std::string finished(std::uint64_t seed) {
  return record(change_cipher_spec, number(1, 1)) + record(handshake, random_with_number(40, seed));
}

}  // namespace

Result<std::vector<Script>> tls_scripts(const Sizes& sizes) {
  const auto certificate = marked_certificate();
  if (!certificate) return std::unexpected(certificate.error());
  const std::string point = number(4, 1) + random_with_number(64, 10);
  return std::vector<Script>{
      {.lines = {client_says(client_hello()), server_says(server_flight(*certificate)),
                 client_says(message(Message::client_key_exchange, sized(1, point)) + finished(11)),
                 server_says(finished(12))},
       .certificates = sizes.certificates,
       .places = {{inside, director, 443},
                  {inside, web_apps, 443},
                  {inside, director, 443},
                  {outside, proxy, 443},
                  {inside, front_end, 443}}}};
}

}  // namespace pcapaudit::bench
