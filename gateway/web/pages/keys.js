/* Single keys: j k move, Enter opens, r a x put the focus on a form's reason;
 * none of them acts by itself. They can be switched off. */

import {el} from "/dom.js";
import {t} from "/words.js";

const SWITCH = "sekisho.keys";

let keys = {};

export function setKeys(table) {
	keys = table;
}

export function keysOn() {
	return localStorage.getItem(SWITCH) !== "off";
}

function typing(target) {
	return target.isContentEditable
		|| ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}

export function installKeys() {
	document.addEventListener("keydown", (event) => {
		if (event.key === "Enter" && event.ctrlKey) {
			const form = event.target.closest("form");

			if (form) {
				event.preventDefault();
				form.requestSubmit();
			}
			return;
		}
		if (event.ctrlKey || event.altKey || event.metaKey || typing(event.target)
			|| !keysOn() || document.querySelector("dialog[open]"))
			return;
		if (event.key === "?") {
			event.preventDefault();
			showKeys();
		} else if (keys[event.key] && !(event.key === "Enter"
			&& ["A", "BUTTON"].includes(event.target.tagName))) {
			event.preventDefault();
			keys[event.key]();
		}
	});
}

export function showKeys() {
	const list = [["j", "keys.down"], ["k", "keys.up"], ["Enter", "keys.open"],
		["r", "keys.request"], ["a", "keys.approve"], ["x", "keys.select"],
		["Ctrl+Enter", "keys.submit"], ["?", "keys.help"]];
	const off = el("input", {type: "checkbox", id: "keys-on", onchange: () =>
		localStorage.setItem(SWITCH, off.checked ? "on" : "off")});
	const dialog = el("dialog", {"aria-labelledby": "keys-title"},
		el("h2", {id: "keys-title"}, t("keys.title")),
		el("dl", {class: "facts"}, list.map(([key, words]) => [
			el("dt", null, el("kbd", null, key)), el("dd", null, t(words))])),
		el("p", null, off, " ", el("label", {for: "keys-on"}, t("keys.on"))),
		el("form", {method: "dialog"}, el("button", {class: "main"}, t("close"))));

	off.checked = keysOn();
	dialog.addEventListener("close", () => dialog.remove());
	document.body.append(dialog);
	dialog.showModal();
}

/** Rows that j and k walk through; Enter opens, x selects. */
export function walk(rows, actions) {
	let at = -1;

	function go(to) {
		if (to < 0 || to >= rows.length)
			return;
		at = to;
		rows[at].focus();
	}
	return {
		j: () => go(at + 1),
		k: () => go(at - 1),
		Enter: () => at >= 0 && actions.open(at),
		x: () => at >= 0 && actions.select && actions.select(at),
		...(actions.more || {}),
	};
}
