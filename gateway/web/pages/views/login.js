/* Logging in, step by step, as the server says which comes next. */

import {get, paths, post, Problem} from "/api.js";
import {el, field, put, svg} from "/dom.js";
import {problemText} from "/main.js";
import {t} from "/words.js";

function form(id, title, fields, label, submit, ...more) {
	const error = el("p", {class: "error", role: "alert", id: `${id}-error`});
	const button = el("button", {class: "main", type: "submit"}, label);

	return el("form", {class: "panel narrow", id, onsubmit: async (event) => {
		event.preventDefault();
		button.disabled = true;
		error.textContent = "";
		try {
			await submit();
		} catch (problem) {
			error.replaceChildren(problemText(problem),
				...(problem instanceof Problem && problem.body.errors || [])
					.map((code) => el("span", null, ` ${t(`password.${code}`)}`)));
			(fields[0].querySelector("input") || button).focus();
		} finally {
			button.disabled = false;
		}
	}}, el("h1", null, title), ...more, ...fields, error, button);
}

function passwordInput(name) {
	return el("input", {type: "password", name, required: true, autocomplete: name,
		maxlength: "128"});
}

async function next(answer, took) {
	if (answer.recovery_codes)
		await showCodes(answer.recovery_codes);
	took(await get(paths.session));
}

/* They are shown once, so the page waits until they have been kept. */
function showCodes(codes) {
	return new Promise((resolve) => {
		document.getElementById("main").replaceChildren(
			el("div", {class: "panel narrow", id: "recovery"},
				el("h1", null, t("recovery.title")),
				el("p", null, t("recovery.text")),
				el("ul", null, codes.map((code) => el("li", {class: "hash"}, code))),
				el("button", {class: "main", type: "button", id: "recovery-kept",
					onclick: resolve}, t("recovery.kept"))));
		document.getElementById("recovery-kept").focus();
	});
}

async function first(took) {
	const about = await get(paths.about);
	const name = el("input", {name: "username", required: true, autocomplete: "username",
		autocapitalize: "none", maxlength: "128"});
	const password = passwordInput("current-password");

	return form("login", t("login.title"), [field(t("login.name"), name),
		field(t("login.password"), password)], t("login.submit"), async () =>
		next(await post(paths.session, {login: name.value, password: password.value}), took),
	about.banner ? el("p", {class: "alert", id: "banner"}, about.banner) : null);
}

function second(took) {
	const code = el("input", {name: "code", required: true, inputmode: "numeric",
		autocomplete: "one-time-code", maxlength: "32"});

	/* Six digits are the telephone's, everything else is a recovery code. */
	return form("second", t("factor.title"), [field(t("factor.code"), code, t("factor.hint"))],
		t("factor.submit"), async () => {
			const text = code.value.trim();

			await next(await post(paths.secondFactor, /^\d{6}$/.test(text)
				? {code: text} : {recovery: text}), took);
		});
}

export function changeForm(took) {
	const old = passwordInput("current-password");
	const fresh = passwordInput("new-password");
	const again = passwordInput("new-password");

	return form("change", t("change.title"), [field(t("change.old"), old),
		field(t("change.new"), fresh, t("change.rules")), field(t("change.again"), again)],
	t("change.submit"), async () => {
		if (fresh.value !== again.value)
			throw new Error(t("change.differ"));
		await next(await post(paths.changePassword, {password: old.value,
			new_password: fresh.value}), took);
	});
}

const QUIET = 4; /* modules around a QR code that stay white */

/** A QR code of rows of 0 and 1; the key beside it says the same. */
function qrCode(rows) {
	const size = rows.length + 2 * QUIET;

	return svg("svg", {class: "qr", viewBox: `0 0 ${size} ${size}`, role: "img",
		"aria-label": t("enrol.qr"), "shape-rendering": "crispEdges"},
	svg("rect", {class: "light", width: size, height: size}),
	rows.flatMap((row, y) => [...row].map((module, x) => module === "1"
		? svg("rect", {x: x + QUIET, y: y + QUIET, width: 1, height: 1}) : null)));
}

export async function enrolForm(took, code) {
	const answer = await post(paths.totpEnrol, code ? {code} : {});
	const input = el("input", {name: "code", required: true, inputmode: "numeric",
		autocomplete: "one-time-code", pattern: "[0-9]{6}", maxlength: "6"});

	return form("enrol", t("enrol.title"), [field(t("factor.code"), input)],
		t("enrol.submit"), async () => next(await post(paths.totpConfirm,
			{code: input.value}), took),
		el("p", null, t("enrol.text")), qrCode(answer.qr),
		el("p", {class: "hash", id: "secret"}, answer.secret.match(/.{1,4}/g).join(" ")),
		el("p", null, el("a", {href: answer.uri}, t("enrol.open"))));
}

export async function login(target, session, took) {
	const steps = {second_factor: second, password: changeForm, enrol: enrolForm};
	const step = session === null ? first : steps[session.state] || first;

	put(target, await step(took));
}
