/* The frame of the console: who is logged in, which page is shown, keys, and
 * the end of an idle session. */

import {download, get, paths, send, setLoggedOut, Problem} from "/api.js";
import {el} from "/dom.js";
import {language, loadSentences, setLanguage, t} from "/words.js";
import {activity} from "/views/activity.js";
import {approvals} from "/views/approvals.js";
import {audit} from "/views/audit.js";
import {check} from "/views/check.js";
import {emergency} from "/views/emergency.js";
import {exceptions} from "/views/exceptions.js";
import {home} from "/views/home.js";
import {item} from "/views/item.js";
import {login} from "/views/login.js";
import {policy} from "/views/policy.js";
import {queue} from "/views/queue.js";
import {upload} from "/views/upload.js";
import {users} from "/views/users.js";
import {installKeys, setKeys, showKeys} from "/keys.js";

const EVERYBODY = ["staff", "reviewer", "approver", "administrator", "auditor"];

/* In the order of the navigation: address, words, who sees it, what shows it. */
const PAGES = [
	["home", "page.home", EVERYBODY, home],
	["upload", "page.upload", ["staff", "reviewer", "approver", "administrator"], upload],
	["queue", "page.queue", EVERYBODY, queue],
	["approvals", "page.approvals", EVERYBODY, approvals],
	["users", "page.users", ["administrator", "auditor"], users],
	["policy", "page.policy", ["administrator", "auditor", "approver"], policy],
	["exceptions", "page.exceptions", ["administrator", "auditor", "approver"], exceptions],
	["emergency", "page.emergency", ["administrator", "auditor"], emergency],
	["check", "page.check", ["administrator", "auditor"], check],
	["audit", "page.audit", ["auditor", "administrator"], audit],
	["activity", "page.activity", EVERYBODY, activity],
];

const WARNING_MS = 120 * 1000;

let session = null;
let idle = null;
let shown = 0;

const part = (id) => document.getElementById(id);

/** Says something in passing, to the eye and to screen readers. */
export function say(text) {
	part("notice").textContent = text;
	window.setTimeout(() => {
		if (part("notice").textContent === text)
			part("notice").textContent = "";
	}, 8000);
}

/** A failure as an alert, in the place where it happened. */
export function problemText(error) {
	if (error instanceof Problem)
		return error.code === "network" ? t("error.network")
			: [error.title, error.detail].filter(Boolean).join(" ");
	return String(error);
}

/** Does something, says that it is done and shows the page anew; a failure is
 * said and changes nothing. */
export async function act(work, done) {
	try {
		await work();
		say(done);
		await draw();
	} catch (error) {
		say(problemText(error));
	}
}

/** Keeps what is typed into `input` over a log-off, in this window alone. */
export function setDraft(input, name) {
	const key = `sekisho.draft.${name}`;

	input.value = sessionStorage.getItem(key) || "";
	input.addEventListener("input", () => {
		if (input.value)
			sessionStorage.setItem(key, input.value);
		else
			sessionStorage.removeItem(key);
	});
	return input;
}

/** A button that saves a list as CSV; the export is on record. */
export function exportButton(path, filters) {
	const body = Object.fromEntries(Object.entries(filters).filter(([, value]) =>
		value !== "" && value !== null && value !== undefined));
	const button = el("button", {type: "button", class: "export", onclick: async () => {
		button.disabled = true;
		try {
			await download(path, {...body, lang: language()});
			say(t("export.done"));
		} catch (error) {
			say(problemText(error));
		} finally {
			button.disabled = false;
		}
	}}, t("export"));

	return el("p", null, button);
}

export function can(...roles) {
	return session !== null && (session.grants || []).some((grant) =>
		roles.includes(grant.role));
}

function drawHeader() {
	const other = language() === "ja" ? "en" : "ja";

	part("header").replaceChildren(...[
		el("span", {class: "product"}, "関所", el("small", null, "Sekisho")),
		session && session.state === "active" ? el("span", {class: "who"},
			`${session.user.name} (${[...new Set(session.grants.map((grant) =>
				t(`role.${grant.role}`)))].join("・")})`)
			: el("span", {class: "who"}),
		el("button", {type: "button", lang: other, id: "language", onclick: () => {
			setLanguage(other);
			draw();
		}}, other === "ja" ? "日本語" : "English"),
		session ? el("button", {type: "button", id: "help", onclick: showKeys},
			t("keys.title")) : null,
		session ? el("button", {type: "button", id: "logout", onclick: logOut},
			t("login.logout")) : null].filter(Boolean));
}

