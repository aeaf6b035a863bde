// Text as a policy: it loads, or one error says where and why.
#include "policy/policy.hpp"

#include <fstream>
#include <iterator>

#include "target.hpp"

namespace pcapaudit::fuzz {

void run(Bytes input) {
  const auto policy = load_policy_texts({{"fuzz.toml", std::string(as_text(input))}});
  if (!policy) require(!policy.error().what.empty(), "an error says what it is");
}

std::vector<std::string> seeds() {
  std::vector<std::string> all;
  for (const BuiltInPack& pack : built_in_packs()) all.emplace_back(pack.text.substr(0, 9000));
  all.push_back(
      "format = 1\n[site]\ntimezone = \"Europe/Berlin\"\ninternal_networks = [\"10.0.0.0/8\"]\n"
      "[role.a]\ntitle = \"A\"\n[bind.a]\nvip = [\"10.0.0.1\"]\nmembers = [\"10.0.0.2\"]\n"
      "snat = [\"10.0.0.3\"]\nmonitor = [80]\nnat = [{ public = \"192.0.2.1\", ports = [80] }]\n"
      "seen_on = [\"vlan:3\"]\n[schedule.s]\ndays = [\"sat\"]\nhours = \"22:00-04:00\"\n"
      "[[flow]]\nid = \"f\"\nfrom = \"any\"\nto = \"a\"\nport = [80, \"90-99\"]\napp = \"http\"\n"
      "schedule = \"s\"\nneed = \"not has(a)\"\n[override.f]\nport = 80\nwhy = \"w\"\n"
      "[[exception]]\nid = \"E\"\nreason = \"r\"\nowner = \"o\"\napprover = \"p\"\nticket = \"t\"\n"
      "created = 2026-01-01\nexpires = 2026-12-31\nmatch = { from = \"10.0.0.9\" }\n"
      "waives = [\"undocumented\"]\nlimit = { flows_per_day = 5 }\n");
  return all;
}

}  // namespace pcapaudit::fuzz
