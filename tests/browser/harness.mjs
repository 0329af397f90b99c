/* A browser, people in it, and steps that say what they showed. */

import {createHmac} from "node:crypto";
import {readFileSync, writeFileSync} from "node:fs";
import {createRequire} from "node:module";
import {chromium} from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
	"--disable-background-networking", "--disable-component-update", "--disable-sync"];
const PATIENCE_MS = 60000;

export const facts = JSON.parse(readFileSync(process.argv[2], "utf8"));

/** RFC 6238, for the half minute `ahead` of now. */
export function totp(secret, ahead = 0) {
	const bits = [...secret.replace(/[ =]/g, "")].map((letter) =>
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
	const key = Buffer.from((bits.match(/.{8}/g) || []).map((byte) => parseInt(byte, 2)));
	const counter = Buffer.alloc(8);

	counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + ahead));
	const digest = createHmac("sha1", key).update(counter).digest();
	const offset = digest[19] & 15;

	return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1000000).padStart(6, "0");
}

/** Each code is taken once: waits for one that was not used. */
export async function code(person) {
	let step = Math.floor(Date.now() / 30000);

	while (step <= (person.used || 0)) {
		if (step + 1 > person.used) {
			person.used = step + 1;
			return totp(person.secret, 1);
		}
		await new Promise((resolve) => setTimeout(resolve, 500));
		step = Math.floor(Date.now() / 30000);
	}
	person.used = step;
	return totp(person.secret);
}

export const browser = await chromium.launch({executablePath: "/usr/bin/chromium",
	args: ARGUMENTS});

let failures = 0;

/** What the pages' own code complains of is a failure of the step. */
export async function open(options = {}) {
	const context = await browser.newContext({ignoreHTTPSErrors: true, locale: "ja-JP",
		viewport: {width: 1280, height: 900}, timezoneId: "Asia/Tokyo", ...options});
	const page = await context.newPage();

	page.complaints = [];
	page.setDefaultTimeout(PATIENCE_MS);
	page.on("pageerror", (error) => page.complaints.push(String(error)));
	page.on("console", (message) => {
		if (message.type() === "error" && !/status of (4|5)\d\d/.test(message.text()))
			page.complaints.push(message.text());
	});
	await page.goto(`${facts.address}/`);
	return page;
}

export async function step(name, work, page) {
	try {
		await work();
		if (page && page.complaints.length)
			throw new Error(`the page complained: ${page.complaints.splice(0).join("; ")}`);
		console.log(`ok: ${name}`);
	} catch (error) {
		failures += 1;
		console.log(`FAILED: ${name}: ${error.stack}`);
		if (page)
			await shot(page, `failed-${failures}`);
	}
}

export function check(condition, words) {
	if (!condition)
		throw new Error(words);
}

/** Until the element has these words: pages are drawn anew bit by bit. */
export async function shows(page, selector, words) {
	await page.waitForFunction(([where, what]) =>
		document.querySelector(where)?.innerText.includes(what), [selector, words]);
}

export async function shot(page, name) {
	await page.screenshot({path: `${facts.pictures}/${name}.png`, fullPage: true});
}

/** WCAG 2.2 A and AA by axe-core; the policy of the page allows no inline
 * script, so it is put in by the browser's own tools. */
export async function accessible(page, name) {
	const found = await page.evaluate(`${axe}; axe.run({runOnly: ["wcag2a", "wcag2aa",
		"wcag21a", "wcag21aa", "wcag22aa"]}).then((result) => result.violations.map((one) =>
		one.id + ": " + one.nodes.map((node) => node.target + " " + node.failureSummary)
			.join(" | ")))`);

	check(found.length === 0, `${name}: ${found.join("\n")}`);
}

export async function enter(page, person) {
	await page.fill("#login [name=username]", person.login);
	await page.fill("#login [type=password]", person.password);
	await page.click("#login button[type=submit]");
	if (person.secret) {
		await page.fill("#second [name=code]", await code(person));
		await page.click("#second button[type=submit]");
	}
	await page.waitForSelector("#navigation a[aria-current]");
}

export async function go(page, hash) {
	await page.evaluate((to) => { location.hash = to; }, hash);
	await page.waitForFunction(() => !document.getElementById("main").hasAttribute("aria-busy"));
}

/** Leaves the facts for whoever comes next: a code is taken once. */
export async function finish() {
	await browser.close();
	writeFileSync(process.argv[2], JSON.stringify(facts));
	console.log(failures ? `${failures} steps failed` : "every step passed");
	process.exit(failures ? 1 : 0);
}
