/* The policies: what is in force, every version with its difference, author,
 * approver and result, and every change of settings. */

import {get, paths, post, query} from "/api.js";
import {difference} from "/difference.js";
import {el, facts, field, panel, put, table} from "/dom.js";
import {can, draw, problemText, say, setDraft} from "/main.js";
import {setKeys, walk} from "/keys.js";
import {policyEdit, problemList} from "/views/policyEdit.js";
import {itemState, state, t, time} from "/words.js";

const SETTLE_MS = 1000;
const SETTLE_TRIES = 60;

const hash = (value) => value ? el("span", {class: "hash", title: value}, value.slice(0, 12)) : "–";
const link = (id, ...text) => id ? el("a", {href: `#/policy?id=${id}`}, ...text) : null;

/* Policies are everybody's: a role over one department is not enough. */
const rules = (session, ...roles) => session.grants.some((grant) =>
	grant.unit === "" && roles.includes(grant.role));

/* sekishod puts it in force; whoever approved waits for what comes of it. */
async function settle(id) {
	for (let left = SETTLE_TRIES; left > 0; left--) {
		const version = await get(paths.policyVersion(id));

		if (version.state !== "approved")
			return version.state;
		await new Promise((resolve) => window.setTimeout(resolve, SETTLE_MS));
	}
	return "approved";
}

function decide(version) {
	const reason = setDraft(el("textarea", {rows: "3", maxlength: "1000", id: "comment"}),
		`policy-decision-${version.id}`);
	const error = el("p", {class: "error", role: "alert"});
	const act = (action) => async () => {
		error.textContent = "";
		try {
			await post(paths.policyVersion(version.id, action),
				reason.value ? {reason: reason.value} : {});
			reason.value = "";
			reason.dispatchEvent(new Event("input"));
			if (action === "approve") {
				say(t("policy.settling"));
				say(t(`state.${await settle(version.id)}`));
			} else {
				say(t("approvals.decided"));
			}
			await draw();
		} catch (problem) {
			error.textContent = problem.status === 409
				? `${problemText(problem)} ${t("policy.stale")}` : problemText(problem);
		}
	};
	const button = (action, words, sort, off) => el("button", {type: "button", class: sort,
		id: action, disabled: off, onclick: act(action),
		"aria-describedby": off ? "why-not" : null}, t(words));

	return el("form", {class: "panel", id: "decide", onsubmit: (event) => event.preventDefault()},
		field(t("approvals.comment"), reason), error,
		version.own ? el("p", {id: "why-not", class: "alert"}, t("policy.own")) : null,
		el("div", {class: "row"},
			button("approve", "approvals.approve", "main", version.own),
			button("deny", "approvals.deny", "danger", version.own),
			version.own ? button("withdraw", "approvals.withdraw", "", false) : null));
}

function rollBack(version) {
	const reason = el("input", {required: true, maxlength: "1000", id: "roll-back-reason",
		value: t("policy.rollBackReason", {number: version.number})});
	const error = el("p", {class: "error", role: "alert"});

	return el("form", {class: "panel", id: "roll-back", onsubmit: async (event) => {
		event.preventDefault();
		try {
			const made = await post(paths.policyVersion(version.id, "rollBack"),
				{reason: reason.value});

			say(t("policy.proposed"));
			location.hash = `#/policy?id=${made.id}`;
		} catch (problem) {
			error.textContent = problemText(problem);
		}
	}}, el("h2", null, t("policy.rollBack")), el("p", null, t("policy.rollBackText")),
	field(t("reason"), reason), error,
	el("button", {class: "main", type: "submit"}, t("policy.rollBack")));
}

