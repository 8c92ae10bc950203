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

function span(seconds) {
	if (seconds < 120)
		return `${seconds} s`;
	return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
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

// Tiles and cells are written into, and not made anew: a reader of the screen, the focus and a
// selection stay where they are
function tile(place, label, values, text, more, bad) {
	const item = get("tiles").children[place] || put(get("tiles"), "li");
	const peak = values.length ? Math.max(...values) : 0;

	if (!item.firstElementChild) {
		put(item, "div", label, "label");
		put(item, "div");
		put(item, "div", "", "more");
		put(item, "div");
	}
	item.children[1].textContent = text(values.length ? values[values.length - 1] : 0);
	item.children[1].className = bad ? "value bad" : "value";
	item.children[2].textContent = more;
	item.children[3].replaceChildren(curve(values, `${label}, last minute, at most ${text(peak)}`));
}

function tiles(s) {
	const h = s.history;
	const sessions = h.map((point) => point.sessions);
	const failed = rates(h, "failed"), dropped = rates(h, "dropped");

	tile(0, "Sessions", sessions, whole.format,
		`the table has room for ${whole.format(s["sessions-max"])}`,
		s["sessions-max"] && s.sessions >= NEAR * s["sessions-max"]);
	tile(1, "New flows a second", rates(h, "attempted"), rate, "asked for, granted or not");
	tile(2, "Refused flows a second", failed, rate,
		`${whole.format(h.length ? h[h.length - 1].failed : 0)} in all`, failed.at(-1) > 0);
	tile(3, "Dropped packets a second", dropped, rate,
		`${whole.format(h.length ? h[h.length - 1].dropped : 0)} in all`);
	tile(4, "Throughput", rates(h, "bytes"), bits,
		rate(rates(h, "packets").at(-1) || 0) + " packets/s");
}

const text = (value, cls = "", sub = "") => ({ text: value, cls, sub });

function count(n, cls = "", sub = "") {
	// what is 0 needs no colour
	return text(whole.format(n), ("n " + (n || cls === "low" ? cls : "zero")).trim(), sub);
}

// Parts of a number that are not 0: "tcp 5, udp 7"
function parts(counts) {
	return Object.entries(counts ?? {}).filter(([, n]) => n)
		.map(([word, n]) => `${word} ${whole.format(n)}`).join(", ");
}

function set(node, cell) {
	const now = JSON.stringify(cell);

	if (node.shown === now)
		return;
	node.shown = now;
	if (node.className !== cell.cls)
		node.className = cell.cls;
	node.textContent = cell.text;
	if (cell.sub)
		put(node, "span", cell.sub, "sub");
	if (cell.filled === undefined)
		return;
	const bar = put(node, "meter");

	// the number stands beside it
	bar.setAttribute("aria-hidden", "true");
	bar.max = 100;
	bar.optimum = 0;
	bar.high = cell.near ? cell.filled - 1 : 100;
	bar.low = Math.min(60, bar.high);
	bar.value = cell.filled;
}

// The first cell of a row is its head
function fill(body, rows) {
	while (body.rows.length > rows.length)
		body.lastElementChild.remove();
	rows.forEach((cells, i) => {
		const row = body.rows[i] || put(body, "tr");

		cells.forEach((cell, k) => {
			const node = row.cells[k] || put(row, k ? "td" : "th");

			if (!k)
				node.scope = "row";
			set(node, cell);
		});
	});
}

function note(node, list, none, all, what) {
	const more = all > list.length ? `${whole.format(all - list.length)} more ${what}: see metrics.` : "";

	node.textContent = list.length ? more : none;
}

// Without a subnet nothing is dropped, and what a cluster has left behind has none
const isDown = (g) => !g.operational && !g.retired && g.subnets > 0;

function works(g) {
	if (g.retired)
		return text("retired", "faint");
	if (g.draining)
		return text("draining", "warn");
	if (g.operational)
		return text("yes", "good");
	return text("no: " + g.reason, isDown(g) ? "bad" : "faint");
}

function gateways(s) {
	note(get("gateway-note"), s.gateways, s.hidden ?
		"Gateways are shown only if the server has CAP_NET_ADMIN." :
		"There is no gateway.", s["gateways-all"], "gateways");
	fill(get("gateway-rows"), s.gateways.map((g) => [
		text(g.name),
		works(g),
		count(g.sessions, "", parts(g["by-proto"])),
		count(g.connections.attempted),
		count(g.connections.failed, "bad", parts(g.refused)),
		...["established", "timed-out", "closed"].map((end) => count(g.connections[end], "low")),
		count(g.dropped),
		text(size(g.bytes.out), "n low"),
		text(size(g.bytes.in), "n low"),
		count(g.addresses, "low"),
		count(g.subnets, "low"),
	]));
}

function destinations(s) {
	note(get("destination-note"), s.destinations, s.hidden ? "" :
		"No destination has 256 ports or more of one address.", s["destinations-all"],
		"destinations are not as full");
	fill(get("destination-rows"), s.destinations.map((d) => [
		text(d.destination),
		text(d.proto),
		text(d.gateway, "low"),
		count(d.used),
		{ text: `${d.filled}%`, cls: d.near ? "n bad" : "n", filled: d.filled, near: d.near },
		d.headroom ? text(span(d.headroom), "n warn") : text("", "n"),
		d.host ? text(d.host, "", `had ${whole.format(d["host-used"])}`) : text(""),
	]));
}

// Totals by reason of the readings that this page has seen in the last minute
let seen = [];

function reasons(s) {
	const now = Object.fromEntries(s.reasons.map((r) => [r.reason, r.packets]));

	seen.push({ time: s.time, now });
	seen = seen.filter((reading) => s.time - reading.time <= 60 && reading.time <= s.time);
	note(get("reason-note"), s.reasons, "No packet was dropped.", 0, "");
	fill(get("reason-rows"), s.reasons.map((r) => [
		text(r.reason),
		count(r.packets),
		count(Math.max(0, r.packets - (seen[0].now[r.reason] || 0)), "warn"),
		text(r.meaning + ".", "wide", r.action),
	]));
}

function serves(a) {
	if (a["own-dev"])
		return text("also on " + a["own-dev"], "bad");
	if (a.draining)
		return text("draining", "warn");
	return text(a.gateway ? "serving" : "spare", a.gateway ? "good" : "faint");
}

function addresses(s) {
	note(get("address-note"), s.addresses, s.hidden ? "" : "There is no public address.",
		s["addresses-all"], "addresses");
	fill(get("address-rows"), s.addresses.map((a) => [
		text(a.address),
		text(a.gateway || "none", a.gateway ? "" : "faint"),
		count(a.sessions),
		count(a.connections.attempted, "low"),
		count(a.ports),
		serves(a),
	]));
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
	const down = s.gateways.filter(isDown);
	const refused = rates(s.history, "failed").at(-1);
	const near = s.destinations.find((d) => d.near);

	if (!s.up)
		return state("the module is not loaded", "bad");
	if (down.length)
		return state(down.length === 1 ? `${down[0].name} is not operational` :
			`${down.length} gateways are not operational`, "bad");
	if (refused > 0)
		return state("flows are refused", "bad");
	if (s["sessions-max"] && s.sessions >= NEAR * s["sessions-max"])
		return state("the table of sessions is nearly full", "warn");
	if (near)
		return state(`near exhaustion towards ${near.destination}`, "warn");
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
	destinations(s);
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
	clearTimeout(timer);
	if (!paused)
		update();
});
document.addEventListener("visibilitychange", () => paused || update());
update();
