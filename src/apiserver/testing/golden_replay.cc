// SPDX-License-Identifier: Apache-2.0
#include "apiserver/testing/golden_replay.h"

#include "api/resources.h"
#include "apiserver/admission/default_tolerations.h"
#include "apiserver/admission/priority.h"
#include "apiserver/admission/runtime_class.h"
#include "apiserver/admission/service_account.h"
#include "apiserver/admission/topology_labels.h"
#include "apiserver/registry/kinds/binding.h"
#include "apiserver/registry/kind_rules.h"
#include "base/check.h"
#include "codec/json.h"
#include "codec/typed.h"
#include "object/equality.h"
#include "schema/defaulting.h"
#include "schema/metadata_validation.h"
#include "schema/patch/json_patch.h"
#include "schema/patch/merge_patch.h"
#include "schema/patch/strategic_merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

namespace knarr::apiserver::testing {

using object::Document;
using object::Draft;
using object::NodeRef;
using object::Value;

namespace {

constexpr std::string_view kNamespace = "golden-namespace";  // "<ns>" in the answers.

// ---------------------------------------------------------------- texts

std::string replace_all(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
  return text;
}

// The end of the JSON value that begins at `from` with [ or {.
std::size_t end_of_json(std::string_view text, std::size_t from) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = from; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      else if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return i + 1;
    }
  }
  return text.size();
}

// Without quoted structs: the reference prints Go's internal ones.
std::string soften(std::string_view text) {
  constexpr std::string_view kMark = " value: ";
  std::string out;
  while (true) {
    const std::size_t at = text.find(kMark);
    if (at == std::string_view::npos) return out.append(text);
    out.append(text.substr(0, at + kMark.size()));
    text.remove_prefix(at + kMark.size());
    if (!text.empty() && (text[0] == '{' || text[0] == '[')) {
      out += "<value>";
      text.remove_prefix(end_of_json(text, 0));
    }
  }
}

std::string json_of(Value value) {
  std::string out;
  codec::write_json(out, value);
  return out;
}

// ---------------------------------------------------------------- paths

struct Target {
  std::string group, version, resource, name, subresource;
};

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    if (slash != 0) parts.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return parts;
}

std::optional<Target> target_of(std::string_view path) {
  std::vector<std::string_view> parts = split(path);
  Target target;
  std::size_t at = 0;
  if (parts.size() >= 3 && parts[0] == "api") {
    target.version = parts[1], at = 2;
  } else if (parts.size() >= 4 && parts[0] == "apis") {
    target.group = parts[1], target.version = parts[2], at = 3;
  } else {
    return std::nullopt;
  }
  if (parts.size() > at + 2 && parts[at] == "namespaces") at += 2;
  target.resource = parts[at++];
  if (at < parts.size()) target.name = parts[at++];
  if (at < parts.size()) target.subresource = parts[at++];
  return target;
}

// ---------------------------------------------------------------- comparison

// "<uid1>", "<time>", "<masked>": made up by the server.
bool is_placeholder(Value value) {
  const std::string_view text = value.as_string();
  return (text.size() > 2 && text.front() == '<' && text.back() == '>') ||
         text == "kube-api-access-<5>" || text.ends_with("<5>");
}

bool made_by_server(std::string_view path) {
  return path == "/metadata/managedFields" || path == "/metadata/uid" ||
         path == "/metadata/resourceVersion" || path == "/metadata/creationTimestamp";
}

