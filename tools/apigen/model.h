// SPDX-License-Identifier: Apache-2.0
// What api/*.api says, as plain data: made by the parser, checked and completed by link.cc, read by
// the emitters. Names of types are whole ("core/v1.PodSpec") everywhere in here.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace knarr::apigen {

struct Position {
  std::string file;
  int line = 0;
};

/// Collects mistakes of the description, to be printed as "file:line: message".
class Diagnostics {
 public:
  void error(const Position& at, const std::string& message) {
    lines_.push_back(at.file + ":" + std::to_string(at.line) + ": " + message);
  }
  [[nodiscard]] bool empty() const { return lines_.empty(); }
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
};

struct Field {
  Position at;
  std::string package;  // Of the type it stands in.
  std::string name;     // The JSON name. Empty: the fields of `type`, a struct, stand in its place.
  int number = 0;       // Of protobuf; 0: none.
  std::string type;     // "string", "[]core/v1.Container", "map[string]string"
  bool pointer = false;
  bool omit_empty = false;
  bool omit_zero = false;
  bool required_word = false;
  bool optional_word = false;
  bool published = false;  // The default stands in OpenAPI.
  bool merge = false;
  bool replace = false;
  bool retain_keys = false;
  bool deprecated = false;
  bool immutable = false;
  std::string default_json;
  std::string merge_key;
  std::string list;  // "", atomic, set, map
  std::string list_keys;
  std::string map;  // "", atomic, granular
  std::string gates;
  bool has_min = false;
  bool has_max = false;
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::string help;

  /// In OpenAPI's list of required fields.
  [[nodiscard]] bool required() const {
    return required_word || (!omit_empty && !omit_zero && !optional_word);
  }
};

/// When a type came, is frowned upon, goes: releases ("1.33"), and what takes its place.
struct LifeCycle {
  std::string since;
  std::string deprecated;
  std::string removed;
  std::string replacement;
};

struct EnumValue {
  std::string text;
  std::string name;  // Of numbered values (gRPC): the constant.
  std::int64_t number = 0;
};

struct Type {
  enum class Kind : std::uint8_t {
    Struct,
    Enum,     // Text with known values, or (numbered) an int32.
    Renamed,  // type X = []string
    Form,     // A form of its own: Quantity, Time, ...
  };
  Position at;
  std::string package;  // "core/v1"
  std::string name;     // "PodSpec"
  Kind kind = Kind::Struct;
  bool object = false;  // Begins with kind and apiVersion.
  bool openapi = true;
  bool proto = true;
  bool atomic = false;
  bool granular = false;
  bool deprecated = false;
  bool message = false;    // Renamed list that is a message in protobuf.
  bool published = false;  // Enum: OpenAPI has the values.
  bool numbered = false;   // Enum of gRPC.
  std::string form;
  std::string element;  // Renamed: what it stands for. Form: its element, or "".
  std::string hook;
  std::string help;
  LifeCycle life;
  std::vector<Field> fields;
  std::vector<EnumValue> values;

  [[nodiscard]] std::string full_name() const { return package + "." + name; }
};

struct Package {
  std::string name;      // "core/v1"
  std::string openapi;   // "io.k8s.api.core.v1", or "".
  std::string grpc;      // "runtime.v1": the package of gRPC messages; else "".
  std::string into;      // Of gRPC: the component whose tables they go into; "": none yet.
  bool version = false;  // A group version, as against a package of types (util/intstr).
};

struct GroupVersion {
  std::string version;
  int priority = 0;
};

struct Group {
  Position at;
  std::string name;  // "" for core.
  int priority = 0;
  std::vector<GroupVersion> versions;  // Preferred first.
};

struct Gate {
  std::string stage;
  bool on = false;
};

struct Column {
  std::string name;
  std::string type;
  std::string format;
  int priority = 0;
  std::string cell;  // How: path, age, hook, ...
  std::string argument;
  std::string otherwise;  // Shown when there is nothing.
  std::string help;
};

struct Selector {
  std::string name;
  std::string path;  // JSON path below the object; "" with a hook.
  std::string hook;
};

struct Subresource {
  Position at;
  std::string name;
  std::string type;  // Whole name of its kind.
  std::vector<std::string> verbs;
  bool connect = false;
};

struct Resource {
  Position at;
  std::string package;
  std::string plural;
  std::string singular;
  std::string type;       // Whole name.
  std::string list_type;  // Whole name, or "" when it cannot be listed.
  bool namespaced = false;
  std::vector<std::string> short_names;
  std::vector<std::string> categories;
  std::vector<std::string> verbs;
  std::string stage;  // ga, beta, alpha
  bool off = false;   // Not served by default.
  std::string gate;
  std::string key;           // "/registry/pods"; "" when nothing is stored.
  std::string stored_as;     // "core/v1"
  std::string hash_version;  // The group version in the storage version hash.
  std::string columns_like;  // "autoscaling/v2.horizontalpodautoscalers"
  std::vector<Column> columns;
  std::vector<Selector> selectors;
  std::vector<Subresource> subresources;
};

/// Field names that differ between two versions of a kind.
struct Conversion {
  Position at;
  std::string from;  // Whole type names.
  std::string to;
  std::string hook;
  std::vector<std::pair<std::string, std::string>> renames;  // Paths.
};

struct Method {
  std::string name;
  std::string request;
  std::string response;
  bool client_stream = false;
  bool server_stream = false;
};

struct Service {
  Position at;
  std::string package;
  std::string name;
  std::vector<Method> methods;
};

struct Api {
  std::map<std::string, Package> packages;
  std::vector<std::unique_ptr<Type>> types;  // In the order of the files.
  std::map<std::string, Type*> by_name;
  std::vector<Group> groups;
  std::map<std::string, Gate> gates;
  std::vector<Resource> resources;
  std::vector<Conversion> conversions;
  std::vector<Service> services;

  [[nodiscard]] const Type* find(const std::string& name) const {
    const auto at = by_name.find(name);
    return at == by_name.end() ? nullptr : at->second;
  }
};

/// "[]x" -> "x", "map[string]x" -> "x", else "".
inline std::string element_of(std::string_view type) {
  if (type.starts_with("[]")) return std::string(type.substr(2));
  if (type.starts_with("map[string]")) return std::string(type.substr(11));
  return {};
}

/// The innermost name: "[]map[string]x" -> "x".
inline std::string innermost(std::string type) {
  for (std::string inner = element_of(type); !inner.empty(); inner = element_of(type)) type = inner;
  return type;
}

}  // namespace knarr::apigen
