// The only file that sees libseccomp and Landlock. Landlock has no library; its three calls are in
// the kernel's documentation (Documentation/userspace-api/landlock.rst).

#include "monitor/host/confinement.hpp"

#include <cerrno>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/files/descriptor.hpp"
#include "base/release.hpp"

namespace pcapaudit {
namespace {

constexpr std::uint64_t read_file = LANDLOCK_ACCESS_FS_READ_FILE;
constexpr std::uint64_t read_folder = LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t write_file = LANDLOCK_ACCESS_FS_WRITE_FILE;
// What a rule for a folder may name beside reading.
constexpr std::uint64_t change_folder =
    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE;
// All that the first version of Landlock knows, so that what is not named is refused.
constexpr std::uint64_t everything = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1U) - 1;

// AddressSanitizer looks for leaks from a process of its own, which traces this one.
#ifdef __SANITIZE_ADDRESS__
constexpr bool is_looked_at_for_leaks = true;
#else
constexpr bool is_looked_at_for_leaks = false;
#endif

std::unexpected<Error> failed(const char* what) {
  return fail(fmt::format("cannot give up files of others: {}: {}", what, std::strerror(errno)));
}

Result<void> allow(const Descriptor& rules, const std::string& path, std::uint64_t access) {
  const Descriptor place(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (place.number() < 0) return {};
  struct stat seen{};
  if (::fstat(place.number(), &seen) != 0) return failed(path.c_str());
  if (!S_ISDIR(seen.st_mode)) access &= read_file | write_file;
  const landlock_path_beneath_attr rule{.allowed_access = access, .parent_fd = place.number()};
  if (::syscall(SYS_landlock_add_rule, rules.number(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
    return failed(path.c_str());
  }
  return {};
}

}  // namespace

Result<bool> confine_files(const ReachableFiles& files) {
  const landlock_ruleset_attr attributes{.handled_access_fs = everything};
  const Descriptor rules(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0)));
  if (rules.number() < 0) {
    if (errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM) return false;
    return failed("landlock_create_ruleset");
  }
  for (const std::string& path : files.read) {
    if (auto done = allow(rules, path, read_file | read_folder); !done) {
      return std::unexpected(done.error());
    }
  }
  for (const std::string& path : files.written) {
    const auto access = read_file | read_folder | write_file | change_folder;
    if (auto done = allow(rules, path, access); !done) return std::unexpected(done.error());
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::syscall(SYS_landlock_restrict_self, rules.number(), 0) != 0) {
    return failed("landlock_restrict_self");
  }
  return true;
}

Result<void> confine_calls() {
  constexpr const char* refused[] = {
      // other programs and processes
      "execve", "execveat", "fork", "vfork", "process_vm_readv", "process_vm_writev", "pidfd_getfd",
      "process_madvise", "kcmp",
      // the kernel
      "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "bpf",
      "perf_event_open", "userfaultfd", "io_uring_setup", "reboot", "syslog", "acct", "swapon",
      "swapoff", "settimeofday", "clock_settime", "adjtimex", "clock_adjtime", "iopl", "ioperm",
      "modify_ldt",
      // what the system looks like
      "mount", "umount2", "pivot_root", "chroot", "setns", "unshare", "move_mount", "open_tree",
      "fsopen", "fsmount", "sethostname", "setdomainname", "mknod", "mknodat", "quotactl",
      "open_by_handle_at", "name_to_handle_at",
      // keys, other users
      "add_key", "request_key", "keyctl", "setuid", "setgid", "setreuid", "setregid", "setresuid",
      "setresgid", "setgroups", "capset",
      // servers: the one for metrics listens already
      "bind", "listen"};
  const std::unique_ptr<void, Release<seccomp_release>> filter(seccomp_init(SCMP_ACT_ALLOW));
  int code = filter == nullptr ? -ENOMEM : seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1);
  for (const char* name : refused) {
    const int call = seccomp_syscall_resolve_name(name);
    if (call == __NR_SCMP_ERROR || code != 0) continue;  // one that this machine does not have
    code = seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), call, 0);
  }
  if (code == 0) {
    code = seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1,
                            SCMP_A0(SCMP_CMP_NE, AF_UNIX));
  }
  if (code == 0 && !is_looked_at_for_leaks) {
    code = seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ptrace), 0);
  }
  // Threads, and no other process. The flags of clone3 cannot be looked at: the C library takes
  // clone where there is no such call.
  if (code == 0 && !is_looked_at_for_leaks) {
    code = seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
  }
  if (code == 0 && !is_looked_at_for_leaks) {
    code = seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                            SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
  }
  if (code == 0) code = seccomp_load(filter.get());
  if (code == 0) return {};
  return fail(fmt::format("cannot give up system calls: {}", std::strerror(-code)));
}

}  // namespace pcapaudit
