# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Of n numbers in a list, for the scripts beside it.
function median(list, n,    i, j, t, a) {
	split(list, a, " ")
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && a[j - 1] + 0 > a[j] + 0; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
	return a[int((n + 1) / 2)]
}
