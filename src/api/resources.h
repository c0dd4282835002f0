// SPDX-License-Identifier: Apache-2.0
// Resources: what the API serves, as tables. The built-in table is made by tools/apigen from
// api/*.api; one of the same form is made at run time for a CustomResourceDefinition. The data hold
// offsets and indices only, as type tables do (object/type_table.h); ResourceRow reads them.
#pragma once

#include "object/type_table.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace knarr::api {

enum class Verb : std::uint8_t {
  Get,
  List,
  Watch,
  Create,
  Update,
  Patch,
  Delete,
  DeleteCollection
};
inline constexpr std::size_t kVerbCount = 8;

/// The spelling in discovery and in RBAC rules ("deletecollection").
std::string_view to_string(Verb verb);
/// 1 << Verb of a spelling; 0 for an unknown one.
std::uint8_t verb_bit(std::string_view verb);

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
  std::int8_t priority =
      0;  // 1: shown by -o wide only. -1: rows have the cell, no column defines it.
};

/// A field selector beside the two that every resource without rows has: metadata.name and
/// metadata.namespace. Numbers and booleans compare by their text, missing ones as zero.
struct SelectorRow {
  std::uint32_t name = 0;
  std::uint32_t path = 0;  // In the stored version. "" without a hook: always the empty text.
  std::uint32_t hook = 0;
};

struct SubresourceData {
  std::uint32_t name = 0;
  std::uint32_t group = 0;  // Of its kind; "" for core.
  std::uint32_t version = 0;
  std::uint32_t kind = 0;
  std::uint32_t type = 0;  // Index into the types.
  std::uint8_t verbs = 0;  // Bits: 1 << Verb.
  bool connect = false;    // The request becomes a stream or is passed on (exec, proxy).
};

struct ResourceData {
  std::uint32_t group = 0;
  std::uint32_t version = 0;
  std::uint32_t api_version = 0;  // "apps/v1", "v1"
  std::uint32_t plural = 0;
  std::uint32_t singular = 0;
  std::uint32_t kind = 0;
  std::uint32_t list_kind = 0;  // "" when it cannot be listed.
  std::uint32_t type = 0;       // Indices into the types.
  std::uint32_t list_type = 0;
  std::uint32_t stored_type = 0;  // The shape that is kept; may be another version's.
  std::uint32_t stored_group = 0;
  std::uint32_t stored_version = 0;
  std::uint32_t stored_api_version = 0;  // "v1", "autoscaling/v2"; "" when nothing is stored.
  std::uint32_t storage_prefix = 0;      // "/registry/pods"
  std::uint32_t storage_hash = 0;        // storageVersionHash of discovery.
  std::uint32_t gate = 0;
  std::uint32_t since = 0;  // Releases ("1.33"), "" = none.
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

/// The arrays of a table. `resources` is sorted by group, version and plural, `by_kind` holds its
/// indices sorted by group, version and kind. Texts are offsets into `strings` ("" at offset 0).
struct ResourceArrays {
  const object::TypeTable* types = nullptr;
  std::span<const ResourceData> resources;
  std::span<const std::uint16_t> by_kind;
  std::span<const GroupRow> groups;
  std::span<const VersionRow> versions;
  std::span<const std::uint32_t> names;
  std::span<const SubresourceData> subresources;
  std::span<const ColumnRow> columns;
  std::span<const SelectorRow> selectors;
  const char* strings = nullptr;

  [[nodiscard]] std::string_view text(std::uint32_t offset) const { return strings + offset; }
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

/// A subresource of a table.
class SubresourceRow {
 public:
  SubresourceRow(const ResourceArrays* arrays, const SubresourceData* data)
      : arrays_(arrays), data_(data) {}
  [[nodiscard]] std::string_view name() const { return arrays_->text(data_->name); }
  [[nodiscard]] std::string_view group() const { return arrays_->text(data_->group); }
  [[nodiscard]] std::string_view version() const { return arrays_->text(data_->version); }
  [[nodiscard]] std::string_view kind() const { return arrays_->text(data_->kind); }
  [[nodiscard]] object::Type type() const { return arrays_->types->at(data_->type); }
  [[nodiscard]] std::uint8_t verbs() const { return data_->verbs; }
  [[nodiscard]] bool has_verb(Verb verb) const {
    return (verbs() >> static_cast<unsigned>(verb) & 1U) != 0;
  }
  [[nodiscard]] bool has_verb(std::string_view verb) const {
    return (verbs() & verb_bit(verb)) != 0;
  }
  /// The request becomes a stream or is passed on (exec, proxy).
  [[nodiscard]] bool is_connect() const { return data_->connect; }

 private:
  const ResourceArrays* arrays_;
  const SubresourceData* data_;
};

/// A resource of a table: one plural in one version. Stays where it is as long as its table.
class ResourceRow {
 public:
  ResourceRow(const ResourceArrays* arrays, const ResourceData* data,
              std::span<const SubresourceRow> subresources)
      : arrays_(arrays), data_(data), subresources_(subresources) {}

  [[nodiscard]] std::string_view text(std::uint32_t offset) const { return arrays_->text(offset); }
  [[nodiscard]] const ResourceData& data() const { return *data_; }

