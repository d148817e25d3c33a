// What the page says: a line of status, and errors with a way out of them.

const $ = (id) => document.getElementById(id);
let retry = null;

export function say(text) {
  if ($("status").textContent !== text) $("status").textContent = text; // read out once
}

/** Show an error until it is dismissed or what failed is tried again; `again` tries it. */
export function fail(text, again = null) {
  retry = again;
  $("error-text").textContent = text;
  $("again").hidden = !again;
  $("error").hidden = false;
}

export function clearError() {
  if ($("error").contains(document.activeElement)) $("view").focus();
  $("error").hidden = true;
}

$("dismiss").addEventListener("click", clearError);
$("again").addEventListener("click", () => {
  clearError();
  retry();
});