// The first difference, "" when there is none.
std::string difference(Value want, Value have, const std::string& path) {
  if (is_placeholder(want) || made_by_server(path)) return {};
  if (want.is_map() && have.is_map()) {
    for (const auto [key, atom, value] : want.entries()) {
      const std::string at = fmt::format("{}/{}", path, key);
      if (made_by_server(at) || is_placeholder(value)) continue;
      if (!have[key].exists()) return fmt::format("{}: missing, want {}", at, json_of(value));
      if (auto text = difference(value, have[key], at); !text.empty()) return text;
    }
    for (const auto [key, atom, value] : have.entries()) {
      const std::string at = fmt::format("{}/{}", path, key);
      if (!want[key].exists() && !made_by_server(at)) {
        return fmt::format("{}: not wanted, have {}", at, json_of(value));
      }
    }
    return {};
  }
  if (want.is_list() && have.is_list()) {
    for (std::size_t i = 0; i < want.size() && i < have.size(); ++i) {
      auto text = difference(want.at(i), have.at(i), fmt::format("{}/{}", path, i));
      if (!text.empty()) return text;
    }
    if (want.size() == have.size()) return {};
  } else if (object::equal(want, have)) {
    return {};
  }
  return fmt::format("{}: want {}, have {}", path, json_of(want), json_of(have));
}

Value at_pointer(Value value, std::string_view pointer) {
  for (const std::string_view part : split(pointer)) {
    const std::string key = replace_all(replace_all(std::string(part), "~1", "/"), "~0", "~");
    value = value.is_list() ? value.at(std::strtoul(key.c_str(), nullptr, 10)) : value[key];
  }
  return value;
}

// ---------------------------------------------------------------- the server in small

struct Answer {
  int code = 0;  // 0: not played.
  Document object;
  std::optional<Error> error;
  std::vector<std::string> warnings;
};

const KindRules kNoRules{};

class Player {
 public:
  Player() {
    Result<Draft> account = codec::parse_json(R"({"metadata":{"name":"default"}})");
    objects_["/serviceaccounts/default"] = account->freeze();
    for (const auto& [name, value] : {std::pair<std::string_view, std::string_view>
             {"system-node-critical", "2000001000"}, {"system-cluster-critical", "2000000000"}}) {
      Result<Draft> made = codec::parse_json(
          fmt::format(R"({{"metadata":{{"name":"{}"}},"value":{}}})", name, value));
      objects_[fmt::format("scheduling.k8s.io/priorityclasses/{}", name)] = made->freeze();
    }
  }

  Answer play(Value step) {
    warnings_.clear();
    Answer answer = play_step(step);
    answer.warnings = warnings_;
    return answer;
  }

 private:
  Answer play_step(Value step) {
    const std::string path =
        replace_all(std::string(step["path"].as_string()), "${ns}", kNamespace);
    if (path.find("${") != std::string::npos || step["as"].exists() || step["token"].exists()) {
      return {};
    }
    for (const auto [key, atom, value] : step["query"].entries()) {
      if (key != "dryRun" && key != "fieldManager") return {};
    }
    const std::optional<Target> target = target_of(path);
    if (!target) return {};
    row_ = api::find_resource(target->group, target->version, target->resource);
    if (row_ == nullptr || row_->stored_type() != row_->type()) return {};
    const std::string key = fmt::format("{}/{}/{}", target->group, target->resource, target->name);
    const std::string_view method = step["method"].as_string();
    const bool dry = step["query"]["dryRun"].exists();
    if (method == "DELETE" && !target->name.empty()) objects_.erase(key);
    if (method == "POST" && target->name.empty()) return create(step, *target, dry);
    if (target->name.empty() || !objects_.contains(key)) return {};
    if (method == "POST" && target->subresource == "binding") return bind(step, key, dry);
    if (!target->subresource.empty() && target->subresource != "status" &&
        target->subresource != "resize" && target->subresource != "ephemeralcontainers") {
      return {};
    }
    if (method != "PUT" && method != "PATCH") return {};
    return update(step, *target, key, method == "PUT", dry);
  }

  // The object a client sent, typed; nothing when it cannot be read (other tests' business).
  std::optional<Draft> decode(Value body) const {
    if (!body.is_map()) return std::nullopt;
    std::string text = replace_all(json_of(body), "${ns}", kNamespace);
    Result<Draft> draft = codec::parse_json(text);
    if (!draft || !codec::decode_typed(draft->root(), row_->type())) return std::nullopt;
    return std::move(*draft);
  }

