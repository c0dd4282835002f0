// SPDX-License-Identifier: Apache-2.0
// Kinds of which only facts are special so far. Source: the strategies in k8s.io/kubernetes
// pkg/registry of 1.36; BEHAVIOURS 36, 131, 133, 138.
#include "apiserver/registry/kinds/all.h"
#include "schema/validation_text.h"

namespace knarr::apiserver::kinds {

namespace {

constexpr Generation kCounted = Generation::OnSpecChange;
constexpr std::string_view kAdmission = "admissionregistration.k8s.io";

constinit const KindRules kFacts[] = {
    // Core.
    // Policy, scaling, leases.
    // Networking.
    // Identity.
    // Storage.
    // Devices.
    // Flow control.
    // Extension of the API.
    {.group = kAdmission, .resource = "validatingwebhookconfigurations", .generation = kCounted,
     .unconditional_update = false},
    {.group = kAdmission, .resource = "mutatingwebhookconfigurations", .generation = kCounted,
     .unconditional_update = false},
    {.group = kAdmission, .resource = "validatingadmissionpolicies", .generation = kCounted,
     .unconditional_update = false},
    {.group = kAdmission, .resource = "validatingadmissionpolicybindings", .generation = kCounted,
     .unconditional_update = false},
    {.group = kAdmission, .resource = "mutatingadmissionpolicies", .generation = kCounted,
     .unconditional_update = false},
    {.group = kAdmission, .resource = "mutatingadmissionpolicybindings", .generation = kCounted,
     .unconditional_update = false},
    {.group = "apiextensions.k8s.io", .resource = "customresourcedefinitions",
     .generation = kCounted, .unconditional_update = false},
    {.group = "apiregistration.k8s.io", .resource = "apiservices", .unconditional_update = false,
     .name_rule = schema::any_name_problems},
};

}  // namespace

std::span<const KindRules> kinds_with_facts_only() { return kFacts; }

}  // namespace knarr::apiserver::kinds
