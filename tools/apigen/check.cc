// SPDX-License-Identifier: Apache-2.0
// References, numbers, defaults, merge keys: what must hold before tables are made.
#include "check.h"

#include "parser.h"

#include <algorithm>
#include <array>
#include <set>

namespace knarr::apigen {
namespace {

constexpr std::array<std::string_view, 10> kScalars = {
    "string", "bool", "int32", "int64", "double", "float", "uint32", "uint64", "bytes", "any"};

constexpr std::array<std::string_view, 8> kVerbs = {
    "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"};

class Checker {
 public:
  Checker(const Api& api, Diagnostics& errors) : api_(api), errors_(errors) {}

  void run() {
    for (const auto& type : api_.types) check_type(*type);
    for (const Resource& resource : api_.resources) check_resource(resource);
    for (const Conversion& conversion : api_.conversions) {
      check_reference(conversion.at, conversion.from);
      check_reference(conversion.at, conversion.to);
    }
    for (const Service& service : api_.services) {
      for (const Method& method : service.methods) {
        check_reference(service.at, method.request);
        check_reference(service.at, method.response);
      }
    }
    check_groups();
  }

 private:
  bool known(const std::string& type) const {
    return std::find(kScalars.begin(), kScalars.end(), type) != kScalars.end() ||
           api_.find(type) != nullptr;
  }

  void check_reference(const Position& at, const std::string& type) {
    if (!known(innermost(type))) errors_.error(at, "unknown type " + innermost(type));
  }

  void check_type(const Type& type) {
    if (!type.element.empty()) check_reference(type.at, type.element);
    if (type.form.starts_with("schema") && type.element.empty()) {
      errors_.error(type.at, "form " + type.form + " needs element=");
    }
    if (type.message && !type.element.starts_with("[]")) {
      errors_.error(type.at, "only a list can be a message");
    }
    std::set<std::string> values;
    for (const EnumValue& value : type.values) {
      if (!values.insert(value.text).second) {
        errors_.error(type.at, "value '" + value.text + "' of " + type.name + " stands twice");
      }
    }
    for (std::size_t i = 0; type.numbered && i < type.values.size(); ++i) {
      // Tables hold the names alone: the number is the place.
      if (type.values[i].number != static_cast<std::int64_t>(i)) {
        errors_.error(type.at, "values of " + type.name + " are to be numbered from 0, in order");
        break;
      }
    }
    std::set<int> numbers;
    for (const Field& field : type.fields) {
      if (field.number != 0 && !numbers.insert(field.number).second) {
        errors_.error(field.at, "protobuf number " + std::to_string(field.number) +
                                    " is used twice in " + type.name);
      }
      check_field(type, field);
    }
    std::set<std::string> names;
    if (type.object) names = {"kind", "apiVersion"};
    std::vector<const Type*> path;
    check_names(type, names, path);
  }

  /// JSON names are unique with the inlined structs expanded, and inlining ends.
  void check_names(const Type& type, std::set<std::string>& names, std::vector<const Type*>& path) {
    if (std::find(path.begin(), path.end(), &type) != path.end()) {
      return errors_.error(type.at, type.name + " inlines itself");
    }
    path.push_back(&type);
    for (const Field& field : type.fields) {
      if (!field.name.empty()) {
        if (!names.insert(field.name).second) {
          errors_.error(field.at, "field " + field.name + " stands twice in " + path.front()->name);
        }
        continue;
      }
      const Type* inlined = api_.find(field.type);
      if (inlined == nullptr || inlined->kind != Type::Kind::Struct) {
        errors_.error(field.at, "only a struct can be inlined, not " + field.type);
        continue;
      }
      if (path.size() > 2) errors_.error(field.at, "structs are inlined two deep at most");
      if (field.number > 255)
        errors_.error(field.at, "the number of an inlined struct is below 256");
      check_names(*inlined, names, path);
    }
    path.pop_back();
  }

  void check_field(const Type& type, const Field& field) {
    check_reference(field.at, field.type);
    const std::string shape = resolved(field.type);
    const bool is_list = shape.starts_with("[]");
    const bool is_map = shape.starts_with("map[");
    if (!field.list.empty() && !is_list && shape != "bytes")
      errors_.error(field.at, "list= on " + field.name + ", which is no list");
    if (field.has_min && field.has_max && field.min > field.max)
      errors_.error(field.at, "min is above max");
    if (field.published && field.default_json.empty()) {
      errors_.error(field.at, "published needs default=");
    }
    if (field.required_word && field.optional_word)
      errors_.error(field.at, "required and optional");
    if (field.list == "map") check_keys(field, element_of(shape));
    if (!field.merge_key.empty() && is_list) check_key(field, element_of(shape), field.merge_key);
    for (const std::string& gate : split(field.gates, ',')) {
      if (!api_.gates.contains(gate)) errors_.error(field.at, "unknown gate " + gate);
    }
    if (!field.default_json.empty()) check_default(field, shape, is_list, is_map);
    const Package& package = api_.packages.at(type.package);
    if (!package.grpc.empty() && field.number == 0) {
      errors_.error(field.at, "a field of a gRPC message needs a number");
    }
  }

