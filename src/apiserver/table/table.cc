// SPDX-License-Identifier: Apache-2.0
// Tables as JSON: column definitions, and a row an object.
#include "apiserver/table/table.h"

#include "api/conversion.h"
#include "api/label_selector.h"
#include "apiserver/endpoints/respond.h"
#include "apiserver/table/cells.h"
#include "codec/json.h"

#include <fmt/core.h>

#include <array>
#include <vector>

namespace knarr::apiserver {

using api::CellKind;
using object::Document;
using object::Type;
using object::TypeKind;
using object::Value;

namespace {

struct Column {
  CellKind cell = CellKind::Path;
  std::string_view argument;
  std::string_view otherwise;
  TypeKind field = TypeKind::String;  // What the value at the path is.
  cells::Hook hook = nullptr;
};

// The type at a path, for the zero value of what is missing.
TypeKind kind_at(Type type, std::string_view path) {
  while (type && !path.empty()) {
    const std::size_t end = std::min(path.find('.'), path.size());
    std::string_view name = path.substr(0, end);
    const bool indexed = name.ends_with(']');
    name = name.substr(0, name.find('['));
    if (type.is(TypeKind::Map)) {
      type = type.element();
    } else if (type.is(TypeKind::Struct)) {
      const object::Field field = type.find(name);
      type = field ? field.type() : Type{};
    } else {
      return TypeKind::String;
    }
    if (indexed && type.is(TypeKind::List)) type = type.element();
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return type ? type.kind() : TypeKind::String;
}

std::vector<Column> plan_columns(const api::ResourceRow& row, Type stored) {
  std::vector<Column> columns;
  for (const api::ColumnRow& data : row.columns()) {
    Column column;
    column.cell = data.cell;
    column.argument = row.text(data.argument);
    column.otherwise = row.text(data.otherwise);
    if (data.cell == CellKind::Hook) {
      column.hook = cells::find_hook(column.argument);
    } else {
      column.field = kind_at(stored, column.argument);
    }
    columns.push_back(column);
  }
  return columns;
}

void put_missing(std::string& out, const Column& column) {
  switch (column.field) {
    case TypeKind::Bool:
      out += column.otherwise == "true" ? "true" : "false";
      return;
    case TypeKind::Int32:
    case TypeKind::Int64:
    case TypeKind::Double:
      if (column.otherwise.empty() && column.cell == CellKind::Path) {
        out += '0';
        return;
      }
      break;
    default: break;
  }
  cells::put_text(out, column.otherwise);
}

std::string selector_text(const Column& column, Value selector) {
  const auto parsed = api::LabelSelector::from_selector(selector);
  if (!parsed) return column.otherwise.empty() ? "<invalid>" : "<error>";
  std::string text = parsed->text();
  return text.empty() ? std::string(column.otherwise) : text;
}

void put_cell(std::string& out, const Column& column, const cells::Input& in) {
  if (column.cell == CellKind::Hook) {
    if (column.hook == nullptr) {
      out += "null";
    } else {
      column.hook(out, in);
    }
    return;
  }
  const Value value = cells::at_path(in.object, column.argument);
  switch (column.cell) {
    case CellKind::Path:
      if (!value || value.is_null() || (value.is_string() && value.as_string().empty())) {
        put_missing(out, column);
      } else {
        codec::write_json(out, value);
      }
      break;
    case CellKind::Text:
      if (value.is_int()) {
        cells::put_text(out, std::to_string(value.as_int()));
      } else {
        cells::put_text(out, value.as_string(column.otherwise));
      }
      break;
    case CellKind::Age:
      if (!column.otherwise.empty() && !cells::has_time(value)) {
        cells::put_text(out, column.otherwise);
      } else {
        cells::put_text(out, cells::age_text(in.now, value));
      }
      break;
    case CellKind::Count: cells::put_number(out, static_cast<std::int64_t>(value.size())); break;
    case CellKind::Join: {
      cells::Joined joined;
      for (Value item : value.items()) joined.add(item.as_string());
      cells::put_text(out, joined.empty() ? column.otherwise : std::string_view(joined.text()));
      break;
    }
    case CellKind::Labels: {
      const std::string text = cells::labels_text(value);
      cells::put_text(out, text.empty() ? column.otherwise : std::string_view(text));
      break;
    }
    case CellKind::Selector: cells::put_text(out, selector_text(column, value)); break;
    case CellKind::Hook: break;
  }
}

void put_definition(std::string& out, std::string_view name, std::string_view type,
                    std::string_view format, std::string_view help, int priority) {
  out += "{\"name\":";
  cells::put_text(out, name);
  out += ",\"type\":";
  cells::put_text(out, type);
  out += ",\"format\":";
  cells::put_text(out, format);
  out += ",\"description\":";
  cells::put_text(out, help);
  out += fmt::format(",\"priority\":{}}}", priority);
}

void put_definitions(std::string& out, const api::ResourceRow& row) {
  out += '[';
  if (row.columns().empty()) {
    put_definition(out, "Name", "string", "name", "The object's name.", 0);
    out += ',';
    put_definition(out, "Created At", "date", "", "When the object was created.", 0);
  }
  bool first = true;
  for (const api::ColumnRow& column : row.columns()) {
    if (column.priority < 0) continue;
    if (!first) out += ',';
    first = false;
    put_definition(out, row.text(column.name), row.text(column.type), row.text(column.format),
                   row.text(column.help), column.priority);
  }
  out += ']';
}

// Finished pods are marked, so that clients can leave them out.
void put_row_conditions(std::string& out, const api::ResourceRow& row, Value object) {
  if (!row.group().empty() || row.plural() != "pods") return;
  const std::string_view phase = object["status"]["phase"].as_string();
  if (phase != "Succeeded" && phase != "Failed") return;
  out += R"(,"conditions":[{"type":"Completed","status":"True","reason":")";
  out += phase;
  out += phase == "Succeeded" ? R"(","message":"The pod has completed successfully."}])"
                              : R"(","message":"The pod failed."}])";
}

