// SPDX-License-Identifier: GPL-2.0
// Shows status.json, again and again. All that comes from there is put into the page as text.
"use strict";

const INTERVAL = 2000;		// ms between two readings
const NEAR = 0.9;		// of the table of sessions

const whole = new Intl.NumberFormat("en");
const about = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

const get = (id) => document.getElementById(id);

function put(parent, name, text, cls) {
	const node = document.createElement(name);

	if (text !== undefined)
		node.textContent = text;
	if (cls)
		node.className = cls;
	parent.append(node);
	return node;
}

function rate(n) {
	if (n >= 1e6)
		return about.format(n / 1e6) + " M";
	if (n >= 1e4)
		return about.format(n / 1e3) + " k";
	return about.format(n);
}

function size(bytes) {
	const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
	let unit = 0;

	for (; bytes >= 1024 && unit < units.length - 1; unit++)
		bytes /= 1024;
	return (unit ? about.format(bytes) : whole.format(bytes)) + " " + units[unit];
}

function bits(perSecond) {
	return rate(perSecond * 8).replace(/[0-9]$/, "$& ") + "bit/s";
}

// Rates between the readings of the last minute; a counter that was reset gives 0
function rates(history, key) {
	const list = [];

	for (let i = 1; i < history.length; i++) {
		const seconds = history[i].time - history[i - 1].time;

		list.push(seconds > 0 ? Math.max(0, history[i][key] - history[i - 1][key]) / seconds : 0);
	}
	return list;
}

const SVG = "http://www.w3.org/2000/svg";

function curve(values, label) {
	const svg = document.createElementNS(SVG, "svg");
	const most = Math.max(...values, 1e-9);
	const points = values.map((v, i) =>
		`${(100 * i / Math.max(1, values.length - 1)).toFixed(2)},${(30 - 28 * v / most).toFixed(2)}`);

	svg.setAttribute("viewBox", "0 0 100 30");
	svg.setAttribute("preserveAspectRatio", "none");
	svg.setAttribute("role", "img");
	svg.setAttribute("aria-label", label);
	if (values.length > 1) {
		const area = document.createElementNS(SVG, "polygon");
		const line = document.createElementNS(SVG, "polyline");

		area.setAttribute("class", "area");
		area.setAttribute("points", `0,30 ${points.join(" ")} 100,30`);
		line.setAttribute("class", "curve");
		line.setAttribute("points", points.join(" "));
		svg.append(area, line);
	}
	return svg;
}

function tile(label, values, text, more, bad) {
	const item = put(get("tiles"), "li");
	const peak = values.length ? Math.max(...values) : 0;

	put(item, "div", label, "label");
	put(item, "div", text(values.length ? values[values.length - 1] : 0), bad ? "value bad" : "value");
	put(item, "div", more, "more");
	item.append(curve(values, `${label}, last minute, at most ${text(peak)}`));
}

function tiles(s) {
	const h = s.history;
	const sessions = h.map((point) => point.sessions);
	const failed = rates(h, "failed"), dropped = rates(h, "dropped");

	get("tiles").replaceChildren();
	tile("Sessions", sessions, whole.format, `the table has room for ${whole.format(s["sessions-max"])}`,
		s["sessions-max"] && s.sessions >= NEAR * s["sessions-max"]);
	tile("New flows a second", rates(h, "attempted"), rate, "asked for, granted or not");
	tile("Refused flows a second", failed, rate,
		`${whole.format(h.length ? h[h.length - 1].failed : 0)} in all`, failed.at(-1) > 0);
	tile("Dropped packets a second", dropped, rate,
		`${whole.format(h.length ? h[h.length - 1].dropped : 0)} in all`);
	tile("Throughput", rates(h, "bytes"), bits, rate(rates(h, "packets").at(-1) || 0) + " packets/s");
}

function count(row, n, cls = "") {
	// what is 0 needs no colour
	put(row, "td", whole.format(n), n || cls === "low" ? `n ${cls}` : "n zero");
}

function head(row, text) {
	put(row, "th", text).scope = "row";
}

function none(body, note, list, text, all, what) {
	note.textContent = list.length ? "" : text;
	if (all > list.length)
		note.textContent = `${whole.format(all - list.length)} more ${what}: see metrics.`;
	body.replaceChildren();
}

