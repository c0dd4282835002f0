// SPDX-License-Identifier: Apache-2.0
// Facts about and files of the host a server runs on.
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace knarr::server {

std::string host_name();  // As Kubernetes names nodes: lower case.
/// The address packets to the outside would leave from; 127.0.0.1 without a route.
std::string default_address();
/// The first usable address of a range: 10.43.0.1 of 10.43.0.0/16. Errors: BadRequest.
Result<std::string> first_address(std::string_view cidr);
/// Makes a folder and its parents, mode 0700. Errors say what to do.
Result<> make_private_folder(const std::string& path);
/// Writes a file as a whole (temporary, fsync, rename) with an octal mode ("0600").
Result<> write_file(const std::string& path, std::string_view contents, std::string_view mode);

}  // namespace knarr::server
