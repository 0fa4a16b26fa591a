// The link's token is in the fragment of the address, which is sent to no server. It is taken out of the address, and
// kept for this tab until the code was right, so that the officer types the code alone.
const KEPT = "handover";
const field = document.querySelector("input[name=link]");

function take() {
  if (location.hash.length > 1) {
    sessionStorage.setItem(KEPT, location.hash.slice(1));
    history.replaceState(null, "", location.pathname);
  }
  const token = sessionStorage.getItem(KEPT);
  if (field && token) {
    field.value = token;
    field.closest("p").hidden = true;
  }
}

if (field) {
  take();
  addEventListener("hashchange", take);
} else {
  sessionStorage.removeItem(KEPT);
}
