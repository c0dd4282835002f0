// SPDX-License-Identifier: Apache-2.0
// Subject alternative names: reading and making the extension; private to auth.
#pragma once

#include "auth/certificates.h"
#include "auth/crypto/openssl.h"

namespace knarr::auth::crypto {

/// The alternative names of a certificate, or of an extension; only the name fields are filled.
CertificateSpec alternative_names(const X509* certificate);
CertificateSpec alternative_names(const GENERAL_NAMES* names);

/// The extension for a spec's names, null when it has none. Errors: BadRequest.
Result<GeneralNamesHandle> make_alternative_names(const CertificateSpec& spec);

}  // namespace knarr::auth::crypto
