// What could not be judged and why, and the hosts that nobody has named.

#include "report/model/model_reader.hpp"
#include "report/model/model_words.hpp"

namespace pcapaudit {

void read_undetermined(ModelReader& reader, ReportModel& model) {
  ReportUndetermined& part = model.undetermined;
  for (ModelRow& it : reader.rows(
           "SELECT coalesce(reason, ''), sum(flows), sum(bytes_c2s + bytes_s2c) "
           "FROM flow_group WHERE verdict = 'undetermined' GROUP BY reason ORDER BY 2 DESC, 1")) {
    UndeterminedReason one;
    one.reason = it.text();
    one.meaning = meaning_of_reason(one.reason);
    one.flows = it.number();
    one.bytes = it.number();
    part.reasons.push_back(std::move(one));
  }
  part.groups = reader.listed<UndeterminedGroup>(
      "SELECT coalesce(client_set.names, ''), coalesce(server_set.names, ''), service, transport, "
      "coalesce(reason, ''), coalesce(rule, ''), server_port, sum(flows) AS flows, "
      "sum(bytes_c2s + bytes_s2c), count(*) OVER () FROM flow_group AS flow "
      "LEFT JOIN role_set AS client_set ON client_set.roles = flow.client_roles "
      "LEFT JOIN role_set AS server_set ON server_set.roles = flow.server_roles "
      "WHERE verdict = 'undetermined' GROUP BY client_roles, server_roles, service, transport, "
      "reason, rule, server_port ORDER BY 8 DESC, 1, 2, service, transport, reason, rule, "
      "server_port",
      reader.limits.rows, [](ModelRow& it) {
        UndeterminedGroup one;
        for (std::string* text :
             {&one.client, &one.server, &one.service, &one.transport, &one.reason, &one.rule}) {
          *text = it.text();
        }
        one.server_port = it.number();
        one.flows = it.number();
        one.bytes = it.number();
        return one;
      });
  part.hosts = reader.listed<UnknownHost>(
      "SELECT address, offers, uses, resembles, flows, first, last, count(*) OVER () "
      "FROM v_unknown_host ORDER BY flows DESC, address",
      reader.limits.rows, [](ModelRow& it) {
        UnknownHost one;
        one.address = it.text();
        one.offers = it.text();
        one.uses = it.text();
        one.resembles = it.text();
        one.flows = it.number();
        one.first = it.text();
        one.last = it.text();
        return one;
      });
}

}  // namespace pcapaudit
