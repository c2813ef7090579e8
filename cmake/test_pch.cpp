// SPDX-License-Identifier: Apache-2.0
// The object that the tests' precompiled header hangs on.
