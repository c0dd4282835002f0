// SPDX-License-Identifier: Apache-2.0
// Prints gen/api/resources.cc: groups, resources and conversions for src/api/resources.h.
#include "emit.h"
#include "parser.h"
#include "sha256.h"

#include <algorithm>
#include <array>

namespace knarr::apigen {
namespace {

constexpr std::array<std::string_view, 8> kVerbs = {
    "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"};

/// "core/v1" -> {"", "v1"}
std::pair<std::string, std::string> group_and_version(const std::string& package) {
  const std::size_t slash = package.rfind('/');
  const std::string group = package.substr(0, slash);
  return {group == "core" ? "" : group, package.substr(slash + 1)};
}

std::string api_version(const std::string& package) {
  const auto [group, version] = group_and_version(package);
  return group.empty() ? version : group + "/" + version;
}

std::string capital(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

class Printer {
 public:
  Printer(const Api& api, const Tables& tables) : api_(api), tables_(tables) {}

  std::string run() {
    for (const Resource& resource : api_.resources) sorted_.push_back(&resource);
    std::sort(sorted_.begin(), sorted_.end(), [](const Resource* a, const Resource* b) {
      return std::tuple(group_and_version(a->package), a->plural) <
             std::tuple(group_and_version(b->package), b->plural);
    });
    for (const Resource* resource : sorted_) add_resource(*resource);
    for (const Group& group : api_.groups) add_group(group);
    for (const Conversion& conversion : api_.conversions) add_conversion(conversion);
    return print();
  }

 private:
  std::string text(const std::string& value) { return std::to_string(strings_.add(value)); }
  std::string type(const std::string& name) const { return std::to_string(tables_.index.at(name)); }
  static std::string number(std::size_t value) { return std::to_string(value); }

  static std::string verb_bits(const std::vector<std::string>& verbs) {
    unsigned bits = 0;
    for (std::size_t i = 0; i < kVerbs.size(); ++i) {
      if (std::find(verbs.begin(), verbs.end(), kVerbs[i]) != verbs.end()) bits |= 1U << i;
    }
    return std::to_string(bits);
  }

  const Resource& columns_of(const Resource& resource) const {
    for (const Resource& other : api_.resources) {
      if (other.package + "." + other.plural == resource.columns_like) return other;
    }
    return resource;
  }

  std::string name_of(const std::string& whole) const {
    const Type* type = api_.find(whole);
    return type == nullptr ? "" : type->name;
  }

  void add_resource(const Resource& resource) {
    const auto [group, version] = group_and_version(resource.package);
    const std::string kind = name_of(resource.type);
    const std::string stored = resource.stored_as + "." + kind;
    const LifeCycle& life = api_.find(resource.type)->life;
    std::string hash;
    if (!resource.key.empty()) {
      const auto [hash_group, hash_version] = group_and_version(resource.hash_version);
      hash = storage_version_hash(hash_group, hash_version, kind);
    }
    std::string row = "    {";
    for (const std::string& value : {group, version, api_version(resource.package), resource.plural,
                                     resource.singular, kind, name_of(resource.list_type)}) {
      row += text(value) + ", ";
    }
    row += type(resource.type) + ", " +
           (resource.list_type.empty() ? "0" : type(resource.list_type)) + ", " +
           type(api_.find(stored) != nullptr ? stored : resource.type) + ", ";
    const bool stored_at_all = !resource.key.empty();
    const auto [stored_group, stored_version] = group_and_version(resource.stored_as);
    for (const std::string& value :
         {stored_at_all ? stored_group : "", stored_at_all ? stored_version : "",
          stored_at_all ? api_version(resource.stored_as) : "", resource.key, hash, resource.gate,
          life.since, life.deprecated, life.removed, replacement(life.replacement)}) {
      row += text(value) + ", ";
    }
    row += number(names_.size()) + ", " + number(resource.short_names.size()) + ", " +
           number(resource.categories.size()) + ", ";
    for (const std::string& name : resource.short_names) names_.push_back(strings_.add(name));
    for (const std::string& name : resource.categories) names_.push_back(strings_.add(name));
    row += number(subresources_.size()) + ", " + number(resource.subresources.size()) + ", ";
    for (const Subresource& sub : resource.subresources) add_subresource(sub);
    const Resource& like = columns_of(resource);
    row += number(columns_.size()) + ", " + number(like.columns.size()) + ", ";
    for (const Column& column : like.columns) add_column(column, like.type);
    row += number(selectors_.size()) + ", " + number(resource.selectors.size()) + ", ";
    for (const Selector& selector : resource.selectors) {
      selectors_.push_back("    {" + text(selector.name) + ", " + text(selector.path) + ", " +
                           text(selector.hook) + "},\n");
    }
    row += verb_bits(resource.verbs) + ", Stage::" + capital(resource.stage) + ", " +
           (resource.namespaced ? "true" : "false") + ", " + (resource.off ? "false" : "true") +
           "},  // " + resource.package + " " + resource.plural + "\n";
    rows_.push_back(row);
  }

  /// "discovery.k8s.io/v1.EndpointSlice" -> "discovery.k8s.io/v1 EndpointSlice"
  static std::string replacement(std::string name) {
    const std::size_t dot = name.rfind('.');
    if (dot == std::string::npos) return name;
    return api_version(name.substr(0, dot)) + " " + name.substr(dot + 1);
  }

  void add_subresource(const Subresource& sub) {
    const Type& kind = *api_.find(sub.type);
    const auto [group, version] = group_and_version(kind.package);
    subresources_.push_back("    {" + text(sub.name) + ", " + text(group) + ", " + text(version) +
                            ", " + text(kind.name) + ", " + type(sub.type) + ", " +
                            verb_bits(sub.verbs) + ", " + (sub.connect ? "true" : "false") +
                            "},\n");
  }

  /// The help of the field at a path such as "status.podIPs[0].ip", or "".
  std::string help_of(const std::string& type_name, const std::string& path) const {
    const Type* type = api_.find(type_name);
    std::string help;
    for (std::string step : split(path, '.')) {
      step = step.substr(0, step.find('['));
      const Field* found = nullptr;
      if (type != nullptr) {
        for (const Field& field : type->fields) found = field.name == step ? &field : found;
      }
      if (found == nullptr) return "";
      help = found->help;
      type = api_.find(innermost(found->type));
    }
    return help;
  }

  void add_column(const Column& column, const std::string& type) {
    const bool from_field = column.help.empty() && column.cell != "hook";
    const std::string help = from_field ? help_of(type, column.argument) : column.help;
    columns_.push_back(
        "    {" + text(column.name) + ", " + text(column.type) + ", " + text(column.format) + ", " +
        text(column.argument) + ", " + text(column.otherwise) + ", " + text(help) +
        ", CellKind::" + capital(column.cell) + ", " + std::to_string(column.priority) + "},\n");
  }

  void add_group(const Group& group) {
    groups_.push_back("    {" + text(group.name) + ", " +
                      number(static_cast<std::size_t>(group.priority)) + ", " +
                      number(versions_.size()) + ", " + number(group.versions.size()) + "},  // " +
                      group.name + "\n");
    for (const GroupVersion& version : group.versions) {
      versions_.push_back("    {" + text(version.version) + ", " +
                          number(static_cast<std::size_t>(version.priority)) + "},\n");
    }
  }

  void add_conversion(const Conversion& conversion) {
    conversions_.push_back("    {" + type(conversion.from) + ", " + type(conversion.to) + ", " +
                           text(conversion.hook) + ", " + number(renames_.size()) + ", " +
                           number(conversion.renames.size()) + "},\n");
    for (const auto& [from, to] : conversion.renames) {
      renames_.push_back("    {" + text(from) + ", " + text(to) + "},\n");
    }
  }

  static void print_array(std::string& out, const std::string& declaration,
                          const std::vector<std::string>& rows,
                          const std::string& empty = "    {},\n") {
    out += "constexpr " + declaration + "[] = {\n";
    for (const std::string& row : rows) out += row;
    if (rows.empty()) out += empty;
    out += "};\n\n";
  }

  std::string print() {
    std::string out = generated_banner("What the API serves.");
    out +=
        "#include \"api/conversion_table.h\"\n#include \"api/resources.h\"\n#include "
        "\"api/types.h\"\n\n";
    out += "namespace knarr::api {\nnamespace {\n\n";
    print_array(out, "ResourceData kRows", rows_);
    print_array(out, "std::uint16_t kByKind", by_kind(), "    0,\n");
    print_array(out, "GroupRow kGroups", groups_);
    print_array(out, "VersionRow kVersions", versions_);
    std::vector<std::string> names;
    for (const std::uint32_t name : names_) names.push_back("    " + std::to_string(name) + ",\n");
    print_array(out, "std::uint32_t kNames", names, "    0,\n");
    print_array(out, "SubresourceData kSubresources", subresources_);
    print_array(out, "ColumnRow kColumns", columns_);
    print_array(out, "SelectorRow kSelectors", selectors_);
    print_array(out, "ConversionRow kConversions", conversions_);
    print_array(out, "RenameRow kRenames", renames_);
    out += "constexpr char kStrings[] =\n" + strings_.literal() + ";\n\n";
    out +=
        "constexpr ConversionTable kConversionTable{kConversions, kRenames, kStrings};\n\n}  // "
        "namespace\n\n";
    out +=
        "constexpr ResourceArrays internal::kResourceArrays{\n    &internal::kTypeTable, kRows, "
        "kByKind, kGroups, "
        "kVersions, kNames, kSubresources, kColumns,\n    kSelectors, kStrings};\n\n";
    out +=
        "const ConversionTable& conversions() { return kConversionTable; }\n\n}  // namespace "
        "knarr::api\n";
    return out;
  }

  std::vector<std::string> by_kind() const {
    std::vector<std::size_t> order(sorted_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
      return std::tuple(group_and_version(sorted_[a]->package), name_of(sorted_[a]->type)) <
             std::tuple(group_and_version(sorted_[b]->package), name_of(sorted_[b]->type));
    });
    std::vector<std::string> rows;
    for (const std::size_t index : order) rows.push_back("    " + std::to_string(index) + ",\n");
    return rows;
  }

  const Api& api_;
  const Tables& tables_;
  StringPool strings_;
  std::vector<const Resource*> sorted_;
  std::vector<std::uint32_t> names_;
  std::vector<std::string> rows_;
  std::vector<std::string> groups_;
  std::vector<std::string> versions_;
  std::vector<std::string> subresources_;
  std::vector<std::string> columns_;
  std::vector<std::string> selectors_;
  std::vector<std::string> conversions_;
  std::vector<std::string> renames_;
};

}  // namespace

std::string emit_resources(const Api& api, const Tables& tables) {
  return Printer(api, tables).run();
}

}  // namespace knarr::apigen
