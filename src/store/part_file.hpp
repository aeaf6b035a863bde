// NAME.part: where a database is written until it is whole.
//
// Whoever holds a PartFile is the only writer of NAME: the file is locked (flock) while it lives.
// What a killed program left is taken over. Destroyed before take_place(), it is gone.
#pragma once

#include <string>
#include <string_view>

#include <pcapaudit/base/result.hpp>

#include "base/files/descriptor.hpp"

namespace pcapaudit {

constexpr std::string_view part_ending = ".part";
// Fails when `path` has the name of a part: nobody reads one, not even one that is whole but for
// its name.
Result<void> check_no_part(const std::string& path);

class PartFile {
 public:
  // `place`: where the whole database will be, links followed. Fails when another program writes
  // there, or when something stands in the way that no audit left.
  static Result<PartFile> claim(const std::string& place);
  ~PartFile();
  PartFile(PartFile&& other) noexcept;
  PartFile& operator=(PartFile&&) = delete;
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  const std::string& path() const { return path_; }
  // On the disk, and then in its place, in one step: what stood there before is replaced or stays.
  Result<void> take_place();

 private:
  PartFile(std::string place, std::string path, Descriptor file)
      : place_(std::move(place)), path_(std::move(path)), file_(std::move(file)) {}

  std::string place_, path_;  // path_ is empty once it has taken its place
  Descriptor file_;           // holds the lock
};

}  // namespace pcapaudit
