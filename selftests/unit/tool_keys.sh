#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Help, completion, manual and netlink specification have the same keys: tool_keys.py.
#
#	tool_keys.sh [NATGWCTL]

exec python3 "$(dirname "$(realpath "$0")")/tool_keys.py" "$@"
