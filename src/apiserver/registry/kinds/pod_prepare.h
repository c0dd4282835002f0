// SPDX-License-Identifier: Apache-2.0
// What the server itself writes into pods before it validates them. Private to the pod rules.
#pragma once

#include "apiserver/registry/kind_rules.h"

namespace knarr::apiserver {

void prepare_new_pod(const RuleContext& context, object::NodeRef pod);
/// A PUT or PATCH of the pod, or of its subresources resize and ephemeralcontainers, which take
/// only what they are for.
void prepare_pod_update(const RuleContext& context, object::NodeRef pod, object::Value old);
void prepare_pod_status(const RuleContext& context, object::NodeRef pod, object::Value old);

/// Adds what matchLabelKeys and mismatchLabelKeys mean for this pod's labels to the selectors of
/// its affinity terms and spread constraints.
void merge_match_label_keys(object::NodeRef pod);
/// Writes an AppArmor profile given by annotation into the field, and tells the client.
void sync_app_armor(const RuleContext& context, object::NodeRef pod);

}  // namespace knarr::apiserver
