// SPDX-License-Identifier: Apache-2.0
// Certificate signing requests: who asks is written by the server, approval and certificate have
// subresources. Source: k8s.io/kubernetes pkg/apis/certificates/validation and
// pkg/registry/certificates of 1.36; BEHAVIOURS 84.
#include "apiserver/registry/kinds/all.h"
#include "apiserver/registry/kinds/checks.h"
#include "base/base64.h"
#include "object/time_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace knarr::apiserver::kinds {

namespace {

constexpr std::int64_t kLeastSeconds = 600;
constexpr std::size_t kMaxSigner = 571;
constexpr std::size_t kMaxDomain = 253;
constexpr std::string_view kLegacySigner = "kubernetes.io/legacy-unknown";

constexpr std::string_view kUsages[] = {
    "any",              "cert sign",      "client auth",     "code signing",
    "content commitment", "crl sign",     "data encipherment", "decipher only",
    "digital signature", "email protection", "encipher only", "ipsec end system",
    "ipsec tunnel",     "ipsec user",     "key agreement",   "key encipherment",
    "microsoft sgc",    "netscape sgc",   "ocsp signing",    "s/mime",
    "server auth",      "signing",        "timestamping"};

// ---- PEM

struct PemBlock {
  std::string_view type;
  std::string_view body;
};

// The next block of a text, which is cut behind it.
bool next_block(std::string_view& text, PemBlock& block) {
  constexpr std::string_view kBegin = "-----BEGIN ";
  constexpr std::string_view kDashes = "-----";
  const std::size_t begin = text.find(kBegin);
  if (begin == std::string_view::npos) return false;
  std::string_view rest = text.substr(begin + kBegin.size());
  const std::size_t end_of_type = rest.find(kDashes);
  if (end_of_type == std::string_view::npos) return false;
  block.type = rest.substr(0, end_of_type);
  rest.remove_prefix(end_of_type + kDashes.size());
  const std::string last = fmt::format("-----END {}-----", block.type);
  const std::size_t end = rest.find(last);
  if (end == std::string_view::npos) return false;
  block.body = rest.substr(0, end);
  text = rest.substr(end + last.size());
  return true;
}

std::string der_of(std::string_view body) {
  std::string packed;
  for (const char c : body) {
    if (c != '\n' && c != '\r' && c != ' ' && c != '\t') packed += c;
  }
  auto bytes = base64_decode(packed);
  return bytes ? *bytes : std::string();
}

// DER: one SEQUENCE and nothing behind it.
bool is_sequence(std::string_view der) {
  if (der.size() < 2 || der[0] != 0x30) return false;
  std::size_t length = static_cast<unsigned char>(der[1]);
  std::size_t header = 2;
  if (length >= 0x80) {
    const std::size_t bytes = length - 0x80;
    if (bytes == 0 || bytes > 4 || der.size() < 2 + bytes) return false;
    length = 0;
    for (std::size_t i = 0; i < bytes; ++i) {
      length = length << 8U | static_cast<unsigned char>(der[2 + i]);
    }
    header += bytes;
  }
  return der.size() == header + length;
}

void check_request(Value request, const FieldPath& path, FieldErrors& errors) {
  const auto pem = base64_decode(request.as_string());
  std::string_view text = pem ? std::string_view(*pem) : std::string_view();
  PemBlock block;
  if (!next_block(text, block) || block.type != "CERTIFICATE REQUEST") {
    errors.invalid(path, request, "PEM block type must be CERTIFICATE REQUEST");
  } else if (!is_sequence(der_of(block.body))) {
    errors.invalid(path, request, "asn1: structure error: not a certificate request");
  }
}

void check_certificate(Value certificate, FieldErrors& errors) {
  if (certificate.as_string().empty()) return;
  const FieldPath status("status");
  const FieldPath path = status.child("certificate");
  const auto pem = base64_decode(certificate.as_string());
  std::string_view text = pem ? std::string_view(*pem) : std::string_view();
  PemBlock block;
  bool any = false;
  while (next_block(text, block)) {
    if (block.type != "CERTIFICATE") {
      errors.invalid(path, "<certificate data>",
                     fmt::format("only CERTIFICATE PEM blocks are allowed, found {}",
                                 schema::go_quote(block.type)));
      return;
    }
    if (!is_sequence(der_of(block.body))) {
      errors.invalid(path, "<certificate data>", "x509: malformed certificate");
      return;
    }
    any = true;
  }
  if (!any) {
    errors.invalid(path, "<certificate data>",
                   "must contain at least one CERTIFICATE PEM block");
  }
}

// ---- the spec

void check_signer(std::string_view name, const FieldPath& path, FieldErrors& errors) {
  if (name == kLegacySigner) {
    errors.invalid(path, name, "the legacy signerName is not allowed via this API version");
    return;
  }
  if (name.empty()) {
    errors.required(path);
    return;
  }
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos || name.find('/', slash + 1) != std::string_view::npos) {
    errors.invalid(path, name,
                   "must be a fully qualified domain and path of the form "
                   "'example.com/signer-name'");
    return;
  }
  const std::string_view domain = name.substr(0, slash);
  const std::string_view signer = name.substr(slash + 1);
  if (domain.size() > kMaxDomain) errors.too_long(path, kMaxDomain);
  std::string_view rest = domain;
  while (true) {
    const std::size_t dot = rest.find('.');
    const std::string_view label = rest.substr(0, dot);
    for (const std::string& text : schema::check_dns1123_label(label)) {
      errors.invalid(path, domain,
                     fmt::format("validating label {}: {}", schema::go_quote(label), text));
    }
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  if (domain.find('.') == std::string_view::npos) {
    errors.invalid(path, domain, "should be a domain with at least two segments separated by dots");
  }
  for (const std::string& text : schema::check_dns1123_subdomain(signer)) {
    errors.invalid(path, signer,
                   fmt::format("validating label {}: {}", schema::go_quote(signer), text));
  }
  if (name.size() > kMaxSigner) errors.too_long(path, kMaxSigner);
}

void check_usages(Value usages, const FieldPath& path, FieldErrors& errors) {
  if (usages.empty()) errors.required(path);
  std::set<std::string_view> seen;
  std::size_t i = 0;
  for (const Value item : usages.items()) {
    const std::string_view usage = item.as_string();
    const FieldPath at = path.index(i++);
    if (std::ranges::find(kUsages, usage) == std::end(kUsages)) {
      errors.not_supported(at, usage,
                           std::vector<std::string_view>(std::begin(kUsages), std::end(kUsages)));
    }
    if (!seen.insert(usage).second) errors.duplicate(at, usage);
  }
}

void check_spec(Value spec, FieldErrors& errors) {
  const FieldPath path("spec");
  check_request(spec["request"], path.child("request"), errors);
  check_usages(spec["usages"], path.child("usages"), errors);
  check_signer(spec["signerName"].as_string(), path.child("signerName"), errors);
  const Value seconds = spec["expirationSeconds"];
  if (given(seconds) && seconds.as_int() < kLeastSeconds) {
    errors.invalid(path.child("expirationSeconds"), seconds.as_int(),
                   "may not specify a duration less than 600 seconds (10 minutes)");
  }
}

// ---- conditions

void check_csr_conditions(Value conditions, FieldErrors& errors) {
  const FieldPath status("status");
  const FieldPath list = status.child("conditions");
  std::set<std::string_view> seen;
  std::size_t i = 0;
  for (const Value condition : conditions.items()) {
    const FieldPath path = list.index(i++);
    const std::string_view type = condition["type"].as_string();
    const std::string_view value = condition["status"].as_string();
    const FieldPath value_path = path.child("status");
    if (type.empty()) errors.required(path.child("type"));
    const bool final_type = type == "Approved" || type == "Denied" || type == "Failed";
    if (value.empty()) {
      errors.required(value_path);
    } else if (final_type) {
      if (value != "True") errors.not_supported(value_path, value, {"True"});
    } else if (value != "True" && value != "False" && value != "Unknown") {
      errors.not_supported(value_path, value, {"False", "True", "Unknown"});
    }
    const bool other_side = (type == "Approved" && seen.contains("Denied")) ||
                            (type == "Denied" && seen.contains("Approved"));
    if (other_side) {
      errors.invalid(list, type, "Approved and Denied conditions are mutually exclusive");
    }
    if (!seen.insert(type).second) errors.duplicate(path.child("type"), type);
  }
}

std::size_t count_type(Value conditions, std::string_view type) {
  std::size_t count = 0;
  for (const Value condition : conditions.items()) {
    count += condition["type"].as_string() == type ? 1 : 0;
  }
  return count;
}

void check_condition_changes(Value now, Value before, bool may_decide, FieldErrors& errors) {
  const FieldPath status("status");
  const FieldPath path = status.child("conditions");
  for (const char* type : {"Denied", "Approved", "Failed"}) {
    if (count_type(now, type) < count_type(before, type)) {
      errors.forbidden(path, fmt::format("updates may not remove a condition of type \"{}\"", type));
    }
  }
  if (may_decide) return;
  for (const char* type : {"Denied", "Approved"}) {
    if (count_type(now, type) > count_type(before, type)) {
      errors.forbidden(path, fmt::format("updates may not add a condition of type \"{}\"", type));
    }
  }
}

void validate(const RuleContext&, Value object, FieldErrors& errors) {
  check_spec(object["spec"], errors);
}

void validate_update(const RuleContext& context, Value object, Value old, FieldErrors& errors) {
  const Value conditions = object["status"]["conditions"];
  check_csr_conditions(conditions, errors);
  check_condition_changes(conditions, old["status"]["conditions"],
                          context.subresource == "approval", errors);
}

void validate_status(const RuleContext& context, Value object, Value old, FieldErrors& errors) {
  const Value now = object["status"]["certificate"];
  const Value before = old["status"]["certificate"];
  validate_update(context, object, old, errors);
  if (now.as_string() == before.as_string()) return;
  const FieldPath status("status");
  if (!before.as_string().empty()) {
    errors.forbidden(status.child("certificate"),
                     "updates may not modify existing certificate content");
  }
  check_certificate(now, errors);
}

// ---- what the server writes

void prepare_create(const RuleContext& context, NodeRef object) {
  NodeRef spec = object.ensure_map("spec");
  spec.set("username", std::string_view(context.user.name));
  spec.set("uid", std::string_view(context.user.uid));
  NodeRef groups = spec.ensure("groups");
  groups.set_list();
  for (const std::string& group : context.user.groups) groups.append_string(group);
  spec.erase("extra");
  for (const auto& [key, values] : context.user.extra) {
    NodeRef list = spec.ensure_map("extra").ensure_list(key);
    for (const std::string& value : values) list.append_string(value);
  }
}

void fill_times(const RuleContext& context, NodeRef object, Value old) {
  const std::string now =
      object::time_text(std::chrono::floor<std::chrono::microseconds>(context.now));
  for (NodeRef condition : object["status"]["conditions"].items()) {
    if (!given(condition["lastUpdateTime"])) {
      condition.set("lastUpdateTime", std::string_view(now));
    }
    if (given(condition["lastTransitionTime"])) continue;
    std::string_view time = now;
    for (const Value before : old["status"]["conditions"].items()) {
      if (before["type"].as_string() == condition["type"].as_string() &&
          before["status"].as_string() == condition["status"].as_string() &&
          given(before["lastTransitionTime"])) {
        time = before["lastTransitionTime"].as_string();
        break;
      }
    }
    condition.set("lastTransitionTime", time);
  }
}

// The spec never changes; approval changes conditions alone.
void prepare_update(const RuleContext& context, NodeRef object, Value old) {
  if (given(old["spec"])) object.ensure("spec").assign(old["spec"]);
  if (context.subresource != "approval") return;
  object::Draft conditions = object::Draft::from(object["status"]["conditions"]);
  NodeRef status = object.ensure("status");
  if (given(old["status"])) status.assign(old["status"]);
  else status.set_map();
  if (conditions.root().is_list()) status.ensure("conditions").assign(conditions.root());
  else status.erase("conditions");
  fill_times(context, object, old);
}

void prepare_status(const RuleContext& context, NodeRef object, Value old) {
  fill_times(context, object, old);
}

}  // namespace

constinit const KindRules kCertificateSigningRequestRules = {
    .group = "certificates.k8s.io",
    .resource = "certificatesigningrequests",
    .name_rule = schema::path_segment_problems,
    .prepare_create = prepare_create,
    .prepare_update = prepare_update,
    .prepare_status = prepare_status,
    .validate = validate,
    .validate_update = validate_update,
    .validate_status = validate_status,
};

}  // namespace knarr::apiserver::kinds
