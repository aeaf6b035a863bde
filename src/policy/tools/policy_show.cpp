// Renders a loaded policy: what is documented, by which source, and what is not judged yet.

#include "policy/tools/policy_show.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "policy/tools/row_fields.hpp"

namespace pcapaudit {
namespace {

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string sources_text(const std::vector<DocumentLines>& sources) {
  std::vector<std::string> parts;
  for (const DocumentLines& one : sources) {
    parts.push_back(one.lines.empty() ? one.document
                                      : fmt::format("{} line {}", one.document, one.lines));
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string flow_heading(const Policy& policy, const DocumentedFlow& flow) {
  std::vector<std::string> transports;
  for (const Transport transport : flow.transports) transports.emplace_back(to_text(transport));
  return fmt::format("  {:<14} {} -> {}  {}{}{}  {}{}{}\n", flow.id, policy.role_names(flow.from),
                     policy.role_names(flow.to), fmt::join(transports, "+"),
                     flow.ports.empty() ? "" : "/", to_text(flow.ports), flow.app,
                     flow.wants_vip ? "  to the VIP" : "",
                     flow.allows_related ? "  and what it announces" : "");
}

std::string requirement_text(const TlsProfile& tls) {
  std::string text = fmt::format("tls {}:", tls.id);
  if (tls.min_version != 0) text += fmt::format(" at least TLS 1.{}", tls.min_version - 0x0301);
  if (tls.mutual == TlsProfile::Mutual::yes) text += ", client certificate required";
  if (tls.warn_below != 0) text += fmt::format(", better TLS 1.{}", tls.warn_below - 0x0301);
  if (!tls.names.empty()) text += ", names " + joined(tls.names);
  if (tls.sni_must_match) text += ", SNI among them";
  if (tls.sni_required) text += ", SNI required";
  if (!tls.issuers.empty()) text += ", issuer " + joined(tls.issuers);
  if (tls.min_days_left != 0) text += fmt::format(", {} days left", tls.min_days_left);
  if (tls.client_eku) text += ", client certificate for client authentication";
  if (!tls.client_issuers.empty()) text += ", client issuer " + joined(tls.client_issuers);
  if (!tls.trust.empty()) text += ", trust " + tls.trust;
  if (!tls.ciphers.empty()) text += ", ciphers " + joined(tls.ciphers);
  if (!tls.key_exchanges.empty()) text += ", key exchange " + joined(tls.key_exchanges);
  if (tls.min_dh_bits != 0) text += fmt::format(", DH groups of {} bits", tls.min_dh_bits);
  return text;
}

std::string purpose_text(const HttpProfile& http) {
  std::string text = fmt::format("http {}:", http.id);
  if (http.redirect_https) {
    text += " answers are redirects to https";
    if (http.excepts) text += fmt::format(" but for {}", joined(http.except_hosts));
    text += ";";
  }
  if (!http.hosts.empty()) text += fmt::format(" hosts {};", joined(http.hosts));
  if (!http.paths.empty()) text += fmt::format(" paths {};", joined(http.paths));
  if (!http.deny_paths.empty()) text += fmt::format(" never {};", joined(http.deny_paths));
  if (http.outside) text += fmt::format(" others are reported as {};", to_text(*http.outside));
  if (http.credentials_forbidden) text += " no credentials in clear;";
  return text;
}

std::string schedule_text(const Schedule& schedule) {
  constexpr std::string_view names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  std::vector<std::string> days;
  for (std::size_t i = 0; i < std::size(names); ++i) {
    if ((schedule.days >> i & 1U) != 0) days.emplace_back(names[i]);
  }
  return fmt::format("schedule {}: {} {:02}:{:02}-{:02}:{:02} {}", schedule.id, joined(days),
                     schedule.from_minute / 60, schedule.from_minute % 60, schedule.to_minute / 60,
                     schedule.to_minute % 60, schedule.timezone);
}

std::string flow_text(const Policy& policy, const DocumentedFlow& flow) {
  std::string text = flow_heading(policy, flow);
  const auto line = [&](std::string_view what) { text += fmt::format("      {}\n", what); };
  std::string need = flow.need.empty() ? "" : fmt::format("need: {}", flow.need);
  if (flow.is_needed) need += " (needed here)";
  if (!need.empty()) line(need);
  if (!flow.discouraged.empty()) {
    line(fmt::format("discouraged: {}{}", flow.discouraged,
                     flow.is_discouraged ? " (discouraged here)" : ""));
  }
  if (flow.tls) line(requirement_text(*flow.tls));
  if (flow.http) line(purpose_text(*flow.http));
  if (flow.schedule) line(schedule_text(*flow.schedule));
  if (!flow.expect.empty()) line("expected: " + flow.expect);
  if (!flow.overridden.empty()) line("changed by the site: " + flow.overridden);
  if (!flow.why.empty()) line(fmt::format("why: {}", flow.why));
  if (!flow.owner.empty()) {
    line(fmt::format("owner {}, approved {}, review {}", flow.owner, flow.approved, flow.review));
  }
  if (!flow.sources.empty()) line("source: " + sources_text(flow.sources));
  if (!flow.doubts.empty()) line(fmt::format("doubts: {}", joined(flow.doubts)));
  return text;
}

std::string roles_text(const Policy& policy) {
  std::string text = "\nRoles\n";
  for (std::size_t i = 0; i < policy.roles.size(); ++i) {
    const Role& role = policy.roles[i];
    std::vector<std::string> addresses;
    for (const Binding& binding : policy.bindings) {
      if (binding.role != i) continue;
      for (const Subnet& one : binding.addresses) addresses.push_back(to_text(one));
      for (const Subnet& one : binding.vip) addresses.push_back(to_text(one) + " (VIP)");
      for (const Subnet& one : binding.members) addresses.push_back(to_text(one) + " (member)");
      for (const Subnet& one : binding.snat) addresses.push_back(to_text(one) + " (balancer)");
      for (const NatAddress& one : binding.nat) {
        addresses.push_back(
            fmt::format("{} ({})", to_text(one.address),
                        one.ports.empty() ? "public" : "public, port " + to_text(one.ports)));
      }
    }
    text +=
        fmt::format("  {:<20} {}{}{}\n", role.id, role.title, role.optional ? " (optional)" : "",
                    addresses.empty() ? "" : ": " + joined(addresses));
  }
  return text;
}

}  // namespace

std::string show_policy(const Policy& policy) {
  std::string text;
  for (const Policy::Pack& pack : policy.packs) {
    text += fmt::format("{} (revision {}): {}\n", pack.id, pack.revision, pack.title);
  }
  if (!policy.site_name.empty()) text += fmt::format("site {}\n", policy.site_name);
  text += fmt::format("digest {}\nrows   {}\n", policy.digest, rows_digest(policy));
  text += roles_text(policy);

  text += fmt::format("\nDocumented flows ({})\n", policy.flows.size());
  for (const DocumentedFlow& flow : policy.flows) text += flow_text(policy, flow);

  if (!policy.disabled.empty()) text += "\nDisabled by the site\n";
  for (const DocumentedFlow& flow : policy.disabled) text += flow_text(policy, flow);

  if (!policy.flags.empty()) text += "\nQuestions\n";
  for (const Flag& flag : policy.flags) {
    text += fmt::format("  {} = {}{}\n      {}\n", flag.id, flag.value,
                        flag.answered ? "" : " (default, not answered)", flag.ask);
  }
  if (!policy.mappings.empty()) text += "\nMappings across the proxy\n";
  for (const Mapping& mapping : policy.mappings) {
    text += fmt::format("  {:<14} {} -> {}  source: {}\n", mapping.id, mapping.outer, mapping.inner,
                        sources_text(mapping.sources));
  }
  if (!policy.mistakes.empty()) text += "\nKnown mistakes\n";
  for (const Mistake& mistake : policy.mistakes) {
    text += fmt::format("  {:<26} {:<8} {} -> {} port {}: {}\n", mistake.id,
                        to_text(mistake.severity), policy.role_names(mistake.from),
                        policy.role_names(mistake.to), to_text(mistake.ports), mistake.say);
  }
  if (!policy.exceptions.empty()) text += "\nExceptions\n";
  for (const Exception& it : policy.exceptions) {
    text += fmt::format("  {:<14} {} to {}  {}  owner {}, approver {}, ticket {}\n", it.id,
                        it.created, it.expires, it.reason, it.owner, it.approver, it.ticket);
  }
  if (!policy.doubts.empty()) text += "\nDoubts about the documents\n";
  for (const auto& [id, doubt] : policy.doubts) text += fmt::format("  {:<4} {}\n", id, doubt);
  if (!policy.documents.empty()) text += "\nDocuments\n";
  for (const DocumentSource& one : policy.documents) {
    text += fmt::format("  {:<4} {}", one.id, one.title);
    for (const std::string* part : {&one.section, &one.version, &one.modified}) {
      if (!part->empty()) text += ", " + *part;
    }
    text += one.sha256.empty() ? "\n" : fmt::format(" (sha256 {})\n", one.sha256);
  }
  return text;
}

std::string list_packs() {
  std::string text;
  for (const BuiltInPack& pack : built_in_packs()) {
    const auto policy = load_policy({std::string(pack.id)});
    text += policy ? fmt::format("{}  revision {}  {} ({} documented flow blocks)\n", pack.id,
                                 policy->packs.front().revision, policy->packs.front().title,
                                 policy->flows.size())
                   : fmt::format("{}  does not load: {}\n", pack.id, policy.error().what);
  }
  return text;
}

}  // namespace pcapaudit
