// SPDX-License-Identifier: Apache-2.0
// Internal to engine/api: structs to and from JSON. Each struct has one describe(visitor, struct) that names its
// members with their rules; JsonReader and JsonWriter work through it, so that they can never disagree.
#pragma once

#include "engine/api/field_rule.h"
#include "engine/api/json_reader.h"
#include "engine/api/json_writer.h"
