// Reloads the content of the page when the server sends an event. It does not reload while somebody
// types into the filter, and it keeps opened details open.
const page = document.getElementById("page");
const typing = () => document.activeElement.closest(".filter");
new EventSource("events").onmessage = async () => {
  if (typing()) return;
  const answer = await fetch("main" + location.search);
  if (!answer.ok) return;
  const content = await answer.text();
  if (typing()) return; // somebody began to type during the request
  const at = document.activeElement;
  const open = [...page.querySelectorAll("details[open]")].map((d) => d.id);
  const focus = at.closest("details")?.id;
  page.innerHTML = content;
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (focus) document.getElementById(focus)?.querySelector("summary").focus({ preventScroll: true });
};