  [[nodiscard]] std::string_view group() const { return text(data_->group); }
  [[nodiscard]] std::string_view version() const { return text(data_->version); }
  [[nodiscard]] std::string_view api_version() const { return text(data_->api_version); }
  [[nodiscard]] std::string_view plural() const { return text(data_->plural); }
  [[nodiscard]] std::string_view singular() const { return text(data_->singular); }
  [[nodiscard]] std::string_view kind() const { return text(data_->kind); }
  /// "" when it cannot be listed.
  [[nodiscard]] std::string_view list_kind() const { return text(data_->list_kind); }
  [[nodiscard]] bool namespaced() const { return data_->namespaced; }
  [[nodiscard]] std::uint8_t verbs() const { return data_->verbs; }
  [[nodiscard]] bool has_verb(Verb verb) const {
    return (verbs() >> static_cast<unsigned>(verb) & 1U) != 0;
  }
  [[nodiscard]] bool has_verb(std::string_view verb) const {
    return (verbs() & verb_bit(verb)) != 0;
  }
  [[nodiscard]] Stage stage() const { return data_->stage; }
  /// Served by default.
  [[nodiscard]] bool enabled() const { return data_->enabled; }
  [[nodiscard]] TextRange short_names() const {
    return names(data_->first_name, data_->short_name_count);
  }
  [[nodiscard]] TextRange categories() const {
    return names(data_->first_name + data_->short_name_count, data_->category_count);
  }

  [[nodiscard]] object::Type type() const { return arrays_->types->at(data_->type); }
  /// False when it cannot be listed.
  [[nodiscard]] object::Type list_type() const {
    return data_->list_kind == 0 ? object::Type{} : arrays_->types->at(data_->list_type);
  }

  /// Where objects are kept ("/registry/pods"), "" when nothing is stored.
  [[nodiscard]] std::string_view storage_prefix() const { return text(data_->storage_prefix); }
  [[nodiscard]] std::string_view storage_hash() const { return text(data_->storage_hash); }
  /// The version that memory and store hold. Its shape is stored_type(), which is type() when both
  /// versions have the same one.
  [[nodiscard]] std::string_view stored_group() const { return text(data_->stored_group); }
  [[nodiscard]] std::string_view stored_version() const { return text(data_->stored_version); }
  [[nodiscard]] std::string_view stored_api_version() const {
    return text(data_->stored_api_version);
  }
  [[nodiscard]] object::Type stored_type() const { return arrays_->types->at(data_->stored_type); }

  /// Empty: the table has the two default columns, Name and Created At. Texts: `text(column.name)`.
  [[nodiscard]] std::span<const ColumnRow> columns() const {
    return arrays_->columns.subspan(data_->first_column, data_->column_count);
  }
  /// Empty: metadata.name and metadata.namespace alone.
  [[nodiscard]] std::span<const SelectorRow> selectors() const {
    return arrays_->selectors.subspan(data_->first_selector, data_->selector_count);
  }
  /// Sorted by name.
  [[nodiscard]] std::span<const SubresourceRow> subresources() const { return subresources_; }
  /// The subresource of a name, or null.
  [[nodiscard]] const SubresourceRow* find_subresource(std::string_view name) const;

  /// Releases ("1.33"), or "".
  [[nodiscard]] std::string_view deprecated() const { return text(data_->deprecated); }
  [[nodiscard]] std::string_view removed() const { return text(data_->removed); }
  [[nodiscard]] std::string_view replacement() const { return text(data_->replacement); }

 private:
  [[nodiscard]] TextRange names(std::size_t first, std::size_t count) const {
    return {arrays_->strings, arrays_->names.subspan(first, count)};
  }

  const ResourceArrays* arrays_;
  const ResourceData* data_;
  std::span<const SubresourceRow> subresources_;
};

/// The rows of some arrays, which it does not own. Immutable: any thread.
class ResourceTable {
 public:
  explicit ResourceTable(const ResourceArrays& arrays);
  ResourceTable(const ResourceTable&) = delete;
  ResourceTable& operator=(const ResourceTable&) = delete;

  [[nodiscard]] const ResourceArrays& arrays() const { return arrays_; }
  [[nodiscard]] std::span<const ResourceRow> rows() const { return rows_; }
  /// The row, or null. `group` is "" for core.
  [[nodiscard]] const ResourceRow* find(std::string_view group, std::string_view version,
                                        std::string_view plural) const;
  [[nodiscard]] const ResourceRow* find_kind(std::string_view group, std::string_view version,
                                             std::string_view kind) const;

 private:
  ResourceArrays arrays_;
  std::vector<SubresourceRow> subresources_;
  std::vector<ResourceRow> rows_;
};

namespace internal {
extern const ResourceArrays kResourceArrays;  // Generated.
}

/// The built-in resources. Lives forever; any thread.
const ResourceTable& resource_table();
inline std::span<const ResourceRow> resources() {
  return resource_table().rows();
}
/// A built-in resource, or null. `group` is "" for core.
const ResourceRow* find_resource(std::string_view group, std::string_view version,
                                 std::string_view plural);
const ResourceRow* find_kind(std::string_view group, std::string_view version,
                             std::string_view kind);

/// The built-in type of a kind, also of those that are no resources: PodList, DeleteOptions (in
/// every group version), Status, Table (meta.k8s.io/v1). Else a Type that is false.
object::Type type_of_kind(std::string_view group, std::string_view version, std::string_view kind);

}  // namespace knarr::api