void put_object(std::string& out, const Served& served, const TableOptions& options,
                const Document& item) {
  using Include = TableOptions::Include;
  if (options.include == Include::None) {
    out += "null";
    return;
  }
  if (options.include == Include::Object) {
    encode_object(out, Format::Json, item, served.type, served.api_version, served.row->kind());
  } else {
    encode_object(out, Format::Json, partial_metadata(item, options.version), {}, {}, {});
  }
  if (out.back() == '\n') out.pop_back();
}

void put_default_cells(std::string& out, Value object) {
  cells::put_text(out, object::name_of(object));
  out += ',';
  const std::string_view created = object["metadata"]["creationTimestamp"].as_string();
  cells::put_text(out, created.empty() ? "0001-01-01T00:00:00Z" : created);
}

void put_metadata(std::string& out, const TableMeta& meta) {
  out += ",\"metadata\":{";
  const char* comma = "";
  if (meta.revision != 0) {
    out += fmt::format("\"resourceVersion\":\"{}\"", meta.revision);
    comma = ",";
  }
  if (!meta.continue_token.empty()) {
    out += comma;
    out += "\"continue\":";
    cells::put_text(out, meta.continue_token);
    comma = ",";
  }
  if (meta.remaining) out += fmt::format("{}\"remainingItemCount\":{}", comma, *meta.remaining);
  out += '}';
}

}  // namespace

Result<TableOptions::Include> parse_include(std::string_view text) {
  using Include = TableOptions::Include;
  if (text.empty() || text == "Metadata") return Include::Metadata;
  if (text == "Object") return Include::Object;
  if (text == "None") return Include::None;
  return Error(Reason::BadRequest,
               fmt::format("Unable to convert to Table as requested: includeObject: Invalid value: "
                           "\"{}\": must be 'Metadata', 'Object', 'None', or empty",
                           text));
}

void write_table(std::string& out, const Served& served, const TableOptions& options,
                 std::span<const Document> items, const TableMeta& meta) {
  const api::ResourceRow& row = *served.row;
  const Type stored = served.collection != nullptr && served.collection->type ? served.collection->type
                                                                              : served.type;
  const bool converts = !(stored == served.type);
  const std::vector<Column> columns = plan_columns(row, stored);
  out += R"({"kind":"Table","apiVersion":"meta.k8s.io/)";
  out += options.version == "v1beta1" ? "v1beta1\"" : "v1\"";
  put_metadata(out, meta);
  out += ",\"columnDefinitions\":";
  if (options.headers) {
    put_definitions(out, row);
  } else {
    out += "null";
  }
  if (items.empty() && columns.empty()) {  // Go's default table has no list then.
    out += ",\"rows\":null}\n";
    return;
  }
  out += ",\"rows\":[";
  bool first = true;
  for (const Document& item : items) {
    if (!first) out += ',';
    first = false;
    // Columns are those of the stored version, whatever version is served.
    const Document object = converts ? api::convert(item, served.type, stored) : item;
    const cells::Input in{object.root(), options.now};
    out += "{\"cells\":[";
    if (columns.empty()) put_default_cells(out, in.object);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (i != 0) out += ',';
      put_cell(out, columns[i], in);
    }
    out += ']';
    put_row_conditions(out, row, in.object);
    out += ",\"object\":";
    put_object(out, served, options, item);
    out += '}';
  }
  out += "]}\n";
}

}  // namespace knarr::apiserver