function gateways(s) {
	const body = get("gateway-rows");

	none(body, get("gateway-note"), s.gateways, s.hidden ?
		"Gateways are shown only if the server has CAP_NET_ADMIN." :
		"There is no gateway.", s["gateways-all"], "gateways");
	for (const g of s.gateways) {
		const row = put(body, "tr");

		head(row, g.name);
		if (g.draining)
			put(row, "td", "draining", "warn");
		else
			put(row, "td", g.operational ? "yes" : "no: " + g.reason, g.operational ? "good" : "bad");
		count(row, g.sessions);
		count(row, g.connections.attempted);
		count(row, g.connections.failed, "bad");
		for (const end of ["established", "timed-out", "closed"])
			count(row, g.connections[end], "low");
		count(row, g.dropped);
		put(row, "td", size(g.bytes.out), "n low");
		put(row, "td", size(g.bytes.in), "n low");
		count(row, g.addresses, "low");
		count(row, g.subnets, "low");
	}
}

// Totals by reason of the readings that this page has seen in the last minute
let seen = [];

function reasons(s) {
	const body = get("reason-rows");
	const now = Object.fromEntries(s.reasons.map((r) => [r.reason, r.packets]));

	seen.push({ time: s.time, now });
	seen = seen.filter((reading) => s.time - reading.time <= 60 && reading.time <= s.time);
	none(body, get("reason-note"), s.reasons, "No packet was dropped.", 0, "");
	for (const r of s.reasons) {
		const row = put(body, "tr");
		const lately = Math.max(0, r.packets - (seen[0].now[r.reason] || 0));

		head(row, r.reason);
		count(row, r.packets);
		count(row, lately, "warn");
		const cell = put(row, "td", r.meaning + ". ", "wide");
		put(cell, "span", r.action, "sub");
	}
}

function addresses(s) {
	const body = get("address-rows");

	none(body, get("address-note"), s.addresses, s.hidden ? "" : "There is no public address.",
		s["addresses-all"], "addresses");
	for (const a of s.addresses) {
		const row = put(body, "tr");

		head(row, a.address);
		put(row, "td", a.gateway || "none", a.gateway ? "" : "sub");
		count(row, a.sessions);
		count(row, a.connections.attempted, "low");
		count(row, a.ports);
		if (a["own-dev"])
			put(row, "td", "also on " + a["own-dev"], "bad");
		else if (a.draining)
			put(row, "td", "draining", "warn");
		else
			put(row, "td", a.gateway ? "serving" : "spare", a.gateway ? "good" : "sub");
	}
}

function state(text, kind) {
	const node = get("state");

	// Readers of the screen are told of changes only
	if (node.textContent !== text)
		node.textContent = text;
	node.dataset.state = kind;
	document.body.classList.toggle("stale", kind === "wait");
}

function judge(s) {
	const down = s.gateways.filter((g) => !g.operational);
	const refused = rates(s.history, "failed").at(-1);

	if (!s.up)
		return state("the module is not loaded", "bad");
	if (down.length)
		return state(down.length === 1 ? `${down[0].name} is not operational` :
			`${down.length} gateways are not operational`, "bad");
	if (refused > 0)
		return state("flows are refused", "bad");
	if (s["sessions-max"] && s.sessions >= NEAR * s["sessions-max"])
		return state("the table of sessions is nearly full", "warn");
	return state("operational", "good");
}

function show(s) {
	document.title = `natgw ${s.host}`;
	get("host").textContent = s.host;
	get("about").textContent = (s.version ? `version ${s.version}, ` : "") +
		new Date(1000 * s.time).toLocaleTimeString();
	judge(s);
	tiles(s);
	gateways(s);
	reasons(s);
	addresses(s);
}

let timer, paused = false;

async function update() {
	clearTimeout(timer);
	try {
		const answer = await fetch("status.json", { cache: "no-store",
			signal: AbortSignal.timeout(5000) });

		if (!answer.ok)
			throw new Error(answer.statusText);
		show(await answer.json());
	} catch (error) {
		state("no answer: " + error.message, "wait");
	}
	if (!paused && !document.hidden)
		timer = setTimeout(update, INTERVAL);
}

get("pause").addEventListener("click", () => {
	paused = !paused;
	get("pause").setAttribute("aria-pressed", paused);
	get("pause").textContent = paused ? "Resume" : "Pause";
	clearTimeout(timer);
	if (!paused)
		update();
});
document.addEventListener("visibilitychange", () => paused || update());
update();
