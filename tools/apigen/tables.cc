// SPDX-License-Identifier: Apache-2.0
// Makes the flat tables.
#include "tables.h"

#include "parser.h"

#include <algorithm>
#include <array>

namespace knarr::apigen {
namespace {

struct ScalarRow {
  std::string_view name;
  std::string_view kind;
};

constexpr std::array<ScalarRow, 10> kScalars = {{{"string", "String"},
                                                 {"bool", "Bool"},
                                                 {"int32", "Int32"},
                                                 {"int64", "Int64"},
                                                 {"double", "Double"},
                                                 {"float", "Float"},
                                                 {"uint32", "Uint32"},
                                                 {"uint64", "Uint64"},
                                                 {"bytes", "Bytes"},
                                                 {"any", "Any"}}};

constexpr std::array<ScalarRow, 11> kForms = {{{"quantity", "Quantity"},
                                               {"time", "Time"},
                                               {"microTime", "MicroTime"},
                                               {"duration", "Duration"},
                                               {"intOrString", "IntOrString"},
                                               {"raw", "RawExtension"},
                                               {"fieldsV1", "FieldsV1"},
                                               {"json", "Json"},
                                               {"schemaOrArray", "SchemaOrArray"},
                                               {"schemaOrBool", "SchemaOrBool"},
                                               {"schemaOrStringArray", "SchemaOrStringArray"}}};

void add_flag(std::string& flags, bool condition, std::string_view name) {
  if (!condition) return;
  if (!flags.empty()) flags += " | ";
  flags += name;
}

class Builder {
 public:
  Builder(const Api& api, const std::function<bool(const Package&)>& wanted)
      : api_(api), wanted_(wanted) {}

  Tables run() {
    for (const ScalarRow& scalar : kScalars) {
      TypeRow row;
      row.name = scalar.name;
      row.kind = scalar.kind;
      add_row(std::move(row));
    }
    for (const auto& type : api_.types) {
      if (!wanted_(api_.packages.at(type->package))) continue;
      TypeRow row;
      row.name = type->full_name();
      add_row(std::move(row));
      described_.push_back(type.get());
    }
    for (const Type* type : described_) fill(*type);
    finish();
    return std::move(tables_);
  }

 private:
  std::uint32_t add_row(TypeRow row) {
    const auto index = static_cast<std::uint32_t>(tables_.types.size());
    tables_.index.emplace(row.name, index);
    row.name_offset = tables_.strings.add(row.name);
    tables_.types.push_back(std::move(row));
    return index;
  }

  /// The row of a notation; lists and maps without a name get theirs when first met.
  std::uint32_t type_index(const std::string& type) {
    if (const auto found = tables_.index.find(type); found != tables_.index.end())
      return found->second;
    TypeRow row;
    row.name = type;
    row.kind = type.starts_with("[]") ? "List" : "Map";
    row.element = type_index(element_of(type));
    return add_row(std::move(row));
  }

  void fill(const Type& type) {
    const std::uint32_t index = tables_.index.at(type.full_name());
    TypeRow row = tables_.types[index];
    const Package& package = api_.packages.at(type.package);
    const bool has_schema = type.kind == Type::Kind::Struct || type.kind == Type::Kind::Form;
    if (has_schema && type.openapi && !package.openapi.empty()) {
      row.openapi = tables_.strings.add(package.openapi + "." + type.name);
    }
    add_flag(row.flags, type.atomic, "kTypeAtomic");
    add_flag(row.flags, type.granular, "kTypeGranular");
    add_flag(row.flags, type.message, "kTypeProtoMessage");
    add_flag(row.flags, type.published, "kTypeEnum");
    add_flag(row.flags, type.object, "kTypeObject");
    row.help = tables_.strings.add(type.help);
    row.hook = tables_.strings.add(type.hook);
    switch (type.kind) {
      case Type::Kind::Struct:
        row.kind = "Struct";
        row.first_field = static_cast<std::uint32_t>(tables_.fields.size());
        if (type.object) add_object_fields();
        inline_groups_ = 0;
        add_fields(type, 0, 0);
        row.field_count = static_cast<std::uint32_t>(tables_.fields.size()) - row.first_field;
        break;
      case Type::Kind::Enum:
        row.kind = type.numbered ? "Int32" : "String";
        row.first_enum = static_cast<std::uint32_t>(tables_.enums.size());
        row.enum_count = static_cast<std::uint32_t>(type.values.size());
        for (const EnumValue& value : type.values)
          tables_.enums.push_back(tables_.strings.add(value.text));
        break;
      case Type::Kind::Renamed:
        row.kind = type.element.starts_with("[]") ? "List" : "Map";
        row.element = type_index(element_of(type.element));
        break;
      case Type::Kind::Form:
        for (const ScalarRow& form : kForms) {
          if (form.name == type.form) row.kind = form.kind;
        }
        if (!type.element.empty()) row.element = type_index(type.element);
        break;
    }
    tables_.types[index] = std::move(row);
  }