function drawNavigation(current) {
	document.body.classList.toggle("alone", session === null || session.state !== "active");
	part("navigation").setAttribute("aria-label", t("navigation"));
	part("navigation").replaceChildren(el("ul", null, PAGES
		.filter(([, , roles]) => can(...roles))
		.map(([address, words]) => el("li", null, el("a", {
			href: `#/${address}`,
			"aria-current": address === current ? "page" : null,
		}, t(words))))));
}

function place() {
	const [path, search] = location.hash.replace(/^#\/?/, "").split("?");
	const [page, ...rest] = path.split("/").map(decodeURIComponent);

	return {page, rest, search: new URLSearchParams(search || "")};
}

async function showView(view, ...values) {
	const main = part("main");
	const turn = ++shown;
	const target = el("div");

	setKeys({});
	main.setAttribute("aria-busy", "true");
	try {
		await view(target, ...values);
	} catch (error) {
		target.replaceChildren(el("p", {class: "alert bad", role: "alert"},
			problemText(error)));
	}
	if (turn !== shown)
		return; /* another page was asked for meanwhile */
	main.replaceChildren(target);
	main.removeAttribute("aria-busy");
	const title = main.querySelector("h1");
	document.title = title ? `${title.textContent} - 関所` : "関所";
}

/** Shows what the address says, for who is logged in. */
export async function draw() {
	const {page, rest, search} = place();

	part("skip").textContent = t("skip");
	drawHeader();
	if (session === null || session.state !== "active") {
		drawNavigation("");
		await showView(login, session, took);
		return;
	}
	const row = PAGES.find(([address, , roles]) => address === page && can(...roles));
	drawNavigation(page === "item" ? "queue" : (row || PAGES[0])[0]);
	if (page === "item")
		await showView(item, rest[0] || "", session);
	else
		await showView((row || PAGES[0])[3], session, search);
	part("main").focus({preventScroll: true});
}

/** What login and its steps come to: the session as it is now. */
function took(now) {
	session = now;
	watchIdle();
	draw();
}

async function logOut() {
	try {
		await send("DELETE", paths.session);
	} catch {
		/* It is over here in any case. */
	}
	session = null;
	location.hash = "#/";
	draw();
}

/* The server counts requests; that somebody types is told to it at most once a
 * minute, so that a long reason does not end the session. */
function watchIdle() {
	window.clearTimeout(idle);
	if (session === null || session.state !== "active")
		return;
	const left = Math.max(session.idle_seconds * 1000 - WARNING_MS, 1000);
	idle = window.setTimeout(warn, left);
}

let touched = 0;

async function touch() {
	const now = Date.now();

	if (session === null || session.state !== "active" || now - touched < 60 * 1000)
		return;
	touched = now;
	try {
		await get(paths.session);
		watchIdle();
	} catch {
		/* A session that is over is shown as such by setLoggedOut(). */
	}
}

function warn() {
	const dialog = el("dialog", {"aria-labelledby": "idle-title"},
		el("h2", {id: "idle-title"}, t("idle.title")),
		el("p", null, t("idle.text")),
		el("form", {method: "dialog"},
			el("button", {class: "main", id: "idle-stay"}, t("idle.stay"))));

	dialog.addEventListener("close", () => {
		dialog.remove();
		touched = 0;
		touch();
	});
	document.body.append(dialog);
	dialog.showModal();
	idle = window.setTimeout(() => {
		dialog.remove();
		touched = 0;
		get(paths.session).catch(() => {});
	}, WARNING_MS);
}

setLoggedOut(() => {
	if (session === null)
		return;
	session = null;
	for (const dialog of document.querySelectorAll("dialog"))
		dialog.remove();
	draw().then(() => say(t("login.over")));
});

async function start() {
	installKeys();
	await loadSentences();
	try {
		session = await get(paths.session);
	} catch {
		session = null;
	}
	watchIdle();
	for (const event of ["keydown", "pointerdown"])
		document.addEventListener(event, touch, {passive: true});
	window.addEventListener("hashchange", draw);
	await draw();
}

start();