  RuleContext context(std::string_view subresource) {
    return {.user = user_,
            .namespace_ = kNamespace,
            .subresource = subresource,
            .now = {},
            .dry_run = false,
            .warnings = &warnings_};
  }

  const KindRules& rules() const {
    const KindRules* found = find_kind_rules(row_->stored_group(), row_->plural());
    return found == nullptr ? kNoRules : *found;
  }

  Answer refused(schema::FieldErrors errors, const Document& object) const {
    Answer answer{.code = 422, .object = {}, .error = std::move(errors).to_error(
        row_->stored_group(), row_->kind(), object::name_of(object.root()))};
    return answer;
  }

  Value find(std::string_view group, std::string_view resource, std::string_view name) const {
    const auto found = objects_.find(fmt::format("{}/{}/{}", group, resource, name));
    return found == objects_.end() ? Value{} : found->second.root();
  }

  Value priority_class_of(NodeRef pod) const {
    const std::string_view name = pod["spec"]["priorityClassName"].as_string();
    if (!name.empty()) return find("scheduling.k8s.io", "priorityclasses", name);
    for (const auto& [key, object] : objects_) {
      if (key.starts_with("scheduling.k8s.io/priorityclasses/") &&
          object["globalDefault"].as_bool()) {
        return object.root();
      }
    }
    return {};
  }

  // The plug-ins that touch every pod, in their order.
  Result<> admit_new_pod(NodeRef pod) const {
    NodeRef spec = pod.ensure_map("spec");
    TRY(admit_service_account(pod, find("", "serviceaccounts", service_account_of(pod)), "<ns>",
                              "abcde"));
    copy_topology_labels(pod, find("", "nodes", spec["nodeName"].as_string()));
    TRY(admit_new_priority(pod, priority_class_of(pod)));
    add_default_tolerations(pod);
    return admit_runtime_class(
        pod, find("node.k8s.io", "runtimeclasses", spec["runtimeClassName"].as_string()));
  }

  static Answer forbidden(Error error) {
    return {.code = error.code(), .object = {}, .error = std::move(error)};
  }

  // What the server sets in new metadata.
  void fill(NodeRef metadata) const {
    if (row_->namespaced()) metadata.set("namespace", kNamespace);
    if (metadata["name"].as_string().empty() && !metadata["generateName"].as_string().empty()) {
      metadata.set("name", fmt::format("{}abcde", metadata["generateName"].as_string()));
    }
    metadata.set("uid", "00000000-0000-4000-8000-000000000001");
    metadata.set("creationTimestamp", "2024-01-01T00:00:00Z");
    for (const std::string_view field :
         {"deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"}) {
      metadata.erase(field);
    }
  }

  Answer bind(Value step, const std::string& key, bool dry) {
    const std::string text = replace_all(json_of(step["body"]), "${ns}", kNamespace);
    Result<Draft> body = codec::parse_json(text);
    if (!body || !body->root().is_map()) return {};
    const Document binding = body->freeze();
    if (!validate_binding(binding.root())) return {};
    Draft pod = Draft::from(objects_[key]);
    if (Result<> bound = bind_pod(pod.root(), binding.root(), "2024-01-01T00:00:00Z"); !bound) {
      return forbidden(std::move(bound).error());
    }
    copy_topology_labels(pod.root(), find("", "nodes", binding["target"]["name"].as_string()));
    if (!dry) objects_[key] = codec::freeze_typed(pod, row_->type());
    return {};
  }

