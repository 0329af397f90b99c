/* One item: what it is, what was removed, what happened, what can be asked. */

import {get, paths, post} from "/api.js";
import {el, facts, field, panel, put, select, table} from "/dom.js";
import {can, draw, problemText, say, setDraft} from "/main.js";
import {setKeys} from "/keys.js";
import {previewPanel} from "/views/preview.js";
import {bytes, itemState, removalText, sentence, state, t, time, verdictState} from "/words.js";

const KINDS = ["release_sanitized", "release_original", "reprocess", "delete"];
const STEPS = ["try", "keep", "fetch"];

function partTree(parts) {
	return table(t("item.parts"), [
		{title: t("removed.where"), class: "name", cell: (part) => part.path || "/"},
		{title: t("item.type"), cell: (part) => part.type},
		{title: t("item.verdict"), cell: (part) => verdictState(part.verdict)},
		{title: t("reason"), cell: (part) => sentence(part.reason)},
		{title: t("bytes"), class: "number", cell: (part) => bytes(part.bytes)},
	], parts, t("none"));
}

function removals(findings) {
	return table(t("removed"), [
		{title: t("removed.what"), class: "name", cell: (one) => removalText(one)},
		{title: t("removed.where"), class: "name", cell: (one) => [one.path,
			one.detail ? el("p", {class: "hint"}, one.detail) : null]},
		{title: t("bytes"), class: "number", cell: (one) => bytes(one.bytes)},
	], findings, t("removed.nothing"));
}

/** Why a step was taken: a request's kind, a step of its carrying out, or one
 * of the gateway's reasons. */
function because(reason) {
	if (KINDS.includes(reason) || reason === "unhold")
		return t(`kind.${reason}`);
	return STEPS.includes(reason) ? t(`step.${reason}`) : sentence(reason);
}

function timeline(list) {
	return el("ol", {class: "timeline"}, list.map((step) => el("li", null,
		el("strong", null, t(`state.${step.to}`)), ` ${time(step.time)} ${step.actor}`,
		step.role ? ` (${t(`role.${step.role}`)})` : "",
		step.reason ? el("p", {class: "hint"}, because(step.reason)) : null,
		step.comment ? el("p", null, step.comment) : null)));
}

function requestForm(item) {
	const kinds = KINDS.map((kind) => [kind, t(`kind.${kind}`)]);
	const kind = select(item.legal_hold ? [...kinds, ["unhold", t("kind.unhold")]] : kinds,
		"release_sanitized");
	const reason = setDraft(el("textarea", {required: true, rows: "3", maxlength: "1000",
		id: "reason"}), `item-${item.id}`);
	const boxes = item.recipients.map((one) => el("input", {type: "checkbox",
		value: String(one.number), checked: !one.released, id: `to-${one.number}`,
		disabled: Boolean(one.released)}));
	const error = el("p", {class: "error", role: "alert"});

	return el("form", {class: "panel", id: "request", onsubmit: async (event) => {
		event.preventDefault();
		try {
			const picked = boxes.filter((box) => box.checked && !box.disabled)
				.map((box) => Number(box.value));

			await post(paths.itemAction(item.id, "request"), {kind: kind.value,
				reason: reason.value, version: item.version,
				...(picked.length && kind.value.startsWith("release")
					? {recipients: picked} : {})});
			reason.value = "";
			reason.dispatchEvent(new Event("input"));
			say(t("item.requested"));
			await draw();
		} catch (problem) {
			error.textContent = problemText(problem);
			reason.focus();
		}
	}}, el("h2", null, t("item.act")), field(t("item.kind"), kind),
	boxes.length ? el("fieldset", null, el("legend", null, t("item.recipients")),
		boxes.map((box, at) => el("p", null, box, " ", el("label", {for: box.id},
			`${item.recipients[at].name} ${item.recipients[at].department}`)))) : null,
	field(t("reason"), reason), error,
	el("button", {class: "main", type: "submit"}, t("item.submit")));
}

function holdForm(item) {
	const reason = el("input", {required: true, maxlength: "1000", id: "hold-reason"});

	return el("form", {class: "panel", id: "hold", onsubmit: async (event) => {
		event.preventDefault();
		try {
			await post(paths.itemAction(item.id, "hold"), {reason: reason.value,
				version: item.version});
			await draw();
		} catch (error) {
			say(problemText(error));
		}
	}}, el("h2", null, t("item.hold")), field(t("reason"), reason),
	el("button", {type: "submit"}, t("item.hold")));
}

