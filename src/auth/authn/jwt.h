// SPDX-License-Identifier: Apache-2.0
// JSON Web Tokens in their compact form (RFC 7515, 7519): signing, taking apart, verifying. Knows
// nothing of claims. Algorithms are bound to the type of the key (RFC 8725 3.1): RS256, ES256,
// ES384, ES512; "none" is no algorithm. Private to auth.
#pragma once

#include "auth/certificates.h"
#include "base/result.h"
#include "object/document.h"

#include <string>
#include <string_view>

namespace knarr::auth {

/// A token that was taken apart, but whose signature nobody has looked at. Borrows from its text.
struct Jwt {
  std::string_view signed_part;  // "header.payload", as it came.
  std::string signature;         // Bytes.
  std::string algorithm;         // "alg"
  std::string key_id;            // "kid", may be empty.
  object::Document claims;       // A JSON object.
};

/// Takes a token apart. Errors: BadRequest for whatever is not a token of at most 64 KB.
Result<Jwt> parse_jwt(std::string_view token);

/// "ES256" and so on, "" for a key that cannot sign tokens.
std::string_view jwt_algorithm(const PublicKey& key);
/// The key's id in tokens: base64url of the SHA-256 of its SubjectPublicKeyInfo.
std::string jwt_key_id(const PublicKey& key);

/// Whether the key's owner signed the token.
bool jwt_signed_by(const Jwt& jwt, const PublicKey& key);
/// A token with these claims (a JSON text).
std::string sign_jwt(std::string_view claims_json, const PrivateKey& key);

/// The key as a JSON Web Key (RFC 7517), as JSON text.
std::string to_jwk(const PublicKey& key);

}  // namespace knarr::auth
