// SPDX-License-Identifier: Apache-2.0
// Who asks, and for what: the facts that authentication gives and authorization decides by, with
// Kubernetes' words for the well-known users and groups. Plain data; any thread.
#pragma once

#include "base/error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace knarr::auth {

// Well-known users and groups. Source: k8s.io/apiserver/pkg/authentication/user.
inline constexpr std::string_view kAnonymous = "system:anonymous";
inline constexpr std::string_view kMastersGroup = "system:masters";
inline constexpr std::string_view kAuthenticatedGroup = "system:authenticated";
inline constexpr std::string_view kUnauthenticatedGroup = "system:unauthenticated";
inline constexpr std::string_view kNodesGroup = "system:nodes";
inline constexpr std::string_view kNodeUserPrefix = "system:node:";
inline constexpr std::string_view kServiceAccountUserPrefix = "system:serviceaccount:";
inline constexpr std::string_view kServiceAccountsGroup = "system:serviceaccounts";

// Keys of User::extra that the server itself sets (BEHAVIOURS 81, 82).
inline constexpr std::string_view kExtraCredentialId = "authentication.kubernetes.io/credential-id";
inline constexpr std::string_view kExtraPodName = "authentication.kubernetes.io/pod-name";
inline constexpr std::string_view kExtraPodUid = "authentication.kubernetes.io/pod-uid";
inline constexpr std::string_view kExtraNodeName = "authentication.kubernetes.io/node-name";
inline constexpr std::string_view kExtraNodeUid = "authentication.kubernetes.io/node-uid";

/// Further facts about a user: keys in the order of their bytes, each with its values in order.
class Extra {
 public:
  struct Entry {
    std::string key;
    std::vector<std::string> values;
    friend bool operator==(const Entry&, const Entry&) = default;
  };

  /// Appends a value to a key, which is made when missing.
  void add(std::string_view key, std::string value);
  /// Makes these the values of a key.
  void set(std::string_view key, std::vector<std::string> values);
  /// The values of a key, or null.
  [[nodiscard]] const std::vector<std::string>* find(std::string_view key) const;
  /// The value of a key that has exactly one, else "".
  [[nodiscard]] std::string_view only(std::string_view key) const;

  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] auto begin() const { return entries_.begin(); }
  [[nodiscard]] auto end() const { return entries_.end(); }
  friend bool operator==(const Extra&, const Extra&) = default;

 private:
  Entry& ensure(std::string_view key);

  std::vector<Entry> entries_;  // Sorted by key.
};

/// A caller, as authentication or impersonation found.
struct User {
  std::string name;
  std::string uid;
  std::vector<std::string> groups;
  Extra extra;

  [[nodiscard]] bool in_group(std::string_view group) const;
  friend bool operator==(const User&, const User&) = default;
};

/// system:anonymous in the group system:unauthenticated.
User anonymous_user();
/// Adds system:authenticated, for whoever is not anonymous, unless it or system:unauthenticated is
/// among the groups. Authenticators leave it out; the front door calls this once.
void add_authenticated_group(User& user);

struct ServiceAccountName {
  std::string namespace_;
  std::string name;
};
/// "system:serviceaccount:<namespace>:<name>".
std::string service_account_user(std::string_view namespace_, std::string_view name);
/// The groups every service account of a namespace is in.
std::vector<std::string> service_account_groups(std::string_view namespace_);
/// The parts of a service account's user name; nothing when it is not a valid one.
std::optional<ServiceAccountName> parse_service_account_user(std::string_view user_name);

/// The node's name behind "system:node:<name>"; nothing when that is not a valid node name.
std::optional<std::string_view> parse_node_user(std::string_view user_name);
/// For a user in the group system:nodes whose name begins with system:node: the rest of the name,
/// which may be empty; nothing for anybody else. Source: pkg/auth/nodeidentifier.
std::optional<std::string_view> node_identity(const User& user);

/// RFC 1123 label, at most 63 bytes; subdomain, at most 253.
bool is_dns_label(std::string_view text);
bool is_dns_subdomain(std::string_view text);

/// One term of a field selector, as far as authorizers read it.
struct FieldRequirement {
  std::string field;
  bool equals = true;  // `=`, else `!=`.
  std::string value;
};

/// One term of a label selector. The operator is spelled as in a LabelSelectorRequirement.
struct LabelRequirement {
  std::string key;
  std::string op;
  std::vector<std::string> values;
};

/// One question to an authorizer. A resource request has a verb and the resource fields, any other
/// has a method in small letters as its verb, and a path.
struct Attributes {
  const User* user = nullptr;  // Never null; outlives the question.
  std::string verb;
  std::string group;
  std::string version;
  std::string resource;
  std::string subresource;
  std::string name;
  std::string namespace_;  // "" for cluster scope and for all namespaces.
  bool is_resource = true;
  std::string path;
  std::vector<FieldRequirement> field_selector;
  std::vector<LabelRequirement> label_selector;

  [[nodiscard]] bool is_read_only() const {
    return verb == "get" || verb == "list" || verb == "watch";
  }
};

enum class Decision : std::uint8_t { Deny, Allow, NoOpinion };

/// What an authorizer makes of a question.
struct Verdict {
  Decision decision = Decision::NoOpinion;
  std::string reason;  // May be empty. Shown to the client of a refused request.
  std::string error;   // What kept the authorizer from seeing all; "" when nothing.

  [[nodiscard]] bool allowed() const { return decision == Decision::Allow; }
};

/// The 403 for a request that nobody allowed, in Kubernetes' words:
/// `pods "p" is forbidden: User "u" cannot get resource "pods" in API group "" in the namespace
/// "n"[: reason]`, `forbidden: User "u" cannot get path "/metrics"`.
Error forbidden(const Attributes& attributes, std::string_view reason);

/// A text in double quotes, escaped as Go's %q does it.
std::string quoted(std::string_view text);
/// `["a" "b"]`, as Go's %q prints a list of texts.
std::string quoted_list(const std::vector<std::string>& texts);

/// The text with U+FFFD for every byte that is not UTF-8, as Go shows it: for what headers say.
std::string valid_text(std::string_view text);

}  // namespace knarr::auth
