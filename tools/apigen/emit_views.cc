// SPDX-License-Identifier: Apache-2.0
// Prints gen/api/<group>_<version>.h: a class for every struct of a group version, which reads its
// fields from a document, and a struct of constants for every enum. See src/api/view.h.
#include "emit.h"

#include <algorithm>
#include <array>
#include <set>

namespace knarr::apigen {
namespace {

/// "networking.k8s.io/v1" -> {"networking", "v1"}
std::pair<std::string, std::string> scope_of(const std::string& package) {
  const std::size_t slash = package.rfind('/');
  const std::string group = package.substr(0, slash);
  return {group.substr(0, group.find('.')),
          slash == std::string::npos ? "" : package.substr(slash + 1)};
}

/// How a type is returned and how it is read from a value `v`.
struct CppType {
  std::string name;
  bool view = false;   // A class of ours, a list or a map: false when missing.
  std::string reader;  // With "$" for the value.
};

class Printer {
 public:
  Printer(const Api& api, const Package& package) : api_(api), package_(package) {}

  std::string run() {
    for (const auto& type : api_.types) {
      if (type->package != package_.name) continue;
      if (type->kind == Type::Kind::Enum) print_enum(*type);
    }
    for (const auto& type : api_.types) {
      if (type->package == package_.name && type->kind == Type::Kind::Struct) print_struct(*type);
    }
    const auto [group, version] = scope_of(package_.name);
    std::string out = generated_banner("Typed views of " + package_.name + ".");
    out += "#pragma once\n\n#include \"api/view.h\"\n";
    for (const std::string& other : needed_) {
      const auto [other_group, other_version] = scope_of(other);
      out += "#include \"gen/api/" + other_group + "_" + other_version + ".h\"\n";
    }
    out += "\nnamespace knarr::api {\nnamespace " + group + "::" + version + " {\n\n" + body_ +
           "}  // namespace " + group + "::" + version + "\n\n" + aliases() +
           "}  // namespace knarr::api\n";
    return out;
  }

 private:
  void print_enum(const Type& type) {
    std::string lines;
    for (const EnumValue& value : type.values) {
      const std::string name = constant_name(value.text);
      if (name.empty()) continue;
      lines += "  static constexpr std::string_view " + name + "{" + quote(value.text) + "};\n";
    }
    if (!lines.empty()) body_ += "struct " + type.name + " {\n" + lines + "};\n\n";
  }

  /// "" for values that make no name. Signals are macros in <csignal>.
  static std::string constant_name(const std::string& text) {
    if (text.empty() || text.starts_with("SIG")) return "";
    const std::string name = atom_identifier(text);
    const bool named = std::any_of(name.begin(), name.end(), [](char c) { return c != '_'; });
    return !named || (name[0] >= '0' && name[0] <= '9') ? "" : name;
  }

  /// Classes stand behind those they return by value.
  void print_struct(const Type& type) {
    if (!printed_.insert(type.name).second) return;
    std::string methods;
    add_fields(type, methods);
    const bool object = type.object && has_metadata(type);
    const std::string base = object ? "ObjectView" : "View";
    body_ += "class " + type.name + " : public " + base + " {\n public:\n  using " + base +
             "::" + base + ";\n";
    body_ += "  static constexpr std::string_view kTypeName{" + quote(type.full_name()) + "};\n" +
             methods + "};\n\n";
  }

  static bool has_metadata(const Type& type) {
    return std::any_of(type.fields.begin(), type.fields.end(),
                       [](const Field& f) { return f.name == "metadata"; });
  }

  void add_fields(const Type& type, std::string& methods) {
    for (const Field& field : type.fields) {
      if (field.name.empty()) {
        add_fields(*api_.find(field.type), methods);
      } else {
        add_method(field, methods);
      }
    }
  }

