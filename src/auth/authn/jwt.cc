// SPDX-License-Identifier: Apache-2.0
#include "auth/authn/jwt.h"

#include "auth/crypto/openssl.h"
#include "base/base64.h"
#include "base/check.h"
#include "codec/json.h"

#include <array>

#include <fmt/core.h>
#include <openssl/core_names.h>
#include <openssl/err.h>

namespace knarr::auth {

namespace {

constexpr std::size_t kMaxTokenBytes = 64UL << 10;
constexpr codec::JsonLimits kLimits{.max_depth = 32, .max_values = 10'000};

struct Algorithm {
  std::string_view name;
  std::string_view openssl_group;  // "" for RSA.
  std::string_view curve;          // As JWK names it.
  std::size_t number_bytes;        // Of r, s, x and y.
  const EVP_MD* (*digest)();
};

constexpr std::array kAlgorithms = {
    Algorithm{"RS256", "", "", 0, EVP_sha256},
    Algorithm{"ES256", "prime256v1", "P-256", 32, EVP_sha256},
    Algorithm{"ES384", "secp384r1", "P-384", 48, EVP_sha384},
    Algorithm{"ES512", "secp521r1", "P-521", 66, EVP_sha512},
};

const Algorithm* algorithm_of(const PublicKey& key) {
  char group[64] = "";
  const int type = EVP_PKEY_get_base_id(key.handle());
  if (type == EVP_PKEY_EC) {
    EVP_PKEY_get_group_name(key.handle(), group, sizeof group, nullptr);
  } else if (type != EVP_PKEY_RSA) {
    return nullptr;
  }
  for (const Algorithm& algorithm : kAlgorithms) {
    if (algorithm.openssl_group == group) return &algorithm;
  }
  return nullptr;
}

/// RFC 7518 3.4: r and s in a row, each of a fixed length, where OpenSSL has a DER sequence.
std::string to_der(std::string_view raw, std::size_t number_bytes) {
  if (raw.size() != 2 * number_bytes) return {};
  const auto* bytes = reinterpret_cast<const unsigned char*>(raw.data());
  const int size = static_cast<int>(number_bytes);
  const crypto::SignatureHandle signature(ECDSA_SIG_new());
  ECDSA_SIG_set0(signature.get(), BN_bin2bn(bytes, size, nullptr),
                 BN_bin2bn(bytes + number_bytes, size, nullptr));
  unsigned char* der = nullptr;
  const int length = i2d_ECDSA_SIG(signature.get(), &der);
  if (length <= 0) return {};
  std::string result(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
  OPENSSL_free(der);
  return result;
}

std::string number_text(const BIGNUM* number, std::size_t bytes) {
  std::string text(bytes, '\0');
  CHECK(BN_bn2binpad(number, reinterpret_cast<unsigned char*>(text.data()),
                     static_cast<int>(bytes)) == static_cast<int>(bytes));
  return text;
}

std::string from_der(std::string_view der, std::size_t number_bytes) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const crypto::SignatureHandle signature(
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  CHECK(signature != nullptr);
  return number_text(ECDSA_SIG_get0_r(signature.get()), number_bytes) +
         number_text(ECDSA_SIG_get0_s(signature.get()), number_bytes);
}

/// A number of the key, of `bytes` bytes (0: as many as it has).
std::string key_number(const PublicKey& key, const char* parameter, std::size_t bytes) {
  BIGNUM* number = nullptr;
  CHECK(EVP_PKEY_get_bn_param(key.handle(), parameter, &number) == 1);
  const crypto::BigNumber owner(number);
  if (bytes == 0) bytes = static_cast<std::size_t>(BN_num_bytes(number));
  return base64_encode(number_text(number, bytes), Base64::UrlRaw);
}

Result<object::Document> decode_part(std::string_view part) {
  const std::string json = TRY(base64_decode(part, Base64::UrlRaw));
  object::Draft draft = TRY(codec::parse_json(json, kLimits));
  if (!draft.root().is_map()) return Error(Reason::BadRequest, "not a JSON object");
  return draft.freeze();
}

}  // namespace

Result<Jwt> parse_jwt(std::string_view token) {
  const Error not_a_token(Reason::BadRequest, "not a JSON Web Token");
  if (token.size() > kMaxTokenBytes) return not_a_token;
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return not_a_token;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
    return not_a_token;
  }
  const object::Document header = TRY(decode_part(token.substr(0, first)));
  Jwt jwt;
  jwt.claims = TRY(decode_part(token.substr(first + 1, second - first - 1)));
  jwt.signature = TRY(base64_decode(token.substr(second + 1), Base64::UrlRaw));
  jwt.signed_part = token.substr(0, second);
  jwt.algorithm = header["alg"].as_string();
  jwt.key_id = header["kid"].as_string();
  return jwt;
}

std::string_view jwt_algorithm(const PublicKey& key) {
  const Algorithm* algorithm = algorithm_of(key);
  return algorithm == nullptr ? std::string_view() : algorithm->name;
}

std::string jwt_key_id(const PublicKey& key) {
  return base64_encode(crypto::sha256(key.der()), Base64::UrlRaw);
}

bool jwt_signed_by(const Jwt& jwt, const PublicKey& key) {
  const Algorithm* algorithm = algorithm_of(key);
  if (algorithm == nullptr || jwt.algorithm != algorithm->name) return false;
  const std::string signature =
      algorithm->number_bytes == 0 ? jwt.signature : to_der(jwt.signature, algorithm->number_bytes);
  const crypto::DigestContext context(EVP_MD_CTX_new());
  const bool good =
      !signature.empty() &&
      EVP_DigestVerifyInit(context.get(), nullptr, algorithm->digest(), nullptr, key.handle()) ==
          1 &&
      EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                       signature.size(),
                       reinterpret_cast<const unsigned char*>(jwt.signed_part.data()),
                       jwt.signed_part.size()) == 1;
  ERR_clear_error();
  return good;
}

std::string sign_jwt(std::string_view claims_json, const PrivateKey& key) {
  const Algorithm* algorithm = algorithm_of(key);
  CHECK(algorithm != nullptr);
  const std::string header =
      fmt::format(R"({{"alg":"{}","kid":"{}"}})", algorithm->name, jwt_key_id(key));
  std::string token = base64_encode(header, Base64::UrlRaw);
  token += '.';
  token += base64_encode(claims_json, Base64::UrlRaw);

  const crypto::DigestContext context(EVP_MD_CTX_new());
  CHECK(EVP_DigestSignInit(context.get(), nullptr, algorithm->digest(), nullptr, key.handle()) ==
        1);
  const auto* bytes = reinterpret_cast<const unsigned char*>(token.data());
  std::size_t size = 0;
  CHECK(EVP_DigestSign(context.get(), nullptr, &size, bytes, token.size()) == 1);
  std::string signature(size, '\0');
  CHECK(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       bytes, token.size()) == 1);
  signature.resize(size);
  if (algorithm->number_bytes != 0) signature = from_der(signature, algorithm->number_bytes);
  token += '.';
  token += base64_encode(signature, Base64::UrlRaw);
  return token;
}

std::string to_jwk(const PublicKey& key) {
  const Algorithm* algorithm = algorithm_of(key);
  CHECK(algorithm != nullptr);
  const std::string id = jwt_key_id(key);
  if (algorithm->number_bytes == 0) {
    return fmt::format(R"({{"use":"sig","kty":"RSA","kid":"{}","alg":"{}","n":"{}","e":"{}"}})", id,
                       algorithm->name, key_number(key, OSSL_PKEY_PARAM_RSA_N, 0),
                       key_number(key, OSSL_PKEY_PARAM_RSA_E, 0));
  }
  return fmt::format(
      R"({{"use":"sig","kty":"EC","kid":"{}","crv":"{}","alg":"{}","x":"{}","y":"{}"}})", id,
      algorithm->curve, algorithm->name,
      key_number(key, OSSL_PKEY_PARAM_EC_PUB_X, algorithm->number_bytes),
      key_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, algorithm->number_bytes));
}

}  // namespace knarr::auth
