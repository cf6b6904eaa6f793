# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="a function named SSL_write, against empty programs where it begins and returns"
load="tls 100000"
loader=load-dynamic
program=$out/bench/$loader
place=$program+0x$(readelf -Ws "$program" | awk '$8 == "SSL_write" && !n++ { print $2 }')
empties=("uprobe/$place uretprobe/$place")
args="--extra-lib $program -n load*"
bpftrace="
uprobe:$program:SSL_write { @start[tid] = nsecs; }
uretprobe:$program:SSL_write /@start[tid]/ {
	@us[\"SSL_write\"] = hist((nsecs - @start[tid]) / 1000);
	delete(@start[tid]);
}
END { clear(@start); }"
shown() { histogram; }
