// SPDX-License-Identifier: Apache-2.0
// What headers say about the caller: a bearer token, or the word of a trusted proxy.
#include "auth/client_certificate.h"

#include <algorithm>

#include <fmt/core.h>

namespace knarr::auth {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool same_letters(std::string_view a, std::string_view small) {
  return a.size() == small.size() &&
         std::equal(a.begin(), a.end(), small.begin(), [](char c, char s) {
           return (c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) == s;
         });
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// The first value of the first header that is there with one.
std::string first_of(const Headers& headers, const std::vector<std::string>& names) {
  for (const std::string& wanted : names) {
    for (const auto& [name, value] : headers) {
      if (name == wanted && !value.empty()) return value;
    }
  }
  return {};
}

}  // namespace

std::optional<std::string_view> bearer_token(std::string_view authorization) {
  authorization = trim(authorization);
  const std::size_t blank = authorization.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  if (!same_letters(authorization.substr(0, blank), "bearer")) return std::nullopt;
  std::string_view token = authorization.substr(blank + 1);
  token = token.substr(0, token.find(' '));
  if (token.empty()) return std::nullopt;  // Two blanks are no way to begin a token.
  return token;
}

std::string decode_extra_key(std::string_view encoded) {
  std::string key;
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    if (encoded[i] != '%') {
      key += encoded[i];
      continue;
    }
    const int high = i + 2 < encoded.size() ? hex_digit(encoded[i + 1]) : -1;
    const int low = i + 2 < encoded.size() ? hex_digit(encoded[i + 2]) : -1;
    if (high < 0 || low < 0) return std::string(encoded);
    key += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return key;
}

Result<std::optional<User>> request_header_user(const CertificateVerifier& verifier,
                                                const RequestHeaderOptions& options,
                                                const std::vector<std::string>& chain,
                                                const Headers& headers, SystemTime now) {
  if (chain.empty()) return std::optional<User>();
  const Result<Certificate> certificate = verifier.verify(chain, now);
  if (!certificate) return std::optional<User>();  // Another authority's: not a proxy of ours.
  const std::string proxy = certificate->common_name();
  const auto& allowed = options.allowed_names;
  if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), proxy) == allowed.end()) {
    return Error(Reason::Unauthorized,
                 fmt::format("the certificate of \"{}\" is not allowed to name users", proxy));
  }
  User user;
  user.name = first_of(headers, options.user_headers);
  if (user.name.empty()) return std::optional<User>();
  user.uid = first_of(headers, options.uid_headers);
  for (const std::string& wanted : options.group_headers) {
    for (const auto& [name, value] : headers) {
      if (name == wanted) user.groups.push_back(value);
    }
  }
  for (const std::string& prefix : options.extra_prefixes) {
    for (const auto& [name, value] : headers) {
      if (name.starts_with(prefix)) {
        user.extra.add(decode_extra_key(std::string_view(name).substr(prefix.size())), value);
      }
    }
  }
  return std::optional<User>(std::move(user));
}

}  // namespace knarr::auth
