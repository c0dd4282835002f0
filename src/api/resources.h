// SPDX-License-Identifier: Apache-2.0
// Resources: what the API serves, as tables. The built-in table is made by tools/apigen from
// api/*.api; one of the same form is made at run time for a CustomResourceDefinition. Rows hold
// offsets and indices only, as type tables do (object/type_table.h).
#pragma once

#include "object/type_table.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace knarr::api {

enum class Verb : std::uint8_t { Get, List, Watch, Create, Update, Patch, Delete, DeleteCollection };
inline constexpr std::size_t kVerbCount = 8;

/// The spelling in discovery and in RBAC rules ("deletecollection").
std::string_view to_string(Verb verb);

enum class Stage : std::uint8_t { Ga, Beta, Alpha };

/// How a table cell is made from the object (in its stored version). Missing values give
/// `otherwise`; without one, the zero value of the field (0, false, "").
enum class CellKind : std::uint8_t {
  Path,      // The value at a path: text, number or boolean.
  Text,      // The value at a path, as text.
  Age,       // How long ago the time at a path is: "5d"; "<unknown>" without a time.
  Count,     // Number of entries of the list or map at a path.
  Join,      // The texts of a list with "," between.
  Labels,    // A map of texts as "k=v,k=v".
  Selector,  // A label selector as text.
  Hook,      // A C++ function of this name.
};

struct ColumnRow {
  std::uint32_t name = 0;
  std::uint32_t type = 0;      // string, integer, number, boolean, date
  std::uint32_t format = 0;    // "name" or "".
  std::uint32_t argument = 0;  // Path below the object ("status.podIPs[0].ip") or name of the hook.
  std::uint32_t otherwise = 0;
  std::uint32_t help = 0;
  CellKind cell = CellKind::Path;
  std::int8_t priority = 0;  // 1: shown by -o wide only. -1: rows have the cell, no column defines it.
};

/// A field selector beside the two that every resource without rows has: metadata.name and
/// metadata.namespace. Numbers and booleans compare by their text, missing ones as zero.
struct SelectorRow {
  std::uint32_t name = 0;
  std::uint32_t path = 0;  // In the stored version. "" without a hook: always the empty text.
  std::uint32_t hook = 0;
};

struct SubresourceRow {
  std::uint32_t name = 0;
  std::uint32_t group = 0;  // Of its kind; "" for core.
  std::uint32_t version = 0;
  std::uint32_t kind = 0;
  std::uint32_t type = 0;   // Index into the types.
  std::uint8_t verbs = 0;   // Bits: 1 << Verb.
  bool connect = false;     // The request becomes a stream or is passed on (exec, proxy).
};

struct ResourceRow {
  std::uint32_t group = 0;
  std::uint32_t version = 0;
  std::uint32_t api_version = 0;  // "apps/v1", "v1"
  std::uint32_t plural = 0;
  std::uint32_t singular = 0;
  std::uint32_t kind = 0;
  std::uint32_t list_kind = 0;  // "" when it cannot be listed.
  std::uint32_t type = 0;       // Indices into the types.
  std::uint32_t list_type = 0;
  std::uint32_t stored_type = 0;         // The shape that is kept; may be another version's.
  std::uint32_t stored_api_version = 0;  // "v1", "autoscaling/v2"; "" when nothing is stored.
  std::uint32_t key_prefix = 0;          // "/registry/pods"
  std::uint32_t storage_hash = 0;        // storageVersionHash of discovery.
  std::uint32_t gate = 0;
  std::uint32_t since = 0;       // Releases ("1.33"), "" = none.
  std::uint32_t deprecated = 0;
  std::uint32_t removed = 0;
  std::uint32_t replacement = 0;  // "discovery.k8s.io/v1 EndpointSlice"
  std::uint16_t first_name = 0;   // Short names, then categories, in `names`.
  std::uint8_t short_name_count = 0;
  std::uint8_t category_count = 0;
  std::uint16_t first_subresource = 0;
  std::uint16_t subresource_count = 0;
  std::uint16_t first_column = 0;
  std::uint16_t column_count = 0;
  std::uint16_t first_selector = 0;
  std::uint16_t selector_count = 0;
  std::uint8_t verbs = 0;  // Bits: 1 << Verb.
  Stage stage = Stage::Ga;
  bool namespaced = false;
  bool enabled = true;  // Served by default.
};

