// SPDX-License-Identifier: Apache-2.0
// Bodies to typed drafts: format, kind and version, strictness (BEHAVIOURS 45, 134).
#include "apiserver/endpoints/endpoint.h"
#include "api/resources.h"
#include "apiserver/endpoints/negotiate.h"
#include "codec/json.h"
#include "codec/protobuf.h"
#include "codec/yaml.h"

#include <fmt/format.h>

namespace knarr::apiserver {

using object::Draft;
using object::NodeRef;
using object::Type;
namespace atom = object::atom;

namespace {

constexpr std::size_t kQuoted = 30;  // Bytes of a bad body that an error repeats.

std::string excerpt(std::string_view bytes) {
  if (bytes.empty()) return "<empty>";
  if (bytes.size() <= kQuoted) return std::string(bytes);
  return fmt::format("{} ...", bytes.substr(0, kQuoted));
}

Error unrecognized(std::string_view kind, std::string_view why, std::string_view bytes) {
  return {Reason::BadRequest,
          fmt::format("the object provided is unrecognized (must be of type {}): {} ({})", kind, why,
                      excerpt(bytes))};
}

std::string_view version_part(std::string_view api_version) {
  const std::size_t slash = api_version.rfind('/');
  return slash == std::string_view::npos ? api_version : api_version.substr(slash + 1);
}

struct Parsed {
  Draft draft;
  std::string kind;
  std::string api_version;
  bool typed = false;  // Protobuf: decoded by the type already.
  codec::DecodeNotes notes;
};

Result<Parsed> parse_protobuf(std::string_view bytes, Type type, std::string_view kind) {
  auto envelope = codec::decode_envelope(bytes);
  if (!envelope) return unrecognized(kind, envelope.error().message(), "");
  Parsed parsed;
  parsed.kind = envelope->kind;
  parsed.api_version = envelope->api_version;
  parsed.draft = TRY(codec::decode_protobuf(envelope->raw, type));
  parsed.typed = true;
  return parsed;
}

Result<Parsed> parse_text(std::string_view bytes, Format format, std::string_view kind) {
  Parsed parsed;
  codec::JsonNotes notes;
  auto draft = format == Format::Yaml ? codec::parse_yaml(bytes, {}, &notes)
                                      : codec::parse_json(bytes, {}, &notes);
  if (!draft) {
    return unrecognized(kind, fmt::format("couldn't get version/kind; json parse error: {}",
                                          draft.error().message()),
                        bytes);
  }
  parsed.draft = std::move(*draft);
  parsed.notes.duplicate_fields = std::move(notes.duplicate_fields);
  parsed.notes.problems = std::move(notes.problems);
  if (!parsed.draft.root().is_map()) {
    return unrecognized(kind, "couldn't get version/kind; json parse error: the body is not an object",
                        bytes);
  }
  parsed.kind = parsed.draft[atom::kind].as_string();
  parsed.api_version = parsed.draft[atom::apiVersion].as_string();
  return parsed;
}

Result<> check_kind(const Parsed& parsed, std::string_view api_version, std::string_view kind) {
  const std::string_view got_kind = parsed.kind.empty() ? kind : std::string_view(parsed.kind);
  const std::string_view got_version =
      parsed.api_version.empty() ? api_version : std::string_view(parsed.api_version);
  if (got_kind == kind && got_version == api_version) return ok();
  const std::size_t slash = got_version.find('/');
  const std::string_view group =
      slash == std::string_view::npos ? std::string_view() : got_version.substr(0, slash);
  if (got_kind != kind && api::type_of_kind(group, version_part(got_version), got_kind)) {
    return Error(Reason::BadRequest,
                 fmt::format("{} in version \"{}\" cannot be handled as a {}: converting ({}.{}) to "
                             "({}): unknown conversion",
                             got_kind, version_part(got_version), kind, version_part(got_version),
                             got_kind, kind));
  }
  if (got_kind == kind && got_version.substr(0, got_version.rfind('/') + 1) ==
                              api_version.substr(0, api_version.rfind('/') + 1) &&
      got_version.find('/') != std::string_view::npos) {
    return Error(Reason::BadRequest,
                 fmt::format("the API version in the data ({}) does not match the expected API "
                             "version ({})",
                             got_version, api_version));
  }
  return Error(Reason::BadRequest,
               fmt::format("{} in version \"{}\" cannot be handled as a {}: no kind \"{}\" is "
                           "registered for version \"{}\" in scheme \"knarr\"",
                           got_kind, version_part(got_version), kind, got_kind, got_version));
}

}  // namespace

Result<> report_notes(Call& call, const codec::DecodeNotes& notes, std::string_view kind,
                      std::string_view version, WriteOptions::Validation validation) {
  using Validation = WriteOptions::Validation;
  if (validation == Validation::Ignore) return ok();
  std::vector<std::string> problems = notes.problems;
  if (problems.empty()) return ok();
  if (validation == Validation::Warn) {
    for (std::string& problem : problems) call.warnings.push_back(std::move(problem));
    return ok();
  }
  return Error(Reason::BadRequest,
               fmt::format("{} in version \"{}\" cannot be handled as a {}: strict decoding error: {}",
                           kind, version_part(version), kind, fmt::join(problems, ", ")));
}

Result<Draft> read_object(Call& call, Type type, std::string_view api_version,
                          std::string_view kind, WriteOptions::Validation validation) {
  Parsed parsed;
  if (auto* draft = std::get_if<Draft>(&call.request->body)) {
    parsed.draft = std::move(*draft);
    parsed.kind = parsed.draft[atom::kind].as_string();
    parsed.api_version = parsed.draft[atom::apiVersion].as_string();
  } else if (auto* wire = std::get_if<WireBody>(&call.request->body)) {
    const Format format = TRY(body_format(wire->content_type));
    parsed = format == Format::Protobuf ? TRY(parse_protobuf(wire->bytes, type, kind))
                                        : TRY(parse_text(wire->bytes, format, kind));
  } else {
    return unrecognized(kind, "couldn't get version/kind; json parse error: unexpected end of JSON input",
                        "");
  }
  TRY(check_kind(parsed, api_version, kind));
  if (!parsed.typed) {
    auto decoded = codec::decode_typed(parsed.draft.root(), type, &parsed.notes);
    if (!decoded) {
      // A value of the wrong JSON kind is told in Go's manner, which clients look for.
      const std::string& why = decoded.error().message();
      const bool wrong_kind = why.find("expected a") != std::string::npos;
      return Error(Reason::BadRequest,
                   fmt::format("{} in version \"{}\" cannot be handled as a {}: {}{}", kind,
                               version_part(api_version), kind,
                               wrong_kind ? "json: cannot unmarshal " : "", why));
    }
    TRY(report_notes(call, parsed.notes, kind, api_version, validation));
  }
  parsed.draft.root().erase(atom::kind);
  parsed.draft.root().erase(atom::apiVersion);
  return std::move(parsed.draft);
}

}  // namespace knarr::apiserver
