// The groups of benchmarks; each registers its own. Names are stage/what.
#pragma once

namespace pcapaudit::bench {

void register_packet_benchmarks();     // decode, flow table, reassembly
void register_dissector_benchmarks();  // every dissector, certificates
void register_judgement_benchmarks();  // verdicts, the database

}  // namespace pcapaudit::bench
