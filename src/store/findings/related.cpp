// Announced endpoints first, then one pass over the flows; see the header.

#include "store/findings/related.hpp"

#include <algorithm>
#include <bitset>
#include <charconv>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <pcapaudit/base/time.hpp>

#include "base/keyed_hash.hpp"
#include "store/rows/flow_kinds.hpp"
#include "store/sqlite.hpp"

namespace pcapaudit {
namespace {

// A related flow begins while the flow that announced it lasts, or this much later: a call may ring
// for three minutes and more (RFC 3261 16.6, timer C) while nothing of SIP is sent.
constexpr std::int64_t announced_for_ns = 5 * 60 * ns_per_second;
// Announcements that are kept of one flow, those of the lowest flows: who announces one endpoint in
// thousands of flows does not get a row for each pair.
constexpr std::size_t most_announcements = 16;

constexpr std::string_view ftp_data = "ftp-data", sip_media = "sip-media";

struct Announcement {
  std::int64_t control = 0;                 // flow
  std::int64_t first_ns = 0, until_ns = 0;  // when a flow to it may begin
  std::string_view how;
  std::string kind;
  // FTP data: the other host of the control connection, and where that is (VLANs, tunnel).
  std::string peer, network;
};

// By transport and endpoint, and quickly by port alone.
class Announcements {
 public:
  void add(const std::string& endpoint, std::uint16_t port, Announcement one) {
    ports_.set(port);
    by_endpoint_[endpoint].push_back(std::move(one));
  }
  bool empty() const { return by_endpoint_.empty(); }
  bool has_port(std::uint16_t port) const { return ports_.test(port); }
  const std::vector<Announcement>* at(const std::string& endpoint) const {
    const auto found = by_endpoint_.find(endpoint);
    return found == by_endpoint_.end() ? nullptr : &found->second;
  }

 private:
  std::bitset<65536> ports_;
  std::unordered_map<std::string, std::vector<Announcement>, KeyedHash, std::equal_to<>>
      by_endpoint_;
};

std::string endpoint_of(std::string_view transport, std::string_view address, std::uint16_t port) {
  return fmt::format("{} {} {}", transport, address, port);
}

std::uint16_t port_of(std::string_view text) {  // 0: none
  std::uint16_t port = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), port);
  return parsed.ptr == text.data() + text.size() ? port : std::uint16_t{0};
}

// "audio 192.0.2.1:5004", "video [2001:db8::1]:5004".
void add_media(Announcement one, std::string_view media, Announcements& out) {
  const std::size_t blank = media.find(' ');
  const std::size_t colon = media.rfind(':');
  if (blank == std::string_view::npos || colon == std::string_view::npos || colon < blank) return;
  std::string_view address = media.substr(blank + 1, colon - blank - 1);
  if (address.starts_with('[')) address.remove_prefix(1);
  if (address.ends_with(']')) address.remove_suffix(1);
  const std::uint16_t port = port_of(media.substr(colon + 1));
  if (port == 0) return;
  one.kind = media.substr(0, blank);
  out.add(endpoint_of("udp", address, port), port, std::move(one));
}

void read_media(SQLite::Database& database, Announcements& out) {
  SQLite::Statement row(
      database,
      "SELECT sip.flow, flow_row.first, flow_row.last, media.value FROM sip "
      "JOIN flow_row ON flow_row.id = sip.flow JOIN json_each(sip.media) AS media "
      "WHERE flow_row.first <> 0 ORDER BY sip.flow, sip.number, media.key");
  while (row.executeStep()) {
    Announcement one{.control = row.getColumn(0).getInt64(),
                     .first_ns = row.getColumn(1).getInt64(),
                     .until_ns = row.getColumn(2).getInt64() + announced_for_ns,
                     .how = sip_media,
                     .kind = {},
                     .peer = {},
                     .network = {}};
    add_media(std::move(one), row.getColumn(3).getString(), out);
  }
}

