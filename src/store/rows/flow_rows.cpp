// The flow, its verdict, its oddities and its minutes.

#include "store/rows/flow_rows.hpp"

#include "base/digest.hpp"
#include "store/sqlite.hpp"

namespace pcapaudit {
namespace {

using sqlite::OrNull;
using sqlite::ZeroIsNull;

// to_text() of "nothing" is NULL in the database.
OrNull field_text(Field field) {
  return {field == Field::none ? std::string_view{} : to_text(field)};
}

}  // namespace

FlowRows::FlowRows(SQLite::Database& database, const Policy& policy)
    : policy_(policy),
      flow_(database, "flow_row",
            "id, kind, first_packet, client, client_port, server, server_port, packets_c2s, "
            "packets_s2c, bytes_c2s, bytes_s2c, payload_c2s, payload_s2c, first, last, gaps, "
            "retransmitted, duplicates, malformed_why, tunnel_id"),
      role_set_(database, "INSERT OR IGNORE INTO role_set (roles, names) VALUES (?, ?)"),
      anomaly_(database, "INSERT INTO flow_anomaly (flow, anomaly, count) VALUES (?, ?, ?)"),
      account_(database,
               "INSERT INTO read_account (flow, direction, hole, hole_at, ended, ended_at, why) "
               "VALUES (?, ?, ?, ?, ?, ?, ?)"),
      other_app_(database, "INSERT INTO other_app (flow, position, app) VALUES (?, ?, ?)"),
      also_matched_(database, "INSERT OR IGNORE INTO also_matched (flow, rule) VALUES (?, ?)"),
      problem_(
          database,
          "INSERT OR IGNORE INTO ground_problem (grounds, number, kind, severity, rule, field, "
          "expected, observed, mistake, exception) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      near_miss_(database,
                 "INSERT OR IGNORE INTO ground_near_miss (grounds, number, rule, field, expected, "
                 "observed) VALUES (?, ?, ?, ?, ?, ?)"),
      traffic_(database,
               "INSERT INTO traffic (minute, client_roles, server_roles, packets, bytes, flows) "
               "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
               "packets = packets + excluded.packets, bytes = bytes + excluded.bytes, "
               "flows = flows + excluded.flows"),
      late_(database,
            "UPDATE flow_row SET packets_c2s = packets_c2s + ?, packets_s2c = packets_s2c + ?, "
            "bytes_c2s = bytes_c2s + ?, bytes_s2c = bytes_s2c + ?, payload_c2s = payload_c2s + ?, "
            "payload_s2c = payload_s2c + ?, retransmitted = retransmitted + ?, "
            "first = coalesce(min(nullif(first, 0), nullif(?, 0)), first), "
            "last = coalesce(max(nullif(last, 0), nullif(?, 0)), last) WHERE id = ?"),
      late_copy_(database, "UPDATE flow_row SET duplicates = duplicates + 1 WHERE id = ?"),
      roles_of_flow_(database, "SELECT client_roles, server_roles FROM flow WHERE id = ?"),
      app_rows_(database),
      kinds_(database) {}

void FlowRows::insert(std::span<const AuditedFlow> batch) {
  for (const AuditedFlow& audited : batch) insert_one(audited);
  flow_.flush();
  app_rows_.flush();
}

void FlowRows::insert_one(const AuditedFlow& audited) {
  const ClosedFlow& flow = audited.flow;
  const Verdict& verdict = audited.verdict;
  insert_role_set(verdict.client_roles);
  insert_role_set(verdict.server_roles);
  insert_flow(flow, kinds_.add(audited, insert_grounds(verdict)));
  for (const std::string& rule : verdict.used) {
    if (rule != verdict.rule) also_matched_.run(flow.id, rule);
  }
  vote(audited, hosts_);
  for (std::size_t i = 0; i < anomaly_count; ++i) {
    if (flow.anomalies[i] == 0) continue;
    anomaly_.run(flow.id, to_text(static_cast<Anomaly>(i)), flow.anomalies[i]);
  }
  insert_account(flow);
  for (const MinuteTraffic& minute : flow.minutes) {
    Traffic& sum = sums_[{minute.minute, verdict.client_roles, verdict.server_roles}];
    sum.packets += minute.packets;
    sum.bytes += minute.bytes;
    ++sum.flows;
  }
  if (sums_.size() > max_sums) write_traffic();
  for (std::size_t i = 0; i < flow.records.size(); ++i) {
    app_rows_.insert(flow.id, i, flow.records[i]);
  }
}

void FlowRows::insert_account(const ClosedFlow& flow) {
  for (std::size_t i = 0; i < flow.other_apps.size(); ++i) {
    other_app_.run(flow.id, i, flow.other_apps[i]);
  }
  constexpr std::string_view directions[] = {"c2s", "s2c"};
  for (std::size_t i = 0; i < flow.account.size(); ++i) {
    const ReadAccount& it = flow.account[i];
    if (it.is_whole()) continue;
    const auto place = [](Unread cause, std::uint64_t at) {
      return cause == Unread::none ? std::string{} : std::to_string(at);
    };
    const std::string hole_at = place(it.hole, it.hole_at), end_at = place(it.end, it.end_at);
    account_.run(flow.id, directions[i], OrNull{to_text(it.hole)}, OrNull{hole_at},
                 OrNull{to_text(it.end)}, OrNull{end_at}, OrNull{it.why});
  }
}

void FlowRows::add_late(const LatePacket& packet) {
  if (packet.duplicate) return late_copy_.run(packet.flow);
  kinds_.add_late(packet);
  const std::uint32_t to_client = packet.to_client ? 1 : 0;
  const std::uint32_t to_server = 1 - to_client;
  late_.run(to_server, to_client, to_server * packet.wire_length, to_client * packet.wire_length,
            to_server * packet.payload_length, to_client * packet.payload_length,
            packet.retransmitted, packet.time, packet.time, packet.flow);
  roles_of_flow_.reset();
  roles_of_flow_.bind(1, static_cast<std::int64_t>(packet.flow));
  if (!roles_of_flow_.executeStep()) return;
  Traffic& sum = sums_[{packet.minute, static_cast<RoleSet>(roles_of_flow_.getColumn(0).getInt64()),
                        static_cast<RoleSet>(roles_of_flow_.getColumn(1).getInt64())}];
  ++sum.packets;
  sum.bytes += packet.wire_length;
  sum.flows += packet.first_of_minute ? 1 : 0;
  roles_of_flow_.reset();
}

void FlowRows::write_sums() {
  kinds_.write();
  write_traffic();
}

void FlowRows::write_traffic() {
  for (const auto& [key, sum] : sums_) {
    const auto& [minute, client_roles, server_roles] = key;
    traffic_.run(minute, client_roles, server_roles, sum.packets, sum.bytes, sum.flows);
  }
  sums_.clear();
}

void FlowRows::insert_flow(const ClosedFlow& flow, std::int64_t kind) {
  flow_.add(flow.id, kind, flow.first_packet, to_text(flow.client.address), flow.client.port,
            to_text(flow.server.address), flow.server.port, flow.packets[0], flow.packets[1],
            flow.bytes[0], flow.bytes[1], flow.payload_bytes[0], flow.payload_bytes[1], flow.first,
            flow.last, flow.gaps, flow.retransmitted, flow.duplicates, OrNull{flow.malformed_why},
            ZeroIsNull{flow.tunnel_id});
}

std::int64_t FlowRows::insert_grounds(const Verdict& verdict) {
  if (verdict.problems.empty() && verdict.nearest.empty()) return 0;
  std::string text;
  const auto append = [&text](std::string_view part) { text.append(part).push_back('\0'); };
  for (const Problem& it : verdict.problems) {
    for (const std::string_view part :
         {to_text(it.kind), to_text(it.severity), std::string_view(it.rule),
          field_text(it.field).text, std::string_view(it.expected), std::string_view(it.observed),
          std::string_view(it.mistake), std::string_view(it.exception)}) {
      append(part);
    }
  }
  append("nearest");
  for (const NearMiss& it : verdict.nearest) {
    for (const std::string_view part :
         {std::string_view(it.rule), field_text(it.field).text, std::string_view(it.expected),
          std::string_view(it.observed)}) {
      append(part);
    }
  }
  if (const auto known = known_grounds_.find(text); known != known_grounds_.end()) {
    return known->second;
  }
  // Named by content, so that the order in which flows arrive does not matter.
  const std::int64_t grounds = sha256_prefix(as_bytes(text));
  if (known_grounds_.size() >= max_known_grounds) known_grounds_.clear();
  known_grounds_.emplace(std::move(text), grounds);
  for (std::size_t i = 0; i < verdict.problems.size(); ++i) {
    const Problem& problem = verdict.problems[i];
    problem_.run(grounds, i, to_text(problem.kind), to_text(problem.severity), OrNull{problem.rule},
                 field_text(problem.field), OrNull{problem.expected}, OrNull{problem.observed},
                 OrNull{problem.mistake}, OrNull{problem.exception});
  }
  for (std::size_t i = 0; i < verdict.nearest.size(); ++i) {
    const NearMiss& miss = verdict.nearest[i];
    near_miss_.run(grounds, i, miss.rule, field_text(miss.field), OrNull{miss.expected},
                   OrNull{miss.observed});
  }
  return grounds;
}

void FlowRows::insert_role_set(RoleSet roles) {
  if (!known_role_sets_.insert(roles).second) return;
  role_set_.run(roles, policy_.role_names(roles));
}

}  // namespace pcapaudit