  /// The notation behind renamed types.
  std::string resolved(const std::string& type) const {
    const Type* named = api_.find(type);
    return named != nullptr && named->kind == Type::Kind::Renamed ? resolved(named->element) : type;
  }

  void check_keys(const Field& field, const std::string& element) {
    if (field.list_keys.empty()) errors_.error(field.at, "list=map needs keys: list=map:name");
    for (const std::string& key : split(field.list_keys, ',')) check_key(field, element, key);
  }

  void check_key(const Field& field, const std::string& element, const std::string& key) {
    const Type* type = api_.find(element);
    if (type == nullptr || type->kind != Type::Kind::Struct) {
      return errors_.error(field.at, field.name + " has keys but " + element + " is no struct");
    }
    if (!has_field(*type, key)) errors_.error(field.at, element + " has no field " + key);
  }

  bool has_field(const Type& type, const std::string& name) const {
    return std::any_of(type.fields.begin(), type.fields.end(), [&](const Field& field) {
      if (!field.name.empty()) return field.name == name;
      const Type* inlined = api_.find(field.type);
      return inlined != nullptr && has_field(*inlined, name);
    });
  }

  void check_default(const Field& field, const std::string& shape, bool is_list, bool is_map) {
    const char first = field.default_json.front();
    const Type* named = api_.find(shape);
    const bool text =
        shape == "string" || shape == "bytes" ||
        (named != nullptr && named->kind == Type::Kind::Enum && !named->numbered) ||
        (named != nullptr && named->kind == Type::Kind::Form && named->form != "intOrString" &&
         named->form != "json" && named->form != "raw");
    const bool whole =
        shape == "int32" || shape == "int64" || shape == "uint32" || shape == "uint64";
    bool good = true;
    if (text) {
      good = first == '"';
    } else if (whole) {
      good = first == '-' || (first >= '0' && first <= '9');
    } else if (shape == "bool") {
      good = field.default_json == "true" || field.default_json == "false";
    } else if (is_list) {
      good = first == '[';
    } else if (is_map || (named != nullptr && named->kind == Type::Kind::Struct)) {
      good = first == '{';
    }
    if (!good) errors_.error(field.at, "default " + field.default_json + " does not fit " + shape);
    if (named != nullptr && named->kind == Type::Kind::Enum && good && named->published) {
      const std::string value = field.default_json.substr(1, field.default_json.size() - 2);
      if (std::none_of(named->values.begin(), named->values.end(),
                       [&](const EnumValue& entry) { return entry.text == value; })) {
        errors_.error(field.at, "default " + field.default_json + " is no value of " + shape);
      }
    }
  }

  void check_resource(const Resource& resource) {
    check_reference(resource.at, resource.type);
    const Type* type = api_.find(resource.type);
    if (type != nullptr && !type->object) {
      errors_.error(resource.at, resource.type + " is no object: it has no kind and apiVersion");
    }
    if (!resource.list_type.empty() && api_.find(resource.list_type) == nullptr) {
      errors_.error(resource.at, "unknown type " + resource.list_type);
    }
    check_verbs(resource.at, resource.verbs);
    for (const Subresource& sub : resource.subresources) check_verbs(sub.at, sub.verbs);
    if (resource.verbs.empty())
      errors_.error(resource.at, "resource " + resource.plural + " has no verbs");
    for (const Subresource& sub : resource.subresources) check_reference(sub.at, sub.type);
    if (!resource.columns_like.empty() &&
        std::none_of(api_.resources.begin(), api_.resources.end(), [&](const Resource& other) {
          return other.package + "." + other.plural == resource.columns_like;
        })) {
      errors_.error(resource.at, "columns like an unknown resource " + resource.columns_like);
    }
    const bool grouped =
        std::any_of(api_.groups.begin(), api_.groups.end(), [&](const Group& group) {
          const std::string name = group.name.empty() ? "core" : group.name;
          return std::any_of(group.versions.begin(), group.versions.end(),
                             [&](const GroupVersion& version) {
                               return name + "/" + version.version == resource.package;
                             });
        });
    if (!grouped) errors_.error(resource.at, resource.package + " is not in any group statement");
  }

  void check_verbs(const Position& at, const std::vector<std::string>& verbs) {
    for (const std::string& verb : verbs) {
      if (std::find(kVerbs.begin(), kVerbs.end(), verb) == kVerbs.end()) {
        errors_.error(at, "unknown verb '" + verb + "'");
      }
    }
  }

  void check_groups() {
    std::set<std::string> names;
    for (const Group& group : api_.groups) {
      if (!names.insert(group.name).second)
        errors_.error(group.at, "group " + group.name + " is described twice");
      for (const GroupVersion& version : group.versions) {
        const std::string name = (group.name.empty() ? "core" : group.name) + "/" + version.version;
        if (!api_.packages.contains(name)) errors_.error(group.at, name + " is not described");
      }
    }
  }

  const Api& api_;
  Diagnostics& errors_;
};

}  // namespace

void check(const Api& api, Diagnostics& errors) {
  Checker(api, errors).run();
}

}  // namespace knarr::apigen
