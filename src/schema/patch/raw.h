// SPDX-License-Identifier: Apache-2.0
// Raw JSON inside typed trees (RawExtension, fieldsV1) opened for patches. codec::decode_typed()
// closes it again.
#pragma once

#include "object/draft.h"

namespace knarr::schema {

/// Makes a Kind::Raw node the tree it stands for; other nodes stay. Patches open what they walk
/// through and nothing else: most of an object's managedFields is never parsed.
void open_raw(object::NodeRef node);
/// Opens every raw node at and below.
void expand_raw(object::NodeRef node);

}  // namespace knarr::schema
