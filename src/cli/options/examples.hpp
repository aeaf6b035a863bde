// What each command's help begins with.
#pragma once

namespace pcapaudit {

inline constexpr const char* program_examples =
    "Examples:\n"
    "  pcapaudit inspect capture.pcapng                     what is in it, no policy needed\n"
    "  pcapaudit audit capture.pcapng -p site.toml -o q4.db judge it against the documentation\n"
    "  pcapaudit report q4.db                               read the result again\n"
    "  pcapaudit explain q4.db V-1A2B                       why: rows tried, evidence, remedy\n"
    "  pcapaudit why 10.1.0.5 10.2.0.11 tcp/443 -p site.toml ask the policy, no capture\n"
    "  pcapaudit policy show lync2013-seeds                 the documented flows themselves\n";
inline constexpr const char* audit_examples =
    "Examples:\n"
    "  pcapaudit audit capture.pcapng -p site.toml\n"
    "  pcapaudit audit captures/ -p site.toml -o q4.db      a directory, in name order\n"
    "  zcat big.gz | pcapaudit audit - -p site.toml         standard input\n"
    "  pcapaudit audit mon.pcap -p site.toml -f 'host 10.1.2.11' --fail-on high\n";
inline constexpr const char* inspect_examples =
    "Examples:\n"
    "  pcapaudit inspect capture.pcapng\n"
    "  pcapaudit inspect capture.pcapng --format jsonl | jq 'select(.app==\"tls\")'\n";
inline constexpr const char* report_examples =
    "Examples:\n"
    "  pcapaudit report q4.db\n"
    "  pcapaudit report q4.db --json q4.json\n"
    "  pcapaudit report q4.db --csv q4/                     one file for each view\n"
    "  pcapaudit report q4.db --html q4.html                one page, to read and to print\n"
    "  pcapaudit report q4.db --html q4.html --title 'Q4 review' --classification CONFIDENTIAL\n";
inline constexpr const char* explain_examples =
    "Examples:\n"
    "  pcapaudit explain q4.db V-1A2B                       a finding\n"
    "  pcapaudit explain q4.db 17                           a flow\n";
inline constexpr const char* why_examples =
    "Examples:\n"
    "  pcapaudit why 10.1.0.5 10.2.0.11 tcp/443 -p site.toml\n"
    "  pcapaudit why 10.1.0.5 10.2.0.11 tcp/5061 --app tls --mutual declined -p site.toml\n"
    "  pcapaudit why 10.1.9.20 10.2.0.11 tcp/4443 --at 2026-11-21T23:00:00Z -p site.toml\n";
inline constexpr const char* rules_examples =
    "Examples:\n"
    "  pcapaudit rules q4.db\n";
inline constexpr const char* replay_examples =
    "Examples:\n"
    "  pcapaudit replay q4.db -p draft.toml                 which verdicts would change\n";
inline constexpr const char* learn_examples =
    "Examples:\n"
    "  pcapaudit learn q4.db -o draft.toml                  rows for what is not documented\n"
    "  pcapaudit learn capture.pcapng -p site.toml -o draft.toml\n"
    "  pcapaudit audit capture.pcapng -p site.toml -p draft.toml\n";
inline constexpr const char* init_examples =
    "Examples:\n"
    "  pcapaudit init monday.pcapng -o site.toml            who is there, what was seen\n"
    "  pcapaudit init captures/ -d ports.docx -o site.toml  held against a document\n";
inline constexpr const char* evidence_examples =
    "Examples:\n"
    "  pcapaudit evidence q4.db V-1A2B -o slice.pcapng      from the captures that were audited\n"
    "  pcapaudit evidence q4.db 17 -o slice.pcapng --from moved/x.pcapng\n";
}  // namespace pcapaudit