async function one(target, id, session) {
	const version = await get(paths.policyVersion(id));
	const base = version.base ? await get(paths.policyVersion(version.base)) : null;

	put(target, el("p", null, el("a", {href: "#/policy"}, t("back"))),
		el("h1", null, `${t("page.policy")}: ${t("policy.version")} ${version.number}`),
		version.problems.length ? el("div", {class: "alert bad"},
			el("p", null, t("policy.refusedText")), problemList(version.problems, null)) : null,
		panel(t("policy.version"), facts([[t("state"), itemState(version.state)],
			[t("policy.origin"), t(`policy.origin.${version.origin}`)],
			[t("policy.author"), version.author], [t("time"), time(version.time)],
			[t("reason"), version.reason], [t("policy.approver"), version.approver],
			[t("policy.decided"), version.decided ? time(version.decided) : null],
			[t("approvals.comment"), version.decision],
			[t("policy.settled"), version.settled ? time(version.settled) : null],
			[t("policy.rollsBack"), link(version.rolls_back, t("policy.version"))],
			["SHA-256", el("span", {class: "hash"}, version.sha256)]])),
		base ? panel(t("policy.differenceTo", {number: base.number}),
			difference(base.text, version.text)) : null,
		el("details", {class: "panel", open: !base}, el("summary", null, t("policy.text")),
			el("pre", {tabindex: "0"}, version.text)),
		version.state === "proposed" && rules(session, "approver", "administrator") ? decide(version) : null,
		version.state === "replaced" && rules(session, "administrator") ? rollBack(version) : null);
	setKeys({a: () => document.getElementById("comment")?.focus()});
}

function changesTable(changes) {
	return table(t("policy.changes"), [
		{title: t("time"), class: "time", cell: (change) => time(change.time)},
		{title: t("policy.subject"), cell: (change) => t(`policy.subject.${change.subject}`)},
		{title: t("policy.by"), cell: (change) => t(`policy.by.${change.reason}`)},
		{title: t("audit.actor"), cell: (change) => change.actor},
		{title: t("audit.outcome"), cell: (change) => [change.outcome === "taken"
			? state("good", t("policy.taken")) : state("bad", t("state.refused")),
		change.problems.length ? problemList(change.problems, null) : null]},
		{title: t("policy.before"), cell: (change) => hash(change.before)},
		{title: t("policy.after"), cell: (change) => change.policy
			? link(change.policy, hash(change.after)) : hash(change.after)},
	], changes, t("none"));
}

async function all(target, cursor, session) {
	const present = (await get(paths.policies)).policies[0].in_force;
	const page = await get(paths.policy("") + "/versions" + query({cursor}));
	const changes = can("administrator", "auditor")
		? (await get(paths.configChanges)).changes : null;
	const links = page.versions.map((version) => link(version.id, String(version.number)));

	put(target, el("h1", null, t("page.policy")),
		present ? panel(t("policy.inForce"), facts([
			[t("policy.version"), link(present.id, String(present.number))],
			[t("policy.origin"), t(`policy.origin.${present.origin}`)],
			[t("policy.author"), present.author], [t("policy.approver"), present.approver],
			[t("policy.since"), time(present.settled)],
			["SHA-256", el("span", {class: "hash"}, present.sha256)]]),
		rules(session, "administrator") ? el("p", null, el("a", {class: "button main", id: "edit",
			href: `#/policy?edit=${present.id}`}, t("policy.edit"))) : null) : null,
		panel(t("policy.versions"), table(t("policy.versions"), [
			{title: t("policy.version"), class: "name", cell: (one) =>
				links[page.versions.indexOf(one)]},
			{title: t("state"), cell: (one) => itemState(one.state)},
			{title: t("time"), class: "time", cell: (one) => time(one.time)},
			{title: t("policy.author"), cell: (one) => one.own ? state("plain", one.author)
				: one.author},
			{title: t("policy.approver"), cell: (one) => one.approver || "–"},
			{title: t("reason"), class: "name", cell: (one) => one.reason
				|| t(`policy.origin.${one.origin}`)},
		], page.versions, t("none")),
		page.next ? el("p", null, el("a", {href: `#/policy?cursor=${page.next}`}, t("more")))
			: null),
		changes ? panel(t("policy.changes"), changesTable(changes)) : null);
	setKeys(walk(links, {open: (at) => links[at].click()}));
}

export async function policy(target, session, search) {
	if (search.has("edit") && rules(session, "administrator"))
		await policyEdit(target, search.get("edit"));
	else if (search.has("id"))
		await one(target, search.get("id"), session);
	else
		await all(target, search.get("cursor") ?? "", session);
}
