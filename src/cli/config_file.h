// SPDX-License-Identifier: Apache-2.0
// Configuration files: YAML whose keys are flags without the dashes, as K3s reads them
// (/etc/knarr/config.yaml, then config.yaml.d/*.yaml in the order of their names).
#pragma once

#include "base/result.h"

#include <string>
#include <vector>

namespace knarr::cli {

/// The flags that the files ask for, as arguments ("--tls-san=a"). A list gives one argument for
/// each of its values; later files replace a key of earlier ones, "key+" adds to it. A missing main
/// file is an error only when `required`. Errors: BadRequest with the file and what is wrong.
Result<std::vector<std::string>> read_config_files(const std::string& path, bool required);

}  // namespace knarr::cli
