/* What a reviewer sees of sanitized copies: pages, texts, the source of macros;
 * and that nothing of what senders choose becomes more than text. */

import {accessible, check, enter, facts, finish, go, open, shot, shows, step} from "./harness.mjs";

const {viewer} = facts.people;
const text = (page, selector) => page.locator(selector).first().innerText();

const page = await open();
let dialogs = 0;

page.on("dialog", (dialog) => { dialogs += 1; dialog.dismiss(); });
await enter(page, viewer);

async function item(name) {
	await go(page, "#/queue?state=");
	await page.waitForSelector("#main td.name a");
	await page.click(`#main td.name a:text-is(${JSON.stringify(name)})`);
	await page.waitForSelector("#preview");
	check(await text(page, "h1") === name, "the name is not its text");
}

async function show() {
	await page.click("#show-preview");
	await page.waitForSelector("#preview:not([aria-busy])");
	await page.waitForFunction(() => !document.querySelector("#show-preview") ||
		document.querySelector("#no-preview"));
}

/** Nothing that came in is an element or has run. */
async function inert(where) {
	check(dialogs === 0, `${where}: something ran`);
	check(await page.locator("#main script, #main svg, #main iframe, #main img:not([src^='/api/'])")
		.count() === 0, `${where}: it became an element`);
}

await step("pages of a PDF, the first of many", async () => {
	await item(facts.pages);
	await show();
	await page.waitForFunction((count) => {
		const images = [...document.querySelectorAll("#preview img")];

		return images.length === count && images.every((image) => image.naturalWidth > 500);
	}, facts.pageCount);
	check(/全 12 ページ/.test(await text(page, "#preview")), "it does not say that there is more");
	await shot(page, "preview-pages");
	await accessible(page, "preview of pages");
}, page);

await step("a macro's source, a file's name and a removal's detail are text", async () => {
	await item(facts.macro);
	await show();
	check((await text(page, "#preview .macro pre")).includes(facts.source), "no source");
	check((await text(page, "#main .columns table")).includes(facts.detail), "no detail");
	await inert("macro");
	await shot(page, "preview-macro");
	await accessible(page, "preview of a macro");
}, page);

await step("a mail's subject and sender are text", async () => {
	await item(facts.mail);
	await show();
	const shown = await text(page, "#preview pre");

	check(shown.includes(facts.subject) && shown.includes(facts.sender), shown);
	await inert("mail");
	await shot(page, "preview-mail");
}, page);

await step("where there is none the page says why, in both languages", async () => {
	await item(facts.held);
	await show();
	check(/実行/.test(await text(page, "#no-preview")), await text(page, "#no-preview"));
	await shot(page, "preview-none");
	await accessible(page, "no preview");
	await item(facts.infected);
	check(/マルウェア/.test(await text(page, "#no-preview")), "no reason");
	check(await page.locator("#show-preview").count() === 0, "it can be asked for");
	await page.click("#language");
	await page.waitForSelector("html[lang=en]");
	await shows(page, "#no-preview", "alware");
	await inert("none");
}, page);

await finish();
