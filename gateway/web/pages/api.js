/* The API of docs/openapi.json: one function for each way of asking. */

const part = encodeURIComponent;

/** Every address of the API that the pages use. */
export const paths = {
	about: "/about",
	session: "/session",
	secondFactor: "/session:secondFactor",
	changePassword: "/session:password",
	totpEnrol: "/session/totp:enrol",
	totpConfirm: "/session/totp:confirm",
	recoveryRenew: "/session/recovery:renew",
	sessions: "/sessions",
	oneSession: (number) => `/sessions/${part(number)}`,
	activity: "/activity",
	users: "/users",
	user: (number, action) => `/users/${part(number)}${action ? `:${action}` : ""}`,
	userGrants: (number) => `/users/${part(number)}/role-grants`,
	grant: (number) => `/role-grants/${part(number)}`,
	units: "/units",
	clients: "/clients",
	revokeClient: (number) => `/clients/${part(number)}:revoke`,
	files: "/files",
	file: (id) => `/files/${part(id)}`,
	items: "/items",
	itemsExport: "/items:export",
	requestsExport: "/requests:export",
	usersExport: "/users:export",
	auditExport: "/audit/entries:export",
	item: (id) => `/items/${part(id)}`,
	itemPart: (id, name) => `/items/${part(id)}/${name}`,
	preview: (id, number) => `/items/${part(id)}/previews/${part(number)}`,
	itemAction: (id, action) => `/items/${part(id)}:${action}`,
	batch: "/items:batchRequest",
	requests: "/requests",
	request: (id, action) => `/requests/${part(id)}${action ? `:${action}` : ""}`,
	exceptions: "/exceptions",
	exception: (id, action) => `/exceptions/${part(id)}:${action}`,
	incidents: "/incidents",
	incident: (id, action) => `/incidents/${part(id)}:${action}`,
	stops: "/stops",
	stop: "/incidents:stopTraffic",
	resume: "/incidents:resume",
	policies: "/policies",
	policy: (action) => `/policies/default${action ? `:${action}` : ""}`,
	policyVersion: (id, action) =>
		`/policies/default/versions/${part(id)}${action ? `:${action}` : ""}`,
	configChanges: "/config-changes",
	audit: "/audit/entries",
	checkpoints: "/audit/checkpoints",
	proofs: "/audit/proofs",
	examination: "/audit/examination",
	health: "/health",
	report: (year) => `/reports/${part(year)}`,
	selfChecks: "/self-checks",
	selfCheck: (id) => `/self-checks/${part(id)}`,
};

let csrf = "";
let onLoggedOut = () => {};

/** A problem of RFC 9457 as the server said it. */
export class Problem extends Error {
	constructor(status, body) {
		super(body.detail || body.title || String(status));
		this.status = status;
		this.title = body.title || "";
		this.detail = body.detail || "";
		this.code = body.code || "";
		this.body = body;
	}
}

export function setLoggedOut(handler) {
	onLoggedOut = handler;
}

async function read(response) {
	const type = response.headers.get("Content-Type") || "";
	const body = /json/.test(type) ? await response.json() : {};

	if (typeof body.csrf === "string")
		csrf = body.csrf;
	if (response.status === 401)
		onLoggedOut();
	if (!response.ok)
		throw new Problem(response.status, body);
	return body;
}

function headers(more) {
	return {
		"Accept-Language": document.documentElement.lang,
		...(csrf ? {"X-CSRF-Token": csrf} : {}),
		...more,
	};
}

async function ask(path, options) {
	let response;

	try {
		response = await fetch(`/api/v1${path}`, {
			credentials: "same-origin", cache: "no-store", redirect: "error",
			...options,
		});
	} catch (error) {
		throw new Problem(0, {title: error.message, code: "network"});
	}
	return read(response);
}

export function query(values) {
	const search = new URLSearchParams();

	for (const [key, value] of Object.entries(values))
		if (value !== "" && value !== null && value !== undefined)
			search.set(key, String(value));
	return search.size ? `?${search}` : "";
}

export function get(path) {
	return ask(path, {headers: headers({})});
}

/** A text that is no JSON. */
export async function getText(path) {
	const response = await fetch(`/api/v1${path}`, {credentials: "same-origin",
		cache: "no-store", redirect: "error", headers: headers({})});

	if (!response.ok)
		await read(response);
	return response.text();
}

/** Sends JSON. `more` are header fields: If-Match, Idempotency-Key. */
export function send(method, path, body, more) {
	return ask(path, {
		method,
		headers: headers({"Content-Type": "application/json", ...more}),
		body: JSON.stringify(body || {}),
	});
}

export function post(path, body, more) {
	return send("POST", path, body, more);
}

/** Saves what the server answers under the name that it gives. */
export async function download(path, body) {
	const options = body === undefined ? {headers: headers({})} : {method: "POST",
		headers: headers({"Content-Type": "application/json"}), body: JSON.stringify(body)};
	let response;

	try {
		response = await fetch(`/api/v1${path}`, {
			credentials: "same-origin", cache: "no-store", redirect: "error", ...options});
	} catch (error) {
		throw new Problem(0, {title: error.message, code: "network"});
	}
	if (!response.ok)
		await read(response);
	const name = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") || "");
	const link = document.createElement("a");

	link.href = URL.createObjectURL(await response.blob());
	link.download = name ? name[1] : "sekisho";
	link.click();
	window.setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

/** A file as the body of a request, with its progress from 0 to 1. */
export function upload(path, file, progress) {
	return new Promise((resolve, reject) => {
		const request = new XMLHttpRequest();

		request.open("POST", `/api/v1${path}`);
		for (const [name, value] of Object.entries(headers({
			"Content-Type": "application/octet-stream"})))
			request.setRequestHeader(name, value);
		request.upload.onprogress = (event) => progress(event.loaded / (event.total || 1));
		request.onerror = () => reject(new Problem(0, {code: "network"}));
		request.onload = () => {
			let body = {};

			try {
				body = JSON.parse(request.responseText);
			} catch {
				body = {};
			}
			if (request.status === 401)
				onLoggedOut();
			if (request.status >= 200 && request.status < 300)
				resolve(body);
			else
				reject(new Problem(request.status, body));
		};
		request.send(file);
	});
}
