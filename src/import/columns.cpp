#include "import/columns.hpp"

#include <algorithm>

#include "import/words.hpp"

namespace pcapaudit {
namespace {

using Words = std::vector<std::string>;

bool says_from(const Words& it) {
  return has_word(it,
                  {"from",    "source", "sources",     "src", "origin",   "initiator", "sender",
                   "quelle",  "quell",  "quellsystem", "von", "absender", "depuis",    "emetteur",
                   "origine", "origen", "desde",       "da",  "sorgente", "mittente",  "ソース",
                   "送信元",  "來源",   "来源",        "源",  "发起方",   "接続元"});
}
bool says_to(const Words& it) {
  return has_word(
      it, {"to",        "destination", "destinations", "dest",       "dst",   "target",
           "responder", "receiver",    "ziel",         "zielsystem", "nach",  "empfanger",
           "empfänger", "vers",        "cible",        "destino",    "hacia", "destinazione",
           "verso",     "宛先",        "送信先",       "目的地",     "目标",  "目標",
           "目的",      "接続先"});
}
bool says_port(const Words& it) {
  return has_word(it, {"port", "ports", "portnummer", "portnummern", "zielport", "quellport",
                       "zielports", "quellports", "serverport", "clientport", "puerto", "puertos",
                       "porta", "porte", "ポート", "ポート番号", "連接埠", "端口", "埠"});
}
bool says_client(const Words& it) {
  return has_word(it, {"client", "local", "quellport", "quellports", "clientport", "ephemeral",
                       "lokaler", "locale"});
}
bool says_transport(const Words& it) {
  return has_word(it, {"transport", "protocol", "protocols", "protokoll", "protokolle", "protocole",
                       "protocoles", "protocolo", "protocolos", "protocollo", "protocolli",
                       "プロトコル", "協定", "协议", "通訊協定", "l4"});
}

}  // namespace

ColumnKind column_kind(const std::string& heading) {
  // "Blocked ports", "Not from": what stands below is the contrary.
  if (!denial_in(heading).empty() || !negation_in(heading).empty()) return ColumnKind::none;
  const Words it = words_of(fold(heading));
  const auto has = [&](std::initializer_list<std::string_view> words) {
    return has_word(it, words);
  };
  // In Spanish the word for a direction is the one for an address.
  if (has({"direction", "richtung", "sens", "dirección", "direccion", "direzione", "方向"}) &&
      !says_port(it) && !says_from(it) && !says_to(it) && !has({"ip"})) {
    return ColumnKind::direction;
  }
  if (says_port(it)) {
    const bool of_client = says_client(it) || (says_from(it) && !says_to(it));
    return of_client && !has({"ip"}) ? ColumnKind::source_port : ColumnKind::port;
  }
  if (has({"action", "aktion", "permit", "acción", "accion", "azione", "動作", "操作",
           "アクション"})) {
    return ColumnKind::action;
  }
  if (has({"mutual", "mtls"})) return ColumnKind::mutual;
  if (says_transport(it)) return ColumnKind::transport;
  if (says_from(it) && says_to(it)) return ColumnKind::peer;
  if (says_from(it)) return ColumnKind::from;
  if (says_to(it)) return ColumnKind::to;
  if (has({"used"}) && has({"by"})) return ColumnKind::used_by;
  if (has({"peer", "remote", "partner", "gegenstelle", "counterpart"})) return ColumnKind::peer;
  if (has({"server", "system", "node", "host", "machine"})) return ColumnKind::system;
  if (has({"app", "application", "applications", "service", "services", "anwendung", "dienst",
           "applikation", "servicio", "servizio", "アプリケーション", "サービス", "服務", "服务",
           "应用"})) {
    return ColumnKind::app;
  }
  if (has({"title",        "note",      "notes",       "remark",      "remarks",     "comment",
           "comments",     "purpose",   "description", "bemerkung",   "bemerkungen", "zweck",
           "beschreibung", "anmerkung", "anmerkungen", "hinweise",    "notas",       "附註",
           "备注",         "ノート",    "注意",        "commentaire", "commentaires"})) {
    return ColumnKind::notes;
  }
  if (has({"connection", "flow", "verbindung", "flux", "conexión", "connessione"})) {
    return ColumnKind::connection;
  }
  return ColumnKind::none;
}

std::string_view to_text(ColumnKind kind) {
  constexpr std::array<std::string_view, static_cast<std::size_t>(ColumnKind::count_)> names = {
      "not read",    "source",    "destination", "other end",   "system",
      "used by",     "both ends", "port",        "source port", "transport",
      "application", "direction", "action",      "mutual TLS",  "notes"};
  return names[static_cast<std::size_t>(kind)];
}

bool Columns::is_enough() const {
  if (!has(ColumnKind::port)) return false;
  const bool both = has(ColumnKind::from) && has(ColumnKind::to);
  const bool turned = has(ColumnKind::peer) && has(ColumnKind::direction);
  return both || turned || has(ColumnKind::connection) || has(ColumnKind::used_by);
}

std::optional<ColumnKind> parse_column_kind(std::string_view name) {
  constexpr std::pair<std::string_view, ColumnKind> kinds[] = {
      {"from", ColumnKind::from},     {"to", ColumnKind::to},
      {"port", ColumnKind::port},     {"transport", ColumnKind::transport},
      {"app", ColumnKind::app},       {"direction", ColumnKind::direction},
      {"action", ColumnKind::action}, {"mutual", ColumnKind::mutual}};
  for (const auto& [text, kind] : kinds) {
    if (text == name) return kind;
  }
  return std::nullopt;
}

namespace {

// The headings of `row` that a person named; false when one is not among them, and is no end.
bool take_named(const TableRow& row, const NamedColumns& named, TableShape& shape) {
  for (const auto& [kind, heading] : named) {
    const std::string wanted = fold(heading);
    const auto found =
        std::find_if(row.cells.begin(), row.cells.end(),
                     [&](const DocumentCell& it) { return fold(it.text) == wanted; });
    const bool is_end = kind == ColumnKind::from || kind == ColumnKind::to;
    if (found == row.cells.end() && !is_end) return false;
    if (found == row.cells.end()) {
      shape.fixed[kind] = heading;
    } else {
      shape.columns.set(kind, static_cast<std::size_t>(found - row.cells.begin()));
    }
  }
  return true;
}

}  // namespace

std::optional<TableShape> shape_of(const DocumentTable& table, const NamedColumns& named) {
  constexpr std::size_t headings = 4;
  for (std::size_t i = 0; i < std::min(headings, table.rows.size()); ++i) {
    TableShape shape{.first_row = i + 1, .columns = {}, .fixed = {}};
    const TableRow& row = table.rows[i];
    if (!take_named(row, named, shape)) continue;
    const Words corner = words_of(fold(row.text(0)));
    if (row.cells.size() > 2 && says_from(corner) && says_to(corner) && !says_port(corner)) {
      const bool rest_is_none =
          std::none_of(row.cells.begin() + 1, row.cells.end(), [](const DocumentCell& it) {
            const ColumnKind kind = column_kind(it.text);
            return kind == ColumnKind::port || kind == ColumnKind::direction;
          });
      shape.matrix = rest_is_none;
      if (shape.matrix) return shape;
    }
    // Transport stands for itself; a protocol beside it is an application.
    const bool has_transport = std::any_of(row.cells.begin(), row.cells.end(), [](const auto& it) {
      return has_word(words_of(fold(it.text)), {"transport"});
    });
    for (std::size_t k = 0; k < row.cells.size(); ++k) {
      ColumnKind kind = column_kind(row.cells[k].text);
      const bool is_protocol = kind == ColumnKind::transport && has_transport &&
                               !has_word(words_of(fold(row.cells[k].text)), {"transport"});
      if (is_protocol) kind = ColumnKind::app;
      shape.columns.set(kind, k);
    }
    const auto has_end = [&](ColumnKind kind) {
      return shape.columns.has(kind) || shape.fixed.contains(kind);
    };
    const bool is_named =
        shape.columns.has(ColumnKind::port) && has_end(ColumnKind::from) && has_end(ColumnKind::to);
    if (shape.columns.is_enough() || is_named) return shape;
  }
  return std::nullopt;
}

}  // namespace pcapaudit
