/* The recipient of a mail with a password ZIP: no account, the link of the
 * notice, the password. */

import {accessible, browser, check, facts, finish, shot, shows, step} from "./harness.mjs";

const text = (page, selector) => page.locator(selector).first().innerText();
const asked = [];

/** A browser of its own for whoever opens the link; nothing of it is kept. */
async function visit(link, options = {}) {
	const context = await browser.newContext({ignoreHTTPSErrors: true, locale: "ja-JP",
		viewport: {width: 1280, height: 900}, timezoneId: "Asia/Tokyo", ...options});
	const page = await context.newPage();

	page.complaints = [];
	page.setDefaultTimeout(60000);
	page.on("pageerror", (error) => page.complaints.push(String(error)));
	page.on("console", (message) => {
		if (message.type() === "error" && !/status of (4|5)\d\d/.test(message.text()))
			page.complaints.push(message.text());
	});
	page.on("request", (request) => asked.push({url: request.url(),
		headers: request.allHeaders()}));
	await page.goto(link);
	await page.waitForSelector("#main h1");
	return page;
}

const shown = (page) => page.waitForFunction(() =>
	document.querySelector("#main h1") && !document.querySelector("#task-progress progress"));

let page = await visit(facts.link);

await step("the link says what waits, without an account", async () => {
	const words = await text(page, "#main");

	for (const wanted of [facts.file, facts.subject, facts.sender, "あと 10 回", "パスワード待ち"])
		check(words.includes(wanted), `${wanted} is missing: ${words}`);
	check(/関所/.test(await page.title()), await page.title());
	await accessible(page, "the recipient's page");
	await shot(page, "recipient");
}, page);

await step("scanners that follow the link change nothing", async () => {
	for (let round = 0; round < 5; round++) {
		const scanner = await visit(facts.link);
		await scanner.context().close();
	}
	const reader = await browser.newContext({ignoreHTTPSErrors: true, javaScriptEnabled: false});
	const silent = await reader.newPage();
	await silent.goto(facts.link);
	check(/JavaScript/.test(await text(silent, "body")), "nothing without scripts");
	await reader.close();
	await page.reload();
	await page.waitForSelector("#task-left");
	check((await text(page, "#task-left")).includes("10"), await text(page, "#task-left"));
}, page);

await step("by keyboard: a wrong password, and a try is gone", async () => {
	await page.focus("#skip");
	await page.keyboard.press("Enter");
	for (let at = 0; at < 10; at++) {
		await page.keyboard.press("Tab");
		if (await page.evaluate(() => document.activeElement.id) === "password-1")
			break;
	}
	await page.keyboard.type("違うパスワード");
	await page.keyboard.press("Enter");
	await page.waitForSelector("#task-error:not(:empty)");
	check((await text(page, "#task-error")) === "このパスワードでは開けません。",
		await text(page, "#task-error"));
	check((await text(page, "#task-left")).includes("9"), await text(page, "#task-left"));
	check(await page.evaluate(() => document.activeElement.id) === "password-1", "focus is lost");
	check(await page.inputValue("#password-1") === "", "it is kept in the page");
	await accessible(page, "after a wrong password");
	await shot(page, "recipient-wrong");
}, page);

await step("what is typed can be looked at", async () => {
	await page.fill("#password-1", "見える");
	await page.check("#task-shown");
	check(await page.getAttribute("#password-1", "type") === "text", "it is not shown");
	await page.uncheck("#task-shown");
	check(await page.getAttribute("#password-1", "type") === "password", "it is shown");
}, page);

await step("in English, and at 320 pixels", async () => {
	await page.click("#language");
	await page.waitForSelector("html[lang=en]");
	await page.waitForSelector("#task-left");
	await shows(page, "h1", "Password of an attachment");
	await accessible(page, "the recipient's page in English");
	await page.setViewportSize({width: 320, height: 640});
	check(await page.evaluate(() =>
		document.documentElement.scrollWidth <= document.documentElement.clientWidth),
	"it has to be scrolled sideways");
	await accessible(page, "the recipient's page at 320 pixels");
	await shot(page, "recipient-narrow");
	await page.setViewportSize({width: 1280, height: 900});
	await page.click("#language");
	await page.waitForSelector("html[lang=ja]");
	await page.waitForSelector("#task-left");
}, page);

