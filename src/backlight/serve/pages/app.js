// The shell: which room is shown, the address that holds its state, the colours of the page.

import { announce, h, showError } from "./widgets.js";

const ROOMS = ["explain", "sweep", "mountain", "ways", "train", "api"];
const main = document.getElementById("room");
let leave = null; // takes the room that is shown down again
let visit = 0; // counts rooms, so that one that loads late does not take another's place

function roomOf(path) {
  const name = path.split("/")[1] || "explain";
  return ROOMS.includes(name) ? name : "explain";
}

/** The room's state: strings in the address. Setting it shows in the address alone. */
function stateOf(room) {
  const mine = () => roomOf(location.pathname) === room;
  return {
    get: () => Object.fromEntries(new URLSearchParams(mine() ? location.search : "")),
    set(changes, { replace = true } = {}) {
      if (!mine()) return;
      const query = new URLSearchParams(location.search);
      for (const [name, value] of Object.entries(changes)) {
        if (value === null || value === undefined || value === "") query.delete(name);
        else query.set(name, String(value));
      }
      const text = query.toString();
      const address = `/${room}${text ? `?${text}` : ""}`;
      if (address === location.pathname + location.search) return;
      history[replace ? "replaceState" : "pushState"](null, "", address);
    },
  };
}

async function show() {
  const room = roomOf(location.pathname);
  const mine = ++visit;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.room === room) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  leave?.();
  leave = null;
  main.replaceChildren(h("p", { class: "waiting" }, "Loading …"));
  try {
    const module = await import(`/static/app/rooms/${room}.js`);
    if (mine !== visit) return;
    document.title = `${module.title} · Backlight`;
    main.dataset.room = room;
    main.replaceChildren();
    const taken = await module.mount(main, stateOf(room));
    if (mine === visit) leave = taken ?? null;
    else taken?.();
  } catch (error) {
    if (mine === visit) showError(main, error);
  }
}

function go(address) {
  history.pushState(null, "", address);
  show();
  announce(document.querySelector("nav [aria-current]")?.textContent ?? "");
  main.focus({ preventScroll: true });
  scrollTo(0, 0);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  if (event.defaultPrevented || !link || !plain || link.target || link.hasAttribute("download")) return;
  const address = new URL(link.href);
  if (address.origin !== location.origin || !ROOMS.includes(address.pathname.slice(1))) return;
  event.preventDefault();
  go(address.pathname + address.search);
});
addEventListener("popstate", show);

const theme = document.getElementById("theme");
function colour(choice) {
  if (choice === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
  theme.value = choice;
  dispatchEvent(new CustomEvent("recoloured"));
}
theme.addEventListener("change", () => {
  localStorage.setItem("theme", theme.value);
  colour(theme.value);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => dispatchEvent(new CustomEvent("recoloured")));
colour(["light", "dark"].includes(localStorage.getItem("theme")) ? localStorage.getItem("theme") : "auto");

show();
