#include "policy/tools/no_policy.hpp"

namespace pcapaudit {
namespace {

constexpr const char* text =
    "format = 1\n"
    "[site]\n"
    "name = \"no policy\"\n"
    "internal_networks = [\"10.0.0.0/8\", \"172.16.0.0/12\", \"192.168.0.0/16\", \"fc00::/7\"]\n"
    "judge = \"all\"\n"
    "[role.nobody]\n"
    "title = \"No host at all\"\n"
    "optional = true\n"
    "[[flow]]\n"
    "id = \"nothing\"\n"
    "from = \"nobody\"\n"
    "to = \"nobody\"\n"
    "port = 1\n"
    "app = \"http\"\n"
    "need = \"never\"\n"
    "why = \"a policy has a row\"\n"
    "owner = \"nobody\"\n";

}  // namespace

Result<Policy> no_policy() {
  return load_policy_texts({{std::string(no_policy_name), text}});
}

bool is_no_policy(const Policy& policy) {
  return policy.files.size() == 1 && policy.files.front().first == no_policy_name;
}

}  // namespace pcapaudit
