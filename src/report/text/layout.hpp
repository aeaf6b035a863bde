// How numbers, words and lines of the text report look.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pcapaudit {

// Findings, in every list of every format: of `finding`, whose id `v_finding` calls `finding`.
constexpr std::string_view findings_order = "rank, flows DESC, id";

std::uint64_t number(std::string_view cell);  // 0 when it is no number

std::string grouped(std::uint64_t value);  // "24 902": thousands apart, as ISO 80000-1 has it
// "41 (0.2 %)" of `whole`; without the share when `whole` is 0.
std::string share(std::uint64_t part, std::uint64_t whole);
std::string counted(std::uint64_t count, std::string_view one, std::string_view many);

// "2026-11-20T10:00:00.123456789Z" to "2026-11-20 10:00:00".
std::string to_second(std::string_view time);

// "HIGH", padded to the longest severity; in the colour of its weight when asked.
std::string severity_word(std::string_view severity, bool color);
std::string outcome_words(std::string_view outcome);  // "data" to "data both ways"

// Lines of at most 100 columns, each after `indent` blanks, each with its line end.
std::string wrapped(std::string_view text, std::size_t indent);

// As a POSIX shell takes it: quoted only when it must be.
std::string shell_word(const std::string& text);

}  // namespace pcapaudit
