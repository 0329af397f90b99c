/* Items: filters, many at once, one reason for all. */

import {get, paths, post, query} from "/api.js";
import {el, field, put, select, table} from "/dom.js";
import {can, draw, exportButton, problemText, say, setDraft} from "/main.js";
import {setKeys, walk} from "/keys.js";
import {age, itemState, sentence, state, t, time, verdictState} from "/words.js";

const SAVED = "sekisho.filters";
const STATES = ["", "held", "awaiting_password", "requested", "approved", "releasing",
	"released_sanitized", "released_original", "reprocessing", "ready", "delivered",
	"rejected", "destroyed"];
const KINDS = ["release_sanitized", "release_original", "reprocess", "delete"];
const FILTERS = ["state", "channel", "direction", "department", "name", "since", "until"];

/* In this browser, each user's own: what somebody looks for is nobody else's
 * business, the server's neither. */
function saved(login) {
	try {
		return JSON.parse(localStorage.getItem(`${SAVED}.${login}`)) || {};
	} catch {
		return {};
	}
}

function keep(login, list) {
	localStorage.setItem(`${SAVED}.${login}`, JSON.stringify(list));
	draw();
}

/* Choosing, naming and dropping filters. */
function savedFilters(login, search) {
	const all = saved(login);
	const names = Object.keys(all);
	const chosen = names.find((one) => all[one] === String(search)) || "";
	const list = select([["", t("queue.saved")], ...names.map((one) => [one, one])], chosen, {
		id: "saved-filters", "aria-label": t("queue.saved"), onchange: () => {
			if (list.value)
				location.hash = `#/queue?${all[list.value]}`;
		}});
	const name = el("input", {maxlength: "64", required: true, id: "filter-name"});

	return el("form", {class: "row", id: "saved", onsubmit: (event) => {
		event.preventDefault();
		keep(login, {...all, [name.value.trim() || t("all")]: String(search)});
	}}, names.length ? list : null,
	chosen ? el("button", {type: "button", id: "drop-filter", onclick: () => {
		delete all[chosen];
		keep(login, all);
	}}, t("queue.drop")) : null,
	field(t("queue.filterName"), name),
	el("button", {type: "submit"}, t("queue.saveAs")));
}

function filters(search) {
	const inputs = {
		state: select(STATES.map((one) => [one, one ? t(`state.${one}`) : t("all")]),
			search.get("state") ?? "held"),
		channel: select(["", "mail", "folder", "upload", "command"].map((one) =>
			[one, one ? t(`channel.${one}`) : t("all")]), search.get("channel") || ""),
		direction: select(["", "inbound", "outbound"].map((one) =>
			[one, one ? t(`direction.${one}`) : t("all")]), search.get("direction") || ""),
		department: el("input", {value: search.get("department") || "", maxlength: "128"}),
		name: el("input", {type: "search", value: search.get("name") || "", maxlength: "128",
			id: "search"}),
	};
	const labels = {state: "state", channel: "queue.channel", direction: "item.direction",
		department: "department", name: "queue.text"};
	const go = () => {
		location.hash = `#/queue${query(Object.fromEntries(Object.entries(inputs)
			.map(([key, input]) => [key, input.value])))}`
			+ (inputs.state.value ? "" : "&state=");
	};
	return el("form", {class: "row", id: "filters", onsubmit: (event) => {
		event.preventDefault();
		go();
	}}, Object.entries(inputs).map(([key, input]) => field(t(labels[key]), input)),
	el("button", {class: "main", type: "submit"}, t("search")));
}

/** The reason stays where it was typed, even over a log-off. */
function batch(chosen) {
	const kind = select(KINDS.map((one) => [one, t(`kind.${one}`)]), "release_sanitized");
	const reason = setDraft(el("textarea", {required: true, rows: "2", maxlength: "1000",
		id: "batch-reason"}), "batch");
	const count = el("p", {"aria-live": "polite", id: "selected"},
		t("queue.selected", {count: 0}));

	return [el("form", {class: "panel", id: "batch", onsubmit: async (event) => {
		event.preventDefault();
		if (chosen.size === 0)
			return;
		try {
			const {results} = await post(paths.batch, {ids: [...chosen], kind: kind.value,
				reason: reason.value});
			const failed = results.filter((one) => one.error).length;

			reason.value = "";
			reason.dispatchEvent(new Event("input"));
			say(t("queue.batchDone", {done: results.length - failed, failed}));
			await draw();
		} catch (error) {
			say(problemText(error));
		}
	}}, el("h2", null, t("queue.batch")), count, el("div", {class: "row"},
		field(t("item.kind"), kind)), field(t("reason"), reason),
	el("button", {class: "main", type: "submit"}, t("item.submit"))), count];
}

function asked(search) {
	const values = Object.fromEntries(FILTERS.map((key) => [key, search.get(key) || ""]));

	if (!search.has("state"))
		values.state = "held";
	return values;
}

export async function queue(target, session, search) {
	const values = asked(search);
	const answer = await get(paths.items + query({...values, limit: 50,
		cursor: search.get("cursor") || ""}));
	const chosen = new Set();
	const [form, count] = batch(chosen);
	const boxes = answer.items.map((one) => el("input", {type: "checkbox",
		"aria-label": `${t("queue.select")}: ${one.name}`, onchange: (event) => {
			chosen[event.target.checked ? "add" : "delete"](one.id);
			event.target.closest("tr").setAttribute("aria-selected", event.target.checked);
			count.textContent = t("queue.selected", {count: chosen.size});
		}}));
	const links = answer.items.map((one) => el("a", {href: `#/item/${one.id}`},
		one.name || one.id));
	const selects = can("reviewer", "approver");

	put(target, el("h1", null, t("page.queue")), filters(search),
		savedFilters(session.user.login, search),
		table(t("page.queue"), [
			selects ? {title: t("queue.select"), cell: (one) => boxes[answer.items.indexOf(one)]}
				: null,
			{title: t("queue.subject"), class: "name",
				cell: (one) => links[answer.items.indexOf(one)]},
			{title: t("time"), class: "time", cell: (one) => time(one.time)},
			{title: t("queue.age"), class: "time", cell: (one) => age(one.time)},
			{title: t("department"), class: "short", cell: (one) => one.department},
			{title: t("queue.channel"), class: "short", cell: (one) => t(`channel.${one.channel}`)},
			{title: t("state"), cell: (one) => one.failed
				? [itemState(one.state), " ", state("bad", t("queue.failed"))]
				: itemState(one.state)},
			{title: t("item.verdict"), cell: (one) => verdictState(one.verdict)},
			{title: t("reason"), cell: (one) => sentence(one.failed || one.reason)},
		].filter(Boolean), answer.items, t("none")),
		answer.next ? el("p", null, el("a", {class: "button",
			href: `#/queue${query({...values, cursor: answer.next})}`}, t("more"))) : null,
		answer.items.length ? exportButton(paths.itemsExport, values) : null,
		selects && answer.items.length ? form : null);
	setKeys(walk(links, {
		open: (at) => links[at].click(),
		select: selects ? (at) => boxes[at].click() : null,
		more: {r: () => form.querySelector("textarea").focus(),
			"/": () => document.getElementById("search").focus()},
	}));
}