  Answer create(Value step, const Target& target, bool dry) {
    std::optional<Draft> draft = decode(step["body"]);
    if (!draft) return {};
    const KindRules& rules = this->rules();
    NodeRef object = draft->root();
    NodeRef metadata = object.ensure_map("metadata");
    fill(metadata);
    const std::string key =
        fmt::format("{}/{}/{}", target.group, target.resource, metadata["name"].as_string());
    if (objects_.contains(key)) return {};
    schema::apply_defaults(object, row_->type());
    if (row_->plural() == "pods") {
      if (Result<> admitted = admit_new_pod(object); !admitted) {
        return forbidden(std::move(admitted).error());
      }
      metadata = object["metadata"];
    }
    if (row_->find_subresource("status") != nullptr && !rules.keep_status_on_create) {
      object.erase("status");
    }
    if (rules.prepare_create != nullptr) rules.prepare_create(context(""), object);
    if (rules.generation == Generation::OnSpecChange) metadata.set("generation", 1);
    else metadata.erase("generation");
    schema::apply_defaults(object, row_->type());
    Document document = codec::freeze_typed(*draft, row_->type());
    schema::FieldErrors errors;
    const schema::FieldPath path("metadata");
    schema::validate_object_meta(
        document["metadata"], row_->namespaced(),
        rules.name_rule != nullptr ? rules.name_rule : schema::subdomain_problems, path, errors);
    schema::validate_builtin_finalizers(document["metadata"], path, errors);
    if (rules.validate != nullptr) rules.validate(context(""), document.root(), errors);
    if (!errors.empty()) return refused(std::move(errors), document);
    if (rules.warn != nullptr) rules.warn(context(""), document.root(), {});
    if (!dry) objects_[key] = document;
    return {.code = 201, .object = document, .error = {}};
  }

  // The new object before preparation.
  std::optional<Draft> changed(Value step, const Document& old, bool put) const {
    if (put) return decode(step["body"]);
    const std::string_view type = step["headers"]["Content-Type"].as_string();
    const std::string text = replace_all(json_of(step["body"]), "${ns}", kNamespace);
    Result<Draft> patch = codec::parse_json(text);
    if (!patch) return std::nullopt;
    Draft draft = Draft::from(old);
    Result<> done = Error(Reason::UnsupportedMediaType, "not played");
    if (type == "application/merge-patch+json") {
      done = schema::apply_merge_patch(draft, patch->root());
    } else if (type == "application/strategic-merge-patch+json") {
      done = schema::apply_strategic_merge_patch(draft, patch->root(), row_->type());
    } else if (type == "application/json-patch+json") {
      done = schema::apply_json_patch(draft, patch->root());
    }
    if (!done || !codec::decode_typed(draft.root(), row_->type())) return std::nullopt;
    return draft;
  }

  static void keep(NodeRef object, Value old, std::string_view field) {
    if (old[field].exists()) object.ensure(field).assign(old[field]);
    else object.erase(field);
  }

