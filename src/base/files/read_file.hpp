// A whole file that people name: a policy, a key, a document, a picture.
#pragma once

#include <cstddef>
#include <string>

#include <pcapaudit/base/result.hpp>

namespace pcapaudit {

// Fails for what is no regular file (a device or a pipe may never end) and for more than `largest`
// bytes.
Result<std::string> read_file(const std::string& path, std::size_t largest);

}  // namespace pcapaudit
