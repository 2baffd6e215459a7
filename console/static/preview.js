// The command beside a dialog follows what is typed. Without this file the button Preview shows it.

const form = document.querySelector("form.dialog");
const preview = form?.querySelector(".preview");
let waiting, asking;

// follow asks for the command of the form, and shows it.
async function follow() {
	asking?.abort();
	asking = new AbortController();
	try {
		const answer = await fetch(form.action + "/preview", { method: "POST", body: new URLSearchParams(new FormData(form)), signal: asking.signal });
		if (!answer.ok || answer.redirected) return;
		const commands = await answer.text();
		preview.querySelector("code").textContent = commands;
		preview.querySelector("[data-none]").hidden = commands !== "";
		preview.querySelector(".commands").hidden = commands === "";
		preview.open = true;
	} catch {
		// The page is left, or more was typed; the button remains.
	}
}

if (preview) {
	form.addEventListener("input", () => {
		clearTimeout(waiting);
		waiting = setTimeout(follow, 250);
	});
}