struct VersionRow {
  std::uint32_t version = 0;
  std::uint32_t priority = 0;  // versionPriority of its APIService.
};

/// A group, in the order of discovery; its versions are in preferred order.
struct GroupRow {
  std::uint32_t name = 0;
  std::uint32_t priority = 0;  // groupPriorityMinimum of its APIServices. 0: it has none.
  std::uint16_t first_version = 0;
  std::uint16_t version_count = 0;
};

class Resource;
class Column;
class Subresource;

/// Resources that refer to their parts by index. Rows are sorted by group, version and plural.
struct ResourceTable {
  const object::TypeTable* types = nullptr;
  std::span<const ResourceRow> rows;
  std::span<const std::uint16_t> by_kind;  // Indices of rows, sorted by group, version, kind.
  std::span<const GroupRow> groups;
  std::span<const VersionRow> versions;
  std::span<const std::uint32_t> names;
  std::span<const SubresourceRow> subresources;
  std::span<const ColumnRow> columns;
  std::span<const SelectorRow> selectors;
  const char* strings = nullptr;

  [[nodiscard]] std::string_view text(std::uint32_t offset) const { return strings + offset; }
  [[nodiscard]] std::size_t size() const { return rows.size(); }
  [[nodiscard]] Resource at(std::size_t index) const;
  /// The resource, or one that is false. `group` is "" for core.
  [[nodiscard]] Resource find(std::string_view group, std::string_view version, std::string_view plural) const;
  [[nodiscard]] Resource find_kind(std::string_view group, std::string_view version, std::string_view kind) const;
};

/// Texts of a table, by index: `for (std::string_view name : resource.short_names())`.
class TextRange {
 public:
  class Iterator {
   public:
    Iterator(const char* strings, const std::uint32_t* at) : strings_(strings), at_(at) {}
    std::string_view operator*() const { return strings_ + *at_; }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return at_ != other.at_; }

   private:
    const char* strings_;
    const std::uint32_t* at_;
  };
  TextRange(const char* strings, std::span<const std::uint32_t> offsets)
      : strings_(strings), offsets_(offsets) {}
  [[nodiscard]] std::size_t size() const { return offsets_.size(); }
  [[nodiscard]] bool empty() const { return offsets_.empty(); }
  [[nodiscard]] std::string_view operator[](std::size_t i) const { return strings_ + offsets_[i]; }
  [[nodiscard]] Iterator begin() const { return {strings_, offsets_.data()}; }
  [[nodiscard]] Iterator end() const { return {strings_, offsets_.data() + offsets_.size()}; }

 private:
  const char* strings_;
  std::span<const std::uint32_t> offsets_;
};

/// A handle on a subresource (pass by value); false when there is none.
class Subresource {
 public:
  Subresource() = default;
  Subresource(const ResourceTable* table, const SubresourceRow* row) : table_(table), row_(row) {}
  explicit operator bool() const { return row_ != nullptr; }
  [[nodiscard]] std::string_view name() const { return table_->text(row_->name); }
  [[nodiscard]] std::string_view group() const { return table_->text(row_->group); }
  [[nodiscard]] std::string_view version() const { return table_->text(row_->version); }
  [[nodiscard]] std::string_view kind() const { return table_->text(row_->kind); }
  [[nodiscard]] object::Type type() const { return table_->types->at(row_->type); }
  [[nodiscard]] bool allows(Verb verb) const { return (row_->verbs >> static_cast<unsigned>(verb) & 1U) != 0; }
  [[nodiscard]] std::uint8_t verbs() const { return row_->verbs; }
  [[nodiscard]] bool is_connect() const { return row_->connect; }

 private:
  const ResourceTable* table_ = nullptr;
  const SubresourceRow* row_ = nullptr;
};

/// A handle on a resource of a table (pass by value); false when there is none. Lives as long as
/// its table: the built-in one forever.
class Resource {
 public:
  Resource() = default;
  Resource(const ResourceTable* table, std::uint32_t index) : table_(table), index_(index) {}

