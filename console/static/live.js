// Keeps the parts of a page that have data-live up to date. The server says when they have changed; then the page is
// fetched again, and these parts are replaced. What the user has selected, opened and focused stays.

const rest = 2000; // milliseconds between two updates, at least
const poll = 30000; // between updates when the server can't say when something changes

const parts = () => document.querySelectorAll("[data-live][id]");
const topic = parts()[0]?.dataset.live;
const base = new URL(document.querySelector(".brand a").href).pathname.replace(/\/$/, "");

let source, timer, polling, last = 0;

// identity names a control of a form.
const identity = (e) => [e.tagName, e.name, e.type === "checkbox" || e.type === "radio" || e.tagName === "BUTTON" ? e.value : ""].join("\n");

// busy reports whether the user is about to choose or write something in a part.
function busy(part) {
	const active = document.activeElement;
	return part.contains(active) && active.matches("select, input:not([type=checkbox]):not([type=radio]), textarea");
}

// keep makes the new part look as the user has left the old one.
function keep(old, part) {
	const controls = new Map([...part.querySelectorAll("input, select, button")].map((e) => [identity(e), e]));
	for (const e of old.querySelectorAll("input, select")) {
		const same = controls.get(identity(e));
		if (!same) continue;
		if (e.type === "checkbox" || e.type === "radio") same.checked = e.checked;
		else if (e.type !== "hidden") same.value = e.value;
	}
	const details = [...part.querySelectorAll("details")];
	old.querySelectorAll("details").forEach((e, i) => { if (details[i]) details[i].open = e.open; });
	const boxes = [...part.querySelectorAll(".scroll")];
	const scrolled = [...old.querySelectorAll(".scroll")].map((e) => [e.scrollLeft, e.scrollTop]);
	const active = old.contains(document.activeElement) ? document.activeElement : null;
	const links = [...old.querySelectorAll("a, [tabindex]")];
	old.replaceWith(part);
	scrolled.forEach(([left, top], i) => boxes[i]?.scrollTo({ left, top, behavior: "instant" }));
	if (!active) return;
	const again = controls.get(identity(active)) ?? [...part.querySelectorAll("a, [tabindex]")][links.indexOf(active)];
	again?.focus({ preventScroll: true });
}

// status says that something is wrong; "" says that nothing is.
function status(text) {
	let line = document.getElementById("live-status");
	if (!line && text) {
		line = document.createElement("p");
		line.id = "live-status";
		line.className = "quiet";
		line.setAttribute("role", "status");
		document.querySelector("main").append(line);
	}
	if (line && line.textContent !== text) line.textContent = text;
}

// update fetches the page and replaces its parts.
async function update() {
	timer = undefined;
	if (document.hidden) return;
	if ([...parts()].some(busy)) return later();
	last = Date.now();
	let answer;
	try {
		answer = await fetch(location.href, { headers: { "Interchange-Refresh": "1" }, redirect: "manual" });
	} catch {
		return status("The console doesn't answer; this page isn't up to date.");
	}
	if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
		stop();
		return status("You are no longer logged on, so this page isn't up to date. Load it again.");
	}
	if (!answer.ok) return status("This page can't be brought up to date now. Use Refresh.");
	status("");
	const page = new DOMParser().parseFromString(await answer.text(), "text/html");
	for (const old of parts()) {
		const part = page.getElementById(old.id);
		if (part && !busy(old)) keep(old, document.adoptNode(part));
	}
}

// later updates the page soon, but not too often, and not all viewers at the same moment.
function later() {
	timer ??= setTimeout(update, Math.max(rest - (Date.now() - last), 0) + Math.random() * 500);
}

function start() {
	if (source || polling) return;
	source = new EventSource(base + "/events?topic=" + encodeURIComponent(topic));
	source.addEventListener("changed", later);
	source.addEventListener("error", () => {
		if (source?.readyState !== EventSource.CLOSED) return; // the browser connects again
		source = undefined;
		polling = setInterval(later, poll + Math.random() * 5000);
	});
}

function stop() {
	source?.close();
	clearInterval(polling);
	clearTimeout(timer);
	source = polling = timer = undefined;
}

document.addEventListener("visibilitychange", () => {
	if (document.hidden) return stop();
	start();
	later();
});
if (topic && !document.hidden) start();
