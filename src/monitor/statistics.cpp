// The status as one line of JSON.
#include <nlohmann/json.hpp>

#include <pcapaudit/app/app_record.hpp>

#include "monitor/host/seconds.hpp"
#include "monitor/status.hpp"

namespace pcapaudit {
namespace {

using Json = nlohmann::ordered_json;

Json interface_json(const InterfaceStatus& it) {
  return {{"interface", clean_text(it.name)},
          {"up", it.up},
          {"packets", it.packets},
          {"bytes", it.bytes},
          {"dropped_kernel", it.kernel_dropped},
          {"dropped_interface", it.nic_dropped},
          {"truncated", it.truncated},
          {"blind_seconds", seconds(it.blind_ns)}};
}

}  // namespace

std::string render_statistics(const MonitorStatus& status) {
  Json json{{"type", "statistics"}, {"time", to_text(status.now)}};
  for (const InterfaceStatus& it : status.interfaces) {
    json["interfaces"].push_back(interface_json(it));
  }
  json["packets_per_second"] = status.packets_per_second;
  json["bits_per_second"] = status.bits_per_second;
  json["loss_percent"] = status.loss_percent();
  for (std::size_t i = 0; i < decode_issue_count; ++i) {
    json["decode_issues"][std::string(to_text(static_cast<DecodeIssue>(i)))] =
        status.decode_issues[i];
  }
  json["duplicates"] = status.duplicates;
  for (std::size_t i = 0; i < status.verdicts.size(); ++i) {
    json["flows"][std::string(to_text(static_cast<VerdictKind>(i)))] = status.verdicts[i];
  }
  json["open_flows"] = status.open_flows;
  json["evicted_flows"] = status.flows_evicted;
  json["capped_flows"] = status.flows_capped;
  json["writer_wait_seconds"] = seconds(status.writer_wait_ns);
  json["alerts"] = {{"sent", status.alerts_sent},
                    {"lost", status.alerts_lost},
                    {"withheld", status.alerts_withheld}};
  json["policy_digest"] = status.policy_digest;
  json["database"] = clean_text(status.database);
  json["database_bytes"] = status.database_bytes;
  json["disk_free_bytes"] = status.disk_free;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace pcapaudit
