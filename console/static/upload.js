// The page works without this file. It shows how far the upload of a log is; the log is judged while it arrives.

const form = document.querySelector("form[data-upload]");
const line = form.querySelector("[data-progress]");
const bar = line.querySelector("progress");

form.addEventListener("submit", event => {
	event.preventDefault();
	const request = new XMLHttpRequest();
	request.upload.addEventListener("progress", step => { if (step.lengthComputable) bar.value = step.loaded / step.total; });
	request.addEventListener("load", () => {
		if (request.status < 400) {
			location.assign(request.responseURL);
			return;
		}
		fail(new DOMParser().parseFromString(request.responseText, "text/html").querySelector("[role=alert]")?.textContent ?? request.statusText);
	});
	request.addEventListener("error", () => fail("The connection ended before the whole log was read."));
	line.hidden = false;
	form.querySelector("button").disabled = true;
	request.open("POST", form.action);
	request.send(new FormData(form));
});

// fail shows why there is no report.
function fail(text) {
	line.hidden = true;
	form.querySelector("button").disabled = false;
	const message = document.createElement("p");
	message.className = "problem";
	message.setAttribute("role", "alert");
	message.textContent = text;
	form.querySelector("p.problem")?.remove();
	form.prepend(message);
}
