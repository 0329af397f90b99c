/* The first page: what waits for this user, the traffic, the health. */

import {get, paths, query} from "/api.js";
import {el, facts, panel, put, svg} from "/dom.js";
import {can} from "/main.js";
import {age, state, t, time} from "/words.js";

const HOURS = 24;
const OVERDUE_MS = 24 * 3600 * 1000;

function number(words, value, address) {
	return panel(t(words), el("p", {class: "large"}, el("a", {href: address}, value)));
}

function chart(items) {
	const now = Date.now();
	const bins = Array.from({length: HOURS}, () => ({passed: 0, held: 0}));

	for (const item of items) {
		const hours = Math.floor((now - new Date(item.time)) / 3600000);

		if (hours >= 0 && hours < HOURS)
			bins[HOURS - 1 - hours][["delivered", "ready"].includes(item.state)
				? "passed" : "held"] += 1;
	}
	const most = Math.max(1, ...bins.map((bin) => bin.passed + bin.held));
	const scale = (count) => Math.round(count / most * 140);
	const hour = (at) => new Date(now - (HOURS - 1 - at) * 3600000).getHours();

	return el("div", null, svg("svg", {class: "chart", viewBox: "0 0 600 180", role: "img",
		"aria-label": t("home.hours")},
	svg("line", {class: "axis", x1: 0, y1: 150, x2: 600, y2: 150}),
	bins.map((bin, at) => [
		svg("rect", {class: "bar", x: at * 25 + 3, width: 19, y: 150 - scale(bin.passed),
			height: scale(bin.passed)}),
		svg("rect", {class: "bar held", x: at * 25 + 3, width: 19,
			y: 150 - scale(bin.passed + bin.held), height: scale(bin.held)}),
		at % 3 === 0 ? svg("text", {x: at * 25 + 6, y: 168}, `${hour(at)}`) : null,
	]).flat()), el("p", {class: "hint"},
		`${t("home.passed")} ${bins.reduce((sum, bin) => sum + bin.passed, 0)} / `
		+ `${t("home.held")} ${bins.reduce((sum, bin) => sum + bin.held, 0)}`));
}

/* The search gives pages; a day of a busy gateway is cut after some. */
async function lastDay() {
	const since = new Date(Date.now() - HOURS * 3600000).toISOString();
	const items = [];
	let cursor = "";

	for (let page = 0; page < 5; page++) {
		const answer = await get(paths.items + query({since, limit: 200, cursor}));

		items.push(...answer.items);
		if (!answer.next)
			break;
		cursor = answer.next;
	}
	return items;
}

export async function home(target, session) {
	const [items, held, requests] = await Promise.all([lastDay(),
		get(paths.items + query({state: "held", limit: 200})),
		get(paths.requests + query({state: "open", limit: 200}))]);
	const more = (answer, list) => list.length + (answer.next ? "+" : "");
	const waiting = requests.requests.filter((one) => !one.own);
	const overdue = held.items.filter((one) => Date.now() - new Date(one.time) > OVERDUE_MS);

	put(target, el("h1", null, t("page.home")),
		el("p", {class: "hint", id: "last-login"}, t("home.last", {
			login: time(session.last_login), logout: time(session.last_logout),
			failures: session.failures_since})),
		el("div", {class: "columns"},
			number("home.queue", more(held, held.items), "#/queue?state=held"),
			can("approver") ? number("home.approvals", more(requests, waiting), "#/approvals")
				: null,
			number("home.overdue", more(held, overdue), "#/queue?state=held")),
		panel(t("home.hours"), chart(items)), await health());
}

async function health() {
	try {
		const stops = (await get(paths.stops)).stops.filter((stop) => stop.stopped);

		return panel(t("home.health"), facts([[t("page.emergency"), stops.length
			? stops.map((stop) => el("p", null, state("bad", t(`stop.${stop.scope}`)), " ",
				t(`direction.${stop.direction}`), " ", age(stop.time)))
			: state("good", t("emergency.running"))]]));
	} catch {
		return null;
	}
}
