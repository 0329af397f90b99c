/* The console as people use it: logging in for the first time, reviewing,
 * asking, deciding, uploading, stopping; both languages; by keyboard. */

import {execFileSync} from "node:child_process";
import {readFileSync} from "node:fs";
import {accessible, check, code, enter, facts, finish, go, open, shot, shows, step}
	from "./harness.mjs";

const {reviewer, approver, administrator, staff, auditor, fresh} = facts.people;
const text = (page, selector) => page.locator(selector).first().innerText();

let page = await open();

await step("a wrong password is refused, and nothing says which was wrong", async () => {
	check(await text(page, "#banner") === facts.banner, "no message of the administrator");
	await accessible(page, "login");
	await shot(page, "login");
	await page.fill("#login [name=username]", "nobody-of-this-name");
	await page.fill("#login [type=password]", "Wrong#Pass-1");
	await page.click("#login button[type=submit]");
	const unknown = await text(page, "#login-error:not(:empty)");
	await page.fill("#login [name=username]", fresh.login);
	await page.click("#login button[type=submit]");
	await page.waitForFunction(() => !document.querySelector("#login button").disabled);
	check(unknown === await text(page, "#login-error"), "the answers differ");
	check(/パスワード/.test(unknown), unknown);
}, page);

await step("a temporary password must be changed, a weak one is refused", async () => {
	await page.fill("#login [name=username]", fresh.login);
	await page.fill("#login [type=password]", fresh.password);
	await page.click("#login button[type=submit]");
	await page.waitForSelector("#change");
	await accessible(page, "change");
	const fields = page.locator("#change [type=password]");
	await fields.nth(0).fill(fresh.password);
	await fields.nth(1).fill("password");
	await fields.nth(2).fill("password");
	await page.click("#change button[type=submit]");
	check((await text(page, "#change-error:not(:empty)")).length > 5, "no reason");
	await fields.nth(1).fill("Uguisu#Kaze-77");
	await fields.nth(2).fill("Uguisu#Kaze-77");
	await page.click("#change button[type=submit]");
	fresh.password = "Uguisu#Kaze-77";
}, page);

await step("the app is set up, recovery codes are shown once", async () => {
	fresh.secret = (await text(page, "#secret")).replace(/\s/g, "");
	check(await page.locator("#enrol svg.qr rect").count() > 200, "no QR code");
	await shot(page, "enrol");
	await accessible(page, "enrol");
	await page.fill("#enrol [name=code]", await code(fresh));
	await page.click("#enrol button[type=submit]");
	await page.waitForSelector("#recovery li");
	check(await page.locator("#recovery li").count() >= 8, "too few codes");
	await page.click("#recovery-kept");
	await page.waitForSelector("#navigation a[aria-current]");
	check(/前回のログイン/.test(await text(page, "#last-login")), "no last login");
	await page.click("#logout");
	await page.waitForSelector("#login");
}, page);

await step("many failures lock the account", async () => {
	for (let round = 0; round < 12; round++) {
		await page.fill("#login [name=username]", fresh.login);
		await page.fill("#login [type=password]", "Wrong#Pass-1");
		await page.click("#login button[type=submit]");
		await page.waitForFunction(() => !document.querySelector("#login button").disabled);
	}
	await page.fill("#login [type=password]", fresh.password);
	await page.click("#login button[type=submit]");
	await page.waitForFunction(() => !document.querySelector("#login button").disabled);
	check(await page.locator("#login").count() === 1, "a locked account was let in");
}, page);
await page.context().close();

page = await open();
await step("the reviewer sees what is held, in both languages", async () => {
	await enter(page, reviewer);
	await page.click("#main details summary");
	check(await page.locator("#main details tbody tr").count() === 24, "not 24 hours");
	check(/利用中/.test(await text(page, "#main")), "the definitions' state is missing");
	await shot(page, "home");
	await accessible(page, "home");
	await go(page, "#/queue");
	await page.waitForSelector("#main td.name a");
	check((await text(page, "#main table")).includes(facts.held), "the held file is missing");
	await shot(page, "queue");
	await accessible(page, "queue");
	await page.click("#language");
	await page.waitForFunction(() => /Items/.test(document.querySelector("h1").innerText));
	await accessible(page, "queue in English");
	await page.click("#language");
	await page.waitForFunction(() => /一覧/.test(document.querySelector("h1").innerText));
}, page);

