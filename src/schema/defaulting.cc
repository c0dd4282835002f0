// SPDX-License-Identifier: Apache-2.0
#include "schema/defaulting.h"

#include "base/check.h"
#include "codec/json.h"
#include "schema/defaulting_hooks.h"

#include <atomic>
#include <vector>

namespace knarr::schema {

using object::Field;
using object::Kind;
using object::NodeRef;
using object::Type;
using object::TypeKind;
using object::TypeTable;

namespace defaulting {

bool is_empty(NodeRef node) {
  switch (node.kind()) {
    case Kind::Null: return true;
    case Kind::Bool: return !node.as_bool();
    case Kind::Int: return node.as_int() == 0;
    case Kind::String: return node.as_string().empty();
    case Kind::List:
    case Kind::Map: return node.empty();
    default: return false;
  }
}

namespace {

// Types nest deeper than this only through recursion in the description (JSONSchemaProps).
constexpr int kDepthMax = 128;

bool is_struct_value(Field field) {
  return field.type().is(TypeKind::Struct) && !field.has(object::kPointer);
}

// Whether a default says more than the field's own zero value does.
bool has_default(Field field) {
  const std::string_view json = field.default_json();
  if (json.empty() || field.has(object::kGateOff)) return false;
  if (field.has(object::kPointer)) return true;
  return json != "{}" && json != "[]" && json != "\"\"" && json != "0" && json != "false";
}

// What defaulting wants to know of each type of the built-in table, worked out once.
class Index {
 public:
  explicit Index(const TypeTable& table) : rows_(table.types.size()) {
    for (auto hooks : {core_hooks(), pod_hooks(), workload_hooks(), other_hooks()}) {
      for (const NamedHook& named : hooks) {
        const Type type = table.find(named.type);
        CHECK(type);
        rows_[type.index()].hook = named.hook;
      }
    }
    mark(table);
    for (std::uint32_t i = 0; i < rows_.size(); ++i) collect(table.at(i));
  }

  [[nodiscard]] Hook hook(Type type) const { return rows_[type.index()].hook; }
  [[nodiscard]] bool wanted(Type type) const { return rows_[type.index()].wanted; }
  [[nodiscard]] bool wanted_when_absent(Type type) const {
    return rows_[type.index()].wanted_when_absent;
  }
  /// Positions of the fields of a struct that have a default or something below them that has.
  [[nodiscard]] const std::vector<std::uint16_t>& fields(Type type) const {
    return rows_[type.index()].fields;
  }

 private:
  struct Row {
    Hook hook = nullptr;
    bool wanted = false;              // Something at or below may change.
    bool wanted_when_absent = false;  // A struct by value: something changes though nothing is sent.
    std::vector<std::uint16_t> fields;
  };

  // Spreads the two marks upwards until nothing changes; types refer to each other in circles.
  void mark(const TypeTable& table) {
    for (bool changed = true; changed;) {
      changed = false;
      for (std::uint32_t i = 0; i < rows_.size(); ++i) {
        Row row = rows_[i];
        const Type type = table.at(i);
        row.wanted = row.wanted || row.hook != nullptr;
        row.wanted_when_absent = row.wanted_when_absent || row.hook != nullptr;
        if (type.is(TypeKind::List) || type.is(TypeKind::Map)) {
          row.wanted = row.wanted || rows_[type.element().index()].wanted;
        }
        for (std::size_t f = 0; f < type.field_count(); ++f) {
          const Field field = type.field(f);
          const Row& below = rows_[field.type().index()];
          const bool own = has_default(field);
          row.wanted = row.wanted || own || below.wanted;
          row.wanted_when_absent = row.wanted_when_absent || own ||
                                   (is_struct_value(field) && below.wanted_when_absent);
        }
        if (row.wanted != rows_[i].wanted || row.wanted_when_absent != rows_[i].wanted_when_absent) {
          rows_[i] = std::move(row);
          changed = true;
        }
      }
    }
  }

  void collect(Type type) {
    if (!type.is(TypeKind::Struct)) return;
    for (std::size_t f = 0; f < type.field_count(); ++f) {
      const Field field = type.field(f);
      if (has_default(field) || wanted(field.type())) {
        rows_[type.index()].fields.push_back(static_cast<std::uint16_t>(f));
      }
    }
  }

  std::vector<Row> rows_;
};

// The index of the built-in table; null for a table made at run time, which has no hooks.
const Index* index_of(const TypeTable& table) {
  static std::atomic<const TypeTable*> built_in{nullptr};
  const TypeTable* known = built_in.load(std::memory_order_acquire);
  if (known == nullptr) {
    if (!table.find("core/v1.PodSpec")) return nullptr;
    built_in.store(&table, std::memory_order_release);
    known = &table;
  }
  if (known != &table) return nullptr;
  static const Index kIndex(*known);
  return &kIndex;
}

class Walk {
 public:
  Walk(const Index* index, const Context& context) : index_(index), context_(context) {}

  void node(NodeRef node, Type type, int depth) {
    if (depth > kDepthMax || (index_ != nullptr && !index_->wanted(type))) return;
    if (index_ != nullptr && index_->hook(type) != nullptr) index_->hook(type)(node, context_);
    switch (type.kind()) {
      case TypeKind::Struct: structure(node, type, depth); return;
      case TypeKind::List:
        for (NodeRef item : node.items()) this->node(item, type.element(), depth + 1);
        return;
      case TypeKind::Map:
        for (auto entry : node.entries()) this->node(entry.value, type.element(), depth + 1);
        return;
      default: return;
    }
  }

 private:
  void structure(NodeRef node, Type type, int depth) {
    if (!node.is_map()) return;
    if (index_ != nullptr) {
      for (const std::uint16_t f : index_->fields(type)) member(node, type.field(f), depth);
    } else {
      for (std::size_t f = 0; f < type.field_count(); ++f) member(node, type.field(f), depth);
    }
  }

  void member(NodeRef node, Field field, int depth) {
    NodeRef child = field.atom() ? node[field.atom()] : node[field.name()];
    if (has_default(field) && lacks(child, field)) {
      child = field.atom() ? node.ensure(field.atom()) : node.ensure(field.name());
      MUST(codec::parse_json_into(child, field.default_json()));
    }
    if (!is_unset(child)) {
      this->node(child, field.type(), depth + 1);
      return;
    }
    // Go's struct is there though the client sent nothing; it is kept if a default fills it.
    if (index_ == nullptr || !is_struct_value(field) ||
        !index_->wanted_when_absent(field.type())) {
      return;
    }
    child = node.ensure(field.atom());
    child.set_map();
    this->node(child, field.type(), depth + 1);
    if (child.empty()) node.erase(field.atom());
  }

  static bool lacks(NodeRef child, Field field) {
    return field.has(object::kPointer) ? is_unset(child) : is_empty(child);
  }

  const Index* index_;
  const Context& context_;
};

}  // namespace
}  // namespace defaulting

void apply_defaults(NodeRef object, Type type, std::string_view now) {
  const defaulting::Context context{now};
  defaulting::Walk(defaulting::index_of(type.table()), context).node(object, type, 0);
}

}  // namespace knarr::schema
