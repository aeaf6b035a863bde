// Files as port documents and policies of other tools: every row has ends and ports, and the draft
// loads, or says what is too much.
#include <algorithm>
#include <fstream>
#include <iterator>

#include "policy/import.hpp"
#include "target.hpp"

namespace pcapaudit::fuzz {

void run(Bytes input) {
  const auto import = import_documents({{.name = "fuzz", .text = std::string(as_text(input))}});
  if (!import) return require(!import.error().what.empty(), "an error says what it is");
  for (const ImportedRow& row : import->rows) {
    require(!row.from.empty() && !row.to.empty() && !row.transports.empty(),
            "a row has ends and transports");
    const bool has_all = std::all_of(row.transports.begin(), row.transports.end(), has_ports);
    require(!has_all || !row.ports.empty(), "a row of TCP or UDP has ports");
  }
  if (import->rows.empty()) return;  // an inventory
  const auto draft = load_policy_texts({{"draft.toml", import->draft}});
  require(draft.has_value() || draft.error().what.find("more than") != std::string::npos,
          "a draft loads");
}

std::vector<std::string> seeds() {
  std::vector<std::string> all = {
      "| From | To | Port | Action |\n|---|---|---|---|\n| A [x](#y) | ~~B~~ C | TCP `80`-**90** | "
      "Allow |\n",
      "From,To,Protocol,Port,Service\n\"A, B\",C,TCP,\"1,024-2,048\",\"HTTPS, mutual TLS\"\n",
      "<table><tr><th>From / To</th><th>A</th></tr><tr><td>B</td><td>443 "
      "TCP<sup>1</sup></td></tr></table>"};
  for (const char* text :
       {"Direction,Protocol,Port,Namespace,Service,Pod,Container,Node "
        "Role,Optional\nIngress,TCP,22,a,b,c,d,master,TRUE\n",
        "*filter\n:FORWARD DROP [0:0]\n:W - [0:0]\n-A FORWARD -s 10.0.0.0/8 -p tcp -m tcp --dport "
        "80 -m comment "
        "--comment \"x y\" -j ACCEPT\n-A FORWARD -j W\n-A W ! -d 10.0.0.1/32 -p udp --dports 1,2:3 "
        "-j ACCEPT\nCOMMIT\n",
        "table inet t {\n set s { type ipv4_addr; elements = { 10.0.0.1, 10.0.0.0/24 } }\n chain c "
        "{ type filter hook "
        "forward priority 0; policy drop;\n ip saddr @s tcp dport { 80, 90-99 } accept comment "
        "\"w\"\n } }\n",
        "{\"nftables\":[{\"chain\":{\"name\":\"c\",\"type\":\"filter\",\"hook\":\"forward\"}},{"
        "\"rule\":{\"chain\":\"c\","
        "\"expr\":[{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":\"tcp\",\"field\":"
        "\"dport\"}},"
        "\"right\":{\"set\":[1,{\"range\":[2,3]}]}}},{\"accept\":null}]}}]}",
        "{\"SecurityGroups\":[{\"GroupId\":\"sg-1\",\"GroupName\":\"w\",\"IpPermissions\":[{"
        "\"IpProtocol\":\"tcp\","
        "\"FromPort\":1,\"ToPort\":2,\"IpRanges\":[{\"CidrIp\":\"0.0.0.0/0\"}]}]}]}",
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a, namespace: "
        "b}\nspec:\n  podSelector: "
        "{matchLabels: {a: b}}\n  ingress:\n  - from: [{podSelector: {}}, {ipBlock: {cidr: "
        "10.0.0.0/8}}]\n    ports: "
        "[{port: 80, endPort: 90}]\n",
        "header { target:: x }\nterm a { comment:: \"c\" source-address:: N\n protocol:: tcp\n "
        "destination-port:: S\n "
        "action:: accept }\nN = 10.0.0.0/8\nS = 80/tcp\n",
        "Prefix,Status,Role\n10.0.0.0/8,active,web\n",
        "[{\"prefix\": \"10.0.0.0/8\", \"role\": {\"slug\": \"w\"}}]",
        "T\n=\n+---+----+------+\n| From | To | Port |\n+===+====+======+\n| a | b | 80 "
        "|\n+---+----+------+\n",
        "====  ==  ====\nFrom  To  Port\n====  ==  ====\na     b   80\n====  ==  ====\n",
        ".. csv-table:: t\n   :header: From, To, Port\n\n   a, b, 80\n\n.. list-table::\n\n   * - "
        "From\n     - To\n     - "
        "Port\n   * - a\n     - b\n     - 80\n",
        "[cols=\"1,1,1\"]\n|===\n|From |To |Port\n\n.2+|a |b |80\n|c |TCP 81\n|===\n",
        "row,from,to,transport,ports,app,mutual_tls,needed,basis,source,why,owner,approved,review,"
        "title,profile,tls,http,"
        "schedule,address,related,expected,discouraged\na,any,b,tcp,80,http,,yes,row,,,,,,,,min_"
        "version=1.2; names=a\\,b,"
        "hosts=a,,vip,,,\n"})
    all.emplace_back(text);
  for (const char* name : {"traps.html", "traps.docx", "traps.xlsx"}) {
    std::ifstream in(std::string(PCAPAUDIT_TEST_DATA) + "/import/" + name, std::ios::binary);
    all.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return all;
}

}  // namespace pcapaudit::fuzz
