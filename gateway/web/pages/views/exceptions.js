/* Exceptions to the rules: asked for, approved by another, with an end. */

import {get, paths, post} from "/api.js";
import {el, field, panel, put, table} from "/dom.js";
import {act, can} from "/main.js";
import {state, t, time} from "/words.js";

function buttons(one) {
	const button = (action, words, off) => el("button", {type: "button", disabled: off,
		title: off ? t("approvals.own") : null,
		onclick: () => act(() => post(paths.exception(one.id, action)), t("done"))}, t(words));

	if (one.state === "open" && can("approver"))
		return [button("approve", "approvals.approve", one.own),
			button("deny", "approvals.deny", one.own)];
	if (one.state === "open" && one.own)
		return button("withdraw", "approvals.withdraw");
	return one.state === "active" && can("approver", "administrator")
		? button("end", "activity.end") : null;
}

function form() {
	const rule = el("input", {required: true, maxlength: "200"});
	const department = el("input", {maxlength: "128"});
	const until = el("input", {type: "date", required: true});
	const reason = el("textarea", {required: true, rows: "3", maxlength: "1000"});

	return el("form", {class: "panel", id: "exception", onsubmit: (event) => {
		event.preventDefault();
		act(() => post(paths.exceptions, {rule: rule.value, department: department.value,
			ends: `${until.value}T15:00:00Z`, reason: reason.value}), t("done"));
	}}, el("h2", null, t("item.act")), field(t("exceptions.what"), rule),
	field(t("department"), department), field(t("exceptions.until"), until),
	field(t("reason"), reason), el("button", {class: "main", type: "submit"}, t("item.submit")));
}

export async function exceptions(target) {
	const list = (await get(paths.exceptions)).exceptions;

	put(target, el("h1", null, t("page.exceptions")), panel(t("page.exceptions"),
		table(t("page.exceptions"), [
			{title: t("exceptions.what"), class: "name", cell: (one) => one.rule},
			{title: t("department"), cell: (one) => one.department},
			{title: t("exceptions.until"), class: "time", cell: (one) => one.over
				? state("bad", time(one.ends)) : time(one.ends)},
			{title: t("state"), cell: (one) => t(`state.${one.state}`)},
			{title: t("approvals.by"), cell: (one) => one.requester},
			{title: t("exceptions.by"), cell: (one) => one.approver || ""},
			{title: t("reason"), class: "name", cell: (one) => one.reason || ""},
			{title: "", cell: buttons},
		], list, t("none"))), can("reviewer", "approver", "administrator") ? form() : null);
}
