// Scripts of each kind. The addresses are those of samples/site.toml, documented flows and others.
#include "workload/kinds.hpp"

#include <fmt/format.h>

#include "workload/places.hpp"
#include "workload/words.hpp"

namespace pcapaudit::bench {
namespace {

// Seven of ten are documented; the others miss by answer, target, or application.
std::vector<Place> web_places() {
  return {{inside, director, 80}, {outside, proxy, 80},    {inside, director, 80},
          {inside, director, 80}, {inside, front_end, 80}, {inside, director, 80},
          {inside, director, 80}, {inside, web_apps, 443}, {inside, director, 80},
          {inside, director, 80}};
}

std::string request(std::string_view agent) {
  return fmt::format(
      "GET /page/{} HTTP/1.1\r\nHost: meet.contoso.example\r\nUser-Agent: {}\r\nAccept: */*\r\n"
      "Accept-Language: en\r\n\r\n",
      number_mark, agent);
}

std::string answer(std::size_t body) {
  return fmt::format(
      "HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n"
      "{:x<{}}",
      body, "", body);
}

Result<std::vector<Script>> short_scripts(const Sizes&) {
  // With ten packets this makes 1,950 bytes of file for each connection.
  return std::vector<Script>{
      {.lines = {client_says(request("bench/1.0 (short)")), server_says(answer(909))},
       .places = web_places()}};
}

Result<std::vector<Script>> tiny_scripts(const Sizes&) {
  return std::vector<Script>{
      {.end = Script::End::reset,
       .acknowledge = false,
       .lines = {client_says(fmt::format("GET /{} HTTP/1.0\r\n\r\n", number_mark)),
                 server_says("HTTP/1.0 204 No Content\r\n\r\n")},
       .places = web_places()}};
}

Result<std::vector<Script>> long_scripts(const Sizes& sizes) {
  constexpr std::uint64_t block = segment_size * 64;
  constexpr std::uint64_t segment_in_file = segment_size + 82 + 41;  // and half an acknowledgment
  const std::uint64_t segments = sizes.bytes / sizes.flows / segment_in_file;
  const std::uint64_t times = segments / 64 + 1;
  std::string body;
  Random random(2);
  while (body.size() < block) body += static_cast<char>(random.next());
  return std::vector<Script>{
      {.lines = {client_says(request("bench/1.0 (long)")),
                 server_says(fmt::format("HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: "
                                         "application/octet-stream\r\nContent-Length: {}\r\n\r\n",
                                         block * times)),
                 server_says(std::move(body), times)},
       .places = web_places()}};
}

Result<std::vector<Script>> concurrent_scripts(const Sizes&) {
  return std::vector<Script>{{.end = Script::End::stays_open,
                              .acknowledge = false,
                              .lines = {client_says(request("bench/1.0")), server_says(answer(16))},
                              .places = web_places()}};
}

Result<std::vector<Script>> http_scripts(const Sizes&) {
  return std::vector<Script>{{.acknowledge = false,
                              .lines = {client_says(request("bench/1.0")), server_says(answer(16))},
                              .rounds = 100,
                              .places = web_places()}};
}

std::string sip_request(std::string_view method, int sequence, std::string_view body) {
  return fmt::format(
      "{0} sip:bob@contoso.example SIP/2.0\r\nVia: SIP/2.0/UDP 10.20.0.1;branch=z9hG4bK{1}{2}\r\n"
      "Max-Forwards: 70\r\nFrom: <sip:alice@contoso.example>;tag=a{1}\r\n"
      "To: <sip:bob@contoso.example>\r\nCall-ID: {1}@bench\r\nCSeq: {2} {0}\r\n"
      "User-Agent: bench\r\n{3}Content-Length: {4}\r\n\r\n{5}",
      method, number_mark, sequence, body.empty() ? "" : "Content-Type: application/sdp\r\n",
      body.size(), body);
}

std::string sip_answer(std::string_view status, std::string_view method, int sequence,
                       std::string_view body) {
  return fmt::format(
      "SIP/2.0 {3}\r\nVia: SIP/2.0/UDP 10.20.0.1;branch=z9hG4bK{1}{2}\r\n"
      "From: <sip:alice@contoso.example>;tag=a{1}\r\nTo: <sip:bob@contoso.example>;tag=b{1}\r\n"
      "Call-ID: {1}@bench\r\nCSeq: {2} {0}\r\nServer: bench\r\n{4}Content-Length: {5}\r\n\r\n{6}",
      method, number_mark, sequence, status,
      body.empty() ? "" : "Content-Type: application/sdp\r\n", body.size(), body);
}

Result<std::vector<Script>> sip_scripts(const Sizes&) {
  const std::string session = fmt::format(
      "v=0\r\no=- 1 1 IN IP4 10.20.0.1\r\ns=-\r\nc=IN IP4 10.20.0.1\r\nt=0 0\r\n"
      "m=audio {} RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\n",
      port_mark);
  const Script calls{
      .carrier = Script::Carrier::udp,
      .acknowledge = false,
      .lines = {client_says(sip_request("INVITE", 1, session)),
                server_says(sip_answer("100 Trying", "INVITE", 1, "")),
                server_says(sip_answer("180 Ringing", "INVITE", 1, "")),
                server_says(sip_answer("200 OK", "INVITE", 1, session)),
                client_says(sip_request("ACK", 1, "")), client_says(sip_request("BYE", 2, "")),
                server_says(sip_answer("200 OK", "BYE", 2, ""))},
      .rounds = 20,
      .places = {{inside, director, 5060}, {inside, front_end, 5060}}};
  Script over_tcp = calls;
  over_tcp.carrier = Script::Carrier::tcp;
  return std::vector<Script>{calls, over_tcp};
}

constexpr Kind kinds[] = {
    {"short", "connections of one small HTTP exchange", 1'000'000, 2'000, short_scripts},
    {"tiny", "connections of six small packets", 1'000'000, 2'000, tiny_scripts},
    {"long", "HTTP downloads in full segments", 4, 0, long_scripts},
    {"concurrent", "connections that are all open at once", 1'000'000, 0, concurrent_scripts},
    {"http", "connections of 100 small HTTP exchanges", 10'000, 200, http_scripts},
    {"sip", "20 calls each over UDP and TCP", 5'000, 200, sip_scripts},
    {"tls", "TLS handshakes, with --certificates different ones", 200'000, 2'000, tls_scripts},
};

}  // namespace

std::span<const Kind> scripted_kinds() {
  return kinds;
}

}  // namespace pcapaudit::bench