  void add_object_fields() {
    constexpr std::array<std::pair<const char*, const char*>, 2> kFields = {
        {{"kind", "Kind of the object."},
         {"apiVersion", "Group and version of the object's form."}}};
    for (const auto& [name, help] : kFields) {
      FieldRow row;
      row.name = name;
      row.help = tables_.strings.add(help);
      row.flags = "kOmitEmpty | kOptional";
      row.type = type_index("string");
      add_field_row(std::move(row));
    }
  }

  void add_field_row(FieldRow row) {
    row.name_offset = tables_.strings.add(row.name);
    row.atom = "atom::" + atom_identifier(row.name);
    tables_.fields.push_back(std::move(row));
  }

  void add_fields(const Type& type, int inline_proto, int inline_group) {
    for (const Field& field : type.fields) {
      if (!field.name.empty()) {
        add_field(field, inline_proto, inline_group);
        continue;
      }
      // A struct inlined in an inlined struct: the inner number goes into the high byte.
      const int proto = inline_proto == 0 ? field.number : inline_proto | field.number << 8;
      add_fields(*api_.find(field.type), proto, ++inline_groups_);
    }
  }

  void add_field(const Field& field, int inline_proto, int inline_group) {
    FieldRow row;
    row.name = field.name;
    row.proto = field.number;
    row.inline_proto = inline_proto;
    row.inline_group = inline_proto == 0 ? 0 : inline_group;
    row.type = type_index(field.type);
    row.flags = flags_of(field);
    row.default_json = tables_.strings.add(field.default_json);
    row.merge_key = tables_.strings.add(field.merge_key);
    row.list_map_keys = tables_.strings.add(field.list_keys);
    row.help = tables_.strings.add(field.help);
    row.minimum = field.min;
    row.maximum = field.max;
    add_field_row(std::move(row));
  }

  std::string flags_of(const Field& field) const {
    std::string flags;
    const Type* named = api_.find(field.type);
    const bool is_renamed = named != nullptr && named->kind == Type::Kind::Renamed;
    const bool is_collection = !element_of(is_renamed ? named->element : field.type).empty();
    const Type* inner = api_.find(innermost(field.type));
    const bool always = field.number != 0 && !field.pointer && !is_collection &&
                        field.type != "bytes" && api_.packages.at(field.package).grpc.empty();
    bool gate_off = false;
    for (const std::string& gate : split(field.gates, ',')) gate_off |= !api_.gates.at(gate).on;
    add_flag(flags, field.pointer, "kPointer");
    add_flag(flags, field.omit_empty, "kOmitEmpty");
    add_flag(flags, field.omit_zero, "kOmitZero");
    add_flag(flags, field.required(), "kRequired");
    add_flag(flags, !field.required(), "kOptional");
    add_flag(flags, always, "kProtoAlways");
    add_flag(flags, field.merge, "kPatchMerge");
    add_flag(flags, field.replace, "kPatchReplace");
    add_flag(flags, field.retain_keys, "kRetainKeys");
    add_flag(flags, field.list == "atomic", "kListAtomic");
    add_flag(flags, field.list == "set", "kListSet");
    add_flag(flags, field.list == "map", "kListMap");
    add_flag(flags, field.map == "atomic", "kMapAtomic");
    add_flag(flags, field.map == "granular", "kMapGranular");
    add_flag(flags, field.deprecated, "kDeprecated");
    add_flag(flags, gate_off, "kGateOff");
    add_flag(flags, field.immutable, "kImmutable");
    add_flag(flags, field.has_min, "kHasMinimum");
    add_flag(flags, field.has_max, "kHasMaximum");
    add_flag(flags, inner != nullptr && inner->published, "kEnumPublished");
    add_flag(flags, field.published, "kDefaultPublished");
    return flags;
  }

  void finish() {
    for (std::uint32_t i = 0; i < tables_.types.size(); ++i) tables_.by_name.push_back(i);
    std::sort(tables_.by_name.begin(), tables_.by_name.end(),
              [this](std::uint32_t a, std::uint32_t b) {
                return tables_.types[a].name < tables_.types[b].name;
              });
  }

  const Api& api_;
  const std::function<bool(const Package&)>& wanted_;
  Tables tables_;
  std::vector<const Type*> described_;
  int inline_groups_ = 0;
};

}  // namespace

Tables make_tables(const Api& api, const std::function<bool(const Package&)>& wanted) {
  return Builder(api, wanted).run();
}

std::uint32_t StringPool::add(const std::string& text) {
  const auto [at, added] = offsets_.emplace(text, size_);
  if (added) {
    texts_.push_back(text);
    size_ += static_cast<std::uint32_t>(text.size()) + 1;
  }
  return at->second;
}

std::string StringPool::literal() const {
  std::string result;
  for (const std::string& text : texts_) {
    std::string line = quote(text);
    line.insert(line.size() - 1, "\\0");
    result += "    " + line + "\n";
  }
  return result;
}

std::string quote(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + "\"";
}

}  // namespace knarr::apigen
