/* A change of the policies, by a form for each key or as the text of all. */

import {get, paths, post} from "/api.js";
import {difference} from "/difference.js";
import {el, field, panel, put, select} from "/dom.js";
import {problemText, say, setDraft} from "/main.js";
import {language, t} from "/words.js";

const CHECK_MS = 600;
const GROUPS = ["limits", "modes"];

/* --- as text --- */

const word = (value) => /^[A-Za-z0-9_.]+$/.test(value) ? value : JSON.stringify(value);

function lines(entry, indent) {
	const own = Object.entries(entry).filter(([name]) => !name.includes("."));

	return [...own.map(([name, value]) => `${indent}${name}: ${word(value)}`),
		...GROUPS.flatMap((group) => {
			const inner = Object.entries(entry).filter(([name]) =>
				name.startsWith(`${group}.`));

			return inner.length === 0 ? [] : [`${indent}${group}:`, ...inner.map(
				([name, value]) => `${indent}  ${name.slice(group.length + 1)}: ${word(value)}`)];
		})];
}

function list(name, entries) {
	return entries.length === 0 ? [] : [`${name}:`, ...entries.flatMap((entry) => {
		const text = lines(entry, "    ");

		return text.length === 0 ? ["  - {}"] : [`  - ${text[0].trim()}`, ...text.slice(1)];
	})];
}

/** The YAML of what the form says: every key that is given, in its order. */
export function write({policies, rules}) {
	return [...list("policies", policies), ...list("rules", rules)].join("\n") + "\n";
}

/* --- the form --- */

function inputOf(key, value) {
	if (key.type === "choice" || key.type === "flag") {
		const choices = key.type === "flag" ? ["true", "false"] : key.choices;
		const known = value === "" || choices.includes(value) ? choices : [value, ...choices];

		return select([["", key.default ? t("policy.default", {value: key.default})
			: t("policy.asMode")], ...known.map((one) => [one, one])], value);
	}
	return el("input", {value, placeholder: key.default, maxlength: "64",
		autocomplete: "off", spellcheck: "false"});
}

function keyField(key, policy, index, changed, errors) {
	const input = inputOf(key, policy[key.name] ?? "");
	const place = `policies[${index}].${key.name}`;
	const error = el("p", {class: "error", role: "alert", id: `error-${place}`});
	const made = field(key.name.replace(/^\w+\./, ""), input, key[language()] || null);

	input.dataset.key = place;
	input.addEventListener("change", () => {
		if (input.value === "")
			delete policy[key.name];
		else
			policy[key.name] = input.value;
		changed();
	});
	input.setAttribute("aria-errormessage", error.id);
	errors.set(place, {error, input});
	made.append(error);
	return made;
}

function onePolicy(policy, index, keys, changed, errors) {
	const fields = (start) => keys.filter((key) => start === ""
		? !key.name.includes(".") && key.name !== "name" : key.name.startsWith(start))
		.map((key) => keyField(key, policy, index, changed, errors));
	const given = GROUPS.filter((group) => Object.keys(policy).some((name) =>
		name.startsWith(`${group}.`)));

	return el("fieldset", {class: "panel"},
		el("legend", null, `${t("policy.one")}: ${policy.name || "default"}`),
		el("div", {class: "columns"}, fields("")),
		GROUPS.map((group) => el("details", {open: given.includes(group)},
			el("summary", null, t(`policy.${group}`)),
			el("div", {class: "columns dense"}, fields(`${group}.`)))));
}

/* --- what is wrong --- */

function jump(area, line) {
	const before = area.value.split("\n").slice(0, line - 1).join("\n");
	const start = line > 1 ? before.length + 1 : 0;
	const end = area.value.indexOf("\n", start);

	area.focus();
	area.setSelectionRange(start, end < 0 ? area.value.length : end);
}

/** Problems as a list, each by line and key; `area` to go to the line. */
export function problemList(problems, area) {
	return el("ul", {class: "problems"}, problems.map((one) => el("li", null,
		one.line > 0 && area ? el("button", {type: "button", onclick: () => jump(area, one.line)},
			t("policy.line", {line: one.line}))
			: one.line > 0 ? el("b", null, t("policy.line", {line: one.line})) : null,
		" ", one.key ? el("code", null, one.key) : null, one.key ? ": " : "", one[language()])));
}

