// What audit and inspect have in common: run the line with progress, tell what was damaged.
#pragma once

#include <string>
#include <vector>

#include <pcapaudit/run/pipeline.hpp>

#include "cli/options.hpp"

namespace pcapaudit {

Result<RunSummary> read_captures(const Options& options, const std::vector<std::string>& inputs,
                                 const Policy* policy, FlowSink& sink);

// What of it changes the result, as it is recorded with the run.
void add_decode_arguments(std::vector<std::string>& arguments, const DecodeOptions& decode);

// The files that the command line stands for; a filter that does not compile fails here, once.
// Files of folders that are no captures are told on stderr.
Result<InputFiles> find_inputs(const Options& options);

// Some input could not be read, or not to its end.
bool is_partial(const RunSummary& summary);

bool wants_color(When when);

}  // namespace pcapaudit
