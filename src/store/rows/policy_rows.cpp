// Policy, packs, roles, documented flows, and what explains them.

#include "store/rows/policy_rows.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "store/sqlite.hpp"

namespace pcapaudit {
namespace {

std::string transport_text(const std::vector<Transport>& transports) {
  std::string text;
  for (const Transport transport : transports) {
    if (!text.empty()) text += '+';
    text += to_text(transport);
  }
  return text;
}

void insert_roles(SQLite::Database& database, const Policy& policy) {
  SQLite::Statement role(database,
                         "INSERT INTO role (number, id, title, host, pack, builtin, optional) "
                         "VALUES (?, ?, ?, ?, ?, ?, ?)");
  for (std::size_t i = 0; i < policy.roles.size(); ++i) {
    const Role& it = policy.roles[i];
    sqlite::run(role, i, it.id, it.title, it.host, it.pack, it.builtin, it.optional);
  }
  SQLite::Statement address(
      database, "INSERT OR IGNORE INTO role_address (role, use, subnet) VALUES (?, ?, ?)");
  const auto insert_all = [&](std::size_t number, std::string_view use,
                              const std::vector<Subnet>& subnets) {
    for (const Subnet& subnet : subnets) sqlite::run(address, number, use, to_text(subnet));
  };
  for (const Binding& binding : policy.bindings) {
    insert_all(binding.role, "address", binding.addresses);
    insert_all(binding.role, "vip", binding.vip);
    insert_all(binding.role, "member", binding.members);
    insert_all(binding.role, "snat", binding.snat);
    for (const NatAddress& nat : binding.nat) insert_all(binding.role, "public", {nat.address});
  }
}

void insert_rules(SQLite::Database& database, const Policy& policy) {
  SQLite::Statement rule(
      database,
      "INSERT INTO rule (id, position, pack, title, from_roles, to_roles, from_names, to_names, "
      "transports, ports, app, need, needed, discouraged, wants_vip, basis, doubts, why, owner, "
      "approved, review, file, line, expect, overridden) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
      "?, ?, ?, ?, ?, "
      "?, ?, ?, ?, ?, ?, ?, ?, ?)");
  SQLite::Statement source(
      database, "INSERT INTO rule_source (rule, position, document, lines) VALUES (?, ?, ?, ?)");
  for (std::size_t i = 0; i < policy.flows.size(); ++i) {
    const DocumentedFlow& it = policy.flows[i];
    sqlite::run(rule, it.id, i, it.pack, it.title, it.from, it.to, policy.role_names(it.from),
                policy.role_names(it.to), transport_text(it.transports), to_text(it.ports), it.app,
                it.need, it.is_needed, it.is_discouraged, it.wants_vip, it.basis,
                sqlite::json_list(it.doubts), it.why, it.owner, it.approved, it.review,
                it.place.file, it.place.line, it.expect, it.overridden);
    for (std::size_t k = 0; k < it.sources.size(); ++k) {
      sqlite::run(source, it.id, k, it.sources[k].document, it.sources[k].lines);
    }
  }
}

void insert_explanations(SQLite::Database& database, const Policy& policy) {
  SQLite::Statement document(database,
                             "INSERT INTO document (position, id, title, file, sha256, modified) "
                             "VALUES (?, ?, ?, ?, ?, ?)");
  for (std::size_t i = 0; i < policy.documents.size(); ++i) {
    const DocumentSource& it = policy.documents[i];
    sqlite::run(document, i, it.id, it.title, it.file, it.sha256, it.modified);
  }
  SQLite::Statement doubt(database, "INSERT INTO doubt (id, text) VALUES (?, ?)");
  for (const auto& [id, text] : policy.doubts) sqlite::run(doubt, id, text);
  SQLite::Statement mistake(
      database, "INSERT INTO mistake (position, id, say, severity) VALUES (?, ?, ?, ?)");
  for (std::size_t i = 0; i < policy.mistakes.size(); ++i) {
    const Mistake& it = policy.mistakes[i];
    sqlite::run(mistake, i, it.id, it.say, to_text(it.severity));
  }
  SQLite::Statement flag(
      database, "INSERT OR REPLACE INTO flag (id, ask, value, answered) VALUES (?, ?, ?, ?)");
  for (const Flag& it : policy.flags) sqlite::run(flag, it.id, it.ask, it.value, it.answered);
}

void insert_exceptions(SQLite::Database& database, const Policy& policy) {
  SQLite::Statement row(
      database,
      "INSERT INTO exception (id, position, reason, owner, approver, ticket, created, expires, "
      "waives, flows_per_day, place) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (std::size_t i = 0; i < policy.exceptions.size(); ++i) {
    const Exception& it = policy.exceptions[i];
    std::vector<std::string> waives;
    for (const FindingKind kind : it.waives) waives.emplace_back(to_text(kind));
    sqlite::run(row, it.id, i, it.reason, it.owner, it.approver, it.ticket, it.created, it.expires,
                sqlite::json_list(waives), it.flows_per_day,
                fmt::format("{}:{}", it.place.file, it.place.line));
  }
}

void insert_files(SQLite::Database& database, const Policy& policy) {
  SQLite::Statement row(database,
                        "INSERT INTO policy_file (position, name, text) VALUES (?, ?, ?)");
  for (std::size_t i = 0; i < policy.files.size(); ++i) {
    sqlite::run(row, i, policy.files[i].first, policy.files[i].second);
  }
  SQLite::Statement mapping(
      database,
      "INSERT INTO mapping (position, id, outer_rule, inner_rule, hosts) VALUES (?, ?, ?, ?, ?)");
  for (std::size_t i = 0; i < policy.mappings.size(); ++i) {
    const Mapping& it = policy.mappings[i];
    sqlite::run(mapping, i, it.id, it.outer, it.inner, sqlite::json_list(it.hosts));
  }
}

}  // namespace

void insert_policy(SQLite::Database& database, const Policy& policy) {
  SQLite::Statement row(database,
                        "INSERT INTO policy (id, digest, site_name, owner, timezone, product, "
                        "profiles, judge_all, strict) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)");
  sqlite::run(row, policy.digest, policy.site_name, policy.owner, policy.timezone, policy.product,
              sqlite::json_list(policy.profiles), policy.judge_all, policy.strict);
  SQLite::Statement pack(database,
                         "INSERT INTO pack (position, id, title, revision) VALUES (?, ?, ?, ?)");
  for (std::size_t i = 0; i < policy.packs.size(); ++i) {
    sqlite::run(pack, i, policy.packs[i].id, policy.packs[i].title, policy.packs[i].revision);
  }
  insert_roles(database, policy);
  insert_rules(database, policy);
  insert_explanations(database, policy);
  insert_exceptions(database, policy);
  insert_files(database, policy);
}

}  // namespace pcapaudit
