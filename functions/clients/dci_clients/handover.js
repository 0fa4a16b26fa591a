// The link's token is in the fragment of the address, which is sent to no server. It is taken out of the address, and
// kept for this tab until the code was right, so that the officer types the code alone.
const KEPT = "handover";
const LONGEST_ANSWER_MS = 30_000;
const form = document.querySelector("form");
let sent = -Infinity;

function take() {
  if (location.hash.length > 1) {
    sessionStorage.setItem(KEPT, location.hash.slice(1));
    history.replaceState(null, "", location.pathname);
  }
  const token = sessionStorage.getItem(KEPT);
  const field = document.querySelector("input[name=link]");
  if (field && token) {
    field.value = token;
    field.closest("p").hidden = true;
  }
}

// Of a double click's two requests, the first makes the secret, and the browser shows the answer to the second alone.
function sendOnce(event) {
  if (event.timeStamp - sent < LONGEST_ANSWER_MS) {
    event.preventDefault();
  } else {
    sent = event.timeStamp;
  }
}

// The secret is the last value of the page's list; the page without its script has no button.
function offerCopy(button) {
  const said = document.querySelector("[role=status]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(document.querySelector("dd:last-of-type code").textContent);
      said.textContent = "Copied.";
    } catch {
      said.textContent = "The browser did not allow copying: select the secret, and copy it by hand.";
    }
  });
}

if (form) {
  take();
  addEventListener("hashchange", take);
  addEventListener("pageshow", () => { sent = -Infinity; });
  form.addEventListener("submit", sendOnce);
} else {
  sessionStorage.removeItem(KEPT);
  const button = document.querySelector("button");
  if (button) offerCopy(button);
  // A browser does not load a page again for another link in the same tab, since only the fragment differs.
  addEventListener("hashchange", () => {
    take();
    location.replace(location.pathname);
  });
}
