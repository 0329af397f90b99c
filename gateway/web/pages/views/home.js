/* The first page: what waits for this user, the traffic, the health. */

import {get, paths, query} from "/api.js";
import {el, facts, panel, put, svg, table} from "/dom.js";
import {can} from "/main.js";
import {age, state, t, time} from "/words.js";

function number(words, value, address) {
	return panel(t(words), el("p", {class: "large"}, el("a", {href: address}, value)));
}

/* Which hour it was here, as people read a clock. */
function hourOf(bin) {
	return new Intl.DateTimeFormat("en-GB", {hour: "2-digit", timeZone: "Asia/Tokyo"})
		.format(new Date(bin.time));
}

/* A picture for the eye; the table below it says the same to everybody. */
function chart(bins) {
	const most = Math.max(1, ...bins.map((bin) => bin.passed + bin.held));
	const scale = (count) => Math.round(count / most * 140);
	const sum = (key) => bins.reduce((all, bin) => all + bin[key], 0);

	return el("div", null, svg("svg", {class: "chart", viewBox: "0 0 600 180", role: "img",
		"aria-label": t("home.chart", {passed: sum("passed"), held: sum("held")})},
	svg("line", {class: "axis", x1: 0, y1: 150, x2: 600, y2: 150}),
	bins.map((bin, at) => [
		svg("rect", {class: "bar", x: at * 25 + 3, width: 19, y: 150 - scale(bin.passed),
			height: scale(bin.passed)}),
		svg("rect", {class: "bar held", x: at * 25 + 3, width: 19,
			y: 150 - scale(bin.passed + bin.held), height: scale(bin.held)}),
		at % 3 === 0 ? svg("text", {x: at * 25 + 6, y: 168}, hourOf(bin)) : null,
	]).flat()), el("p", {class: "hint"},
		`${t("home.passed")} ${sum("passed")} / ${t("home.held")} ${sum("held")}`),
	el("details", null, el("summary", null, t("home.table")),
		table(t("home.hours"), [
			{title: t("home.hour"), class: "short", cell: (bin) => time(bin.time)},
			{title: t("home.passed"), class: "number", cell: (bin) => bin.passed},
			{title: t("home.held"), class: "number", cell: (bin) => bin.held},
		], bins, t("none"))));
}

export async function home(target, session) {
	const [health, requests] = await Promise.all([get(paths.health),
		get(paths.requests + query({state: "open", limit: 200}))]);
	const waiting = requests.requests.filter((one) => !one.own);

	put(target, el("h1", null, t("page.home")),
		el("p", {class: "hint", id: "last-login"}, t("home.last", {
			login: time(session.last_login), logout: time(session.last_logout),
			failures: session.failures_since})),
		el("div", {class: "columns"},
			number("home.queue", health.held, "#/queue?state=held"),
			can("approver") ? number("home.approvals",
				waiting.length + (requests.next ? "+" : ""), "#/approvals") : null,
			number("home.overdue", health.overdue, "#/queue?state=held")),
		panel(t("home.hours"), chart(health.hours)), await condition(health));
}

const DEFINITIONS = {ok: "good", stale: "bad", none: "bad", failed: "bad", unknown: "plain"};

/* Log, clock, definitions, what is under way the longest, what is stopped. */
async function condition(health) {
	const stops = (await get(paths.stops)).stops.filter((stop) => stop.stopped);
	const {log, clock, definitions} = health;

	return panel(t("home.health"), facts([
		[t("home.log"), el("span", null, log.emergency.failures
			? state("bad", t("home.logFailed", {count: log.emergency.failures}))
			: state("good", t("home.logGood")), " ",
		t("home.records", {year: log.year, count: log.records}))],
		[t("home.clock"), clock.synchronised ? state("good", t("home.clockGood"))
			: state("bad", t("home.clockBad"))],
		[t("home.definitions"), el("span", null, state(DEFINITIONS[definitions.state] || "plain",
			t(`definitions.${definitions.state}`)), " ",
		definitions.time ? age(definitions.time) : "")],
		[t("home.oldest"), health.oldest ? age(health.oldest) : t("home.nothing")],
		[t("page.emergency"), stops.length
			? stops.map((stop) => el("p", null, state("bad", t(`stop.${stop.scope}`)), " ",
				t(`direction.${stop.direction}`), " ", age(stop.time)))
			: state("good", t("emergency.running"))]]));
}
