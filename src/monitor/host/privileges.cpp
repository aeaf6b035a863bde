// The only file that sees libcap-ng.

#include "monitor/host/privileges.hpp"

#include <cerrno>
#include <cstring>

#include <cap-ng.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace pcapaudit {

std::string default_user() {
  if (::geteuid() != 0) return {};
  return ::getpwnam("pcapaudit") != nullptr ? "pcapaudit" : "nobody";
}

Result<void> drop_privileges(const std::string& user) {
  ::capng_clear(CAPNG_SELECT_BOTH);
  if (!user.empty()) {
    const passwd* const entry = ::getpwnam(user.c_str());
    if (entry == nullptr) return fail(fmt::format("no user \"{}\"", user), "see --user");
    if (const int code = ::capng_change_id(
            static_cast<int>(entry->pw_uid), static_cast<int>(entry->pw_gid),
            static_cast<capng_flags_t>(CAPNG_INIT_SUPP_GRP | CAPNG_CLEAR_BOUNDING));
        code != 0) {
      return fail(fmt::format("cannot become user \"{}\" (step {}): {}", user, -code,
                              std::strerror(errno)));
    }
  } else if (::capng_apply(CAPNG_SELECT_CAPS) != 0) {
    return fail(fmt::format("cannot give up capabilities: {}", std::strerror(errno)));
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return fail(fmt::format("cannot give up privileges for good: {}", std::strerror(errno)));
  }
  return {};
}

std::string capture_permission_hint(const std::string& program_path) {
  return fmt::format("setcap cap_net_raw+ep {}", program_path);
}

}  // namespace pcapaudit
