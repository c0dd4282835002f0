// SPDX-License-Identifier: Apache-2.0
// What the endpoints (a file per verb) share: the parts they work on, and the reading of bodies and
// options. Private to endpoints/.
#pragma once

#include "apiserver/api.h"
#include "apiserver/registry/registry.h"
#include "auth/authorizer.h"
#include "codec/typed.h"

#include <string>
#include <vector>

namespace knarr::apiserver {

/// The parts that endpoints need; owned by the ApiServer.
struct EndpointParts {
  Registry& registry;
  const auth::Authorizer& authorizer;
};

/// One resource request on its way through an endpoint. Lives in ApiServer::serve()'s frame.
struct Call {
  EndpointParts* parts = nullptr;
  ApiRequest* request = nullptr;
  const Served* served = nullptr;
  std::vector<std::string> warnings;

  [[nodiscard]] const RequestInfo& info() const { return request->info; }
  [[nodiscard]] const Query& query() const { return request->query; }
  [[nodiscard]] Collection& collection() const { return *served->collection; }
};

// ---- options of writes, from the query (body.cc, options.cc)

struct WriteOptions {
  bool dry_run = false;
  std::string field_manager;  // Never empty.
  bool force = false;
  bool has_force = false;
  enum class Validation : std::uint8_t { Ignore, Warn, Strict } validation = Validation::Warn;
};

enum class WriteVerb : std::uint8_t { Create, Update, Patch, Apply };
/// Errors: Invalid (CreateOptions..., field), BadRequest.
Result<WriteOptions> read_write_options(const Call& call, WriteVerb verb);

/// The options of a DELETE, from its body or, without one, its query (BEHAVIOURS 132).
Result<DeleteOptions> read_delete_options(Call& call);

/// The body as an object of `type` at the served version: decoded, strictness applied, kind and
/// apiVersion checked and taken off. Errors: BadRequest, UnsupportedMediaType.
Result<object::Draft> read_object(Call& call, object::Type type, std::string_view api_version,
                                  std::string_view kind, WriteOptions::Validation validation);

/// What decoding noticed, as an error (Strict), warnings (Warn) or nothing.
Result<> report_notes(Call& call, const codec::DecodeNotes& notes, std::string_view kind,
                      std::string_view version, WriteOptions::Validation validation);

/// An update or apply that would create the object needs the verb create besides its own.
/// Errors: Forbidden.
Result<> require_create(const Call& call);

/// The refusal of a body without a name.
Error undetermined_name(std::string_view url_name);

/// Starts the WriteCall of this request.
WriteCall write_call(const Call& call, const WriteOptions& options);

/// Updates metadata.managedFields of `draft` (served version) for a write that is no apply.
Result<> track_fields(const WriteCall& write, const Served& served, Registry& registry,
                      const object::Document* current, object::Draft& draft, SystemTime now);

/// The object that server-side apply makes of the current one (null: none) and a configuration,
/// served version, typed, defaulted, with its managedFields. Errors: Conflict, BadRequest, Invalid.
Result<object::Draft> apply_fields(const WriteCall& write, const Served& served, Registry& registry,
                                   const object::Document* current, const object::Draft& applied,
                                   bool force, SystemTime now);

/// The reply with an object of the called resource (or of `served`, for its version).
ApiReply object_reply(const Call& call, const object::Document& stored, int code);
/// Takes the warnings along.
ApiReply failed(Call& call, Error error);

// ---- the verbs

Task<ApiReply> serve_get(Call* call);
Task<ApiReply> serve_list(Call* call);
Task<ApiReply> serve_watch(Call* call);
Task<ApiReply> serve_create(Call* call);
Task<ApiReply> serve_update(Call* call);
Task<ApiReply> serve_patch(Call* call);
Task<ApiReply> serve_delete(Call* call);
Task<ApiReply> serve_delete_collection(Call* call);
/// Subresources other than status; NotFound for one there is not.
Task<ApiReply> serve_subresource(Call* call);

}  // namespace knarr::apiserver
