/* The recipient's page: gives the password of an attachment that waits, by the
 * link of the notice. What stands behind # is never sent with the address, so
 * that no server on the way and no other page learns it; the session of the
 * console, where there is one, has nothing to do with it. */

import {Problem} from "/api.js";
import {el, facts, field, panel, table} from "/dom.js";
import {bytes, language, loadSentences, sentence, setLanguage, state, t, time} from "/words.js";

const PASSWORDS_MAX = 16;
const POLL_MS = 3000;
const WATCH_MS = 5000;
const FOLLOW_MS = 15 * 60 * 1000;
const SORTS = {waiting: "warn", opened: "plain", delivered: "good", held: "bad"};

const part = (id) => document.getElementById(id);
const token = () => location.hash.slice(1);
const later = (ms) => new Promise((resolve) => window.setTimeout(resolve, ms));

let turn = 0;

async function ask(method, body) {
	let response;
	let answer = {};

	try {
		response = await fetch(`/api/v1/password-tasks/${encodeURIComponent(token())}`, {
			method, body: body && JSON.stringify(body), credentials: "omit",
			cache: "no-store", redirect: "error", referrerPolicy: "no-referrer",
			headers: {"Accept-Language": language(),
				...(body ? {"Content-Type": "application/json"} : {})},
		});
		answer = await response.json();
	} catch (error) {
		if (!response)
			throw new Problem(0, {title: t("error.network"), code: "network"});
	}
	if (!response.ok)
		throw new Problem(response.status, answer);
	return answer;
}

/* A header field as our own writer codes it (RFC 2047): UTF-8 in base64. */
function decoded(text) {
	return (text || "").replace(/\?=[ \t]+=\?/g, "?==?").replace(
		/=\?utf-8\?b\?([A-Za-z0-9+/=]*)\?=/gi, (all, coded) => {
			try {
				return new TextDecoder("utf-8", {fatal: true}).decode(
					Uint8Array.from(atob(coded), (one) => one.charCodeAt(0)));
			} catch {
				return all;
			}
		});
}

function alertBox(sort, ...words) {
	return el("div", {class: `alert ${sort}`, role: "alert"},
		words.filter(Boolean).map((text) => el("p", null, text)));
}

function show(...children) {
	part("main").replaceChildren(el("div", {class: "page"},
		el("h1", null, t("task.title")), ...children.flat().filter(Boolean)));
}

/* --- what it is --- */

function about(task) {
	return panel(t(task.state === "waiting" ? "task.file" : "task.fileDone"), facts([
		[t("task.name"), el("span", {id: "task-name"}, task.name)],
		[t("bytes"), bytes(task.bytes)],
		[t("task.from"), decoded(task.from) || task.sender],
		[t("task.subject"), decoded(task.subject)],
		[t("state"), el("span", {id: "task-state"},
			state(SORTS[task.state], t(`task.state.${task.state}`)))],
		[t("task.ends"), task.state === "waiting" ? time(task.ends) : ""],
	]));
}

function others(task) {
	if (task.others.length === 0)
		return null;
	return panel(t("task.others"), el("p", {class: "hint"}, t("task.othersHint")),
		el("ul", null, task.others.map((one) => el("li", null, one.name, " ",
			state(SORTS[one.state], t(`task.state.${one.state}`))))));
}

function removed(task) {
	return panel(t("removed"), table(t("removed"), [
		{title: t("removed.what"), cell: (one) => sentence(one.kind)},
		{title: t("audit.count"), class: "number", cell: (one) => one.count},
	], task.removals, t("removed.nothing")));
}

function help() {
	return panel(t("task.help"), el("ul", null, ["where", "many", "safe", "lost"].map(
		(name) => el("li", null, t(`task.help.${name}`)))));
}

/* --- giving it --- */

function passwordField(number) {
	const input = el("input", {type: "password", autocomplete: "off", maxlength: "256",
		required: number === 1, spellcheck: "false", autocapitalize: "none",
		id: `password-${number}`});

	return field(number === 1 ? t("login.password") : t("task.another", {number}), input);
}

/* Another recipient may be at it, or a proxy did not wait that long: the task
 * itself says how it ended. */
async function follow(mine) {
	const until = Date.now() + FOLLOW_MS;

	while (Date.now() < until && mine === turn) {
		await later(POLL_MS);
		try {
			const task = await ask("GET");

			if (task.state !== "waiting")
				return;
		} catch (problem) {
			if (problem.code !== "network" && problem.status < 500)
				return;
		}
	}
}

function outcome(answer) {
	if (answer.reason === "password.tries")
		return t("task.spent");
	return answer.reason === "encrypted.wrong_password" ? t("task.wrong")
		: sentence(answer.reason);
}

