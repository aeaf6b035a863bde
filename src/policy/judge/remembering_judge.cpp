// Verdicts by what they rest on.
//
// A judgement looks at the ends' roles, the port, the transport, how far the connection came, what
// was seen of it and which application it carries: few combinations, which are remembered. Rows
// that ask for more (TLS and HTTP profiles, schedules, VIPs, exceptions) make it particular: then
// nothing is remembered, and as the rows that are asked depend on the combination only, nothing was
// before.
#include <initializer_list>
#include <utility>

#include "policy/fit/application_fit.hpp"
#include "policy/judge/judgement.hpp"
#include "policy/judge/verdict.hpp"

namespace pcapaudit {
namespace {

// A network has some hundreds; a port scan makes one for each port. Each takes about 1 kB at most.
constexpr std::size_t max_remembered = 8'192;

std::uint16_t packed(std::initializer_list<bool> answers) {
  unsigned bits = 0;
  for (const bool answer : answers) bits = bits << 1 | (answer ? 1U : 0U);
  return static_cast<std::uint16_t>(bits);
}

// All that a judgement that is not particular looks at. Texts end with a zero byte, which names of
// applications do not hold.
void write_likeness(const ClosedFlow& flow, const Standing& standing, std::string& likeness) {
  likeness.clear();
  const auto append = [&](const auto& value) {
    likeness.append(reinterpret_cast<const char*>(&value), sizeof value);
  };
  append(standing.ends.client);
  append(standing.ends.server);
  append(standing.ends.implied);
  append(flow.server.port);
  append(is_direction_guessed(flow) ? flow.client.port : std::uint16_t{0});
  append(flow.transport);
  append(flow.direction_basis);
  append(flow.outcome);
  const SeenBytes seen = seen_bytes(flow);
  const TlsFacts* tls = flow.tls();
  append(
      packed({standing.is_judged, standing.may_bypass, standing.is_chatter,
              standing.is_link_control, seen.of_client, seen.of_server, seen.is_recognisable,
              seen.is_whole, tls != nullptr, tls != nullptr && tls->mutual == MutualTls::proven}));
  for (const ReadAccount& account : flow.account) {
    append(account.hole);
    append(account.end);
  }
  likeness.append(flow.app).push_back('\0');
  likeness.append(flow.server_app).push_back('\0');
  for (const std::string& app : flow.other_apps) likeness.append(app).push_back('\0');
  likeness.push_back('\0');
  if (tls == nullptr) return;
  likeness.append(carried_in_tls(flow)).push_back('\0');
  const ApplicationFit mock = mock_handshake_fit(flow);
  append(mock.kind);
  append(mock.reason);
}

}  // namespace

Verdict RememberingJudge::judge(const ClosedFlow& flow) {
  const Standing standing = standing_of(*judge_, flow);
  write_likeness(flow, standing, likeness_);
  if (const auto known = verdicts_.find(likeness_); known != verdicts_.end()) return known->second;
  Judged judged = judge_standing(*judge_, flow, standing);
  if (judged.is_particular) return std::move(judged.verdict);
  if (verdicts_.size() >= max_remembered) verdicts_.clear();
  verdicts_.emplace(likeness_, judged.verdict);
  return std::move(judged.verdict);
}

}  // namespace pcapaudit
