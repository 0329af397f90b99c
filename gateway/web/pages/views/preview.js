/* What an item's sanitized copy looks like, made when somebody asks. Texts are
 * set as text, pictures are the gateway's own; the original is never shown. */

import {get, getText, paths, post} from "/api.js";
import {el, panel} from "/dom.js";
import {problemText} from "/main.js";
import {sentence, t, time} from "/words.js";

const PAUSE_MS = 700;

function picture(id, part, last) {
	return el("li", null, el("img", {alt: t("preview.page", {number: part.number, last}),
		src: `/api/v1${paths.preview(id, part.number)}`}));
}

async function text(id, part, label) {
	return el("pre", {tabindex: "0", role: "region", "aria-label": label},
		await getText(paths.preview(id, part.number)));
}

async function macro(id, part) {
	const label = `${t("item.macro")} ${part.title}`;

	return el("section", {class: "macro"}, el("h3", null, label), await text(id, part, label));
}

/** The parts, each of which is a look at content and on record as such. */
async function contents(id, shown) {
	const pages = shown.previews.filter((part) => part.kind === "page");
	const texts = shown.previews.filter((part) => part.kind === "text");
	const macros = shown.previews.filter((part) => part.kind === "macro");

	return [
		pages.length ? el("div", {class: "previews", tabindex: "0", role: "region",
			"aria-label": t("item.previews")},
		el("ol", null, pages.map((part) => picture(id, part, pages.length)))) : null,
		shown.pages > pages.length && pages.length
			? el("p", {class: "hint"}, t("preview.more", {count: shown.pages})) : null,
		await Promise.all(texts.map((part) => text(id, part, t("item.previews")))),
		await Promise.all(macros.map((part) => macro(id, part))),
		macros.length ? el("p", {class: "hint"}, t("preview.macros")) : null,
		el("p", {class: "hint"}, t("preview.made", {time: time(shown.made),
			policy: (shown.policy_sha256 || "").slice(0, 12)})),
	];
}

/** Waits as long as it is being made and the page is open. */
async function wait(id, box) {
	let shown = await get(paths.itemPart(id, "previews"));

	while (shown.state === "making" && box.isConnected) {
		await new Promise((resolve) => { setTimeout(resolve, PAUSE_MS); });
		shown = await get(paths.itemPart(id, "previews"));
	}
	return shown;
}

function button(id, box, words) {
	return el("button", {type: "button", id: "show-preview", onclick: () => show(id, box)},
		words);
}

async function fill(id, box, shown) {
	box.removeAttribute("aria-busy");
	if (shown.state === "ready")
		box.replaceChildren(...(await contents(id, shown)).flat(2).filter(Boolean));
	else
		box.replaceChildren(el("p", {class: "error", id: "no-preview"}, t("preview.failed"),
			" ", sentence(shown.reason)), button(id, box, t("preview.again")));
}

async function show(id, box) {
	box.setAttribute("aria-busy", "true");
	box.replaceChildren(el("p", {class: "empty"}, t("preview.making")));
	try {
		await post(`${paths.itemAction(id, "preview")}`);
		await fill(id, box, await wait(id, box));
	} catch (problem) {
		box.removeAttribute("aria-busy");
		box.replaceChildren(el("p", {class: "error", id: "no-preview"}, problemText(problem)));
	}
}

/** The panel beside what was removed; `shown` is what the server says now. */
export function previewPanel(id, shown) {
	const box = el("div", {id: "preview", "aria-live": "polite"});
	const impossible = shown.state === "impossible";

	box.append(impossible
		? el("p", {class: "empty", id: "no-preview"}, t("preview.none"), " ", sentence(shown.reason))
		: button(id, box, t("preview.show")));
	if (!impossible)
		box.append(el("p", {class: "hint"}, t("preview.recorded")));
	return panel(t("item.previews"), box);
}