  explicit operator bool() const { return table_ != nullptr; }
  friend bool operator==(Resource, Resource) = default;
  [[nodiscard]] const ResourceRow& row() const { return table_->rows[index_]; }
  [[nodiscard]] const ResourceTable& table() const { return *table_; }
  [[nodiscard]] std::uint32_t index() const { return index_; }

  [[nodiscard]] std::string_view group() const { return text(row().group); }
  [[nodiscard]] std::string_view version() const { return text(row().version); }
  [[nodiscard]] std::string_view api_version() const { return text(row().api_version); }
  [[nodiscard]] std::string_view plural() const { return text(row().plural); }
  [[nodiscard]] std::string_view singular() const { return text(row().singular); }
  [[nodiscard]] std::string_view kind() const { return text(row().kind); }
  [[nodiscard]] std::string_view list_kind() const { return text(row().list_kind); }
  [[nodiscard]] bool namespaced() const { return row().namespaced; }
  [[nodiscard]] bool allows(Verb verb) const { return (row().verbs >> static_cast<unsigned>(verb) & 1U) != 0; }
  [[nodiscard]] std::uint8_t verbs() const { return row().verbs; }
  [[nodiscard]] Stage stage() const { return row().stage; }
  [[nodiscard]] bool enabled() const { return row().enabled; }
  [[nodiscard]] TextRange short_names() const { return names(row().first_name, row().short_name_count); }
  [[nodiscard]] TextRange categories() const {
    return names(row().first_name + row().short_name_count, row().category_count);
  }

  [[nodiscard]] object::Type type() const { return table_->types->at(row().type); }
  /// False when it cannot be listed.
  [[nodiscard]] object::Type list_type() const {
    return row().list_kind == 0 ? object::Type{} : table_->types->at(row().list_type);
  }

  [[nodiscard]] bool is_stored() const { return row().key_prefix != 0; }
  [[nodiscard]] std::string_view key_prefix() const { return text(row().key_prefix); }
  [[nodiscard]] std::string_view storage_hash() const { return text(row().storage_hash); }
  /// The version that memory and store hold, as apiVersion. Its shape is stored_type(), which is
  /// type() when both versions have the same one.
  [[nodiscard]] std::string_view stored_api_version() const { return text(row().stored_api_version); }
  [[nodiscard]] object::Type stored_type() const { return table_->types->at(row().stored_type); }

  /// Empty: the table has the two default columns, Name and Created At.
  [[nodiscard]] std::span<const ColumnRow> columns() const {
    return table_->columns.subspan(row().first_column, row().column_count);
  }
  /// Empty: metadata.name and metadata.namespace alone.
  [[nodiscard]] std::span<const SelectorRow> selectors() const {
    return table_->selectors.subspan(row().first_selector, row().selector_count);
  }
  [[nodiscard]] std::size_t subresource_count() const { return row().subresource_count; }
  [[nodiscard]] Subresource subresource(std::size_t i) const {
    return {table_, &table_->subresources[row().first_subresource + i]};
  }
  /// The subresource of a name, or one that is false.
  [[nodiscard]] Subresource subresource(std::string_view name) const;

  /// Releases ("1.33"), or "".
  [[nodiscard]] std::string_view deprecated() const { return text(row().deprecated); }
  [[nodiscard]] std::string_view removed() const { return text(row().removed); }
  [[nodiscard]] std::string_view replacement() const { return text(row().replacement); }

 private:
  [[nodiscard]] std::string_view text(std::uint32_t offset) const { return table_->text(offset); }
  [[nodiscard]] TextRange names(std::size_t first, std::size_t count) const {
    return {table_->strings, table_->names.subspan(first, count)};
  }

  const ResourceTable* table_ = nullptr;
  std::uint32_t index_ = 0;
};

inline Resource ResourceTable::at(std::size_t index) const { return {this, static_cast<std::uint32_t>(index)}; }

/// The built-in resources. Lives forever; any thread.
const ResourceTable& resources();

/// The built-in type of a kind, also of those that are no resources: PodList, DeleteOptions (in
/// every group version), Status, Table (meta.k8s.io/v1). Else a Type that is false.
object::Type type_of_kind(std::string_view group, std::string_view version, std::string_view kind);

}  // namespace knarr::api
