// SPDX-License-Identifier: Apache-2.0
// Accept headers: clauses by quality, then by order.
#include "apiserver/endpoints/negotiate.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

namespace knarr::apiserver {
namespace {

struct Clause {
  std::string_view type;
  std::vector<std::pair<std::string_view, std::string_view>> parameters;
  double quality = 1;

  [[nodiscard]] std::string_view get(std::string_view name) const {
    for (const auto& [key, value] : parameters) {
      if (key == name) return value;
    }
    return {};
  }
};

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string_view next_part(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view part = trim(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

Clause parse_clause(std::string_view text) {
  Clause clause;
  clause.type = next_part(text, ';');
  while (!text.empty()) {
    std::string_view parameter = next_part(text, ';');
    const std::string_view name = next_part(parameter, '=');
    if (name == "q") {
      clause.quality = std::strtod(std::string(parameter).c_str(), nullptr);
    } else {
      clause.parameters.emplace_back(name, parameter);
    }
  }
  return clause;
}

// By quality, then in their order.
std::vector<Clause> parse_clauses(std::string_view accept) {
  std::vector<Clause> clauses;
  while (!accept.empty()) {
    const std::string_view part = next_part(accept, ',');
    if (part.empty()) continue;
    Clause clause = parse_clause(part);
    // Behind its equals: a clause that stands first wins.
    const auto place = std::find_if(clauses.begin(), clauses.end(), [&](const Clause& other) {
      return other.quality < clause.quality;
    });
    clauses.insert(place, std::move(clause));
  }
  return clauses;
}

Error not_acceptable() {
  return {Reason::NotAcceptable,
          "only the following media types are accepted: application/json, application/yaml, "
          "application/vnd.kubernetes.protobuf"};
}

bool format_of(std::string_view type, bool watch, Format* format) {
  if (type == "application/json" || type == "*/*" || type == "application/*") {
    *format = Format::Json;
  } else if (type == "application/yaml" && !watch) {
    *format = Format::Yaml;
  } else if (type == "application/vnd.kubernetes.protobuf") {
    *format = Format::Protobuf;
  } else {
    return false;
  }
  return true;
}

// False when the clause asks for something there is not.
bool accept_clause(const Clause& clause, bool watch, Accepted* accepted) {
  if (!format_of(clause.type, watch, &accepted->format)) return false;
  const std::string_view as = clause.get("as");
  if (as.empty()) return true;
  const std::string_view version = clause.get("v");
  if (clause.get("g") != "meta.k8s.io" || (version != "v1" && version != "v1beta1")) return false;
  accepted->meta_version = version;
  if (as == "Table") {
    accepted->as = As::Table;
    return accepted->format != Format::Protobuf;
  }
  if (as == "PartialObjectMetadata" || as == "PartialObjectMetadataList") {
    accepted->as = As::PartialMetadata;
    accepted->partial_list = as == "PartialObjectMetadataList";
    return true;
  }
  return false;
}

}  // namespace

std::string_view content_type(Format format) {
  switch (format) {
    case Format::Yaml: return "application/yaml";
    case Format::Protobuf: return "application/vnd.kubernetes.protobuf";
    case Format::Json: break;
  }
  return "application/json";
}

Result<Accepted> negotiate(std::string_view accept, bool watch) {
  if (trim(accept).empty()) return Accepted{};
  for (const Clause& clause : parse_clauses(accept)) {
    Accepted accepted;
    if (!accept_clause(clause, watch, &accepted)) continue;
    accepted.stream_watch = clause.get("stream") == "watch";
    accepted.pretty = clause.get("pretty") == "1";
    return accepted;
  }
  return not_acceptable();
}

Result<> check_accept(std::string_view accept) {
  if (trim(accept).empty()) return ok();
  const std::vector<Clause> clauses = parse_clauses(accept);
  const auto is_known = [](const Clause& clause) {
    Format format = Format::Json;
    return clause.type == "*/*" ||
           (!clause.type.ends_with("/*") && format_of(clause.type, false, &format));
  };
  if (std::any_of(clauses.begin(), clauses.end(), is_known)) return ok();
  return Error(Reason::NotAcceptable,
               "406: Not Acceptable\n\nAvailable representations: application/json, "
               "application/yaml, application/vnd.kubernetes.protobuf")
      .with_empty_details();
}

Result<Format> negotiate_path(std::string_view accept, PathMatch match) {
  if (trim(accept).empty()) return Format::Json;
  if (match == PathMatch::Exact) TRY(check_accept(accept));
  Format format = Format::Json;
  for (const Clause& clause : parse_clauses(accept)) {
    if (clause.get("as").empty() && format_of(clause.type, false, &format)) return format;
  }
  return not_acceptable();
}

std::optional<Format> negotiate_discovery(std::string_view accept) {
  Format format = Format::Json;
  for (const Clause& clause : parse_clauses(accept)) {
    if (clause.get("g") == "apidiscovery.k8s.io" && clause.get("v") == "v2" &&
        clause.get("as") == "APIGroupDiscoveryList" && format_of(clause.type, false, &format)) {
      return format;
    }
  }
  return std::nullopt;
}

Result<Format> body_format(std::string_view content_type) {
  std::string_view type = trim(content_type.substr(0, content_type.find(';')));
  Format format = Format::Json;
  if (type.empty() || type == "application/json") return Format::Json;
  if (type != "*/*" && type != "application/*" && format_of(type, false, &format)) return format;
  return Error(Reason::UnsupportedMediaType,
               fmt::format("the body of the request was in an unknown format - accepted media types "
                           "include: application/json, application/yaml, "
                           "application/vnd.kubernetes.protobuf"));
}

}  // namespace knarr::apiserver