  Answer update(Value step, const Target& target, const std::string& key, bool put, bool dry) {
    const Document old = objects_[key];
    std::optional<Draft> draft = changed(step, old, put);
    if (!draft) return {};
    const KindRules& rules = this->rules();
    NodeRef object = draft->root();
    NodeRef metadata = object.ensure_map("metadata");
    for (const std::string_view field : {"namespace", "creationTimestamp", "uid", "generation"}) {
      if (field == "uid" && metadata["uid"].exists()) continue;
      keep(metadata, old["metadata"], field);
    }
    metadata.erase("resourceVersion");
    schema::apply_defaults(object, row_->type());
    if (row_->plural() == "pods" && target.subresource.empty()) {
      keep_priority(object, old.root());
      add_default_tolerations(object);
    }
    if (target.subresource == "status") {
      std::vector<std::string> others;
      for (const auto [name, atom, value] : object.entries()) others.emplace_back(name);
      for (const std::string& name : others) {
        if (name != "metadata" && name != "status") keep(object, old.root(), name);
      }
      if (rules.prepare_status != nullptr) {
        rules.prepare_status(context(target.subresource), object, old.root());
      }
    } else {
      if (row_->find_subresource("status") != nullptr) keep(object, old.root(), "status");
      if (rules.prepare_update != nullptr) {
        rules.prepare_update(context(target.subresource), object, old.root());
      }
    }
    schema::apply_defaults(object, row_->type());
    Document document = codec::freeze_typed(*draft, row_->type());
    schema::FieldErrors errors;
    const schema::FieldPath path("metadata");
    // Kubernetes checks metadata twice: for every kind, and once more by most kinds themselves.
    schema::validate_object_meta(document["metadata"], row_->namespaced(),
                                 schema::path_segment_problems, path, errors);
    schema::validate_object_meta_update(document["metadata"], old["metadata"], path, errors);
    schema::validate_object_meta_update(document["metadata"], old["metadata"], path, errors);
    schema::validate_builtin_finalizers(document["metadata"], path, errors);
    auto* validate = target.subresource == "status" ? rules.validate_status : rules.validate_update;
    if (validate != nullptr) {
      validate(context(target.subresource), document.root(), old.root(), errors);
    }
    if (!errors.empty()) return refused(std::move(errors), document);
    if (rules.generation == Generation::OnSpecChange && target.subresource != "status" &&
        !(object::equal(document["spec"], old["spec"]) &&
          object::equal(document["template"], old["template"]))) {
      metadata = draft->root()["metadata"];
      metadata.set("generation", static_cast<long>(old["metadata"]["generation"].as_int() + 1));
      document = codec::freeze_typed(*draft, row_->type());
    }
    if (rules.warn != nullptr) {
      rules.warn(context(target.subresource), document.root(), old.root());
    }
    if (!dry) objects_[key] = document;
    return {.code = 200, .object = document, .error = {}};
  }

  const api::ResourceRow* row_ = nullptr;
  auth::User user_{.name = "admin", .uid = {}, .groups = {"system:masters"}, .extra = {}};
  std::vector<std::string> warnings_;
  std::map<std::string, Document> objects_;
};

// ---------------------------------------------------------------- judging

std::string joined(std::vector<std::string> lines, bool sorted) {
  if (sorted) std::ranges::sort(lines);
  return fmt::format("{}", fmt::join(lines, ""));
}

std::string causes_text(Value causes, bool sorted = false) {
  std::vector<std::string> lines;
  for (const Value cause : causes.items()) {
    lines.push_back(fmt::format("\n      {} {}: {}", cause["field"].as_string(),
                                cause["reason"].as_string(), soften(cause["message"].as_string())));
  }
  return joined(std::move(lines), sorted);
}

std::string masked(std::string_view message) {
  return replace_all(soften(message), kNamespace, "<ns>");
}

std::string causes_text(const std::vector<Cause>& causes, bool sorted = false) {
  std::vector<std::string> lines;
  for (const Cause& cause : causes) {
    lines.push_back(
        fmt::format("\n      {} {}: {}", cause.field, cause.type, masked(cause.message)));
  }
  return joined(std::move(lines), sorted);
}

// What differs in a refusal, "" when nothing does.
std::string refusal_difference(Value step, const Error& error) {
  const Value body = step["want"]["body"];
  const bool sorted = !step["sort"].empty();
  const bool picked = body["/message"].exists() || body["/details"].exists();
  const Value message = picked ? body["/message"] : body["message"];
  const Value details = picked ? body["/details"] : body["details"];
  const std::string wanted = causes_text(details["causes"], sorted);
  const std::string have = causes_text(error.causes(), sorted);
  if (details.exists() && wanted != have) return fmt::format("want{}\n    have{}", wanted, have);
  if (message.is_string() && !is_placeholder(message) &&
      soften(message.as_string()) != masked(error.message())) {
    return fmt::format("want {}\n    have {}", message.as_string(), error.message());
  }
  return {};
}

std::string object_difference(Value want, const Document& object) {
  const Value body = want["body"];
  if (!body.is_map()) return {};
  for (const auto [pointer, atom, value] : body.entries()) {
    if (!pointer.starts_with('/')) return difference(body, object.root(), "");
    const Value have = at_pointer(object.root(), pointer);
    if (value.as_string() == "<absent>") {
      if (have.exists()) return fmt::format("{}: not wanted", pointer);
    } else if (auto text = difference(value, have, std::string(pointer)); !text.empty()) {
      return text;
    }
  }
  return {};
}

