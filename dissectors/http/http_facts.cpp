// See the header.

#include "dissectors/http/http_facts.hpp"

#include <algorithm>

#include <pcapaudit/app/header_lines.hpp>

namespace pcapaudit {
namespace {

using Kind = HttpNotes::Kind;

void note_user_information(HttpNotes& notes) {
  notes.note(Kind::authorization_schemes, "userinfo", nullptr);
  notes.note_clear_credentials();
}

}  // namespace

void doubt(Direction dir, std::string_view why, RecordSink* out) {
  if (out != nullptr && !why.empty()) out->note_unread(dir, Unread::malformed, why);
}

void note_whole(HttpNotes& notes, Direction dir, Kind kind, std::string_view wire,
                RecordSink* out) {
  notes.note(kind, wire, out);
  if (wire.size() > longest_text && out != nullptr) {
    out->note_unread(dir, Unread::over_cap, "http: a path or name over 1024 bytes");
  }
}

void note_target(HttpNotes& notes, const HttpTarget& target, const HttpStart& start,
                 RecordSink* out) {
  constexpr auto dir = Direction::to_server;
  if (!target.path.empty()) note_whole(notes, dir, Kind::paths, target.path, out);
  if (!start.plain) {
    // A server may end the target at its first blank.
    const std::string_view word = up_to(target.path, ' ', '\t', '\v', '\f', '\r');
    if (!word.empty()) note_whole(notes, dir, Kind::paths, word, out);
  }
  if (!target.plain) doubt(dir, "http: a target of no known form", out);
  if (target.credentials) note_user_information(notes);
}

std::string_view note_host(HttpNotes& notes, std::string_view value, RecordSink* out) {
  constexpr auto dir = Direction::to_server;
  const HttpAuthority authority = split_authority(value);
  if (!authority.plain) doubt(dir, "http: a Host field that is more than name and port", out);
  if (authority.credentials) note_user_information(notes);
  if (!authority.host.empty()) note_whole(notes, dir, Kind::hosts, authority.host, out);
  return authority.host;
}

void note_authorization(HttpNotes& notes, std::string_view value) {
  constexpr std::size_t longest_scheme = 64;
  for (auto scheme = next_scheme(value); !scheme.empty(); scheme = next_scheme(value)) {
    notes.note(Kind::authorization_schemes, scheme.substr(0, longest_scheme), nullptr);
    if (is_clear_scheme(scheme)) notes.note_clear_credentials();
  }
}

}  // namespace pcapaudit
