// Talking to the server: JSON, forms, streams of events. What goes wrong has words for a person.

export class ApiError extends Error {
  /** `field`: where in what was sent the fault is, if the server says so. */
  constructor(message, kind, status, field = null) {
    super(message);
    Object.assign(this, { kind, status, field });
  }
}

/** The error of a server that cannot be reached. */
export function offline() {
  return new ApiError("The server does not answer. Is `backlight serve` still running?", "Offline", 0);
}

/** Whether the same may go better the next time. */
export function mayPass(error) {
  return ["Offline", "Busy", "Stopped"].includes(error?.kind);
}

async function answered(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw offline();
  }
  if (response.ok) return response;
  const told = await response.json().catch(() => null);
  const message = told?.error?.message ?? `The server answered ${response.status}.`;
  throw new ApiError(message, told?.error?.kind ?? "RequestError", response.status, told?.error?.field);
}

export async function getJSON(path, { signal } = {}) {
  return (await answered(path, { signal })).json();
}

export async function postJSON(path, body, { signal } = {}) {
  return (await answered(path, json("POST", body, signal))).json();
}

export async function postForm(path, form, { signal } = {}) {
  return (await answered(path, { method: "POST", body: form, signal })).json();
}

export async function remove(path, { signal } = {}) {
  await answered(path, { method: "DELETE", signal });
}

/** Saves what is at a path, under the name that the server gives it. */
export async function saveFile(path, { signal } = {}) {
  const response = await answered(path, { signal });
  const name = /filename="([^"]+)"/.exec(response.headers.get("content-disposition"))?.[1] ?? path.split("/").pop();
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // some browsers read it later
}

/** Posts, and calls onEvent(name, data) for every event that comes back, until the last. */
export async function events(path, body, onEvent, { signal } = {}) {
  const options = json("POST", body, signal);
  options.headers.Accept = "text/event-stream";
  const response = await answered(path, options);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    const blocks = rest.split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) tell(block, onEvent);
  }
}

function json(method, body, signal) {
  return { method, body: JSON.stringify(body), headers: { "Content-Type": "application/json" }, signal };
}

function tell(block, onEvent) {
  let name = "message";
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) name = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).trimStart());
  }
  if (data.length) onEvent(name, JSON.parse(data.join("\n")));
}
