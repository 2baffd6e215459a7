// The pages work without this file. It adds what needs a script: copying commands.

for (const button of document.querySelectorAll("button[data-copy]")) {
	button.hidden = false;
	button.addEventListener("click", async () => {
		await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
		button.textContent = "Copied";
	});
}

// A page that waits for something shows itself again.
if (document.querySelector("[data-wait]")) setTimeout(() => location.reload(), 700);
