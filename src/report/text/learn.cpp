// Drafts rows for what was seen and is documented nowhere.
#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "base/text/text.hpp"
#include "report/text/explain.hpp"
#include "report/text/layout.hpp"

namespace pcapaudit {
namespace {

// Rows of policies name applications; TLS that carries HTTP is https there.
std::string app_of(const ClosedFlow& flow, const Verdict& verdict) {
  if (flow.app == "tls" && verdict.service == "HTTPS") return "https";
  if (flow.app == "tls" && verdict.service.starts_with("SIP")) return "sip";
  return flow.app;
}

struct Observed {
  std::uint64_t flows = 0, first_flow = 0;
};
using Key = std::tuple<std::string, std::string, std::string, std::uint16_t, std::string>;

// A role for a host that has none: its address, as a name.
std::string role_of_host(const IpAddress& address) {
  std::string name = "host-" + to_text(address);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '.' || c == ':'; }, '-');
  return name;
}

std::string row_text(const Key& key, const Observed& seen, std::size_t number) {
  const auto& [from, to, transport, port, app] = key;
  std::string text = fmt::format(
      "\n# Seen {}, first in flow {}.\n[[flow]]\nid = \"learned-{}\"\nfrom = {}\nto = {}\n"
      "transport = \"{}\"\n",
      counted(seen.flows, "time", "times"), seen.first_flow, number, toml_string(from),
      toml_string(to), transport);
  if (port != 0) text += fmt::format("port = {}\n", port);
  text += fmt::format("app = {}\n", toml_string(app));
  text += "need = \"never\"\nbasis = \"observed\"\nwhy = \"\"\nowner = \"\"\napproved = false\n";
  return text;
}

}  // namespace

Result<std::string> learn(const Store& store) {
  const auto policy = store.policy();
  if (!policy) return std::unexpected(policy.error());
  const Judge judge(*policy);
  std::map<Key, Observed> rows;
  std::map<std::string, std::string> new_roles;  // id to address
  const auto role_text = [&](RoleSet roles, const IpAddress& address) {
    constexpr RoleSet unknown = RoleSet{1} << Policy::role_unknown_internal;
    if (roles != unknown) {
      // One role is enough to speak of a host that has several.
      for (std::size_t i = policy->roles.size(); i-- > 0;) {
        if ((roles >> i & 1) != 0) return policy->roles[i].id;
      }
    }
    std::string id = role_of_host(address);
    new_roles[id] = to_text(address);
    return id;
  };
  const auto read = store.each_flow(
      "rule IS NULL AND verdict IN ('violation', 'undetermined') "
      "AND outcome IN ('data', 'handshake', 'midstream')",
      [&](ClosedFlow&& flow) {
        const Verdict verdict = judge.judge(flow);
        if (flow.app == "unknown" || flow.app == "none") return;  // nothing to say what it is
        const Key key{role_text(verdict.client_roles, flow.client.address),
                      role_text(verdict.server_roles, flow.server.address),
                      std::string(to_text(flow.transport)), flow.server.port,
                      app_of(flow, verdict)};
        Observed& seen = rows[key];
        if (seen.flows++ == 0) seen.first_flow = flow.id;
      });
  if (!read) return std::unexpected(read.error());
  std::string text =
      "# Draft: what was seen and is documented nowhere. Nothing here is approved.\n"
      "# Read each row; delete it, or give it a reason, an owner and the date of its approval\n"
      "# (approved = 2026-12-31), and move it into the site file.\n";
  for (const auto& [id, address] : new_roles) {
    text += fmt::format(
        "\n[role.{0}]\ntitle = \"{1}, not in the inventory\"\n[bind.{0}]\n"
        "addresses = [\"{1}\"]\n",
        id, address);
  }
  std::size_t number = 0;
  for (const auto& [key, seen] : rows) text += row_text(key, seen, ++number);
  return text;
}

}  // namespace pcapaudit