  void add_method(const Field& field, std::string& methods) {
    const std::string name = atom_identifier(field.name);
    const std::string value = "at(object::atom::" + name + ")";
    if (field.pointer) {
      methods += "  [[nodiscard]] bool has_" + field_suffix(name) + "() const { return " + value +
                 ".exists(); }\n";
    }
    const CppType type = cpp_type(field.type);
    std::string reader = type.reader;
    const bool scalar = field.pointer && !type.view && type.name != "std::string_view";
    std::string parameter;
    if (scalar && type.name != "object::Value") {
      parameter = type.name + " fallback = {}";
      reader.insert(reader.find("()") + 1, "fallback");
    }
    reader.replace(reader.find('$'), 1, value);
    methods += "  [[nodiscard]] " + type.name + " " + name + "(" + parameter + ") const { return " +
               reader + "; }\n";
  }

  static std::string field_suffix(std::string name) {
    if (name.ends_with('_')) name.pop_back();
    return name;
  }

  CppType cpp_type(const std::string& type) {
    if (type == "string" || type == "bytes") return {"std::string_view", false, "$.as_string()"};
    if (type == "bool") return {"bool", false, "$.as_bool()"};
    if (type == "int64") return {"std::int64_t", false, "$.as_int()"};
    if (type == "int32") return {"std::int32_t", false, "static_cast<std::int32_t>($.as_int())"};
    if (type == "double" || type == "float") return {"double", false, "$.as_double()"};
    if (type == "any") return {"object::Value", false, "$"};
    if (const std::string element = element_of(type); !element.empty()) {
      CppType inner = cpp_type(element);
      if (inner.reader == "$.as_raw()") inner.name = "object::Value";
      const std::string name = (type.starts_with("[]") ? "ListOf<" : "MapOf<") + inner.name + ">";
      return {name, true, name + "($)"};
    }
    const Type& named = *api_.find(type);
    switch (named.kind) {
      case Type::Kind::Enum:
        return {"std::string_view", false, "$.as_string()"};
      case Type::Kind::Renamed:
        return cpp_type(named.element);
      case Type::Kind::Form:
        return form_type(named.form);
      case Type::Kind::Struct:
        break;
    }
    std::string name = named.name;
    if (named.package != package_.name) {
      needed_.insert(named.package);
      const auto [group, version] = scope_of(named.package);
      name = group + "::" + version + "::" + name;
    } else {
      print_struct(named);
    }
    return {name, true, name + "($)"};
  }

  static CppType form_type(const std::string& form) {
    constexpr std::array<std::string_view, 4> kTexts = {"quantity", "time", "microTime",
                                                        "duration"};
    constexpr std::array<std::string_view, 3> kRaw = {"raw", "fieldsV1", "json"};
    if (std::find(kTexts.begin(), kTexts.end(), form) != kTexts.end()) {
      return {"std::string_view", false, "$.as_string()"};
    }
    if (std::find(kRaw.begin(), kRaw.end(), form) != kRaw.end())
      return {"std::string_view", false, "$.as_raw()"};
    return {"object::Value", false, "$"};
  }

  /// api::Pod for api::core::v1::Pod: the kinds of resources, in the preferred version of the first
  /// group that has them (Event is core's).
  std::string aliases() const {
    std::set<std::string> taken;
    for (const Group& group : api_.groups) {
      const std::string name = group.name.empty() ? "core" : group.name;
      for (const GroupVersion& version : group.versions) {
        std::set<std::string> kinds;
        for (const Resource& resource : api_.resources) {
          if (resource.package != name + "/" + version.version) continue;
          const std::string kind = api_.find(resource.type)->name;
          if (!taken.contains(kind)) kinds.insert(kind);
        }
        if (name + "/" + version.version == package_.name) {
          const auto [scope, scope_version] = scope_of(package_.name);
          std::string out;
          for (const std::string& kind : kinds) {
            out += "using " + scope + "::" + scope_version + "::" + kind + ";\n";
          }
          return out.empty() ? out : out + "\n";
        }
        taken.insert(kinds.begin(), kinds.end());
      }
    }
    return package_.name == "meta/v1" ? "using meta::v1::ObjectMeta;\n\n" : "";
  }

  const Api& api_;
  const Package& package_;
  std::set<std::string> needed_;
  std::set<std::string> printed_;
  std::string body_;
};

}  // namespace

std::string view_file_name(const Package& package) {
  const auto [group, version] = scope_of(package.name);
  return group + "_" + version + ".h";
}

std::string emit_views(const Api& api, const Package& package) {
  return Printer(api, package).run();
}

}  // namespace knarr::apigen
