# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Lines "TOOL CONTENDER KIND VALUES" of one run to a table for each tool, or to JSON lines.

function median(list,    n, i, j, v, parts) {
	n = split(list, parts, " ")
	if (!n)
		return ""
	for (i = 2; i <= n; i++) {
		v = parts[i] + 0
		for (j = i - 1; j && parts[j] + 0 > v; j--)
			parts[j + 1] = parts[j]
		parts[j + 1] = v
	}
	return n % 2 ? parts[(n + 1) / 2] + 0 : (parts[n / 2] + parts[n / 2 + 1]) / 2
}

function get(tool, name, key) { return median(all[tool, name, key]) }
function has(tool, name, key) { return (tool, name, key) in all }
function num(v, format) { return v == "" ? "-" : sprintf(format, v) }
function json(key, v) { return v == "" ? "" : sprintf(",\"%s\":%.6g", key, v) }
function is_peer(name) { return name !~ /^(none|empty|corekit|dynamic)/ }

BEGIN { FS = "\t" }

!($1 in seen) { seen[$1] = 1; tools[++n_tools] = $1 }
$3 == "what" { what[$1] = $4; next }
$3 == "clock" { clock[$1] = $4; next }
$3 == "dead" { dead[$1, $2] = $4; next }
$3 == "size" { names[$1] = names[$1] " " $2; if ($4) all[$1, $2, "size"] = $4; next }
{
	n = split($4, words, " ")
	for (i = 1; i <= n; i++) {
		at = index(words[i], "=")
		key = substr(words[i], 1, at - 1)
		value[key] = substr(words[i], at + 1)
	}
	if ($3 == "load")
		keep("cost", value[clock[$1]] / value["timed"])
	for (key in value)
		if (key != "wall" && key != "cpu" && value[key] >= 0)
			keep(($3 == "idle" ? "idle_" : "") key, value[key])
	if ("shown" in value)
		keep("missing", value["made"] - value["shown"])
	delete value
}

function keep(key, v) { all[$1, $2, key] = all[$1, $2, key] " " v }

# What is added to the cost of one event, and the best of the peers that show nearly all.
function work_out(tool,    n, i, list, name, peer, best, any) {
	n = split(names[tool], list, " ")
	for (i = 1; i <= n; i++) {
		name = list[i]
		if (!has(tool, name, "cost") || name == "none")
			continue
		added[tool, name] = get(tool, name, "cost") - get(tool, "none", "cost")
		if (has(tool, name, "idle_used"))
			cpu[tool, name] = (get(tool, name, "used") - get(tool, name, "idle_used")) / get(tool, name, "made")
		if (!is_peer(name))
			continue
		if (any == "" || added[tool, name] < any)
			any = added[tool, name]
		if (get(tool, name, "missing") <= get(tool, name, "made") / 100 && (best == "" || added[tool, name] < best))
			best = added[tool, name]
	}
	best_peer[tool] = best == "" ? any : best
}

function ratio(a, b) { return a == "" || b == "" || b <= 0 ? "" : a / b }

function show(tool,    n, i, list, name, base) {
	n = split(names[tool], list, " ")
	base = added[tool, "empty"]
	if (format == "text") {
		printf "%s: %s\n", tool, what[tool]
		printf "%-14s %9s %7s %7s %9s %8s %9s %8s %7s %7s %7s %8s %7s\n", "", "ns/event", "/empty", "/peer",
			"events", "said", "missing", "ready ms", "fd ms", "peak MB", "-rings", "CPU s/M", "KB"
	}
	for (i = 1; i <= n; i++) {
		name = list[i]
		if ((tool, name) in dead) {
			if (format == "text")
				printf "%-14s %s\n", name, dead[tool, name]
			else
				printf "{\"tool\":\"%s\",\"contender\":\"%s\",\"failed\":\"%s\"}\n", tool, name, dead[tool, name]
			continue
		}
		peak = get(tool, name, "idle_peak")
		rest = peak == "" ? "" : (peak - get(tool, name, "idle_buffers")) / 1024
		peak = peak == "" ? "" : peak / 1024
		ns = name == "none" ? get(tool, name, "cost") : added[tool, name]
		size = has(tool, name, "size") ? all[tool, name, "size"] : ""
		if (format == "text") {
			printf "%-14s %9s %7s %7s %9s %8s %9s %8s %7s %7s %7s %8s %7s\n", name,
				num(ns, name == "none" ? "%.0f" : "%+.0f"), num(ratio(added[tool, name], base), "%.2f"),
				num(ratio(added[tool, name], best_peer[tool]), "%.2f"), num(get(tool, name, "made"), "%d"),
				num(get(tool, name, "told"), "%d"), num(get(tool, name, "missing"), "%d"),
				num(get(tool, name, "idle_ready"), "%.1f"), num(get(tool, name, "idle_fd"), "%.1f"),
				num(peak, "%.1f"), num(rest, "%.1f"), num(cpu[tool, name], "%.3f"), num(size == "" ? "" : size / 1000, "%.0f")
			continue
		}
		printf "{\"tool\":\"%s\",\"contender\":\"%s\"%s%s%s%s%s%s%s%s%s%s%s%s%s}\n", tool, name,
			json("ns_per_event", get(tool, name, "cost")), json("ns_added", added[tool, name]),
			json("to_empty", ratio(added[tool, name], base)), json("to_best_peer", ratio(added[tool, name], best_peer[tool])),
			json("events", get(tool, name, "made")), json("loss_reported", get(tool, name, "told")),
			json("missing", get(tool, name, "missing")), json("ready_ms", get(tool, name, "idle_ready")),
			json("ready_fd_ms", get(tool, name, "idle_fd")), json("peak_mb", peak), json("peak_without_rings_mb", rest),
			json("cpu_s_per_million", cpu[tool, name]), json("size_bytes", size)
	}
	if (format == "text")
		print ""
}

END {
	for (t = 1; t <= n_tools; t++) {
		work_out(tools[t])
		show(tools[t])
	}
	if (format == "text" && n_tools)
		print "ns/event: added to an event, and in the row \"none\" all of it. /peer: to the cheapest peer that missed under 1 %.\n" \
		      "said: losses that it reports. missing: made and not shown (below 0: others made some too).\n" \
		      "ready: from exec to its sleep for events. -rings: without the pages of its buffers. Medians."
}
