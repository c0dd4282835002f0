// SPDX-License-Identifier: Apache-2.0
// LocalTransport: the API server of this process as a client's transport. A call skips TLS and bytes
// and nothing else: it has a user and passes authorization, admission and managedFields like
// anybody (DESIGN section 6). Documents are handed over as they are.
#pragma once

#include "apiserver/api_server.h"
#include "auth/user.h"
#include "client/transport.h"

#include <string>

namespace knarr::server {

class LocalTransport final : public client::Transport {
 public:
  /// `user_agent`: "knarr/v1.36 (linux/amd64) deployment-controller"; its part before "/" is the
  /// field manager when a call names none.
  LocalTransport(apiserver::ApiServer& server, auth::User user, std::string user_agent)
      : server_(server), user_(std::move(user)), user_agent_(std::move(user_agent)) {}

  Task<Result<object::Document>> get(client::Target target) override;
  Task<Result<client::List>> list(client::Target target, client::ListOptions options) override;
  Task<Result<std::unique_ptr<client::Watch>>> watch(client::Target target,
                                                     client::WatchOptions options) override;
  Task<Result<object::Document>> create(client::Target target, object::Draft object,
                                        client::WriteOptions options) override;
  Task<Result<object::Document>> update(client::Target target, object::Draft object,
                                        client::WriteOptions options) override;
  Task<Result<object::Document>> patch(client::Target target, client::PatchType type,
                                       object::Draft patch, client::WriteOptions options) override;
  Task<Result<object::Document>> remove(client::Target target,
                                        client::DeleteOptions options) override;

 private:
  [[nodiscard]] apiserver::ApiRequest request(std::string method, const client::Target& target) const;
  Task<Result<object::Document>> call(apiserver::ApiRequest request);

  apiserver::ApiServer& server_;
  auth::User user_;
  std::string user_agent_;
};

}  // namespace knarr::server
