/* What changed between two texts, line by line. */

import {el} from "/dom.js";
import {t} from "/words.js";

const AROUND = 3;

/* The longest common lines of what is left between equal beginnings and ends. */
function middle(before, after) {
	const lengths = Array.from({length: before.length + 1}, () =>
		new Uint16Array(after.length + 1));

	for (let i = before.length - 1; i >= 0; i--)
		for (let j = after.length - 1; j >= 0; j--)
			lengths[i][j] = before[i] === after[j] ? lengths[i + 1][j + 1] + 1
				: Math.max(lengths[i + 1][j], lengths[i][j + 1]);
	const steps = [];
	let i = 0;
	let j = 0;
	while (i < before.length || j < after.length) {
		if (i < before.length && j < after.length && before[i] === after[j]) {
			steps.push([" ", before[i]]);
			i += 1;
			j += 1;
		} else if (i < before.length
			&& (j === after.length || lengths[i + 1][j] >= lengths[i][j + 1])) {
			steps.push(["-", before[i++]]);
		} else {
			steps.push(["+", after[j++]]);
		}
	}
	return steps;
}

/** [[" " | "-" | "+", line]]; texts of up to some thousand lines. */
export function steps(before, after) {
	const one = before.replace(/\n$/, "").split("\n");
	const other = after.replace(/\n$/, "").split("\n");
	let head = 0;
	let tail = 0;

	while (head < one.length && head < other.length && one[head] === other[head])
		head += 1;
	while (tail < one.length - head && tail < other.length - head
		&& one[one.length - 1 - tail] === other[other.length - 1 - tail])
		tail += 1;
	return [...one.slice(0, head).map((line) => [" ", line]),
		...middle(one.slice(head, one.length - tail), other.slice(head, other.length - tail)),
		...one.slice(one.length - tail).map((line) => [" ", line])];
}

const SORTS = {"+": "added", "-": "removed", " ": "same"};
const SIGNS = {"+": "+", "-": "−", " ": ""};

function row([sign, line]) {
	return el("tr", {class: SORTS[sign]},
		el("td", {class: "sign"}, el("span", {"aria-hidden": "true"}, SIGNS[sign]),
			sign === " " ? null
				: el("span", {class: "unseen"}, t(`difference.${SORTS[sign]}`))),
		el("td", null, el("code", null, line)));
}

/** A table of the difference; lines far from any change are left out. */
export function difference(before, after) {
	const all = steps(before, after);
	const changed = all.map(([sign]) => sign !== " ");
	const near = all.map((step, at) => changed.slice(Math.max(0, at - AROUND), at + AROUND + 1)
		.includes(true));
	const rows = [];

	if (!changed.includes(true))
		return el("p", {class: "empty"}, t("difference.none"));
	all.forEach((step, at) => {
		if (near[at])
			rows.push(row(step));
		else if (at === 0 || near[at - 1])
			rows.push(el("tr", {class: "gap"}, el("td", {class: "sign"}), el("td", null, "…")));
	});
	return el("div", {class: "scroll", tabindex: "0", role: "region",
		"aria-label": t("difference.title")}, el("table", {class: "difference"},
		el("caption", {class: "unseen"}, t("difference.title")),
		el("thead", {class: "unseen"}, el("tr", null,
			el("th", {scope: "col"}, t("difference.sign")),
			el("th", {scope: "col"}, t("difference.line")))),
		el("tbody", null, rows)));
}
