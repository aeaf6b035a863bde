// A file that is whole in its place, or not there: written beside it, synced, renamed.
//
// What stood in its place stays until then, also when the disk is full. A symbolic link to a file
// is refused. Pipes and character devices, where nothing can be lost, are written to. Destroyed
// before take_place(), nothing remains.
#pragma once

#include <string>
#include <string_view>

#include <sys/types.h>

#include <pcapaudit/base/result.hpp>

#include "base/files/descriptor.hpp"

namespace pcapaudit {

// Who may read what is written, whatever the umask; a stricter one counts.
constexpr mode_t for_owner_and_group = 0640;
constexpr mode_t for_owner = 0600;  // packets and keys

class WholeFile {
 public:
  static Result<WholeFile> create(const std::string& place, mode_t mode);
  ~WholeFile();
  WholeFile(WholeFile&& other) noexcept;
  WholeFile& operator=(WholeFile&&) = delete;
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;

  Result<void> write(std::string_view bytes);
  Result<void> take_place();

 private:
  WholeFile(std::string place, std::string beside, Descriptor file)
      : place_(std::move(place)), beside_(std::move(beside)), file_(std::move(file)) {}

  std::string place_, beside_;  // beside_ is empty when there is nothing to rename
  Descriptor file_;
};

// What was written to `file` under the name `written` takes its place: on the disk first, then by
// its new name, then that name. Clears `written` once nothing stands under it any more.
Result<void> put_in_place(const Descriptor& file, std::string& written, const std::string& place);

// All at once.
Result<void> write_whole(const std::string& place, std::string_view bytes, mode_t mode);

}  // namespace pcapaudit
