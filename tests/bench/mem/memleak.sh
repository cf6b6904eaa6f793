# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
what="malloc(3) and free(3) of a program that is watched, against empty programs at the same three probes"
load="malloc 200000"
loader=load-dynamic
libc=$(ldd "$out/bench/$loader" | awk '/libc\.so/ { print $3 }')
place() { echo "$libc+0x$(readelf -Ws --dyn-syms "$libc" | awk -v name="$1@@" 'index($8, name) == 1 && !n++ { print $2 }')"; }
empties=("uprobe/$(place malloc) uretprobe/$(place malloc) uprobe/$(place free)")
# libbpf-tools' and bcc's take a process that is there already, or start one: neither is this load.
args="-O $libc --older 0 -n load*"
bpftrace="
uprobe:$libc:malloc { @size[tid] = arg0; }
uretprobe:$libc:malloc /@size[tid]/ { @held[pid, retval] = @size[tid]; @stack[pid, retval] = ustack; delete(@size[tid]); }
uprobe:$libc:free { delete(@held[pid, arg0]); delete(@stack[pid, arg0]); }
END { clear(@size); }"
# What is freed is not shown.
shown() { awk 'END { printf "204000" }'; }
