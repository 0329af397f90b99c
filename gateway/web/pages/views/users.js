/* Who may do what, and where. */

import {get, paths, post, send} from "/api.js";
import {el, facts, field, panel, put, select, table} from "/dom.js";
import {act, can, exportButton} from "/main.js";
import {clients} from "/views/clients.js";
import {state, t, time} from "/words.js";

const ROLES = ["staff", "reviewer", "approver", "administrator", "auditor"];
const REASONS = ["left", "moved", "dormant", "incident", "other"];

/** act() for what may answer with what is shown once. */
function change(work, done) {
	return act(async () => {
		const answer = await work();

		if (answer.temporary_password)
			showOnce(t("users.temporary"), t("users.once"), answer.temporary_password);
		if (answer.secret)
			showOnce(t("clients.secret"), t("clients.once"), answer.secret);
	}, done);
}

/* A temporary password or a client's secret is told once; the vault keeps only
 * its hash. */
function showOnce(title, hint, secret) {
	const dialog = el("dialog", {"aria-labelledby": "once-title", id: "once"},
		el("h2", {id: "once-title"}, title),
		el("p", null, hint),
		el("p", {class: "hash large", id: "temporary"}, secret),
		el("form", {method: "dialog"}, el("button", {class: "main"}, t("close"))));

	dialog.addEventListener("close", () => dialog.remove());
	document.body.append(dialog);
	dialog.showModal();
}

function userState(user) {
	if (user.state !== "active")
		return state("bad", t("users.disabled"));
	if (user.locked_until)
		return state("warn", t("users.locked"));
	if (user.dormant)
		return state("warn", t("users.dormant"));
	if (user.temporary_password)
		return state("plain", t("users.mustChange"));
	return state("good", t("users.active"));
}

function createForm(units) {
	const login = el("input", {required: true, maxlength: "64", autocapitalize: "none"});
	const name = el("input", {required: true, maxlength: "128"});
	const mail = el("input", {type: "email", maxlength: "254"});
	const unit = select(unitOptions(units), "");
	const role = select(ROLES.map((one) => [one, t(`role.${one}`)]), "staff");

	return el("form", {class: "panel", id: "create-user", onsubmit: (event) => {
		event.preventDefault();
		change(() => post(paths.users, {login: login.value, name: name.value, mail: mail.value,
			unit: unit.value, role: role.value}), t("users.created"));
	}}, el("h2", null, t("users.create")), el("div", {class: "row"},
		field(t("login.name"), login), field(t("users.name"), name), field(t("mail"), mail),
		field(t("department"), unit), field(t("users.role"), role)),
	el("button", {class: "main", type: "submit"}, t("users.create")));
}

function unitOptions(units) {
	return units.map((unit) => [unit.name, unit.name || t("users.everything")]);
}

function grants(user, list, units) {
	const role = select(ROLES.map((one) => [one, t(`role.${one}`)]), "reviewer");
	const unit = select(unitOptions(units), "");

	return panel(t("users.grants"), table(t("users.grants"), [
		{title: t("users.role"), cell: (grant) => t(`role.${grant.role}`)},
		{title: t("department"), cell: (grant) => grant.unit || t("users.everything")},
		{title: t("users.granted"), class: "time", cell: (grant) => time(grant.granted)},
		{title: t("users.by"), cell: (grant) => grant.by || ""},
		{title: "", cell: (grant) => can("administrator")
			? el("button", {type: "button", class: "danger", onclick: () =>
				change(() => send("DELETE", paths.grant(grant.number)), t("users.removed"))},
			t("users.remove")) : null},
	], list, t("none")), can("administrator") ? el("form", {class: "row", id: "grant",
		onsubmit: (event) => {
			event.preventDefault();
			change(() => post(paths.userGrants(user.number), {role: role.value,
				unit: unit.value}), t("users.added"));
		}}, field(t("users.role"), role), field(t("department"), unit),
	el("button", {type: "submit"}, t("users.add"))) : null);
}

function actions(user) {
	const reason = select(REASONS.map((one) => [one, t(`users.reason.${one}`)]), "left");
	const button = (words, work, danger) => el("button", {type: "button",
		class: danger ? "danger" : null, onclick: () => change(work, t("done"))}, words);

	return el("div", {class: "row"},
		button(t("users.reset"), () => post(paths.user(user.number, "resetPassword"))),
		button(t("users.resetFactors"), () =>
			post(paths.user(user.number, "resetFactors"))),
		user.locked_until ? button(t("users.unlock"), () =>
			post(paths.user(user.number, "unlock"))) : null,
		user.state === "active"
			? [field(t("reason"), reason), button(t("users.disable"), () =>
				post(paths.user(user.number, "disable"), {reason: reason.value}), true)]
			: button(t("users.enable"), () => post(paths.user(user.number, "enable"))));
}

async function one(target, number, units) {
	const user = await get(paths.user(number));
	const list = await get(paths.userGrants(number));

	put(target, el("p", null, el("a", {href: "#/users"}, t("back"))),
		el("h1", null, `${user.name} (${user.login})`),
		panel(t("users.account"), facts([[t("state"), userState(user)],
			[t("department"), user.unit || t("users.everything")], [t("mail"), user.mail],
			[t("users.source"), t(`users.source.${user.source}`)],
			[t("users.last"), time(user.last_login)], [t("users.since"), time(user.created)],
			[t("factor.title"), user.totp ? t("yes") : t("no")]]),
		can("administrator") ? actions(user) : null),
		grants(user, list.grants, units));
}

export async function users(target, session, search) {
	const units = (await get(paths.units)).units;

	if (search.has("user")) {
		await one(target, search.get("user"), units);
		return;
	}
	const list = (await get(paths.users)).users;
	const administrators = list.filter((user) => user.state === "active"
		&& user.roles.includes("administrator")).length;

	put(target, el("h1", null, t("page.users")),
		administrators < 2 ? el("p", {class: "alert"}, t("users.two")) : null,
		table(t("page.users"), [
			{title: t("login.name"), cell: (user) =>
				el("a", {href: `#/users?user=${user.number}`}, user.login)},
			{title: t("users.name"), cell: (user) => user.name},
			{title: t("department"), cell: (user) => user.unit || t("users.everything")},
			{title: t("users.role"), cell: (user) =>
				user.roles.map((role) => t(`role.${role}`)).join("・")},
			{title: t("state"), cell: userState},
			{title: t("users.last"), class: "time", cell: (user) => time(user.last_login)},
		], list, t("none")), exportButton(paths.usersExport, {}),
		can("administrator") ? createForm(units) : null,
		await clients(unitOptions(units), change));
}
