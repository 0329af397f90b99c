/* Policies: proposed by one, approved by another, rolled back; what is wrong is
 * shown where it is. `change` or `back`, so that what becomes of a file can be
 * looked at in between. */

import {accessible, check, enter, facts, finish, go, open, shot, shows, step}
	from "./harness.mjs";

const {administrator, second, approver, auditor} = facts.people;
const part = process.argv[3];
const text = (page, selector) => page.locator(selector).first().innerText();
const field = (page, key) => page.locator(`[data-key="${key}"]`);

async function log(person) {
	const page = await open();

	await enter(page, person);
	return page;
}

/* By another administrator; what it comes to is shown. */
async function approve(address) {
	const page = await log(second);

	await go(page, address);
	await page.waitForSelector("#approve");
	check(await page.isEnabled("#approve"), "cannot approve");
	await accessible(page, "decision");
	await shot(page, `policy-decision-${part}`);
	await page.keyboard.press("a");
	await page.keyboard.type("確認した");
	await page.click("#approve");
	await page.waitForFunction(() => /適用中/.test(document.querySelector("#main").innerText)
		&& !document.getElementById("approve"));
	await page.context().close();
}

async function change() {
	let page = await log(administrator);

	await step("the policies and their versions are shown", async () => {
		await go(page, "#/policy");
		await page.waitForSelector("#edit");
		check(/設定ファイル/.test(await text(page, "#main")), "no origin");
		await shot(page, "policy");
		await accessible(page, "policy");
	}, page);

	await step("what is wrong is said by line and key, at the field", async () => {
		await page.click("#edit");
		await page.waitForSelector("#policy-form fieldset");
		await page.waitForSelector("#policy-problems .good");
		await page.locator("#policy-form summary").first().click();
		await field(page, "policies[0].limits.seconds").fill("0");
		await page.keyboard.press("Tab");
		await page.waitForSelector("#policy-problems .bad li");
		check((await text(page, "#policy-problems li")).includes("limits.seconds"), "no key");
		check(await field(page, "policies[0].limits.seconds").getAttribute("aria-invalid")
			=== "true", "the field is not marked");
		await accessible(page, "a wrong policy");
		await shot(page, "policy-wrong");
		await page.fill("#policy-text", "policies:\n  - name: default\n    colour: red\n");
		await page.waitForFunction(() =>
			/colour/.test(document.getElementById("policy-problems").innerText));
		await page.click("#policy-problems li button");
		check(await page.evaluate(() => {
			const area = document.getElementById("policy-text");
			return area.value.slice(area.selectionStart, area.selectionEnd);
		}) === "    colour: red", "the line is not selected");
		await page.fill("#policy-reason", "だめな案");
		await page.click("#policy-edit button[type=submit]");
		await page.waitForSelector("#policy-problems .bad");
		check(/#\/policy\?edit=/.test(page.url()), "it was proposed");
	}, page);

	await step("a change by the form becomes text, difference and proposal", async () => {
		await page.fill("#policy-text", "policies:\n  - name: default\n");
		await page.waitForSelector("#policy-problems .good");
		await page.locator("#policy-form summary").nth(1).click();
		await field(page, "policies[0].modes.csv").selectOption("text");
		await page.waitForFunction(() =>
			document.getElementById("policy-text").value.includes("csv: text"));
		await page.waitForSelector("#policy-difference .added");
		await page.waitForSelector("#policy-problems .good");
		await accessible(page, "an edited policy");
		await shot(page, "policy-edit");
		await page.fill("#policy-reason", "表計算は文字だけで渡す");
		await page.focus("#policy-edit button[type=submit]");
		await page.keyboard.press("Enter");
		await page.waitForSelector("#why-not");
		check(await page.isDisabled("#approve"), "the author can approve");
		check((await text(page, "table.difference")).includes("csv: text"), "no difference");
		await accessible(page, "a version");
		await shot(page, "policy-own");
	}, page);
	const address = new URL(page.url()).hash;
	await page.context().close();

	await step("an approver of one department cannot, an auditor has no form", async () => {
		page = await log(approver);
		await go(page, address);
		await page.waitForSelector("#main h1");
		check(await page.locator("#approve").count() === 0, "he has a form");
		await page.context().close();
		page = await log(auditor);
		await go(page, address);
		await page.waitForSelector("table.difference");
		check(await page.locator("#decide, #roll-back").count() === 0, "a form that acts");
		await page.context().close();
	});

	await step("another approves, and it is in force", () => approve(address));
}

async function back() {
	const page = await log(administrator);

	await step("an older version is proposed again, and approved", async () => {
		await go(page, "#/policy");
		await page.waitForSelector("#main td.name a");
		await page.keyboard.press("j");
		await page.keyboard.press("j");
		await page.keyboard.press("Enter");
		await page.waitForSelector("#roll-back");
		await accessible(page, "roll back");
		await page.click("#roll-back button[type=submit]");
		await page.waitForSelector("#why-not");
		check((await text(page, "table.difference")).includes("csv: text"), "no difference");
		const address = new URL(page.url()).hash;
		await approve(address);
		await go(page, "#/home");
		await go(page, "#/policy");
		await page.waitForSelector("#main td.name a");
		check(/承認\s*kanri2/.test(await text(page, "#main")), "no change on record");
		await page.click("#language");
		await page.waitForSelector("html[lang=en]");
		await shows(page, "#main", "Changes of settings");
		await shot(page, "policy-after");
		await accessible(page, "policy in English");
		await page.click("#language");
	}, page);
}

await (part === "change" ? change : back)();
await finish();
