/* Stopping, by scope and direction, and what happened: incidents. */

import {download, get, paths, post} from "/api.js";
import {el, field, panel, put, select, table} from "/dom.js";
import {act, can, problemText, say} from "/main.js";
import {state, t, time} from "/words.js";

const SCOPES = ["", "intake", "delivery", "release"];
const DIRECTIONS = ["", "inbound", "outbound"];

function stopForm() {
	const scope = select(SCOPES.map((one) => [one, one ? t(`stop.${one}`) : t("all")]), "");
	const direction = select(DIRECTIONS.map((one) =>
		[one, one ? t(`direction.${one}`) : t("all")]), "");
	const reason = el("input", {required: true, maxlength: "1000", id: "stop-reason"});
	const body = () => ({...(scope.value ? {scope: scope.value} : {}),
		...(direction.value ? {direction: direction.value} : {}), reason: reason.value});

	return el("form", {class: "panel", id: "stop", onsubmit: (event) => {
		event.preventDefault();
		act(() => post(event.submitter.value === "resume" ? paths.resume : paths.stop, body()),
			t("done"));
	}}, el("p", null, t("emergency.text")), el("div", {class: "row"},
		field(t("emergency.stop"), scope), field(t("item.direction"), direction),
		field(t("reason"), reason)),
	el("button", {class: "danger", type: "submit", value: "stop"}, t("emergency.stop")), " ",
	can("administrator") ? el("button", {type: "submit", value: "resume"},
		t("emergency.resume")) : null);
}

/* What was recorded around it, signed; that it was taken is on record. */
function bundleButton(incident) {
	const button = el("button", {type: "button", class: "bundle", onclick: async () => {
		button.disabled = true;
		try {
			await download(paths.incident(incident.id, "bundle"), {});
			say(t("export.done"));
		} catch (error) {
			say(problemText(error));
		} finally {
			button.disabled = false;
		}
	}}, t("emergency.bundle"));

	return button;
}

function incidentForm() {
	const kind = el("input", {required: true, maxlength: "64", id: "incident-kind"});
	const text = el("textarea", {required: true, rows: "3", maxlength: "1000"});

	return el("form", {id: "incident", onsubmit: (event) => {
		event.preventDefault();
		act(() => post(paths.incidents, {kind: kind.value, description: text.value}),
			t("done"));
	}}, field(t("item.type"), kind), field(t("exceptions.what"), text),
	el("button", {type: "submit"}, t("save")));
}

export async function emergency(target) {
	const stops = (await get(paths.stops)).stops;
	const incidents = (await get(paths.incidents)).incidents;

	put(target, el("h1", null, t("page.emergency")),
		panel(t("state"), table(t("state"), [
			{title: t("emergency.stop"), cell: (stop) => t(`stop.${stop.scope}`)},
			{title: t("item.direction"), cell: (stop) => t(`direction.${stop.direction}`)},
			{title: t("state"), cell: (stop) => stop.stopped
				? state("bad", t("emergency.stopped")) : state("good", t("emergency.running"))},
			{title: t("audit.actor"), cell: (stop) => stop.login},
			{title: t("time"), class: "time", cell: (stop) => time(stop.time)},
		], stops, t("emergency.running"))),
		can("approver", "administrator") ? stopForm() : null,
		panel(t("emergency.incidents"), table(t("emergency.incidents"), [
			{title: t("item.type"), cell: (one) => one.kind},
			{title: t("exceptions.what"), class: "name", cell: (one) => one.description || ""},
			{title: t("state"), class: "short", cell: (one) => t(`incident.${one.state}`)},
			{title: t("audit.actor"), cell: (one) => one.opener},
			{title: t("time"), class: "time", cell: (one) => time(one.opened)},
			can("administrator", "auditor") ? {title: "", cell: bundleButton} : null,
		].filter(Boolean), incidents, t("none")),
		can("reviewer", "approver", "administrator") ? incidentForm() : null));
}
