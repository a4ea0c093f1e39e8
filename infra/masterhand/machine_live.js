// Reloads the content of the page when the server sends an event. It does not reload while somebody
// types into the filter, and it keeps opened details open.
const page = document.getElementById("page");
new EventSource("events").onmessage = async () => {
  const at = document.activeElement;
  if (at.closest(".filter")) return;
  const answer = await fetch("main" + location.search);
  if (!answer.ok) return;
  const open = [...page.querySelectorAll("details[open]")].map((d) => d.id);
  const focus = at.closest("details")?.id;
  page.innerHTML = await answer.text();
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (focus) document.getElementById(focus)?.querySelector("summary").focus({ preventScroll: true });
};
