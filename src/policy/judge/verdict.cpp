// Words of the judgement.

#include "policy/judge/verdict.hpp"

#include <iterator>

namespace pcapaudit {

std::string_view to_text(VerdictKind kind) {
  constexpr std::string_view names[] = {"allowed", "violation", "waived", "undetermined",
                                        "ignored"};
  return names[static_cast<std::size_t>(kind)];
}

std::string_view to_text(Reason reason) {
  constexpr std::string_view names[] = {"",
                                        "no-payload",
                                        "unknown-application",
                                        "one-sided",
                                        "direction-unknown",
                                        "tls13-encrypted",
                                        "tls13-indicated",
                                        "tls13-indicated-absent",
                                        "resumed",
                                        "midstream",
                                        "gap",
                                        "truncated",
                                        "renegotiated",
                                        "aborted",
                                        "forged",
                                        "unverifiable",
                                        "unknown-host",
                                        "certificate-hidden",
                                        "tls-handshake-not-seen",
                                        "requests-unread",
                                        "responses-unread",
                                        "application-unread",
                                        "certificate-unread",
                                        "time-unknown"};
  const auto index = static_cast<std::size_t>(reason);
  return index < std::size(names) ? names[index] : std::string_view{};
}

std::string_view to_text(Field field) {
  constexpr std::string_view names[] = {
      "",       "from",        "to",          "transport",   "port",   "direction",   "application",
      "mutual", "tls-version", "certificate", "schedule",    "name",   "issuer",      "key",
      "path",   "host",        "answer",      "credentials", "cipher", "key-exchange"};
  static_assert(std::size(names) == field_count);
  return names[static_cast<std::size_t>(field)];
}

}  // namespace pcapaudit
