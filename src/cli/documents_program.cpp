#include "cli/documents_program.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

namespace pcapaudit {

bool needs_documents(const Options& options) {
  return options.command == Command::policy_import ||
         (options.command == Command::init && !options.documents.empty());
}

CommandFailure become_documents_program(char** argv) {
  namespace fs = std::filesystem;
  constexpr const char* name = "pcapaudit-documents";
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  std::string why = "it is neither there nor in ../libexec/pcapaudit";
  for (const fs::path& path : {folder / name, folder / ".." / "libexec" / "pcapaudit" / name}) {
    if (!fs::is_regular_file(path, error)) continue;
    ::execv(path.c_str(), argv);
    why = fmt::format("{}: {}", path.string(), std::strerror(errno));
  }
  return {.error = {.what = fmt::format("{}, which reads documents, does not start: {}",
                                        (folder / name).string(), why),
                    .where = {},
                    .excerpt = {},
                    .hint = "install the program whole"},
          .code = ExitCode::internal};
}

}  // namespace pcapaudit
