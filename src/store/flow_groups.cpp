// Sums by the fields that reports group by; see the header.
#include "store/flow_groups.hpp"

#include <algorithm>
#include <cstring>

namespace pcapaudit {
namespace {

template <class T>
void append(std::string& key, T value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  key.append(bytes, sizeof bytes);
}
template <class T>
T take(std::string_view& key) {
  T value;
  std::memcpy(&value, key.data(), sizeof value);
  key.remove_prefix(sizeof value);
  return value;
}
std::string_view take_text(std::string_view& key) {
  const auto size = take<std::uint16_t>(key);
  const std::string_view text = key.substr(0, size);
  key.remove_prefix(size);
  return text;
}

std::string_view reason_text(Reason reason) {
  return reason == Reason::none ? std::string_view{} : to_text(reason);
}

}  // namespace

FlowGroups::FlowGroups(SQLite::Database& database)
    : insert_(database,
              "INSERT INTO flow_group VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
              "?, ?, ?, ?) ON CONFLICT DO UPDATE SET flows = flows + excluded.flows, "
              "packets_c2s = packets_c2s + excluded.packets_c2s, "
              "packets_s2c = packets_s2c + excluded.packets_s2c, "
              "bytes_c2s = bytes_c2s + excluded.bytes_c2s, "
              "bytes_s2c = bytes_s2c + excluded.bytes_s2c, gaps = gaps + excluded.gaps, "
              "first_flow = min(first_flow, excluded.first_flow), "
              "first = min(first, excluded.first), last = max(last, excluded.last)"),
      stored_(database,
              "SELECT client_roles, server_roles, server_port, coalesce(grounds, 0), transport, "
              "service, app, verdict, coalesce(reason, ''), coalesce(rule, ''), outcome, "
              "coalesce(exception, ''), packets_c2s, packets_s2c, bytes_c2s, bytes_s2c, gaps, "
              "first, last FROM flow WHERE id = ?") {}

void FlowGroups::add(const AuditedFlow& audited, std::int64_t grounds) {
  const ClosedFlow& flow = audited.flow;
  const Verdict& verdict = audited.verdict;
  if (flow.outcome == Outcome::blocked) {
    blocked_.push_back(flow.id);
    return;
  }
  Sums& sums = sums_of({.client_roles = verdict.client_roles,
                        .server_roles = verdict.server_roles,
                        .server_port = flow.server.port,
                        .grounds = grounds,
                        .texts = {to_text(flow.transport), verdict.service, flow.app,
                                  to_text(verdict.kind), reason_text(verdict.reason), verdict.rule,
                                  to_text(flow.outcome), verdict.exception}});
  ++sums.flows;
  sums.packets_c2s += flow.packets[0];
  sums.packets_s2c += flow.packets[1];
  sums.bytes_c2s += flow.bytes[0];
  sums.bytes_s2c += flow.bytes[1];
  sums.gaps += flow.gaps;
  sums.first_flow = std::min(sums.first_flow, flow.id);
  sums.first_ns = std::min(sums.first_ns, flow.first.ns);
  sums.last_ns = std::max(sums.last_ns, flow.last.ns);
}

FlowGroups::Sums& FlowGroups::sums_of(const Group& group) {
  if (groups_.size() > max_groups) write();
  key_.clear();
  append(key_, group.client_roles);
  append(key_, group.server_roles);
  append(key_, group.server_port);
  append(key_, group.grounds);
  for (const std::string_view text : group.texts) {
    append(key_, static_cast<std::uint16_t>(text.size()));
    key_.append(text);
  }
  return groups_[key_];
}

void FlowGroups::add_late(const LatePacket& packet) {
  if (packet.duplicate) return;
  Sums more;
  (packet.to_client ? more.packets_s2c : more.packets_c2s) = 1;
  (packet.to_client ? more.bytes_s2c : more.bytes_c2s) = packet.wire_length;
  more.first_ns = more.last_ns = packet.time.ns;
  add_stored(packet.flow, &more);
}

void FlowGroups::settle_blocked() {
  for (const std::uint64_t flow : blocked_) add_stored(flow, nullptr);
  blocked_.clear();
}

// Adds `more` to the group of a stored flow, or the flow itself.
bool FlowGroups::add_stored(std::uint64_t flow, const Sums* more) {
  stored_.reset();
  stored_.bind(1, static_cast<std::int64_t>(flow));
  if (!stored_.executeStep()) return false;
  const auto number = [&](int column) { return stored_.getColumn(column).getInt64(); };
  const auto count = [&](int column) { return static_cast<std::uint64_t>(number(column)); };
  Group group{.client_roles = count(0),
              .server_roles = count(1),
              .server_port = static_cast<std::uint16_t>(number(2)),
              .grounds = number(3),
              .texts = {}};
  std::array<std::string, 8> texts;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    texts[i] = stored_.getColumn(static_cast<int>(4 + i)).getString();
    group.texts[i] = texts[i];
  }
  const Sums whole{.flows = 1,
                   .packets_c2s = count(12),
                   .packets_s2c = count(13),
                   .bytes_c2s = count(14),
                   .bytes_s2c = count(15),
                   .gaps = count(16),
                   .first_flow = flow,
                   .first_ns = number(17),
                   .last_ns = number(18)};
  stored_.reset();
  const Sums& added = more != nullptr ? *more : whole;
  Sums& sums = sums_of(group);
  sums.flows += added.flows;
  sums.packets_c2s += added.packets_c2s;
  sums.packets_s2c += added.packets_s2c;
  sums.bytes_c2s += added.bytes_c2s;
  sums.bytes_s2c += added.bytes_s2c;
  sums.gaps += added.gaps;
  sums.first_flow = std::min(sums.first_flow, added.first_flow);
  sums.first_ns = std::min(sums.first_ns, added.first_ns);
  sums.last_ns = std::max(sums.last_ns, added.last_ns);
  return true;
}

void FlowGroups::write() {
  for (const auto& [key, sums] : groups_) {
    std::string_view rest = key;
    const auto client_roles = take<std::uint64_t>(rest);
    const auto server_roles = take<std::uint64_t>(rest);
    const auto server_port = take<std::uint16_t>(rest);
    const auto grounds = take<std::int64_t>(rest);
    std::array<std::string_view, 8> texts;
    for (std::string_view& text : texts) text = take_text(rest);
    insert_.run(client_roles, server_roles, server_port, grounds, texts[0], texts[1], texts[2],
                texts[3], texts[4], texts[5], texts[6], texts[7], sums.flows, sums.packets_c2s,
                sums.packets_s2c, sums.bytes_c2s, sums.bytes_s2c, sums.gaps, sums.first_flow,
                sums.first_ns, sums.last_ns);
  }
  groups_.clear();
}

}  // namespace pcapaudit
