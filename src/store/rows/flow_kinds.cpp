// Kinds by content, sums by kind and server port; see the header.

#include "store/rows/flow_kinds.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

#include "base/digest.hpp"

namespace pcapaudit {
namespace {

using sqlite::OrNull;
using sqlite::ZeroIsNull;

// The columns of flow_kind. Empty texts are NULL there, but for the service.
struct Kind {
  std::uint32_t capture = 0;
  std::string_view transport, direction_basis, outcome, vlans, tunnel;
  std::uint8_t icmp_type = 0, icmp_code = 0;
  std::string_view app, server_app;
  std::uint64_t client_roles = 0, server_roles = 0;
  std::string_view service, basis, verdict, rule, reason, exception;
  std::int64_t grounds = 0;
};

// Texts end with a zero byte, which none of them holds.
void write_content(const Kind& kind, std::string& content) {
  content.clear();
  const auto append = [&](const auto& value) {
    content.append(reinterpret_cast<const char*>(&value), sizeof value);
  };
  append(kind.client_roles);
  append(kind.server_roles);
  append(kind.grounds);
  append(kind.capture);
  append(kind.icmp_type);
  append(kind.icmp_code);
  for (const std::string_view text :
       {kind.transport, kind.direction_basis, kind.outcome, kind.vlans, kind.tunnel, kind.app,
        kind.server_app, kind.service, kind.basis, kind.verdict, kind.rule, kind.reason,
        kind.exception}) {
    content.append(text).push_back('\0');
  }
}

// What the same columns are made of, as bytes that are cheap to write: to find a known kind.
void write_key(const ClosedFlow& flow, const Verdict& verdict, std::int64_t grounds,
               std::string& key) {
  const auto bits = [](auto value, unsigned shift) {
    return static_cast<std::uint64_t>(static_cast<std::uint8_t>(value)) << shift;
  };
  const std::array<std::uint64_t, 6> words = {
      verdict.client_roles,
      verdict.server_roles,
      static_cast<std::uint64_t>(grounds),
      flow.capture,
      flow.vlans.size(),
      bits(flow.transport, 0) | bits(flow.direction_basis, 8) | bits(flow.outcome, 16) |
          bits(flow.tunnel, 24) | bits(flow.icmp_type, 32) | bits(flow.icmp_code, 40) |
          bits(verdict.basis, 48) | bits(verdict.kind, 56)};
  key.assign(reinterpret_cast<const char*>(words.data()), sizeof words);
  key.push_back(static_cast<char>(verdict.reason));
  for (const std::uint16_t vlan : flow.vlans) {
    key.append(reinterpret_cast<const char*>(&vlan), sizeof vlan);
  }
  for (const std::string_view text :
       {std::string_view(flow.app), std::string_view(flow.server_app),
        std::string_view(verdict.service), std::string_view(verdict.rule),
        std::string_view(verdict.exception)}) {
    key.append(text).push_back('\0');
  }
}

void insert(sqlite::Insert& statement, std::int64_t id, const Kind& kind) {
  statement.run(id, kind.capture, kind.transport, kind.direction_basis, kind.outcome, kind.vlans,
                OrNull{kind.tunnel}, kind.icmp_type, kind.icmp_code, kind.app,
                OrNull{kind.server_app}, kind.client_roles, kind.server_roles, kind.service,
                kind.basis, kind.verdict, OrNull{kind.rule}, OrNull{kind.reason},
                OrNull{kind.exception}, ZeroIsNull{kind.grounds});
}

Kind kind_of(const ClosedFlow& flow, const Verdict& verdict, std::int64_t grounds,
             std::string_view vlans) {
  return {.capture = flow.capture,
          .transport = to_text(flow.transport),
          .direction_basis = to_text(flow.direction_basis),
          .outcome = to_text(flow.outcome),
          .vlans = vlans,
          .tunnel = to_text(flow.tunnel),
          .icmp_type = flow.icmp_type,
          .icmp_code = flow.icmp_code,
          .app = flow.app,
          .server_app = flow.server_app,
          .client_roles = verdict.client_roles,
          .server_roles = verdict.server_roles,
          .service = verdict.service,
          .basis = to_text(verdict.basis),
          .verdict = to_text(verdict.kind),
          .rule = verdict.rule,
          .reason = verdict.reason == Reason::none ? std::string_view{} : to_text(verdict.reason),
          .exception = verdict.exception,
          .grounds = grounds};
}

}  // namespace

FlowKinds::FlowKinds(SQLite::Database& database)
    : database_(database),
      insert_kind_(database,
                   "INSERT OR IGNORE INTO flow_kind (id, capture, transport, direction_basis, "
                   "outcome, vlans, tunnel, icmp_type, icmp_code, app, server_app, client_roles, "
                   "server_roles, service, basis, verdict, rule, reason, exception, grounds) "
                   "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                   "?, ?, ?, ?, ?, ?, ?, ?)"),
      insert_sums_(
          database,
          "INSERT INTO flow_sum (kind, server_port, flows, packets_c2s, packets_s2c, bytes_c2s, "
          "bytes_s2c, gaps, first_flow, first, last) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
          "ON CONFLICT DO UPDATE SET flows = flows + excluded.flows, "
          "packets_c2s = packets_c2s + excluded.packets_c2s, "
          "packets_s2c = packets_s2c + excluded.packets_s2c, "
          "bytes_c2s = bytes_c2s + excluded.bytes_c2s, "
          "bytes_s2c = bytes_s2c + excluded.bytes_s2c, gaps = gaps + excluded.gaps, "
          "first_flow = min(first_flow, excluded.first_flow), "
          "first = coalesce(min(nullif(first, 0), nullif(excluded.first, 0)), first + "
          "excluded.first), "
          "last = coalesce(max(nullif(last, 0), nullif(excluded.last, 0)), last + excluded.last)"),
      set_kind_(database, "UPDATE flow_row SET kind = ? WHERE id = ?"),
      stored_(database,
              "SELECT kind, server_port, packets_c2s, packets_s2c, bytes_c2s, bytes_s2c, gaps, "
              "first, last FROM flow_row WHERE id = ?"),
      kind_(database,
            "SELECT capture, transport, direction_basis, outcome, vlans, tunnel, icmp_type, "
            "icmp_code, app, server_app, client_roles, server_roles, service, basis, verdict, "
            "rule, reason, exception, grounds FROM flow_kind WHERE id = ?") {}

void FlowKinds::Sums::add(const Sums& more) {
  flows += more.flows;
  packets_c2s += more.packets_c2s;
  packets_s2c += more.packets_s2c;
  bytes_c2s += more.bytes_c2s;
  bytes_s2c += more.bytes_s2c;
  gaps += more.gaps;
  first_flow = std::min(first_flow, more.first_flow);
  first_ns = earliest({first_ns}, {more.first_ns}).ns;
  last_ns = latest({last_ns}, {more.last_ns}).ns;
}

std::int64_t FlowKinds::add(const AuditedFlow& audited, std::int64_t grounds) {
  const ClosedFlow& flow = audited.flow;
  write_key(flow, audited.verdict, grounds, key_);
  auto known = kinds_.find(key_);
  if (known == kinds_.end()) {
    if (kinds_.size() >= max_kept) kinds_.clear();
    const std::string vlans = sqlite::json_list(flow.vlans);
    const Kind kind = kind_of(flow, audited.verdict, grounds, vlans);
    write_content(kind, content_);
    known = kinds_.emplace(key_, sha256_prefix(as_bytes(content_))).first;
    insert(insert_kind_, known->second, kind);
  }
  if (flow.outcome == Outcome::blocked) {
    blocked_.push_back(flow.id);
  } else {
    sums_of({.kind = known->second, .server_port = flow.server.port})
        .add({.flows = 1,
              .packets_c2s = flow.packets[0],
              .packets_s2c = flow.packets[1],
              .bytes_c2s = flow.bytes[0],
              .bytes_s2c = flow.bytes[1],
              .gaps = flow.gaps,
              .first_flow = flow.id,
              .first_ns = flow.first.ns,
              .last_ns = flow.last.ns});
  }
  return known->second;
}

FlowKinds::Sums& FlowKinds::sums_of(GroupKey key) {
  const auto found = sums_.find(key);
  if (found != sums_.end()) return found->second;
  if (sums_.size() >= max_kept) write_sums();
  return sums_[key];
}

void FlowKinds::add_late(const LatePacket& packet) {
  if (packet.duplicate) return;
  stored_.reset();
  stored_.bind(1, static_cast<std::int64_t>(packet.flow));
  if (!stored_.executeStep()) return;
  const GroupKey key{.kind = stored_.getColumn(0).getInt64(),
                     .server_port = static_cast<std::uint16_t>(stored_.getColumn(1).getInt())};
  stored_.reset();
  Sums more{.first_ns = packet.time.ns, .last_ns = packet.time.ns};
  (packet.to_client ? more.packets_s2c : more.packets_c2s) = 1;
  (packet.to_client ? more.bytes_s2c : more.bytes_c2s) = packet.wire_length;
  sums_of(key).add(more);
}

// Stores what `change` makes of a stored kind, and answers the new one.
template <class Change>
std::optional<std::int64_t> FlowKinds::derive(std::int64_t from, Change change) {
  kind_.reset();
  kind_.bind(1, from);
  if (!kind_.executeStep()) return std::nullopt;
  std::array<std::string, 19> cell;
  for (std::size_t i = 0; i < cell.size(); ++i) {
    cell[i] = kind_.getColumn(static_cast<int>(i)).getString();
  }
  const auto number = [&](int column) { return kind_.getColumn(column).getInt64(); };
  Kind kind{.capture = static_cast<std::uint32_t>(number(0)),
            .transport = cell[1],
            .direction_basis = cell[2],
            .outcome = cell[3],
            .vlans = cell[4],
            .tunnel = cell[5],
            .icmp_type = static_cast<std::uint8_t>(number(6)),
            .icmp_code = static_cast<std::uint8_t>(number(7)),
            .app = cell[8],
            .server_app = cell[9],
            .client_roles = static_cast<std::uint64_t>(number(10)),
            .server_roles = static_cast<std::uint64_t>(number(11)),
            .service = cell[12],
            .basis = cell[13],
            .verdict = cell[14],
            .rule = cell[15],
            .reason = cell[16],
            .exception = cell[17],
            .grounds = number(18)};
  kind_.reset();
  change(kind);
  write_content(kind, content_);
  const std::int64_t id = sha256_prefix(as_bytes(content_));
  insert(insert_kind_, id, kind);
  return id;
}

void FlowKinds::mark_unheard(std::uint64_t flow) {
  stored_.reset();
  stored_.bind(1, static_cast<std::int64_t>(flow));
  if (!stored_.executeStep()) return;
  const std::int64_t blocked = stored_.getColumn(0).getInt64();
  stored_.reset();
  auto known = unheard_kinds_.find(blocked);
  if (known == unheard_kinds_.end()) {
    const auto kind = derive(blocked, [](Kind& it) { it.outcome = to_text(Outcome::one_sided); });
    if (!kind) return;
    known = unheard_kinds_.emplace(blocked, *kind).first;
  }
  set_kind_.run(known->second, flow);
}

void FlowKinds::allow_related(std::uint64_t flow, const std::string& rule) {
  stored_.reset();
  stored_.bind(1, static_cast<std::int64_t>(flow));
  if (!stored_.executeStep()) return;
  const std::int64_t before = stored_.getColumn(0).getInt64();
  const auto port = static_cast<std::uint16_t>(stored_.getColumn(1).getInt());
  stored_.reset();
  const auto after = derive(before, [&](Kind& it) {
    it.verdict = to_text(VerdictKind::allowed);
    it.rule = rule;
    it.reason = it.exception = {};
    it.grounds = 0;
  });
  if (!after) return;
  set_kind_.run(*after, flow);
  outdated_.insert({before, port});
  outdated_.insert({*after, port});
}

void FlowKinds::renew_sums() {
  if (outdated_.empty()) return;
  database_.exec(
      "CREATE TEMP TABLE outdated (kind INTEGER, server_port INTEGER, "
      "PRIMARY KEY (kind, server_port)) WITHOUT ROWID");
  SQLite::Statement mark(database_, "INSERT INTO outdated VALUES (?, ?)");
  for (const auto& [kind, port] : outdated_) sqlite::run(mark, kind, port);
  outdated_.clear();
  constexpr const char* is_outdated =
      "WHERE (kind, server_port) IN (SELECT kind, server_port FROM temp.outdated)";
  database_.exec(fmt::format("DELETE FROM flow_sum {}", is_outdated));
  database_.exec(fmt::format(
      "INSERT INTO flow_sum SELECT kind, server_port, count(*), sum(packets_c2s), "
      "sum(packets_s2c), sum(bytes_c2s), sum(bytes_s2c), sum(gaps), min(id), "
      "coalesce(min(nullif(first, 0)), 0), coalesce(max(nullif(last, 0)), 0) FROM flow_row {} "
      "GROUP BY kind, server_port",
      is_outdated));
  mark.tryReset();
  database_.exec("DROP TABLE temp.outdated");
}

void FlowKinds::settle_blocked() {
  for (const std::uint64_t flow : blocked_) {
    stored_.reset();
    stored_.bind(1, static_cast<std::int64_t>(flow));
    if (!stored_.executeStep()) continue;
    const auto number = [&](int column) { return stored_.getColumn(column).getInt64(); };
    const auto count = [&](int column) { return static_cast<std::uint64_t>(number(column)); };
    const GroupKey key{.kind = number(0), .server_port = static_cast<std::uint16_t>(number(1))};
    const Sums sums{.flows = 1,
                    .packets_c2s = count(2),
                    .packets_s2c = count(3),
                    .bytes_c2s = count(4),
                    .bytes_s2c = count(5),
                    .gaps = count(6),
                    .first_flow = flow,
                    .first_ns = number(7),
                    .last_ns = number(8)};
    stored_.reset();
    sums_of(key).add(sums);
  }
  blocked_.clear();
}

void FlowKinds::write() {
  settle_blocked();
  write_sums();
}

void FlowKinds::write_sums() {
  for (const auto& [key, it] : sums_) {
    insert_sums_.run(key.kind, key.server_port, it.flows, it.packets_c2s, it.packets_s2c,
                     it.bytes_c2s, it.bytes_s2c, it.gaps, it.first_flow, it.first_ns, it.last_ns);
  }
  sums_.clear();
}

}  // namespace pcapaudit
