/* Programs that hand in files: API clients, for administrators. */

import {get, paths, post} from "/api.js";
import {el, field, panel, select, table} from "/dom.js";
import {can} from "/main.js";
import {state, t, time} from "/words.js";

const RIGHTS = ["upload", "read", "certificate", "report"];
const DAY = 24 * 3600 * 1000;

function clientState(client) {
	if (client.active)
		return state("good", t("users.active"));
	return state("warn", Date.parse(client.expires) < Date.now()
		? t("clients.expired") : t("clients.revoked"));
}

function createForm(unitOptions, act) {
	const name = el("input", {required: true, maxlength: "64"});
	const unit = select(unitOptions, unitOptions.length > 1 ? unitOptions[1][0] : "");
	const days = el("input", {type: "number", min: "1", max: "1096", value: "365",
		required: true});
	const rate = el("input", {type: "number", min: "1", max: "6000", value: "120",
		required: true});
	const rights = RIGHTS.map((right) => el("input", {type: "checkbox", value: right,
		checked: right === "upload" || right === "read"}));

	return el("form", {id: "create-client", onsubmit: (event) => {
		event.preventDefault();
		act(() => post(paths.clients, {name: name.value, unit: unit.value,
			operations: rights.filter((box) => box.checked).map((box) => box.value),
			expires: new Date(Date.now() + Number(days.value) * DAY).toISOString(),
			per_minute: Number(rate.value)}), t("users.created"));
	}}, el("h3", null, t("clients.create")), el("div", {class: "row"},
		field(t("clients.name"), name), field(t("department"), unit),
		field(t("clients.days"), days), field(t("clients.rate"), rate)),
	el("fieldset", null, el("legend", null, t("clients.may")),
		rights.map((box) => el("label", {class: "check"}, box,
			t(`clients.may.${box.value}`)))),
	el("button", {class: "main", type: "submit"}, t("clients.create")));
}

/** The panel of the page of users; `act` runs what changes something. */
export async function clients(unitOptions, act) {
	const list = (await get(paths.clients)).clients;

	return panel(t("clients.title"), el("p", {class: "hint"}, t("clients.hint")),
		table(t("clients.title"), [
			{title: t("clients.name"), cell: (client) => client.name},
			{title: t("department"), cell: (client) =>
				client.unit || t("users.everything")},
			{title: t("clients.may"), cell: (client) => client.operations.map((right) =>
				t(`clients.may.${right}`)).join("・")},
			{title: t("state"), cell: clientState},
			{title: t("clients.expires"), class: "time",
				cell: (client) => time(client.expires)},
			{title: t("clients.used"), class: "time", cell: (client) => time(client.used)},
			{title: "", cell: (client) => can("administrator") && client.active
				? el("button", {type: "button", class: "danger", onclick: () =>
					act(() => post(paths.revokeClient(client.client)), t("done"))},
				t("clients.revoke")) : null},
		], list, t("none")), can("administrator") ? createForm(unitOptions, act) : null);
}