function passwordForm(item) {
	const input = el("input", {type: "password", required: true, maxlength: "256",
		autocomplete: "off", id: "item-password"});
	const error = el("p", {class: "error", role: "alert"});

	return el("form", {class: "panel", id: "password", onsubmit: async (event) => {
		event.preventDefault();
		error.textContent = t("upload.working");
		try {
			const answer = await post(paths.itemAction(item.id, "password"),
				{passwords: [input.value]});

			input.value = "";
			if (answer.state === "awaiting_password")
				error.textContent = `${sentence(answer.reason)} `
					+ t("password.left", {count: answer.tries_left});
			else
				await draw();
		} catch (problem) {
			error.textContent = problemText(problem);
		}
	}}, el("h2", null, t("password.title")), field(t("login.password"), input), error,
	el("button", {class: "main", type: "submit"}, t("password.submit")));
}

function requests(list) {
	return table(t("item.requests"), [
		{title: t("item.kind"), cell: (one) => el("a", {href: `#/approvals?id=${one.id}`},
			t(`kind.${one.kind}`))},
		{title: t("state"), cell: (one) => itemState(one.state)},
		{title: t("approvals.by"), cell: (one) => one.requester},
		{title: t("time"), class: "time", cell: (one) => time(one.time)},
		{title: t("policy.approver"), cell: (one) => one.approver || ""},
	], list, t("none"));
}

export async function item(target, id) {
	const [one, parts, findings, steps] = await Promise.all([get(paths.item(id)),
		...["parts", "findings", "timeline"].map((name) => get(paths.itemPart(id, name)))]);
	const looks = can("staff", "reviewer", "approver");
	const preview = looks ? await get(paths.itemPart(id, "previews")) : null;
	const asks = looks
		&& ["held", "rejected", "delivered"].includes(one.state);

	put(target, el("p", null, el("a", {href: "#/queue"}, t("back"))),
		el("h1", null, one.name || one.id),
		one.failed ? el("p", {class: "alert bad", id: "failed"}, t("queue.failedWhy"), " ",
			sentence(one.failed)) : null,
		el("div", {class: "columns"},
			panel(t("state"), facts([[t("state"), [itemState(one.state), one.legal_hold
				? [" ", state("warn", t("item.held"))] : null]],
			[t("item.verdict"), verdictState(one.verdict)],
			[t("reason"), sentence(one.reason)], [t("item.type"), one.type],
			[t("department"), one.department], [t("queue.channel"), t(`channel.${one.channel}`)],
			[t("item.direction"), t(`direction.${one.direction}`)], [t("time"), time(one.time)],
			["ID", el("span", {class: "hash"}, one.id)]])),
			panel(t("item.recipients"), table(t("item.recipients"), [
				{title: t("queue.recipient"), class: "name", cell: (to) => to.name},
				{title: t("department"), class: "short", cell: (to) => to.department},
				{title: t("state"), cell: (to) => to.released ? time(to.released) : "–"},
			], one.recipients, t("none")))),
		el("div", {class: "columns"}, panel(t("removed"), removals(findings.findings)),
			preview ? previewPanel(id, preview) : null),
		panel(t("item.parts"), partTree(parts.parts)),
		one.artifacts.some((artifact) => artifact.kind === "sanitized")
			? el("p", null, el("a", {class: "button", download: true,
				href: `/api/v1${paths.itemPart(id, "certificate")}`},
			t("item.certificate"))) : null,
		panel(t("item.hashes"), facts(one.artifacts.map((artifact) => [t(`artifact.${artifact.kind}`),
			[el("span", {class: "hash"}, artifact.sha256), ` ${bytes(artifact.bytes)}`,
				artifact.expires ? ` ${t("item.expires")} ${time(artifact.expires)}` : ""]]))),
		panel(t("item.requests"), requests(one.requests)),
		panel(t("item.timeline"), timeline(steps.timeline)),
		one.state === "awaiting_password" ? passwordForm(one) : null,
		asks ? requestForm(one) : null,
		can("reviewer", "approver", "administrator") && !one.legal_hold
			&& one.state !== "destroyed" ? holdForm(one) : null);
	setKeys({r: () => document.getElementById("reason")?.focus()});
}