// `299 - "text"` with Go's escapes, without what the decoder says of unknown fields.
std::string warnings_difference(Value want, const std::vector<std::string>& have) {
  std::vector<std::string> wanted;
  for (const Value one : want["warnings"].items()) {
    const std::string text(one.as_string());
    const bool of_decoder = text.find("unknown field") != std::string::npos ||
                            text.find("duplicate field") != std::string::npos ||
                            text.find("duplicate entries") != std::string::npos;
    if (!of_decoder) wanted.push_back(text);
  }
  std::vector<std::string> own;
  for (const std::string& text : have) {
    const std::string escaped = replace_all(replace_all(text, "\\", "\\\\"), "\"", "\\\"");
    own.push_back(replace_all(fmt::format("299 - \"{}\"", escaped), kNamespace, "<ns>"));
  }
  if (wanted == own) return {};
  return fmt::format("warnings: want\n      {}\n    have\n      {}", fmt::join(wanted, "\n      "),
                     fmt::join(own, "\n      "));
}

class Judge {
 public:
  explicit Judge(GoldenScore& score) : score_(score) {}

  void judge(std::string_view name, Value step, const Answer& answer) {
    const Value want = step["want"];
    const std::int64_t code = want["code"].as_int();
    if (answer.code == 0) return;
    if (code != 200 && code != 201 && code != 422 && code != 403 && code != 409) return;
    ++score_.played;
    const bool accepted = code < 300;
    const bool refused = answer.error.has_value();
    std::string text;
    if (accepted && refused && answer.code != 422) {
      text = fmt::format("want {}, have {}: {}", code, answer.code, answer.error->message());
    } else if (!accepted && refused && answer.code != code) {
      text = fmt::format("want {}, have {}: {}", code, answer.code, answer.error->message());
    } else if (accepted && refused) {
      text = fmt::format("want {}, have{}", code, causes_text(answer.error->causes()));
    } else if (!accepted && !refused) {
      const Value body = want["body"];
      const Value details = body["/details"].exists() ? body["/details"] : body["details"];
      const Value message = body["/message"].exists() ? body["/message"] : body["message"];
      text = fmt::format("want {} {}{}", code, message.as_string().substr(0, 200),
                         causes_text(details["causes"]));
    } else if (!accepted) {
      text = refusal_difference(step, *answer.error);
    }
    if (text.empty()) text = warnings_difference(want, answer.warnings);
    if (text.empty()) ++score_.right;
    if (text.empty() && accepted) {
      ++score_.objects;
      text = object_difference(want, answer.object);
      if (text.empty()) ++score_.same_objects;
      else text = "object: " + text;
    }
    if (text.empty()) return;
    score_.differences.push_back(fmt::format("== {}\n  {} {} {}\n    {}", name,
                                             step["method"].as_string(), step["path"].as_string(),
                                             json_of(step["body"]).substr(0, 1500), text));
  }

 private:
  GoldenScore& score_;
};

void play_steps(std::string_view name, Value steps, Player& player, Judge& judge) {
  for (const Value step : steps.items()) {
    if (step["watch"].as_bool()) {
      play_steps(name, step["steps"], player, judge);
      continue;
    }
    judge.judge(name, step, player.play(step));
  }
}

}  // namespace

GoldenScore play_golden(std::string_view json, std::string_view only) {
  GoldenScore score;
  Result<Draft> draft = codec::parse_json(json);
  CHECK(draft.has_value());
  const Document file = draft->freeze();
  Judge judge(score);
  for (const Value one : file["cases"].items()) {
    const std::string_view name = one["name"].as_string();
    if (name.find(only) == std::string_view::npos) continue;
    Player player;
    play_steps(name, one["steps"], player, judge);
  }
  return score;
}

}  // namespace knarr::apiserver::testing
