// SPDX-License-Identifier: Apache-2.0
// Kinds of which only facts are special so far. Source: the strategies in k8s.io/kubernetes
// pkg/registry of 1.36; BEHAVIOURS 36, 131, 133, 138.
#include "apiserver/registry/kinds/all.h"
#include "schema/validation_text.h"

namespace knarr::apiserver::kinds {

namespace {

constexpr Generation kCounted = Generation::OnSpecChange;
constexpr std::string_view kAdmission = "admissionregistration.k8s.io";
constexpr std::string_view kStorage = "storage.k8s.io";
constexpr std::string_view kNetworking = "networking.k8s.io";
constexpr std::string_view kResource = "resource.k8s.io";
constexpr std::string_view kFlow = "flowcontrol.apiserver.k8s.io";

constinit const KindRules kFacts[] = {
    // Core.
    {.group = "", .resource = "limitranges", .create_on_update = true,
     .metadata_checked_once = true},
    {.group = "", .resource = "resourcequotas", .delete_returns_object = true},
    {.group = "", .resource = "persistentvolumes", .delete_returns_object = true,
     .metadata_checked_once = true},
    {.group = "", .resource = "persistentvolumeclaims", .delete_returns_object = true},
    // Policy, scaling, leases.
    // Networking.
    // Identity.
    {.group = "certificates.k8s.io", .resource = "certificatesigningrequests"},
    // Storage.
    {.group = kStorage, .resource = "storageclasses", .delete_returns_object = true},
    {.group = kStorage, .resource = "csidrivers", .unconditional_update = false,
     .delete_returns_object = true},
    {.group = kStorage, .resource = "csinodes", .unconditional_update = false,
     .delete_returns_object = true, .metadata_checked_once = true},
    {.group = kStorage, .resource = "csistoragecapacities", .unconditional_update = false},
    {.group = kStorage, .resource = "volumeattachments", .unconditional_update = false,
     .delete_returns_object = true},
    {.group = kStorage, .resource = "volumeattributesclasses", .delete_returns_object = true},
    // Devices.
    {.group = kResource, .resource = "deviceclasses", .generation = kCounted,
     .delete_returns_object = true},
    {.group = kResource, .resource = "resourceclaims", .delete_returns_object = true},
    {.group = kResource, .resource = "resourceclaimtemplates", .delete_returns_object = true},
    {.group = kResource, .resource = "resourceslices", .generation = kCounted,
     .delete_returns_object = true},
    // Flow control.
    {.group = kFlow, .resource = "flowschemas", .generation = kCounted},
    {.group = kFlow, .resource = "prioritylevelconfigurations", .generation = kCounted,
     .metadata_checked_once = true},
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
