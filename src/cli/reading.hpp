// What audit and inspect have in common: run the line with progress, tell what was damaged.
#pragma once

#include <string>
#include <vector>

#include "cli/options/options.hpp"
#include "run/pipeline.hpp"

namespace pcapaudit {

// With `keys` (may be null), as find_secrets() gives them.
Result<RunSummary> read_captures(const Options& options, const std::vector<std::string>& inputs,
                                 const std::shared_ptr<const TlsKeyStore>& keys,
                                 const Policy* policy, FlowSink& sink);

// The secrets of the key logs that were named and of the captures; null: none. What is doubtful is
// told on stderr. The process that has secrets leaves no core dump.
Result<std::shared_ptr<const TlsKeyStore>> find_secrets(const Options& options,
                                                        const std::vector<std::string>& inputs);

// What of it changes the result, as it is recorded with the run.
void add_decode_arguments(std::vector<std::string>& arguments, const DecodeOptions& decode);

// What --memory, or else `usual`, leaves for open flows beside `other` bytes.
Result<std::size_t> memory_for_flows(const Options& options, std::size_t usual, std::size_t other);

// The files that the command line stands for; a filter that does not compile, and too little
// memory, fail here, once. Files of folders that are no captures are told on stderr.
Result<InputFiles> find_inputs(const Options& options);

// Some input could not be read, or not to its end.
bool is_partial(const RunSummary& summary);

bool wants_color(When when);

}  // namespace pcapaudit
