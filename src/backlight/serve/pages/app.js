// The shell: which room is shown, the address that holds its state, the colours of the page.

import { address, forgetAddress, pushAddress, replaceAddress } from "./address.js";
import { offline } from "./api.js";
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
  const mine = () => roomOf(address().pathname) === room;
  return {
    get: () => Object.fromEntries(mine() ? address().searchParams : []),
    set(changes, { replace = true } = {}) {
      if (!mine()) return;
      const { pathname, search } = address();
      const query = new URLSearchParams(search);
      for (const [name, value] of Object.entries(changes)) {
        if (value === null || value === undefined || value === "") query.delete(name);
        else query.set(name, String(value));
      }
      const text = query.toString();
      const next = `/${room}${text ? `?${text}` : ""}`;
      if (next === pathname + search) return;
      (replace ? replaceAddress : pushAddress)(next);
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
    if (mine !== visit) return void taken?.();
    leave = taken ?? null;
    performance.mark("usable");
  } catch (error) {
    if (mine === visit) showError(main, await inWords(error), again);
  }
}

/** Browsers tell of a script that does not come in words of their own. */
async function inWords(error) {
  if (!(error instanceof TypeError)) return error;
  return await answers() ? error : offline();
}

/** A script that did not come once is asked for again only by a new page. */
async function again() {
  if (await answers()) location.reload();
}

function answers() {
  return fetch("/static/app/icon.svg", { cache: "no-store" }).then(() => true, () => false);
}

function go(next) {
  pushAddress(next);
  show();
  announce(document.querySelector("nav [aria-current]")?.textContent ?? "");
  main.focus({ preventScroll: true });
  scrollTo(0, 0);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  if (event.defaultPrevented || !link || !plain || link.target || link.hasAttribute("download")) return;
  const next = new URL(link.href);
  if (next.origin !== location.origin || !ROOMS.includes(next.pathname.slice(1))) return;
  event.preventDefault();
  go(next.pathname + next.search);
});
addEventListener("popstate", () => {
  forgetAddress();
  show();
});

const theme = document.getElementById("theme");
const kept = storage();

/** What the browser keeps between visits; a browser that keeps nothing may refuse even to be asked. */
function storage() {
  try {
    return window.localStorage;
  } catch {
    return { getItem: () => null, setItem: () => {} };
  }
}

function colour(choice) {
  if (choice === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
  theme.value = choice;
  dispatchEvent(new CustomEvent("recoloured"));
}
theme.addEventListener("change", () => {
  kept.setItem("theme", theme.value);
  colour(theme.value);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => dispatchEvent(new CustomEvent("recoloured")));
colour(["light", "dark"].includes(kept.getItem("theme")) ? kept.getItem("theme") : "auto");

show();
