/* The audit log: search, the proof of an entry, export. */

import {get, paths, query} from "/api.js";
import {el, field, panel, put, table} from "/dom.js";
import {exportButton, problemText, say} from "/main.js";
import {sentence, t, time} from "/words.js";

const LIMIT = 100;
const DAY_MS = 24 * 3600 * 1000;

/* The last day that is whole, as the calendar here has it. */
function yesterday() {
	return new Date(Date.now() + 9 * 3600 * 1000 - DAY_MS).toISOString().slice(0, 10);
}

async function prove(entry) {
	try {
		const proof = await get(paths.proofs + query({year: entry.year, seq: entry.seq}));
		const dialog = el("dialog", {"aria-labelledby": "proof-title"},
			el("h2", {id: "proof-title"}, t("audit.proof")),
			el("pre", null, JSON.stringify(proof, null, 2)),
			el("form", {method: "dialog"}, el("button", {class: "main"}, t("close"))));

		dialog.addEventListener("close", () => dialog.remove());
		document.body.append(dialog);
		dialog.showModal();
	} catch (error) {
		say(problemText(error));
	}
}

function filters(search) {
	const names = ["actor", "action", "object"];
	const inputs = names.map((name) => el("input", {value: search.get(name) || "",
		maxlength: "128", name}));

	return el("form", {class: "row", id: "filters", onsubmit: (event) => {
		event.preventDefault();
		location.hash = `#/audit${query(Object.fromEntries(inputs.map((input) =>
			[input.name, input.value])))}`;
	}}, inputs.map((input) => field(t(`audit.${input.name}`), input)),
	el("button", {class: "main", type: "submit"}, t("search")));
}

/* What the address says, without where the page begins. */
function exportFilters(asked) {
	const {year, ...filters} = asked;

	delete filters.before;
	return year ? {...filters, year: Number(year)} : filters;
}

export async function audit(target, session, search) {
	const asked = Object.fromEntries(search);
	const answer = await get(paths.audit + query({...asked, limit: LIMIT}));
	const examined = await get(paths.examination + query({day: yesterday()}));
	const checkpoints = (await get(paths.checkpoints)).checkpoints;

	put(target, el("h1", null, t("page.audit")), filters(search),
		panel(t("page.audit"), table(t("page.audit"), [
			{title: t("audit.seq"), class: "number", cell: (one) => `${one.year}/${one.seq}`},
			{title: t("time"), class: "time", cell: (one) => time(one.time)},
			{title: t("audit.actor"), cell: (one) => `${one.actor} (${one.role})`},
			{title: t("audit.action"), cell: (one) => one.action},
			{title: t("audit.object"), class: "name", cell: (one) => one.object},
			{title: t("reason"), class: "name", cell: (one) => one.reason || ""},
			{title: t("audit.outcome"), cell: (one) => one.outcome},
			{title: "", cell: (one) => el("button", {type: "button",
				onclick: () => prove(one)}, t("audit.proof"))},
		], answer.entries, t("none")),
		answer.entries.length === LIMIT ? el("p", null, el("a", {class: "button",
			href: `#/audit${query({...asked, before: answer.entries[LIMIT - 1].seq})}`},
		t("more"))) : null),
		exportButton(paths.auditExport, exportFilters(asked)),
		panel(`${t("audit.examination")} ${examined.day}`, table(t("audit.examination"), [
			{title: t("removed.what"), cell: (one) => sentence(`examine.${one.kind}`)},
			{title: t("audit.actor"), cell: (one) => one.who},
			{title: t("audit.count"), class: "number", cell: (one) => one.count},
		], examined.findings, t("none"))),
		panel(t("audit.checkpoints"), table(t("audit.checkpoints"), [
			{title: t("audit.seq"), class: "number", cell: (one) => one.number},
			{title: t("bytes"), class: "number", cell: (one) => one.size},
			{title: "", class: "name", cell: (one) => el("pre", null, one.note)},
		], checkpoints, t("none"))));
}
