// SPDX-License-Identifier: Apache-2.0
// pods/binding, and the older bindings of a namespace: gives a pod its node (BEHAVIOURS 148). The
// pod is written without its kind's rules, so its generation stays.
#include "apiserver/endpoints/pod.h"

#include "api/types.h"
#include "apiserver/registry/kinds/binding.h"
#include "apiserver/registry/metadata.h"
#include "codec/typed.h"

namespace knarr::apiserver {

using object::Document;
using object::Draft;
using object::NodeRef;
namespace atom = object::atom;

namespace {

constexpr PostedKind kKind{"core/v1.Binding", "v1", "Binding"};

Result<> check_name(const RequestInfo& info, std::string_view name) {
  if (info.resource == "bindings") {
    if (name.empty()) return Error(Reason::BadRequest, "Name parameter required.");
  } else if (name != info.name) {
    return Error(Reason::BadRequest, "name in URL does not match name in Binding object");
  }
  return ok();
}

class PodBinding final : public SpecialEndpoint {
 public:
  Task<ApiReply> serve(Call* call) override {
    auto bound = co_await bind(call);
    if (!bound) co_return failed(*call, std::move(bound).error());
    co_return created_status(*call);
  }

 private:
  static Task<Result<>> bind(Call* call) {
    const WriteOptions options = CO_TRY(read_write_options(*call, WriteVerb::Create));
    Draft draft = CO_TRY(read_posted(*call, kKind, options.validation));
    CO_TRY(co_await mutate_posted(call, kKind, &draft, options.dry_run));
    const Document binding = codec::freeze_typed(draft, api::types().find(kKind.type));
    const std::string name(object::name_of(binding.root()));
    CO_TRY(check_name(call->info(), name));
    CO_TRY(validate_binding(binding.root()));
    CO_TRY(co_await validate_posted(call, kKind, binding, options.dry_run));

    const Served& pods = served_pods(*call);
    Registry& registry = call->parts->registry;
    WriteCall write = write_call(*call, options);
    write.served = &pods;
    write.name = name;
    write.subresource = "binding";
    write.bare = true;
    CO_TRY(co_await registry.update(&write, [&](const Document* pod) -> Result<Draft> {
      Draft next = Draft::from(*pod);
      // The Binding may say which pod, or which state of it, its maker saw.
      NodeRef metadata = next.root().ensure_map("metadata");
      metadata.erase(atom::resourceVersion);
      for (const object::Atom pin : {atom::uid, atom::resourceVersion}) {
        const std::string_view seen = binding[atom::metadata][pin].as_string();
        if (!seen.empty()) metadata.ensure(pin).set_string(seen);
      }
      TRY(check_pins(*pods.collection, metadata, *pod, false));
      TRY(bind_pod(next.root(), binding.root(), time_text(registry.clock().system_now())));
      return next;
    }));
    co_return ok();
  }
};

}  // namespace

std::unique_ptr<SpecialEndpoint> make_pod_binding() {
  return std::make_unique<PodBinding>();
}

}  // namespace knarr::apiserver
