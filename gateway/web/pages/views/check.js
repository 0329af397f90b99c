/* The self-check: what was found last, what to do about it, earlier runs, and
 * the report of a year. */

import {download, get, paths, post, query} from "/api.js";
import {el, field, panel, put, select, table} from "/dom.js";
import {can, draw, problemText, say} from "/main.js";
import {language, sentence, state, t, time} from "/words.js";

const SORTS = {ok: "good", warning: "warn", failed: "bad", unknown: "plain"};
const ORDER = ["failed", "warning", "unknown", "ok"];

function result(name) {
	return state(SORTS[name] || "plain", t(`check.${name}`));
}

function measured(check) {
	if (check.value === "")
		return check.measured ? t("check.none") : "–";
	return check.unit ? `${check.value} ${t(`unit.${check.unit}`)}` : check.value;
}

/* What stands between backquotes is a command. */
function withCode(text) {
	return text.split("`").map((piece, at) => at % 2 ? el("code", null, piece) : piece);
}

function checks(list) {
	const rows = [...list].sort((one, other) =>
		ORDER.indexOf(one.result) - ORDER.indexOf(other.result));

	return table(t("check.results"), [
		{title: t("check.result"), class: "short", cell: (one) => result(one.result)},
		{title: t("check.what"), class: "name", cell: (one) => [
			el("p", {class: "tight"}, sentence(`check.${one.name}`)),
			one.result === "ok" ? null
				: el("p", {class: "hint"}, withCode(sentence(`remedy.${one.name}`)))]},
		{title: t("check.value"), class: "name", cell: measured},
		{title: t("check.measured"), class: "time", cell: (one) => time(one.measured)},
	], rows, t("none"));
}

function counts(run) {
	return ORDER.filter((one) => run[one] > 0).map((one) =>
		[state(SORTS[one], `${t(`check.${one}`)} ${run[one]}`), " "]);
}

function runs(list, shown) {
	return table(t("check.runs"), [
		{title: t("time"), class: "time", cell: (one) => one.id === shown ? time(one.time)
			: el("a", {href: `#/check${query({id: one.id})}`}, time(one.time))},
		{title: t("check.kind"), class: "short", cell: (one) => t(`check.kind.${one.kind}`)},
		{title: t("audit.actor"), class: "short", cell: (one) => one.login},
		{title: t("check.result"), cell: counts},
	], list, t("none"));
}

function runButton() {
	const button = el("button", {class: "main", type: "button", id: "run-check",
		onclick: async () => {
			button.disabled = true;
			try {
				await post(paths.selfChecks, {});
				say(t("done"));
				location.hash = "#/check";
				await draw();
			} catch (error) {
				say(problemText(error));
			} finally {
				button.disabled = false;
			}
		}}, t("check.run"));

	return button;
}

/* The fiscal year that a moment is in, in Japan's time. */
function fiscalYear(moment) {
	const japan = new Date(moment.getTime() + 9 * 3600 * 1000);

	return japan.getUTCFullYear() - (japan.getUTCMonth() < 3 ? 1 : 0);
}

function report() {
	const now = fiscalYear(new Date());
	const year = select([now, now - 1, now - 2, now - 3, now - 4, now - 5, now - 6]
		.map((one) => [one, t("report.year", {year: one})]), now, {id: "report-year"});

	return el("form", {class: "row", id: "report", onsubmit: async (event) => {
		event.preventDefault();
		try {
			await download(paths.report(year.value) + query({lang: language()}));
		} catch (error) {
			say(problemText(error));
		}
	}}, field(t("report.which"), year), el("button", {type: "submit"}, t("report.save")));
}

export async function check(target, session, search) {
	const list = (await get(paths.selfChecks)).runs;
	const last = list.find((one) => one.kind !== "mail") || list[0];
	const id = search.get("id") || (last ? last.id : "");
	const run = id ? await get(paths.selfCheck(id)) : null;

	put(target, el("h1", null, t("page.check")),
		can("administrator") ? el("p", null, runButton()) : null,
		run ? panel(`${t("check.results")} ${time(run.time)}`, el("p", null, counts(run)),
			checks(run.checks))
			: el("p", {class: "empty"}, t("check.never")),
		panel(t("check.runs"), runs(list, id)),
		panel(t("report.title"), el("p", {class: "hint"}, t("report.text")), report()));
}