await step("several at once, one of them right: delivered", async () => {
	await page.fill("#password-1", "これも違う");
	await page.click("#task-more");
	await page.fill("#password-2", facts.password);
	await page.click("#task button[type=submit]");
	await page.waitForSelector(".alert.good");
	const words = await text(page, "#main");
	check(words.includes("お届けしました") && words.includes("【添付送付】"), words);
	check(words.includes("取り除いたもの"), words);
	check(await page.locator("#task").count() === 0, "it still asks");
	await accessible(page, "the delivery");
	await shot(page, "recipient-delivered");
}, page);

await step("the other attachment still waits, by its own link", async () => {
	check((await text(page, "#main")).includes(facts.other), "the other is not named");
	const second = await visit(facts.otherLink);
	check((await text(second, "#task-name")) === facts.other, "another file");
	check((await text(second, "#main")).includes("パスワード待ち"), "it does not wait");
	await second.context().close();
}, page);
await page.context().close();

await step("a second visit says that it is done", async () => {
	page = await visit(facts.link);
	check((await text(page, "#main")).includes("お届け済み"), await text(page, "#main"));
	check(await page.locator("#task").count() === 0, "it asks again");
}, page);

await step("what is on its way is not asked for again, and is shown once it is there", async () => {
	const context = await browser.newContext({ignoreHTTPSErrors: true, locale: "ja-JP"});
	const slow = await context.newPage();
	let arrived = false;
	await slow.route("**/api/v1/password-tasks/*", async (route) => {
		const answer = await route.fetch();
		const task = await answer.json();
		await route.fulfill({response: answer, json: {...task,
			state: arrived ? "delivered" : "opened"}});
	});
	await slow.goto(facts.link);
	await slow.waitForSelector("details");
	check((await text(slow, "#main")).includes("配送待ち"), await text(slow, "#main"));
	check(!await slow.locator("#password-1").isVisible(), "it asks at once");
	await accessible(slow, "what is on its way");
	await shot(slow, "recipient-later");
	await slow.click("summary");
	check(await slow.locator("#password-1").isVisible(), "it cannot be given again");
	arrived = true;
	await slow.waitForSelector(".alert.good");
	await context.close();
}, page);

await step("an unknown link says nothing of what there is", async () => {
	const base = facts.link.replace(/#.*/, "");
	const said = [];
	for (const token of ["0".repeat(40), facts.link.slice(-40, -1), "x", "../items", facts.id]) {
		const other = await visit(`${base}#${token}`);
		said.push(await text(other, "#main"));
		if (said.length === 1) {
			await accessible(other, "an unknown link");
			await shot(other, "recipient-unknown");
		}
		await other.context().close();
	}
	check(new Set(said).size === 1, said.join("\n---\n"));
	check(/使えません/.test(said[0]), said[0]);
	const bare = await visit(base);
	check(/リンク/.test(await text(bare, "#main")), "no words without a token");
	await bare.context().close();
}, page);

await step("a name that looks like markup is text", async () => {
	const hostile = await visit(facts.hostileLink);
	check((await text(hostile, "#task-name")).includes("img src=x"), await text(hostile, "#task-name"));
	check(await hostile.locator("#main img").count() === 0, "it became an element");
	check(hostile.complaints.length === 0, hostile.complaints.join("; "));
	await hostile.context().close();
}, page);

await step("no cookie, no referrer, nobody else was asked", async () => {
	const home = new URL(facts.link).origin;
	check(asked.length > 20, "nothing was asked");
	for (const {url, headers} of asked) {
		const sent = await headers.catch(() => ({}));
		check(new URL(url).origin === home, url);
		check(!sent.referer && !sent.cookie, JSON.stringify(sent));
		check(!/#|[0-9a-f]{40}/.test(url) || url.includes("/api/v1/password-tasks/")
			|| url.includes("/password#"), url);
	}
}, page);
await page.context().close();

await finish();
