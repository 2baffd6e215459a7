// The map works without this file. It adds zooming with Ctrl and the wheel, and moving with the pointer.

const map = document.querySelector("[data-map]");
const picture = map.querySelector("img");
let size = 1;

map.addEventListener("wheel", event => {
	if (!event.ctrlKey) return;
	event.preventDefault();
	size = Math.min(8, Math.max(0.125, size * (event.deltaY < 0 ? 1.25 : 0.8)));
	picture.style.zoom = size;
}, { passive: false });

let from = null;
map.addEventListener("pointerdown", event => {
	if (event.button === 0) from = { x: event.clientX + map.scrollLeft, y: event.clientY + map.scrollTop, moved: false };
});
map.addEventListener("pointermove", event => {
	if (!from) return;
	const left = from.x - event.clientX, top = from.y - event.clientY;
	from.moved ||= Math.hypot(left - map.scrollLeft, top - map.scrollTop) > 4;
	if (from.moved) map.scrollTo(left, top);
});
// A click at the end of a move doesn't open the drawing.
map.addEventListener("click", event => {
	if (from?.moved) event.preventDefault();
	from = null;
});
map.addEventListener("dragstart", event => event.preventDefault());
map.addEventListener("pointerleave", () => { from = null; });
