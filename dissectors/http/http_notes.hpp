// What an HTTP/1.x connection has shown so far, in little room: HttpFacts are made of it at the
// end.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <pcapaudit/app/dissector.hpp>

namespace pcapaudit {

class HttpNotes {
 public:
  static constexpr std::size_t kinds = 7;
  enum class Kind : std::uint8_t {
    methods,
    hosts,
    paths,
    user_agents,
    servers,
    locations,
    authorization_schemes
  };
  // Requests that wait for their responses, by what that response will mean.
  struct Run {
    std::uint8_t meaning = 0;
    std::uint32_t count = 0;
  };
  // How far a large window was searched for the end of a line or head, so that no byte is
  // searched twice.
  struct Search {
    std::size_t done = 0;
    bool start_line_seen = false;
  };
  // What few connections have.
  struct Rare {
    std::array<std::uint64_t, kinds> more{};  // DistinctList::more
    std::uint64_t more_statuses = 0;
    std::string upgraded_to;
    std::vector<Run> waiting;  // behind the first request that waits
    std::array<Search, 2> search;
    std::uint64_t promised_body = 0;  // bytes that Expect announced and nobody has begun to send
    bool declined = false;            // by a final answer before them
  };
  Rare& rare() {
    if (rare_ == nullptr) rare_ = std::make_unique<Rare>();
    return *rare_;
  }
  Rare* rare_if_any() { return rare_.get(); }

  // Most connections show one value of each kind, and the same as others do. `out` may be null.
  void note(Kind kind, std::string_view wire, RecordSink* out);
  void note_status(std::uint32_t status, RecordSink* out);
  void note_request() { ++requests_; }
  void note_response() { ++responses_; }
  // A request that names no host. HttpFacts::hosts says so by an empty text, if others name one.
  void note_no_host() { no_host_ = true; }
  void note_clear_credentials() { credentials_in_clear_ = true; }
  // `minor`: the digit of 1.x, or 0; `bare`: HTTP/0.9. The first one counts.
  void note_version(char minor, bool bare) {
    if (version_ == 0) version_ = bare ? bare_version : minor;
  }
  HttpFacts take();

 private:
  static constexpr char bare_version = 'b';

  void add(Kind kind, std::string_view wire);

  std::array<SharedValues<std::string>, kinds> texts_;  // by Kind
  SharedValues<std::uint32_t> statuses_;
  std::uint64_t requests_ = 0, responses_ = 0;
  std::unique_ptr<Rare> rare_;
  char version_ = 0;
  bool credentials_in_clear_ = false, no_host_ = false;
};

}  // namespace pcapaudit
