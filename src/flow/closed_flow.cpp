// Names of a flow's enumerated facts, and access to its records.

#include "flow/closed_flow.hpp"

#include <algorithm>

namespace pcapaudit {
namespace {

template <class T>
const T* first_of(const std::vector<AppRecord>& records) {
  for (const AppRecord& record : records) {
    if (const T* found = std::get_if<T>(&record)) return found;
  }
  return nullptr;
}

}  // namespace

const TlsFacts* ClosedFlow::tls() const {
  return first_of<TlsFacts>(records);
}
const HttpFacts* ClosedFlow::http() const {
  return first_of<HttpFacts>(records);
}
const SipFacts* ClosedFlow::sip() const {
  return first_of<SipFacts>(records);
}

std::string_view to_text(DirectionBasis basis) {
  constexpr std::string_view names[] = {"syn", "content", "port", "first-packet"};
  return names[static_cast<std::size_t>(basis)];
}

std::string_view to_text(Outcome outcome) {
  constexpr std::string_view names[] = {"data",    "handshake", "refused",
                                        "blocked", "one-sided", "midstream"};
  return names[static_cast<std::size_t>(outcome)];
}

std::string_view to_text(Basis basis) {
  constexpr std::string_view names[] = {"content", "partial", "port", "none"};
  return names[static_cast<std::size_t>(basis)];
}

std::string_view to_text(Anomaly anomaly) {
  constexpr std::string_view names[anomaly_count] = {
      "gap",           "overlap-conflict",  "reassembly-cap", "window-cap",    "truncated",
      "malformed",     "protocol-mismatch", "port-reuse",     "out-of-window", "fragment-overlap",
      "tiny-fragment", "fragment-lost",     "evicted",        "memory"};
  return names[static_cast<std::size_t>(anomaly)];
}

std::string_view to_text(Unread unread) {
  constexpr std::string_view names[unread_count] = {
      "",    "malformed", "over-cap",   "unknown-start", "foreign", "snap-length",
      "gap", "tail-lost", "unfinished", "joined",        "inside"};
  return names[static_cast<std::size_t>(unread)];
}

// Rounds down, so times before 1970 have minutes too.
std::int64_t minute_of(Timestamp time) {
  const std::int64_t ns_per_minute = 60 * ns_per_second;
  return time.ns / ns_per_minute - (time.ns % ns_per_minute < 0 ? 1 : 0);
}

void add_late(ClosedFlow& flow, const LatePacket& packet) {
  if (packet.duplicate) {
    ++flow.duplicates;
    return;
  }
  const std::size_t direction = packet.to_client ? 1 : 0;
  ++flow.packets[direction];
  flow.bytes[direction] += packet.wire_length;
  flow.payload_bytes[direction] += packet.payload_length;
  flow.retransmitted += packet.retransmitted ? 1 : 0;
  flow.first = earliest(flow.first, packet.time);
  flow.last = latest(flow.last, packet.time);
  if (packet.first_of_minute) flow.minutes.push_back({.minute = packet.minute});
  ++flow.minutes.back().packets;
  flow.minutes.back().bytes += packet.wire_length;
}

std::optional<HttpFacts> all_http(const ClosedFlow& flow) {
  std::optional<HttpFacts> sum;
  const auto add = [](auto& list, const auto& more) {
    for (const auto& value : more.values) list.add(value);
    list.more += more.more;
  };
  for (const AppRecord& record : flow.records) {
    const auto* http = std::get_if<HttpFacts>(&record);
    if (http == nullptr) continue;
    if (!sum) {
      sum = *http;
      continue;
    }
    sum->requests += http->requests;
    sum->responses += http->responses;
    for (const auto list :
         {&HttpFacts::methods, &HttpFacts::hosts, &HttpFacts::paths, &HttpFacts::user_agents,
          &HttpFacts::servers, &HttpFacts::locations, &HttpFacts::authorization_schemes}) {
      add((*sum).*list, (*http).*list);
    }
    add(sum->statuses, http->statuses);
    sum->credentials_in_clear = sum->credentials_in_clear || http->credentials_in_clear;
  }
  return sum;
}

}  // namespace pcapaudit
