// For a word that nobody knows: what may have been meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pcapaudit {

// "did you mean X?" when one of `known` is close to `word`, else `otherwise`.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known,
                         std::string otherwise = {});

}  // namespace pcapaudit
