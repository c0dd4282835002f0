// SPDX-License-Identifier: Apache-2.0
// pods/log, exec, attach, portforward and proxy: the checks before a connection to the pod's node
// (BEHAVIOURS 148). Source: k8s.io/kubernetes pkg/registry/core/pod strategy.go, rest/log.go.
#include "apiserver/endpoints/pod.h"

#include "object/time_text.h"
#include "schema/field_error.h"

#include <fmt/format.h>

#include <charconv>

namespace knarr::apiserver {

using object::Document;
using object::Value;
namespace atom = object::atom;

namespace {

Result<Document> find_pod(const Call& call) {
  return call.parts->registry.get(*served_pods(call).collection, call.info().namespace_,
                                  call.info().name);
}

std::vector<std::string_view> container_names(Value pod) {
  std::vector<std::string_view> names;
  for (const std::string_view list : {"initContainers", "containers", "ephemeralContainers"}) {
    for (const Value container : pod[atom::spec][list].items()) {
      names.push_back(container[atom::name].as_string());
    }
  }
  return names;
}

// The container asked for, or the only one.
Result<> check_container(Value pod, std::string_view wanted) {
  const std::string_view name = object::name_of(pod);
  const std::vector<std::string_view> names = container_names(pod);
  if (wanted.empty()) {
    if (names.size() == 1) return ok();
    if (names.empty()) {
      return Error(Reason::BadRequest, fmt::format("a container name must be specified for pod {}", name));
    }
    return Error(Reason::BadRequest,
                 fmt::format("a container name must be specified for pod {}, choose one of: [{}]", name,
                             fmt::join(names, " ")));
  }
  for (const std::string_view one : names) {
    if (one == wanted) return ok();
  }
  return Error(Reason::BadRequest, fmt::format("container {} is not valid for pod {}", wanted, name));
}

// The pod's node must be known. Errors: NotFound, in Kubernetes' odd words: "pods" it is.
Result<> check_node(const Call& call, Value pod) {
  const std::string_view node = pod[atom::spec]["nodeName"].as_string();
  const Served* nodes = call.parts->registry.find("", "v1", "nodes");
  if (nodes != nullptr && !call.parts->registry.get(*nodes->collection, "", node)) {
    return served_pods(call).collection->not_found(node);
  }
  return Error(Reason::NotImplemented,
               fmt::format("pods/{}: this version of Knarr cannot connect to the kubelet of node \"{}\" "
                           "yet",
                           call.info().subresource, node));
}

Result<> check_connection(const Call& call, Value pod) {
  if (pod[atom::spec]["nodeName"].as_string().empty()) {
    return Error(Reason::BadRequest,
                 fmt::format("pod {} does not have a host assigned", object::name_of(pod)));
  }
  return check_node(call, pod);
}

template <typename Number>
Result<std::optional<Number>> read_number(const Query& query, std::string_view name) {
  if (!query.has(name)) return std::nullopt;
  const std::string_view text = query.get(name);
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const char* parser = std::is_signed_v<Number> ? "ParseInt" : "ParseUint";
  if (error == std::errc::result_out_of_range) {
    return Error(Reason::BadRequest,
                 fmt::format("strconv.{}: parsing \"{}\": value out of range", parser, text));
  }
  if (error != std::errc() || end != text.data() + text.size()) {
    return Error(Reason::BadRequest,
                 fmt::format("strconv.{}: parsing \"{}\": invalid syntax", parser, text));
  }
  return std::optional<Number>(value);
}

// The options of pods/log. Errors: BadRequest for what cannot be read, Invalid.
Result<> check_log_options(const Call& call) {
  const Query& query = call.query();
  const auto tail = TRY(read_number<std::int64_t>(query, "tailLines"));
  const auto limit = TRY(read_number<std::int64_t>(query, "limitBytes"));
  const auto since = TRY(read_number<std::int64_t>(query, "sinceSeconds"));
  const bool since_time = query.has("sinceTime");
  if (since_time && !object::parse_time(query.get("sinceTime"))) {
    return Error(Reason::BadRequest,
                 fmt::format("parsing time \"{}\": sinceTime must be an RFC 3339 time such as "
                             "2024-01-02T15:04:05Z",
                             query.get("sinceTime")));
  }
  schema::FieldErrors errors;
  if (tail && *tail < 0) {
    errors.invalid(schema::FieldPath("tailLines"), *tail, "must be greater than or equal to 0");
  }
  if (limit && *limit < 1) {
    errors.invalid(schema::FieldPath("limitBytes"), *limit, "must be greater than 0");
  }
  if (since && since_time) {
    errors.forbidden(schema::FieldPath("[]"),
                     "at most one of `sinceTime` or `sinceSeconds` may be specified");
  } else if (since && *since < 1) {
    errors.invalid(schema::FieldPath("sinceSeconds"), *since, "must be greater than 0");
  }
  // Behind a feature gate that is off by default.
  if (query.has("stream")) errors.forbidden(schema::FieldPath("stream"), "may not be specified");
  if (errors.empty()) return ok();
  return std::move(errors).to_error("", "PodLogOptions", call.info().name);
}

class PodLog final : public SpecialEndpoint {
 public:
  Task<ApiReply> serve(Call* call) override {
    auto checked = check(*call);
    if (!checked) co_return failed(*call, std::move(checked).error());
    constexpr int kNoContent = 204;
    ApiReply reply;
    reply.code = kNoContent;
    reply.body = RawReply{"", std::make_shared<const std::string>(), {}};
    co_return reply;
  }

