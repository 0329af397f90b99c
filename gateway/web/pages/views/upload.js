/* A staff member's own file: in, its progress, what was removed, out. */

import {get, paths, query, upload as send} from "/api.js";
import {el, field, panel, put, select, table} from "/dom.js";
import {problemText} from "/main.js";
import {bytes, itemState, removalText, sentence, state, t, time, verdictState}
	from "/words.js";

const WAIT_SECONDS = 20;

async function follow(id) {
	for (;;) {
		const file = await get(paths.file(id) + query({wait: WAIT_SECONDS}));

		if (file.state === "processing")
			continue;
		if (file.verdict)
			file.removals = (await get(`${paths.file(id)}/report`)).removals;
		return file;
	}
}

function result(file) {
	const passed = file.verdict !== "blocked" && file.verdict !== "password";

	return el("div", null,
		el("p", null, verdictState(file.verdict), " ", sentence(file.reason)),
		passed ? el("p", null, el("a", {class: "button main", download: true,
			href: `/api/v1${paths.file(file.id)}/sanitized`}, t("upload.download"))) : null,
		file.verdict === "password" ? el("p", null, el("a", {
			href: `#/item/${file.id}`}, t("upload.password"))) : null,
		(file.removals || []).length ? table(t("removed"), [
			{title: t("removed.what"), cell: removalText},
			{title: t("removed.where"), class: "name", cell: (one) => one.path},
			{title: t("bytes"), class: "number", cell: (one) => bytes(one.bytes)},
		], file.removals, "") : el("p", {class: "empty"}, t("removed.nothing")));
}

function one(file, department, list) {
	const bar = el("progress", {max: "1", value: "0", "aria-label": file.name});
	const place = el("div", {"aria-live": "polite"}, el("p", null, t("upload.sending")), bar);

	list.prepend(panel(file.name, place));
	return send(paths.files + query({name: file.name, department}), file, (part) => {
		bar.value = part;
	}).then(async (answer) => {
		bar.removeAttribute("value");
		place.firstChild.textContent = t("upload.working");
		place.replaceChildren(result(await follow(answer.id)));
	}).catch((error) => place.replaceChildren(
		el("p", {class: "alert bad", role: "alert"}, problemText(error))));
}

/** What others let out is to be fetched here; an original says what it is. */
function released(file) {
	if (!file.released)
		return "";
	return [el("a", {download: true, class: file.released === "original" ? "button danger"
		: "button main", href: `/api/v1${paths.file(file.id)}/released`},
	t(file.released === "original" ? "upload.original" : "upload.released")),
	el("p", {class: "hint"}, t("upload.until", {time: time(file.until)}))];
}

function mine(files) {
	return panel(t("upload.mine"), table(t("upload.mine"), [
		{title: t("queue.subject"), class: "name", cell: (one) => one.name},
		{title: t("time"), class: "time", cell: (one) => time(one.time)},
		{title: t("state"), cell: (one) => itemState(one.state)},
		{title: t("reason"), cell: (one) => one.reason ? sentence(one.reason) : ""},
		{title: t("upload.fetch"), cell: released},
	], files, t("none")));
}

export async function upload(target, session) {
	const units = [...new Set(session.grants.map((grant) => grant.unit))];
	const department = select(units.map((unit) => [unit, unit || t("users.everything")]),
		units[0]);
	const input = el("input", {type: "file", multiple: true, id: "file"});
	const list = el("div");
	const drop = el("div", {class: "drop"}, field(t("upload.choose"), input),
		el("p", {class: "hint"}, t("upload.drop")));
	const take = (files) => [...files].forEach((file) => one(file, department.value, list));

	input.addEventListener("change", () => {
		take(input.files);
		input.value = "";
	});
	for (const kind of ["dragover", "dragleave", "drop"])
		drop.addEventListener(kind, (event) => {
			event.preventDefault();
			drop.classList.toggle("over", kind === "dragover");
			if (kind === "drop")
				take(event.dataTransfer.files);
		});
	const {files} = await get(paths.files);

	put(target, el("h1", null, t("page.upload")),
		units.length > 1 ? field(t("department"), department) : null, drop, list,
		el("p", {class: "hint"}, state("plain", t("upload.note"))), mine(files));
}