await step("by keyboard alone: to an item, to the reason, sent", async () => {
	await go(page, "#/queue");
	await page.waitForSelector("#main td.name a");
	await page.keyboard.press("j");
	const wanted = await page.locator("#main td.name a").allInnerTexts();
	for (let at = 0; at < wanted.indexOf(facts.held); at++)
		await page.keyboard.press("j");
	await page.keyboard.press("Enter");
	await page.waitForSelector("#request");
	await shot(page, "item");
	await accessible(page, "item");
	await page.keyboard.press("r");
	await page.keyboard.type("入札の資料として必要");
	await page.keyboard.press("Control+Enter");
	await page.waitForFunction(() => document.querySelector("#main .state") &&
		/承認待ち/.test(document.querySelector("#main").innerText));
}, page);

await step("a filter is kept under its name, for its user, and dropped again", async () => {
	await go(page, "#/queue?state=held&name=exe");
	await page.fill("#filter-name", "実行形式");
	await page.click("#saved button[type=submit]");
	await go(page, "#/queue");
	await page.selectOption("#saved-filters", "実行形式");
	await page.waitForFunction(() => location.hash.includes("name=exe"));
	await page.waitForSelector("#drop-filter");
	await accessible(page, "saved filters");
	await shot(page, "saved-filters");
	await page.click("#drop-filter");
	await page.waitForFunction(() => !document.querySelector("#saved-filters"));
}, page);

await step("what was typed outlives the page", async () => {
	await go(page, "#/queue");
	await page.waitForSelector("#batch-reason");
	await page.fill("#batch-reason", "途中まで書いた理由");
	await page.reload();
	await page.waitForSelector("#batch-reason");
	check(await page.inputValue("#batch-reason") === "途中まで書いた理由", "it is lost");
}, page);

await step("one reason for many", async () => {
	const boxes = page.locator("#main tbody input[type=checkbox]");
	const names = await page.locator("#main td.name a").allInnerTexts();
	let picked = 0;
	for (let at = 0; at < names.length; at++)
		if (facts.many.includes(names[at])) {
			await boxes.nth(at).check();
			picked += 1;
		}
	check(picked === facts.many.length, `only ${picked} of ${names}`);
	await page.fill("#batch-reason", "同じ案件の資料");
	await page.click("#batch button[type=submit]");
	await page.waitForFunction((count) =>
		document.getElementById("notice").innerText.includes(String(count)), picked);
}, page);

await step("a script in a file's name is text", async () => {
	await go(page, "#/queue?state=");
	await page.waitForSelector("#main td.name a");
	check((await text(page, "#main table")).includes("<img"), "the name is not shown");
	check(await page.locator("#main table img").count() === 0, "it became an element");
}, page);
await page.context().close();

page = await open();
await step("another approves; his own request he cannot", async () => {
	await enter(page, approver);
	await go(page, "#/approvals");
	await page.waitForSelector("#main td.name a");
	await shot(page, "approvals");
	await accessible(page, "approvals");
	await page.click(`#main td.name a:text-is(${JSON.stringify(facts.held)})`);
	await page.waitForSelector("#approve");
	check(await page.isEnabled("#approve"), "cannot approve");
	await accessible(page, "approval");
	await page.keyboard.press("a");
	await page.keyboard.type("確認した");
	await page.click("#approve");
	await page.waitForFunction(() => !document.getElementById("approve"));
	await go(page, "#/queue");
	await page.click(`#main td.name a:text-is(${JSON.stringify(facts.own)})`);
	await page.waitForSelector("#request");
	await page.fill("#reason", "自分で申請");
	await page.click("#request button[type=submit]");
	await page.waitForFunction(() => /承認待ち/.test(document.querySelector("#main").innerText));
	await page.click("#main a[href^='#/approvals?id=']");
	await page.waitForSelector("#why-not");
	check(await page.isDisabled("#approve"), "he can approve his own");
	await shot(page, "own-request");
}, page);
await page.context().close();

