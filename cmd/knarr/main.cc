// SPDX-License-Identifier: Apache-2.0
// main(), nothing else: pins name services before anything could ask them (a static program dies in
// getaddrinfo under another distribution's nsswitch.conf), then hands over to cli.
#include "cli/cli.h"

#include <initializer_list>
#include <netdb.h>
#include <nss.h>

int main(int argc, char** argv) {
  for (const char* database : {"passwd", "group", "shadow", "services", "protocols", "networks",
                               "ethers", "rpc", "netgroup", "aliases"}) {
    __nss_configure_lookup(database, "files");
  }
  __nss_configure_lookup("hosts", "files dns");
  return knarr::cli::run(argc, argv);
}