// VLANs and tunnel of a row of flow_row and flow_kind, as one text.
constexpr const char* network_sql =
    "flow_kind.vlans || ' ' || coalesce(flow_kind.tunnel, '') || ' ' || "
    "coalesce(flow_row.tunnel_id, 0)";

void read_ports(SQLite::Database& database, Announcements& out) {
  SQLite::Statement row(
      database, fmt::format("SELECT flow_row.id, flow_row.first, flow_row.last, flow_row.client, "
                            "flow_row.server, app_field.name = 'active_ports', app_field.value, {} "
                            "FROM app_field JOIN flow_row ON flow_row.id = app_field.flow "
                            "JOIN flow_kind ON flow_kind.id = flow_row.kind "
                            "WHERE app_field.protocol = 'ftp' AND flow_row.first <> 0 "
                            "AND app_field.name IN ('active_ports', 'passive_ports') "
                            "ORDER BY flow_row.id, app_field.number, app_field.position",
                            network_sql));
  while (row.executeStep()) {
    const std::string client = row.getColumn(3).getString(), server = row.getColumn(4).getString();
    const bool is_active = row.getColumn(5).getInt() != 0;
    const std::string list = row.getColumn(6).getString();
    for (std::string_view rest = list; !rest.empty();) {
      const std::size_t end = std::min(rest.find(','), rest.size());
      const std::uint16_t port = port_of(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (port == 0) continue;
      out.add(endpoint_of("tcp", is_active ? client : server, port), port,
              {.control = row.getColumn(0).getInt64(),
               .first_ns = row.getColumn(1).getInt64(),
               .until_ns = row.getColumn(2).getInt64() + announced_for_ns,
               .how = ftp_data,
               .kind = is_active ? "active" : "passive",
               .peer = is_active ? server : client,
               .network = row.getColumn(7).getString()});
    }
  }
}

struct Candidate {
  std::int64_t flow = 0, first_ns = 0;
  std::string transport, network;
  struct End {
    std::string address;
    std::uint16_t port = 0;
  };
  End client, server;
  bool opener_is_known = false;
};

bool announces(const Announcement& one, const Candidate& flow, bool at_server) {
  if (one.control == flow.flow || flow.first_ns < one.first_ns || flow.first_ns > one.until_ns) {
    return false;
  }
  if (one.how == sip_media) return true;
  // Who listens is the server, unless who opened the connection was a guess.
  if (!at_server && flow.opener_is_known) return false;
  return one.peer == (at_server ? flow.client.address : flow.server.address) &&
         one.network == flow.network;
}

void relate(const Announcements& announced, const Candidate& flow, SQLite::Statement& insert) {
  std::size_t kept = 0;
  for (const bool at_server : {true, false}) {
    const Candidate::End& end = at_server ? flow.server : flow.client;
    const auto* list = announced.at(endpoint_of(flow.transport, end.address, end.port));
    if (list == nullptr) continue;
    for (const Announcement& one : *list) {
      if (kept >= most_announcements) break;
      if (!announces(one, flow, at_server)) continue;
      sqlite::run(insert, flow.flow, one.control, one.how, at_server ? "server" : "client",
                  one.kind);
      ++kept;
    }
  }
}

void fill_related(SQLite::Database& database) {
  database.exec("DELETE FROM related");
  Announcements announced;
  read_media(database, announced);
  read_ports(database, announced);
  if (announced.empty()) return;
  SQLite::Statement insert(
      database,
      "INSERT OR IGNORE INTO related (flow, related_to, how, side, kind) VALUES (?, ?, ?, ?, ?)");
  SQLite::Statement row(
      database,
      fmt::format(
          "SELECT flow_row.id, flow_row.client_port, flow_row.server_port, flow_row.client, "
          "flow_row.server, flow_kind.transport, flow_kind.direction_basis = 'syn', "
          "flow_row.first, {} FROM flow_row CROSS JOIN flow_kind "
          "ON flow_kind.id = flow_row.kind WHERE flow_kind.transport IN ('tcp', 'udp') "
          "AND flow_row.first <> 0 ORDER BY flow_row.id",
          network_sql));
  while (row.executeStep()) {
    const auto client_port = static_cast<std::uint16_t>(row.getColumn(1).getInt());
    const auto server_port = static_cast<std::uint16_t>(row.getColumn(2).getInt());
    if (!announced.has_port(client_port) && !announced.has_port(server_port)) continue;
    relate(announced,
           {.flow = row.getColumn(0).getInt64(),
            .first_ns = row.getColumn(7).getInt64(),
            .transport = row.getColumn(5).getString(),
            .network = row.getColumn(8).getString(),
            .client = {row.getColumn(3).getString(), client_port},
            .server = {row.getColumn(4).getString(), server_port},
            .opener_is_known = row.getColumn(6).getInt() != 0},
           insert);
  }
}

// What such a flow may carry. A file may be anything but a protocol that was recognised; media has
// its few clothes, or is encrypted.
bool may_carry(std::string_view how, std::string_view app) {
  if (app == "unknown") return true;
  if (how == ftp_data) return app == "none";
  constexpr std::string_view media[] = {"rtp", "rtcp", "stun", "dtls"};
  return std::find(std::begin(media), std::end(media), app) != std::end(media);
}

// Flows that no row is met by, with the rows that their control connections met.
constexpr const char* judged_sql =
    "WITH met AS ("
    "SELECT related.flow, related.related_to, related.how, control.rule FROM related "
    "JOIN flow AS control ON control.id = related.related_to WHERE control.verdict = 'allowed' "
    "UNION SELECT related.flow, related.related_to, related.how, also_matched.rule FROM related "
    "JOIN flow AS control ON control.id = related.related_to "
    "JOIN also_matched ON also_matched.flow = control.id WHERE control.verdict = 'allowed') "
    "SELECT met.flow, met.rule, met.how, data.app, data.server_app FROM met "
    "JOIN flow AS data ON data.id = met.flow "
    "WHERE met.rule IS NOT NULL AND (data.verdict IN ('violation', 'waived') "
    "OR data.reason = 'unknown-host') ORDER BY met.flow, met.related_to, met.rule";

struct Allowed {
  std::int64_t flow = 0;
  std::string rule;
};

std::vector<Allowed> find_allowed(SQLite::Database& database, const std::set<std::string>& rows) {
  std::vector<Allowed> list;
  SQLite::Statement other(database, "SELECT app FROM other_app WHERE flow = ? ORDER BY position");
  SQLite::Statement row(database, judged_sql);
  while (row.executeStep()) {
    const std::int64_t flow = row.getColumn(0).getInt64();
    const std::string how = row.getColumn(2).getString();
    if (!list.empty() && list.back().flow == flow) continue;
    if (!rows.contains(row.getColumn(1).getString())) continue;
    bool fits = may_carry(how, row.getColumn(3).getString()) &&
                (row.getColumn(4).isNull() || may_carry(how, row.getColumn(4).getString()));
    other.reset();
    other.bind(1, flow);
    while (fits && other.executeStep()) fits = may_carry(how, other.getColumn(0).getString());
    if (fits) list.push_back({.flow = flow, .rule = row.getColumn(1).getString()});
  }
  return list;
}

}  // namespace

bool settle_related(SQLite::Database& database, const Policy& policy) {
  fill_related(database);
  std::set<std::string> rows;
  for (const DocumentedFlow& row : policy.flows) {
    if (row.allows_related && !row.is_disabled) rows.insert(row.id);
  }
  if (rows.empty()) return false;
  const std::vector<Allowed> allowed = find_allowed(database, rows);
  FlowKinds kinds(database);
  SQLite::Statement forget(database, "DELETE FROM also_matched WHERE flow = ?");
  for (const Allowed& it : allowed) {
    kinds.allow_related(static_cast<std::uint64_t>(it.flow), it.rule);
    sqlite::run(forget, it.flow);
  }
  kinds.renew_sums();
  return !allowed.empty();
}

}  // namespace pcapaudit
