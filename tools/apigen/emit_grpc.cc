// SPDX-License-Identifier: Apache-2.0
// Prints gen/<component>/messages.h and messages.cc for what a component speaks over gRPC: the
// table of its messages, its methods, and the numbers of its enums.
#include "emit.h"

#include <set>

namespace knarr::apigen {
namespace {

std::string cpp_namespace(const std::string& component) {
  std::string result = "knarr";
  for (std::size_t at = 0; at < component.size();) {
    const std::size_t end = std::min(component.find('/', at), component.size());
    result += "::" + component.substr(at, end - at);
    at = end + 1;
  }
  return result;
}

std::string print_service(const Api& api, const Tables& tables, const Service& service) {
  const std::string name = api.packages.at(service.package).grpc + "." + service.name;
  std::string out = "/// " + name + "\nstruct " + service.name + " {\n";
  for (const Method& method : service.methods) {
    const std::string member = method.name == service.name ? method.name + "_" : method.name;
    out += "  static constexpr Method " + member + "{" + quote("/" + name + "/" + method.name) +
           ", " + std::to_string(tables.index.at(method.request)) + ", " +
           std::to_string(tables.index.at(method.response)) + ", " +
           (method.client_stream ? "true" : "false") + ", " +
           (method.server_stream ? "true" : "false") + "};\n";
  }
  return out + "};\n\n";
}

std::string print_enum(const Type& type) {
  std::string out;
  for (const EnumValue& value : type.values) {
    if (value.name.starts_with("SIG")) continue;  // Macros of <csignal>.
    out += "  static constexpr std::int32_t " + atom_identifier(value.name) + " = " +
           std::to_string(value.number) + ";\n";
  }
  return "struct " + type.name + " {\n" + out + "};\n\n";
}

}  // namespace

std::string emit_messages_header(const Api& api, const Tables& tables,
                                 const std::string& component) {
  const std::string space = cpp_namespace(component);
  std::string out = generated_banner("gRPC of " + component + ".");
  out +=
      "#pragma once\n\n#include \"object/type_table.h\"\n\n#include <cstdint>\n#include "
      "<string_view>\n\n";
  out += "namespace " + space + " {\n\n";
  out +=
      "/// The messages: `messages().find(\"cri/v1.PodSandbox\")`. Fields have their protobuf "
      "names.\n";
  out += "const object::TypeTable& messages();\n\n";
  out +=
      "struct Method {\n  std::string_view path;  // \"/package.Service/Method\"\n"
      "  std::uint32_t request = 0;  // Indices into messages().\n  std::uint32_t response = 0;\n"
      "  bool client_stream = false;\n  bool server_stream = false;\n};\n\n";
  for (const Service& service : api.services) {
    if (api.packages.at(service.package).into == component)
      out += print_service(api, tables, service);
  }
  for (const auto& type : api.types) {
    if (type->kind == Type::Kind::Enum && api.packages.at(type->package).into == component) {
      out += print_enum(*type);
    }
  }
  return out + "}  // namespace " + space + "\n";
}

std::string emit_messages(const Tables& tables, const std::string& component) {
  const std::string space = cpp_namespace(component);
  std::string out = generated_banner("gRPC of " + component + ".");
  out += "#include \"gen/" + component + "/messages.h\"\n\nnamespace " + space + " {\n\n";
  out += emit_table(tables, "kTable");
  out +=
      "\nconst object::TypeTable& messages() { return kTable; }\n\n}  // namespace " + space + "\n";
  return out;
}

std::set<std::string> packages_of(const Api& api, const std::string& component) {
  std::set<std::string> result;
  for (const auto& [name, package] : api.packages) {
    if (package.into == component) result.insert(name);
  }
  // And those whose messages they use, until nothing is added.
  for (bool grown = true; grown;) {
    grown = false;
    for (const auto& type : api.types) {
      if (!result.contains(type->package)) continue;
      for (const Field& field : type->fields) {
        const Type* used = api.find(innermost(field.type));
        if (used != nullptr) grown = result.insert(used->package).second || grown;
      }
    }
    for (const Service& service : api.services) {
      if (!result.contains(service.package)) continue;
      for (const Method& method : service.methods) {
        grown = result.insert(api.find(method.request)->package).second || grown;
        grown = result.insert(api.find(method.response)->package).second || grown;
      }
    }
  }
  return result;
}

}  // namespace knarr::apigen
