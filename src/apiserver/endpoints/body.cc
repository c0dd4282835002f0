// SPDX-License-Identifier: Apache-2.0
// Bodies to typed drafts: format, kind and version, strictness (BEHAVIOURS 45, 134).
#include "apiserver/endpoints/endpoint.h"
#include "api/resources.h"
#include "apiserver/endpoints/json_complaint.h"
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
const std::string kNoKind = "couldn't get version/kind; json parse error: ";

// What looks like JSON is shown as text, anything else in hexadecimal.
std::string excerpt(std::string_view bytes) {
  if (bytes.empty()) return "<empty>";
  const std::string_view rest = bytes.size() > kQuoted ? " ..." : "";
  std::string text(bytes.substr(0, kQuoted));
  if (bytes.front() != '{') {
    std::string digits;
    for (const char c : text) digits += fmt::format("{:02x}", static_cast<unsigned char>(c));
    text = std::move(digits);
  }
  return text.append(rest);
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
  if (bytes.empty()) return unrecognized(kind, "empty data", bytes);
  if (!codec::is_envelope(bytes)) {
    return unrecognized(kind, "provided data does not appear to be a protobuf message, expected prefix "
                              "[107 56 115 0]",
                        bytes);
  }
  if (bytes.size() == 4) return unrecognized(kind, "empty body", bytes);
  auto envelope = codec::decode_envelope(bytes);
  if (!envelope) return unrecognized(kind, envelope.error().message(), bytes);
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
    if (format == Format::Yaml) return unrecognized(kind, draft.error().message(), bytes);
    std::string complaint = json_complaint(bytes);
    if (complaint.empty()) complaint = draft.error().message();  // A limit of ours.
    return unrecognized(kind, kNoKind + complaint, bytes);
  }
  parsed.draft = std::move(*draft);
  parsed.notes.duplicate_fields = std::move(notes.duplicate_fields);
  parsed.notes.problems = std::move(notes.problems);
  NodeRef root = parsed.draft.root();
  if (root.is_null()) root.set_map();
  const auto is_text = [&](NodeRef value) { return !value || value.is_null() || value.is_string(); };
  if (!root.is_map() || !is_text(root[atom::kind]) || !is_text(root[atom::apiVersion])) {
    return unrecognized(kind, kNoKind + "json: cannot unmarshal this into an object whose kind and "
                                        "apiVersion are texts",
                        bytes);
  }
  parsed.kind = parsed.draft[atom::kind].as_string();
  parsed.api_version = parsed.draft[atom::apiVersion].as_string();
  return parsed;
}

// What a body says of its kind must be what the URL is about; what it leaves out is taken from there.
Result<> check_kind(const Parsed& parsed, std::string_view api_version, std::string_view kind,
                    std::string_view bytes) {
  const std::string_view got_kind = parsed.kind.empty() ? kind : std::string_view(parsed.kind);
  std::string_view got_version =
      parsed.api_version.empty() ? api_version : std::string_view(parsed.api_version);
  if (got_version.starts_with('/')) got_version.remove_prefix(1);
  if (got_kind == kind && got_version == api_version) return ok();
  const std::size_t slash = got_version.find('/');
  if (slash != std::string_view::npos && got_version.find('/', slash + 1) != std::string_view::npos) {
    return unrecognized(kind, fmt::format("unexpected GroupVersion string: {}", got_version), bytes);
  }
  const std::string_view group =
      slash == std::string_view::npos ? std::string_view() : got_version.substr(0, slash);
  const std::string_view version = version_part(got_version);
  if (!api::type_of_kind(group, version, got_kind)) {
    return Error(Reason::BadRequest,
                 fmt::format("{} in version \"{}\" cannot be handled as a {}: no kind \"{}\" is "
                             "registered for version \"{}\" in scheme \"knarr\"",
                             got_kind, version, kind, got_kind, got_version));
  }
  if (got_kind == kind && api_version.starts_with(got_version.substr(0, got_version.rfind('/') + 1))) {
    return Error(Reason::BadRequest,
                 fmt::format("the API version in the data ({}) does not match the expected API "
                             "version ({})",
                             got_version, api_version));
  }
  return Error(Reason::BadRequest,
               fmt::format("{} in version \"{}\" cannot be handled as a {}: converting ({}.{}) to "
                           "({}): unknown conversion",
                           got_kind, version, kind, version, got_kind, kind));
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
    return unrecognized(kind, kNoKind + "unexpected end of JSON input", "");
  }
  const auto* sent = std::get_if<WireBody>(&call.request->body);
  TRY(check_kind(parsed, api_version, kind, sent != nullptr ? std::string_view(sent->bytes) : ""));
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
