// What a fuzz target is: one function over bytes that must never crash, hang or break its own
// rules, and the seeds that it starts from.
//
// Each target is built twice: with libFuzzer (preset `fuzz`, clang), and with replay.cpp as a test
// that runs the seeds and a fixed number of mutations of them.
#pragma once

#include <string>
#include <vector>

#include <pcapaudit/base/bytes.hpp>

namespace pcapaudit::fuzz {

// Defined by each target.
void run(Bytes input);
std::vector<std::string> seeds();

// Ends the program, as a sanitizer would, when a rule is broken.
void require(bool holds, const char* rule);

}  // namespace pcapaudit::fuzz
