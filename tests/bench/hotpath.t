#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The short form of hotpath, for make test.
exec "$(dirname "$0")/hotpath" --quick
