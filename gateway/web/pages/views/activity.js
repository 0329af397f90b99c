/* What a user sees and does about himself: logins, sessions, factors. */

import {get, paths, post, send} from "/api.js";
import {el, field, panel, put, table} from "/dom.js";
import {draw, problemText, say} from "/main.js";
import {changeForm, enrolForm} from "/views/login.js";
import {t, time} from "/words.js";

function events(list) {
	return table(t("activity.events"), [
		{title: t("time"), class: "time", cell: (event) => time(event.time)},
		{title: t("activity.kind"), cell: (event) => t(`event.${event.kind}`)},
		{title: t("reason"), cell: (event) => event.reason},
		{title: t("source"), cell: (event) => event.source},
	], list, t("none"));
}

function sessions(list) {
	return table(t("activity.sessions"), [
		{title: t("activity.since"), class: "time", cell: (one) => time(one.created)},
		{title: t("activity.used"), class: "time", cell: (one) => time(one.used)},
		{title: t("source"), cell: (one) => one.source},
		{title: "", cell: (one) => one.current ? t("activity.this")
			: el("button", {type: "button", class: "danger", onclick: async () => {
				try {
					await send("DELETE", paths.oneSession(one.number));
					await draw();
				} catch (error) {
					say(problemText(error));
				}
			}}, t("activity.end"))},
	], list, t("none"));
}

function factors(session, target) {
	const code = el("input", {inputmode: "numeric", autocomplete: "one-time-code",
		maxlength: "6"});
	const place = el("div");
	const took = () => draw();

	async function show(make) {
		try {
			place.replaceChildren(await make());
			place.querySelector("input").focus();
		} catch (error) {
			say(problemText(error));
		}
	}
	put(target, panel(t("activity.security"),
		el("p", null, t("activity.factors", {totp: session.factors.totp ? t("yes") : t("no"),
			recovery: session.factors.recovery})),
		session.factors.totp ? field(t("activity.code"), code) : null,
		el("div", {class: "row"},
			el("button", {type: "button", id: "change-password",
				onclick: () => show(() => changeForm(took))}, t("change.title")),
			el("button", {type: "button", id: "change-totp",
				onclick: () => show(() => enrolForm(took, code.value))}, t("enrol.title")),
			el("button", {type: "button", onclick: () => show(async () => {
				const answer = await post(paths.recoveryRenew, {code: code.value});

				return el("div", {class: "alert"}, el("p", null, t("recovery.text")),
					el("ul", null, answer.recovery_codes.map((one) =>
						el("li", {class: "hash"}, one))), el("input", {class: "unseen",
						"aria-hidden": "true", tabindex: "-1"}));
			})}, t("recovery.renew"))), place));
}

export async function activity(target, session) {
	const [log, open] = await Promise.all([get(paths.activity), get(paths.sessions)]);

	put(target, el("h1", null, t("page.activity")));
	factors(session, target);
	put(target, panel(t("activity.sessions"), sessions(open.sessions)),
		panel(t("activity.events"), events(log.events)));
}