async function give(passwords) {
	const mine = turn;

	try {
		const answer = await ask("POST", {passwords});

		if (answer.state === "awaiting_password")
			return outcome(answer);
		if (answer.reason === "unavailable" && answer.state === "unknown")
			await follow(mine);
	} catch (problem) {
		if (problem.code !== "network" && problem.status !== 504 && problem.status !== 502)
			return problem.title || String(problem.status);
		await follow(mine);
	}
	return "";
}

function form(task) {
	const fields = el("div", null, passwordField(1));
	const error = el("p", {class: "error", role: "alert", id: "task-error"});
	const left = el("p", {class: "hint", id: "task-left"},
		t("task.left", {count: task.tries_left}));
	const more = el("button", {type: "button", id: "task-more"}, t("task.more"));
	const shown = el("input", {type: "checkbox", id: "task-shown"});
	const button = el("button", {class: "main", type: "submit"}, t("task.submit"));
	const progress = el("div", {role: "status", id: "task-progress"});
	const inputs = () => [...fields.querySelectorAll("input")];

	shown.addEventListener("change", () => {
		for (const input of inputs())
			input.type = shown.checked ? "text" : "password";
	});
	more.addEventListener("click", () => {
		fields.append(passwordField(inputs().length + 1));
		inputs().at(-1).type = shown.checked ? "text" : "password";
		more.hidden = inputs().length >= PASSWORDS_MAX;
		inputs().at(-1).focus();
	});
	return el("form", {class: "panel", id: "task", onsubmit: async (event) => {
		event.preventDefault();
		const passwords = inputs().map((input) => input.value).filter(Boolean);

		error.textContent = "";
		if (passwords.length === 0)
			return;
		for (const one of [...inputs(), button, more])
			one.disabled = true;
		progress.replaceChildren(el("p", null, t("task.working")),
			el("progress", {"aria-label": t("task.working")}));
		const words = await give(passwords);

		for (const input of inputs())
			input.value = "";
		await draw(words);
	}}, el("h2", null, t("password.title")), fields,
	el("p", null, el("label", {class: "check"}, shown, t("task.show"))), error, left,
	el("div", {class: "row"}, button, more), progress);
}

/* --- the page --- */

const ENDS = {
	opened: ["", "task.opened"],
	delivered: ["good", "task.delivered"],
	held: ["bad", "task.held"],
};

function ended(task) {
	const [sort, words] = ENDS[task.state];
	const where = task.state === "delivered" ? t(`task.where.${task.channel}`) : "";

	return [alertBox(sort, t(words), where, sentence(task.reason)), about(task),
		task.state === "held" ? null : removed(task),
		task.state === "opened" ? el("details", {class: "panel"},
			el("summary", null, t("task.again")), form(task)) : null, others(task)];
}

function drawFrame() {
	const other = language() === "ja" ? "en" : "ja";

	part("skip").textContent = t("skip");
	part("skip").onclick = (event) => {
		event.preventDefault(); /* the address keeps its token */
		part("main").focus();
	};
	document.title = `${t("task.title")} - 関所`;
	part("header").replaceChildren(
		el("span", {class: "product"}, "関所", el("small", null, "Sekisho")),
		el("span", {class: "who"}),
		el("button", {type: "button", lang: other, id: "language", onclick: () => {
			setLanguage(other);
			draw();
		}}, other === "ja" ? "日本語" : "English"));
}

/* What is on its way arrives some time. */
async function watch(mine) {
	while (mine === turn) {
		await later(WATCH_MS);
		const task = await ask("GET").catch(() => ({state: "opened"}));

		if (mine === turn && task.state !== "opened")
			await draw();
	}
}

/** Shows the task as it is now; `words` say why the last try came to nothing. */
async function draw(words) {
	const mine = ++turn;

	drawFrame();
	if (token() === "") {
		show(alertBox("", t("task.noLink")), help());
		return;
	}
	try {
		const task = await ask("GET");

		if (mine !== turn)
			return;
		if (task.state === "waiting")
			show(about(task), form(task), others(task), help());
		else
			show(...ended(task), help());
		if (task.state === "opened")
			watch(mine);
		if (part("task-error") && words) {
			part("task-error").textContent = words;
			part("password-1").focus();
		}
	} catch (problem) {
		show(problem.status === 404 ? alertBox("", t("task.gone"))
			: alertBox("bad", problem.title || t("error.network")), help());
	}
}

async function start() {
	await loadSentences();
	window.addEventListener("hashchange", () => draw());
	await draw();
}

start();
