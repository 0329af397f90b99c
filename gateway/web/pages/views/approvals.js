/* Requests: what is asked, on which evidence, and the decision of another. */

import {get, paths, post, query} from "/api.js";
import {el, facts, field, panel, put, select, table} from "/dom.js";
import {can, draw, exportButton, problemText, say, setDraft} from "/main.js";
import {setKeys, walk} from "/keys.js";
import {itemState, sentence, state, t, time} from "/words.js";

function decide(request) {
	const reason = setDraft(el("textarea", {rows: "3", maxlength: "1000", id: "comment"}),
		`request-${request.id}`);
	const error = el("p", {class: "error", role: "alert"});
	const act = (action) => async () => {
		error.textContent = "";
		try {
			await post(paths.request(request.id, action),
				reason.value ? {reason: reason.value} : {});
			reason.value = "";
			reason.dispatchEvent(new Event("input"));
			say(t("approvals.decided"));
			await draw();
		} catch (problem) {
			error.textContent = problem.status === 409
				? `${problemText(problem)} ${t("approvals.changed")}` : problemText(problem);
		}
	};
	const button = (action, words, sort, off) => el("button", {type: "button", class: sort,
		id: action, disabled: off, onclick: act(action),
		"aria-describedby": off ? "why-not" : null}, t(words));
	const approver = can("approver");

	return el("form", {class: "panel", id: "decide", onsubmit: (event) =>
		event.preventDefault()}, field(t("approvals.comment"), reason), error,
	request.own ? el("p", {id: "why-not", class: "alert"}, t("approvals.own")) : null,
	el("div", {class: "row"},
		approver ? button("approve", "approvals.approve", "main", request.own || request.changed)
			: null,
		approver ? button("deny", "approvals.deny", "danger", request.own) : null,
		request.own ? button("withdraw", "approvals.withdraw", "", false) : null));
}

async function one(target, id) {
	const request = await get(paths.request(id));

	put(target, el("p", null, el("a", {href: "#/approvals"}, t("back"))),
		el("h1", null, `${t(`kind.${request.kind}`)}: ${request.name}`),
		request.changed ? el("p", {class: "alert bad"}, t("approvals.changed")) : null,
		panel(t("page.approvals"), facts([[t("state"), itemState(request.state)],
			[t("queue.subject"), el("a", {href: `#/item/${request.item}`}, request.name)],
			[t("approvals.by"), request.requester], [t("time"), time(request.time)],
			[t("department"), request.department], [t("reason"), request.reason],
			[t("item.verdict"), sentence(request.item_reason)],
			...(request.failed ? [[t("state.failed"), sentence(request.failed)]] : []),
			[t("policy.approver"), request.approver],
			[t("approvals.comment"), request.decision_reason],
			[t("queue.recipient"), request.recipients.map((to) => el("p", null,
				`${to.name} ${to.released ? time(to.released) : ""}`))],
			[t("approvals.evidence"), el("span", {class: "hash"}, request.evidence)]])),
		request.state === "open" ? decide(request) : null);
	setKeys({a: () => document.getElementById("comment")?.focus()});
}

export async function approvals(target, session, search) {
	if (search.has("id")) {
		await one(target, search.get("id"));
		return;
	}
	const wanted = search.get("state") ?? "open";
	const filter = select(["open", "approved", "failed", "done", "denied",
		"withdrawn", ""].map((name) =>
		[name, name ? t(`state.${name}`) : t("all")]), wanted, {onchange: () => {
		location.hash = `#/approvals?state=${filter.value}`;
	}});
	const list = (await get(paths.requests + query({state: wanted}))).requests;
	const links = list.map((request) => el("a", {href: `#/approvals?id=${request.id}`},
		request.name || request.item));

	put(target, el("h1", null, t("page.approvals")), el("div", {class: "row"},
		field(t("state"), filter)), table(t("page.approvals"), [
		{title: t("queue.subject"), class: "name", cell: (one) => links[list.indexOf(one)]},
		{title: t("item.kind"), cell: (one) => t(`kind.${one.kind}`)},
		{title: t("approvals.by"), cell: (one) => one.own
			? state("plain", `${one.requester}`) : one.requester},
		{title: t("time"), class: "time", cell: (one) => time(one.time)},
		{title: t("department"), class: "short", cell: (one) => one.department},
		{title: t("reason"), cell: (one) => one.reason || ""},
		{title: t("state"), cell: (one) => one.failed
			? [itemState(one.state), " ", sentence(one.failed)] : itemState(one.state)},
	], list, t("none")), exportButton(paths.requestsExport, {state: wanted}));
	setKeys(walk(links, {open: (at) => links[at].click()}));
}
