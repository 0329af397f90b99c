/* Elements from values. Text is always set as text, never read as HTML. */

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
	for (const [name, value] of Object.entries(attributes || {})) {
		if (value === null || value === undefined || value === false)
			continue;
		if (name.startsWith("on"))
			element.addEventListener(name.slice(2), value);
		else if (name === "value")
			element.value = value;
		else
			element.setAttribute(name, value === true ? "" : String(value));
	}
	element.append(...children.flat(Infinity).filter((child) => child !== null
		&& child !== undefined && child !== false));
	return element;
}

/** Appends what is there of `children`. */
export function put(target, ...children) {
	return fill(target, null, children);
}

/** el("p", {class: "x", onclick: f}, "text", el("b", null, "more")) */
export function el(tag, attributes, ...children) {
	return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes, ...children) {
	return fill(document.createElementNS(SVG, tag), attributes, children);
}

let count = 0;

/** An id that no other element has. */
export function unique(prefix) {
	count += 1;
	return `${prefix}-${count}`;
}

/** A field with its label; `input` is given the label's id. */
export function field(label, input, hint) {
	const id = input.id || unique("field");
	const hintId = hint ? `${id}-hint` : null;

	input.id = id;
	if (hintId)
		input.setAttribute("aria-describedby", hintId);
	return el("div", {class: "field"},
		el("label", {for: id}, label), input,
		hint ? el("p", {class: "hint", id: hintId}, hint) : null);
}

export function select(options, value, attributes) {
	const input = el("select", attributes,
		options.map(([key, text]) => el("option", {value: key}, text)));

	input.value = value;
	return input;
}

/** A table of `rows`; each column is {title, cell(row), class}. */
export function table(caption, columns, rows, empty) {
	if (rows.length === 0)
		return el("p", {class: "empty"}, empty);
	return el("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": caption},
		el("table", null,
			el("caption", {class: "unseen"}, caption),
			el("thead", null, el("tr", null, columns.map((column) =>
				el("th", {scope: "col", class: column.class}, column.title)))),
			el("tbody", null, rows.map((row) => el("tr",
				row.attributes || {}, columns.map((column) =>
					el("td", {class: column.class}, column.cell(row))))))));
}

/** Terms and what they are, as a list of pairs; empty ones are left out. */
export function facts(pairs) {
	return el("dl", {class: "facts"}, pairs
		.filter(([, value]) => value !== null && value !== undefined && value !== "")
		.map(([term, value]) => [el("dt", null, term), el("dd", null, value)]));
}

export function panel(title, ...children) {
	return el("section", {class: "panel"}, el("h2", null, title), ...children);
}
