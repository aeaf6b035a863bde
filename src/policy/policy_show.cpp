// Renders a loaded policy: what is documented, by which source, and what is not judged yet.
#include "policy/policy_show.hpp"

#include <fmt/format.h>

#include <algorithm>

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
  return fmt::format("  {:<14} {} -> {}  {}/{}  {}{}\n", flow.id, policy.role_names(flow.from),
                     policy.role_names(flow.to), fmt::join(transports, "+"),
                     fmt::join(flow.ports, ","), flow.app, flow.wants_vip ? "  to the VIP" : "");
}

std::string requirement_text(const TlsProfile& tls) {
  std::string text = fmt::format("tls {}:", tls.id);
  if (tls.min_version != 0) text += fmt::format(" at least TLS 1.{}", tls.min_version - 0x0301);
  if (tls.mutual == TlsProfile::Mutual::yes) text += ", client certificate required";
  if (!tls.not_evaluated.empty()) {
    text += fmt::format(" (not evaluated yet: {})", joined(tls.not_evaluated));
  }
  return text;
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
  if (!flow.not_evaluated.empty()) {
    line(fmt::format("not evaluated yet: {}", joined(flow.not_evaluated)));
  }
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
  text += fmt::format("digest {}\n", policy.digest);
  text += roles_text(policy);

  text += fmt::format("\nDocumented flows ({})\n", policy.flows.size());
  for (const DocumentedFlow& flow : policy.flows) text += flow_text(policy, flow);

  if (!policy.flags.empty()) text += "\nQuestions\n";
  for (const Flag& flag : policy.flags) {
    text += fmt::format("  {} = {}{}\n      {}\n", flag.id, flag.value,
                        flag.answered ? "" : " (default, not answered)", flag.ask);
  }
  if (!policy.mappings.empty()) text += "\nMappings across the proxy (not evaluated yet)\n";
  for (const Mapping& mapping : policy.mappings) {
    text += fmt::format("  {:<14} {} -> {}  source: {}\n", mapping.id, mapping.outer, mapping.inner,
                        sources_text(mapping.sources));
  }
  if (!policy.mistakes.empty()) text += "\nKnown mistakes\n";
  for (const Mistake& mistake : policy.mistakes) {
    text += fmt::format("  {:<26} {:<8} {} -> {} port {}: {}\n", mistake.id,
                        to_text(mistake.severity), policy.role_names(mistake.from),
                        policy.role_names(mistake.to), fmt::join(mistake.ports, ","), mistake.say);
  }
  if (!policy.doubts.empty()) text += "\nDoubts about the documents\n";
  for (const auto& [id, doubt] : policy.doubts) text += fmt::format("  {:<4} {}\n", id, doubt);
  if (!policy.documents.empty()) text += "\nDocuments\n";
  for (const DocumentSource& one : policy.documents) {
    text +=
        fmt::format("  {:<4} {} ({}, sha256 {})\n", one.id, one.title, one.modified, one.sha256);
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