 private:
  // Success: there is no log yet, since the pod has no node.
  static Result<> check(const Call& call) {
    TRY(check_log_options(call));
    const Document pod = TRY(find_pod(call));
    TRY(check_container(pod.root(), call.query().get("container")));
    if (pod[atom::spec]["nodeName"].as_string().empty()) return ok();
    return check_node(call, pod.root());
  }
};

// The connections: each is refused for now; the checks say why.
class PodConnection final : public SpecialEndpoint {
 public:
  using Check = Result<> (*)(const Call& call);
  explicit PodConnection(Check check) : check_(check) {}

  Task<ApiReply> serve(Call* call) override {
    Result<> checked = check_(*call);
    if (!checked) co_return failed(*call, std::move(checked).error());
    co_return failed(*call, Error(Reason::NotImplemented,
                                  fmt::format("pods/{} is not served by this version of Knarr yet",
                                              call->info().subresource)));
  }

 private:
  Check check_;
};

Result<> check_exec(const Call& call) {
  const Document pod = TRY(find_pod(call));
  TRY(check_container(pod.root(), call.query().get("container")));
  return check_connection(call, pod.root());
}

Result<> check_port_forward(const Call& call) {
  for (const std::string_view port : call.query().all("ports")) {
    Query one;
    one.add("ports", std::string(port));
    auto number = read_number<std::uint32_t>(one, "ports");
    if (!number) {
      return Error(Reason::BadRequest,
                   fmt::format("cannot convert to []int32: {}", number.error().message()));
    }
  }
  const Document pod = TRY(find_pod(call));
  return check_connection(call, pod.root());
}

Result<> check_proxy(const Call& call) {
  const Document pod = TRY(find_pod(call));
  // Also the answer for addresses of the host and of links, which no pod has.
  if (pod[atom::status]["podIP"].as_string().empty()) {
    return Error(Reason::BadRequest, "address not allowed");
  }
  return check_node(call, pod.root());
}

}  // namespace

std::unique_ptr<SpecialEndpoint> make_pod_log() {
  return std::make_unique<PodLog>();
}

std::unique_ptr<SpecialEndpoint> make_pod_exec() {
  return std::make_unique<PodConnection>(check_exec);
}

std::unique_ptr<SpecialEndpoint> make_pod_port_forward() {
  return std::make_unique<PodConnection>(check_port_forward);
}

std::unique_ptr<SpecialEndpoint> make_pod_proxy() {
  return std::make_unique<PodConnection>(check_proxy);
}

}  // namespace knarr::apiserver
