// SPDX-License-Identifier: Apache-2.0
// The options of writes and deletions, read from queries and bodies and checked as Kubernetes does.
// Source: k8s.io/apimachinery apis/meta/v1/validation.
#include "apiserver/endpoints/endpoint.h"
#include "apiserver/api_server.h"
#include "apiserver/endpoints/negotiate.h"
#include "api/types.h"
#include "codec/json.h"
#include "codec/protobuf.h"
#include "codec/yaml.h"
#include "schema/field_error.h"
#include "schema/metadata_validation.h"

#include <fmt/core.h>

#include <charconv>

namespace knarr::apiserver {

using object::Draft;
using schema::FieldErrors;
using schema::FieldPath;
namespace atom = object::atom;

namespace {

constexpr std::size_t kMaximumManager = 128;

std::string_view options_kind(WriteVerb verb) {
  switch (verb) {
    case WriteVerb::Create: return "CreateOptions";
    case WriteVerb::Update: return "UpdateOptions";
    case WriteVerb::Patch:
    case WriteVerb::Apply: return "PatchOptions";
  }
  return "";
}

void check_dry_run(const std::vector<std::string_view>& values, FieldErrors& errors) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] == "All") continue;
    object::Draft list;  // The message shows the whole list.
    for (std::string_view value : values) list.root().append_string(value);
    errors.not_supported(FieldPath("dryRun"), object::Draft::freeze(list.root()).root(), {"All"});
    return;
  }
}

Result<std::int64_t> parse_int(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) {
    return Error(Reason::BadRequest,
                 fmt::format("strconv.ParseInt: parsing \"{}\": value out of range", text));
  }
  if (error != std::errc() || end != text.data() + text.size()) {
    return Error(Reason::BadRequest,
                 fmt::format("strconv.ParseInt: parsing \"{}\": invalid syntax", text));
  }
  return value;
}

Result<DeleteOptions> delete_options_of_query(const Query& query) {
  DeleteOptions options;
  if (query.has("gracePeriodSeconds")) {
    options.grace_seconds = TRY(parse_int(query.get("gracePeriodSeconds")));
  }
  options.propagation = query.get("propagationPolicy");
  if (query.has("orphanDependents")) options.orphan_dependents = query.flag("orphanDependents");
  if (query.has("uid")) options.uid = query.get("uid");
  if (query.has("resourceVersion")) options.resource_version = query.get("resourceVersion");
  options.dry_run = !query.all("dryRun").empty();
  return options;
}

Result<Draft> parse_delete_body(const WireBody& body) {
  const Format format = TRY(body_format(body.content_type));
  const object::Type type = api::types().find("meta/v1.DeleteOptions");
  if (format == Format::Protobuf) {
    const codec::Envelope envelope = TRY(codec::decode_envelope(body.bytes));
    return codec::decode_protobuf(envelope.raw, type);
  }
  Draft draft = format == Format::Yaml ? TRY(codec::parse_yaml(body.bytes, {}, nullptr))
                                       : TRY(codec::parse_json(body.bytes, {}, nullptr));
  if (!draft.root().is_map()) {
    return Error(Reason::BadRequest,
                 "couldn't get version/kind; json parse error: DeleteOptions must be an object");
  }
  const std::string_view kind = draft[atom::kind].as_string();
  const std::string_view version = draft[atom::apiVersion].as_string();
  if (!kind.empty() && kind != "DeleteOptions") {
    return Error(Reason::BadRequest,
                 fmt::format("no kind \"{}\" is registered for version \"{}\" in scheme \"knarr\"", kind,
                             version.empty() ? "v1" : version));
  }
  TRY(codec::decode_typed(draft.root(), type, nullptr));
  return draft;
}

Result<DeleteOptions> delete_options_of_body(const WireBody& body) {
  auto parsed = parse_delete_body(body);
  if (!parsed) {
    // Whatever is wrong with the body is a plain 400 here.
    return Error(Reason::BadRequest, parsed.error().message());
  }
  const Draft draft = std::move(*parsed);
  DeleteOptions options;
  if (draft["gracePeriodSeconds"].is_int()) options.grace_seconds = draft["gracePeriodSeconds"].as_int();
  options.propagation = draft["propagationPolicy"].as_string();
  if (draft["orphanDependents"].is_bool()) {
    options.orphan_dependents = draft["orphanDependents"].as_bool();
  }
  const object::NodeRef pre = draft["preconditions"];
  if (pre["uid"].is_string()) options.uid = pre["uid"].as_string();
  if (pre["resourceVersion"].is_string()) options.resource_version = pre["resourceVersion"].as_string();
  FieldErrors errors;
  std::vector<std::string_view> dry_run;
  for (object::NodeRef item : draft["dryRun"].items()) dry_run.push_back(item.as_string());
  check_dry_run(dry_run, errors);
  options.dry_run = !dry_run.empty();
  if (!errors.empty()) return std::move(errors).to_error("meta.k8s.io", "DeleteOptions", "");
  return options;
}

}  // namespace

