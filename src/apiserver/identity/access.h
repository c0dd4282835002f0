// SPDX-License-Identifier: Apache-2.0
// What access reviews ask, checked and put into an authorizer's terms. Private to identity/.
// Source: k8s.io/kubernetes pkg/apis/authorization/validation, pkg/registry/authorization/util.
#pragma once

#include "auth/user.h"
#include "object/document.h"
#include "schema/field_error.h"

#include <string>

namespace knarr::apiserver::identity {

/// Checks that a spec asks exactly one of the two questions.
void check_question(object::Value spec, schema::FieldErrors& errors);
/// Checks the selectors of a question about a resource.
void check_selectors(object::Value spec, schema::FieldErrors& errors);
/// Checks that a review of somebody else names one.
void check_asked_for(object::Value spec, schema::FieldErrors& errors);
/// Checks that a LocalSubjectAccessReview stays within its namespace.
void check_local(object::Value review, schema::FieldErrors& errors);
/// `allow_namespace`: a LocalSubjectAccessReview has one.
void check_no_metadata(object::Value metadata, bool allow_namespace, schema::FieldErrors& errors);

struct Question {
  auth::Attributes attributes;  // Without the user.
  std::string error;            // Selectors that could not be read and count as none; "" when fine.
};
/// The question of a checked spec.
Question question_of(object::Value spec);

/// Reads the selectors of a request as far as they can be read; false when something cannot.
bool read_field_selector(std::string_view text, auth::Attributes& attributes);
bool read_label_selector(std::string_view text, auth::Attributes& attributes);

/// spec.user, groups, uid and extra.
auth::User user_of(object::Value spec);

}  // namespace knarr::apiserver::identity
