# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="a byte there and back over lo, which is sent and read twice: with the tool past TCP, so that it takes less than nothing"
load="talk 100000"
empties=()
args="-i 60"
shown() { awk '$5 ~ /^[0-9]+$/ { n += $5 } END { printf "%d", n / 2 }'; }