class Editor {
	constructor(base) {
		this.base = base;
		this.errors = new Map();
		this.area = setDraft(el("textarea", {rows: "18", id: "policy-text", spellcheck: "false",
			class: "code", maxlength: "65535", "aria-describedby": "policy-problems"}),
		`policy-${base.id}`);
		this.area.value ||= base.text;
		this.reason = setDraft(el("textarea", {rows: "2", maxlength: "1000", required: true,
			id: "policy-reason"}), `policy-reason-${base.id}`);
		this.form = el("div", {id: "policy-form"});
		this.problems = el("div", {id: "policy-problems", role: "status"});
		this.changes = el("div", {id: "policy-difference"});
		this.area.addEventListener("input", () => this.later());
	}

	later() {
		window.clearTimeout(this.timer);
		this.timer = window.setTimeout(() => this.judge(true), CHECK_MS);
	}

	/* Keeps the draft, too. */
	setText(text) {
		this.area.value = text;
		this.area.dispatchEvent(new Event("input"));
		window.clearTimeout(this.timer);
	}

	draw(found) {
		const keys = found.keys.filter((key) => key.of === "policy");
		const changed = () => {
			this.setText(write(found));
			this.judge(false);
		};

		if (found.policies.length === 0)
			found.policies.push({name: "default"});
		this.errors.clear();
		this.form.replaceChildren(...found.policies.map((policy, index) =>
			onePolicy(policy, index, keys, changed, this.errors)));
	}

	show(problems) {
		for (const {error, input} of this.errors.values()) {
			error.textContent = "";
			input.removeAttribute("aria-invalid");
		}
		for (const one of problems) {
			const at = this.errors.get(one.key);

			if (at) {
				at.error.textContent = one[language()];
				at.input.setAttribute("aria-invalid", "true");
			}
		}
		this.problems.replaceChildren(problems.length === 0
			? el("p", {class: "alert good"}, t("policy.good"))
			: el("div", {class: "alert bad"}, el("p", null, t("policy.wrong")),
				problemList(problems, this.area)));
	}

	/** Asks what is wrong; `rebuild`: the text was changed by hand. */
	async judge(rebuild) {
		const text = this.area.value;
		let found;

		this.changes.replaceChildren(difference(this.base.text, text));
		try {
			found = await post(paths.policy("check"), {text});
		} catch (error) {
			this.problems.replaceChildren(el("p", {class: "error"}, problemText(error)));
			return;
		}
		if (text !== this.area.value)
			return; /* changed meanwhile */
		if (rebuild && found.problems.length === 0)
			this.draw(found);
		this.show(found.problems);
	}

	async send() {
		try {
			const made = await post(paths.policy("propose"), {text: this.area.value,
				base: this.base.id, reason: this.reason.value});

			this.setText("");
			this.reason.value = "";
			this.reason.dispatchEvent(new Event("input"));
			say(t("policy.proposed"));
			location.hash = `#/policy?id=${made.id}`;
		} catch (problem) {
			if (problem.body?.problems)
				this.show(problem.body.problems);
			else
				this.problems.replaceChildren(el("p", {class: "alert bad", role: "alert"},
					problemText(problem), problem.status === 409 ? ` ${t("policy.stale")}` : ""));
			this.problems.scrollIntoView();
		}
	}
}

export async function policyEdit(target, id) {
	const editor = new Editor(await get(paths.policyVersion(id)));

	put(target, el("p", null, el("a", {href: "#/policy"}, t("back"))),
		el("h1", null, t("policy.edit")),
		editor.problems,
		el("form", {id: "policy-edit", onsubmit: (event) => {
			event.preventDefault();
			editor.send();
		}},
		panel(t("policy.form"), el("p", {class: "hint"}, t("policy.formHint")), editor.form),
		panel(t("policy.text"), field(t("policy.yaml"), editor.area, t("policy.yamlHint"))),
		panel(t("difference.title"), editor.changes),
		el("div", {class: "panel"}, field(t("reason"), editor.reason),
			el("button", {class: "main", type: "submit"}, t("policy.propose")))));
	await editor.judge(true);
}