page = await open();
await step("what changed since it was asked for is not let out", async () => {
	const [program, ...words] = facts.changed.command;

	await enter(page, approver);
	await go(page, `#/approvals?id=${facts.changed.request}`);
	await page.waitForSelector("#approve:enabled");
	execFileSync(program, words);
	const [answer] = await Promise.all([
		page.waitForResponse((one) => one.url().endsWith(":approve")),
		page.click("#approve")]);
	check(answer.status() === 409, `status ${answer.status()}`);
	await page.waitForFunction(() => /状態が変わった/.test(
		document.querySelector("#decide .error").innerText));
	await shot(page, "changed-evidence");
	await accessible(page, "changed evidence");
	await page.reload();
	await page.waitForSelector("#main .state");
	check(await page.locator("#approve").count() === 0, "it can still be approved");
}, page);
await page.context().close();

page = await open();
await step("a member of staff uploads and downloads", async () => {
	await enter(page, staff);
	await go(page, "#/upload");
	await page.setInputFiles("#file", {name: "見積書.csv", mimeType: "text/csv",
		buffer: Buffer.from("品名,金額\r\n=cmd|'/c calc'!A0,1200\r\n")});
	const link = page.locator("#main a[download][href$='/sanitized']");
	await link.waitFor();
	await shot(page, "upload");
	await accessible(page, "upload");
	const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
	check(download.suggestedFilename() === "見積書.csv", download.suggestedFilename());
	check(await page.locator("#main .panel tbody tr").count() > 0, "no removal is named");
	check(await page.locator("#navigation a[href='#/users']").count() === 0, "sees users");
}, page);

await step("what others let out is fetched, and an original says what it is", async () => {
	await go(page, "#/upload");
	const row = page.locator("#main tr", {hasText: facts.released});
	await row.waitFor();
	check(/無害化していません/.test(await row.innerText()), await row.innerText());
	await shot(page, "released");
	await accessible(page, "released");
	const [download] = await Promise.all([page.waitForEvent("download"),
		row.locator("a[download]").click()]);
	check(download.suggestedFilename() === facts.released, download.suggestedFilename());
	const failed = page.locator("#main tr", {hasText: facts.failed});
	check(await failed.locator("a[download]").count() === 0, "what is held can be fetched");
	await go(page, "#/queue");
	await page.locator("#main tr", {hasText: facts.failed}).locator("a").click();
	await page.waitForSelector("#failed");
	await shot(page, "failed");
	await accessible(page, "failed");
}, page);
await page.context().close();

page = await open();
await step("the administrator makes a user and stops the traffic", async () => {
	await enter(page, administrator);
	await go(page, "#/users");
	await page.waitForSelector("#create-user");
	await accessible(page, "users");
	const inputs = page.locator("#create-user input");
	await inputs.nth(0).fill("ito.hanako");
	await inputs.nth(1).fill("伊藤 花子");
	await page.click("#create-user button[type=submit]");
	await page.waitForSelector("#temporary");
	await shot(page, "users");
	await page.keyboard.press("Escape");
	await page.locator("#create-client input").first().fill("文書管理システム");
	await page.click("#create-client button[type=submit]");
	await page.waitForSelector("#temporary");
	check(/^skc_[0-9a-f]{64}$/.test(await text(page, "#temporary")), "no secret");
	await accessible(page, "a client's secret");
	await page.keyboard.press("Escape");
	await page.waitForFunction(() => /文書管理システム/.test(
		document.querySelector("#main table + *, #main").innerText));
	await shot(page, "clients");
	await go(page, "#/emergency");
	await page.waitForSelector("#stop");
	await accessible(page, "emergency");
	await page.fill("#stop-reason", "訓練");
	await page.click("#stop button[value=stop]");
	await page.waitForFunction(() => /停止中/.test(document.querySelector("#main").innerText));
	await shot(page, "emergency");
	await page.fill("#incident-kind", "訓練");
	await page.fill("#incident textarea", "訓練の記録");
	await page.click("#incident button[type=submit]");
	await page.waitForSelector("#main button.bundle");
	const [bundle] = await Promise.all([page.waitForEvent("download"),
		page.click("#main button.bundle")]);
	check(/^sekisho-evidence-.*\.tar$/.test(bundle.suggestedFilename()),
		bundle.suggestedFilename());
	await accessible(page, "emergency with an incident");
	await shot(page, "emergency-incident");
	await page.fill("#stop-reason", "訓練終了");
	await page.click("#stop button[value=resume]");
	await page.waitForFunction(() => !/停止中/.test(document.querySelector("#main").innerText));
}, page);
await page.context().close();

