// SPDX-License-Identifier: Apache-2.0
// The command line of knarr: `knarr server`, `knarr kubectl`, ... A file per command.
#pragma once

namespace knarr::cli {

/// Runs the command that the arguments name; gives the exit code: 0 for success, 1 for a failure
/// (told on standard error with what to do), 2 for a wrong command line.
int run(int argc, char** argv);

}  // namespace knarr::cli
