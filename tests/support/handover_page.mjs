// Runs the script of a handover's page on what it uses of a browser, and prints what the browser has after it.
// argv: the script, whether the page has the form, and the steps: `#...` a new fragment, `submit`, `wait`, `pageshow`.
import { runInNewContext } from "node:vm";

const [script, hasForm, ...steps] = process.argv.slice(2);
const kept = new Map();
const listeners = new Map();
const listen = (name, heard) => listeners.set(name, heard);
const paragraph = { hidden: false };
const field = { value: "", closest: () => paragraph };
const state = { sent: 0, loaded: [] };
const location = { hash: "", pathname: "/handover", replace: (url) => state.loaded.push(url) };
const found = { form: { addEventListener: listen }, "input[name=link]": field };
let now = 1000;

function fire(name, event = {}) {
  listeners.get(name)?.(event);
}

function take(step) {
  if (step === "submit") {
    const event = { timeStamp: now, prevented: 0, preventDefault() { this.prevented = 1; } };
    fire("submit", event);
    state.sent += 1 - event.prevented;
  } else if (step === "wait") {
    now += 60_000;
  } else if (step === "pageshow") {
    fire("pageshow");
  } else {
    location.hash = step;
    fire("hashchange");
  }
}

runInNewContext(script, {
  document: { querySelector: (selector) => (hasForm === "form" ? found[selector] : null) ?? null },
  location,
  history: { replaceState: (_, __, url) => { location.hash = url === location.pathname ? "" : url; } },
  sessionStorage: {
    setItem: (name, value) => kept.set(name, value),
    getItem: (name) => kept.get(name) ?? null,
    removeItem: (name) => kept.delete(name),
  },
  addEventListener: listen,
});
steps.forEach(take);
console.log(JSON.stringify({
  ...state, hash: location.hash, kept: kept.get("handover") ?? null, link: field.value, hidden: paragraph.hidden,
}));