page = await open();
await step("the self-check is run, and says what to do", async () => {
	await enter(page, administrator);
	await go(page, "#/check");
	check(/まだ点検していません/.test(await text(page, "#main")), "it was run before");
	await page.click("#run-check");
	await page.waitForSelector("#main table");
	const shown = await text(page, "#main table");
	for (const words of ["マルウェア定義が新しいこと", "時刻が同期していること", "sekisho backup"])
		check(shown.includes(words), `${words} is missing in ${shown}`);
	check(/不適/.test(shown) && /適/.test(shown), shown);
	await shot(page, "self-check");
	await accessible(page, "self-check");
	await page.click("#language");
	await page.waitForSelector("html[lang=en]");
	await shows(page, "#main", "The clock is synchronised");
	await shot(page, "self-check-english");
	await page.click("#language");
	await page.waitForSelector("html[lang=ja]");
}, page);

await step("the report of the year is saved, and prints", async () => {
	const [download] = await Promise.all([page.waitForEvent("download"),
		page.click("#report button[type=submit]")]);
	check(/^sekisho-report-\d+\.html$/.test(download.suggestedFilename()),
		download.suggestedFilename());
	const other = await page.context().newPage();
	await other.setContent(readFileSync(await download.path(), "utf8"));
	check(/自己点検の結果/.test(await text(other, "main")), "no results");
	await accessible(other, "report");
	await shot(other, "report");
	await other.close();
}, page);

await step("a list is saved as CSV", async () => {
	await go(page, "#/queue?state=");
	await page.waitForSelector("#main button.export");
	const [download] = await Promise.all([page.waitForEvent("download"),
		page.click("#main button.export")]);
	check(/^sekisho-items-.*\.csv$/.test(download.suggestedFilename()),
		download.suggestedFilename());
	const saved = readFileSync(await download.path(), "utf8");
	check(saved.startsWith("\ufeff\"番号\""), saved.slice(0, 40));
	check(saved.includes(facts.held) && saved.includes("<img"), "rows are missing");
}, page);
await page.context().close();

page = await open();
await step("an auditor sees all pages of his and no form that acts", async () => {
	await enter(page, auditor);
	for (const hash of ["#/home", "#/queue", "#/approvals", "#/users", "#/emergency",
		"#/policy", "#/exceptions", "#/check", "#/audit", "#/activity"]) {
		await go(page, hash);
		await page.waitForSelector("#main h1");
		check(await page.locator("#main .alert.bad").count() === 0,
			`${hash}: ${await text(page, "#main")}`);
		check(await page.locator("#main #batch, #main #request, #main #create-user, #main #stop, "
			+ "#main #create-client, #main #run-check, #main #edit")
			.count() === 0, `${hash} has a form that acts`);
		await accessible(page, hash);
	}
}, page);

await step("an idle session is warned of its end, and goes on when asked", async () => {
	await page.clock.install();
	await page.reload();
	await page.waitForSelector("#navigation a[aria-current]");
	await page.clock.fastForward((15 - 2) * 60 * 1000);
	await page.waitForSelector("dialog[open] #idle-stay");
	await shot(page, "idle");
	await accessible(page, "idle");
	await page.click("#idle-stay");
	await page.waitForFunction(() => !document.querySelector("dialog[open]"));
	check(await page.locator("#navigation a[aria-current]").count() === 1, "it ended");
}, page);

await step("a session that is over is shown as over", async () => {
	const other = await open();

	await enter(other, auditor);
	await go(other, "#/activity");
	for (let left = await other.locator("#main button.danger").count(); left > 0; left--) {
		await other.locator("#main button.danger").first().click();
		await other.waitForFunction((before) =>
			document.querySelectorAll("#main button.danger").length < before, left);
	}
	await go(page, "#/queue");
	await page.waitForSelector("#login");
	await other.context().close();
}, page);

await finish();