Result<WriteOptions> read_write_options(const Call& call, WriteVerb verb) {
  const Query& query = call.query();
  WriteOptions options;
  FieldErrors errors;
  const std::string_view manager = query.get("fieldManager");
  const std::string_view validation = query.get("fieldValidation");
  if (verb == WriteVerb::Apply) {
    if (manager.empty()) {
      errors.required(FieldPath("fieldManager"), "is required for apply patch");
    }
  } else if (verb == WriteVerb::Patch && query.has("force")) {
    errors.forbidden(FieldPath("force"), "may not be specified for non-apply patch");
  }
  schema::validate_field_manager(manager, FieldPath("fieldManager"), errors);
  check_dry_run(query.all("dryRun"), errors);
  if (!validation.empty() && validation != "Ignore" && validation != "Warn" && validation != "Strict") {
    errors.not_supported(FieldPath("fieldValidation"), validation, {"", "Ignore", "Strict", "Warn"});
  }
  if (!errors.empty()) return std::move(errors).to_error("meta.k8s.io", options_kind(verb), "");
  options.dry_run = !query.all("dryRun").empty();
  options.field_manager = manager.empty() ? call.request->default_manager() : std::string(manager);
  options.force = query.flag("force");
  if (validation == "Ignore") options.validation = WriteOptions::Validation::Ignore;
  if (validation == "Strict") options.validation = WriteOptions::Validation::Strict;
  return options;
}

Result<DeleteOptions> read_delete_options(Call& call) {
  DeleteOptions options;
  const auto* body = std::get_if<WireBody>(&call.request->body);
  if (body != nullptr && !body->bytes.empty()) {
    options = TRY(delete_options_of_body(*body));
  } else {
    options = TRY(delete_options_of_query(call.query()));
  }
  FieldErrors errors;
  if (options.orphan_dependents && !options.propagation.empty()) {
    errors.invalid(FieldPath("propagationPolicy"), options.propagation,
                   "orphanDependents and deletionPropagation cannot be both set");
  }
  if (!options.propagation.empty() && options.propagation != "Foreground" &&
      options.propagation != "Background" && options.propagation != "Orphan") {
    errors.not_supported(FieldPath("propagationPolicy"), options.propagation,
                         {"Foreground", "Background", "Orphan", "nil"});
  }
  if (body == nullptr || body->bytes.empty()) check_dry_run(call.query().all("dryRun"), errors);
  if (!errors.empty()) return std::move(errors).to_error("meta.k8s.io", "DeleteOptions", "");
  return options;
}

std::string ApiRequest::default_manager() const {
  std::string_view manager = user_agent;
  manager = manager.substr(0, manager.find('/'));
  return manager.empty() ? "unknown" : std::string(manager.substr(0, kMaximumManager));
}

Result<> require_create(const Call& call) {
  auth::Attributes attributes = attributes_of(*call.request);
  attributes.verb = "create";
  return auth::require(call.parts->authorizer, attributes);
}

Error undetermined_name(std::string_view url_name) {
  return {Reason::BadRequest,
          fmt::format("the name of the object ({} based on URL) was undeterminable: name must be "
                      "provided",
                      url_name)};
}

WriteCall write_call(const Call& call, const WriteOptions& options) {
  WriteCall write;
  write.served = call.served;
  write.namespace_ = call.info().namespace_;
  write.name = call.info().name;
  write.subresource = call.info().subresource;
  write.user = call.request->user;
  write.manager = options.field_manager;
  write.dry_run = options.dry_run;
  return write;
}

ApiReply object_reply(const Call& call, const object::Document& stored, int code) {
  ApiReply reply;
  reply.code = code;
  reply.warnings = call.warnings;
  reply.body = ObjectReply{call.parts->registry.to_served(*call.served, stored), call.served->type,
                           call.served->api_version, call.served->row->kind(), call.served};
  return reply;
}

ApiReply failed(Call& call, Error error) {
  ApiReply reply;
  reply.code = error.code();
  reply.warnings = std::move(call.warnings);
  reply.body = std::move(error);
  return reply;
}

}  // namespace knarr::apiserver
