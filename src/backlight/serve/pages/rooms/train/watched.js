// One training on the server: begun, followed, told what to do.

import { getJSON, offline, postJSON } from "../../api.js";

export class Watched {
  constructor(told, signal) {
    this.run = told.run;
    this.signal = signal;
    this.source = null;
  }

  /** Begins it; resolves with what it is and how it stands. */
  async begin(asked) {
    const told = await postJSON("/api/train/runs", asked, { signal: this.signal });
    this.run = told.run;
    return told;
  }

  /** Calls onStanding whenever there is something new, until it is over or `close` is called. */
  follow(onStanding, onError) {
    Object.assign(this, { onStanding, onError });
    this.source = new EventSource(`${this.address}/events`);
    this.source.addEventListener("standing", (event) => {
      const standing = JSON.parse(event.data);
      onStanding(standing);
      if (standing.state === "finished" || standing.state === "failed") this.close();
    });
    this.source.onerror = async () => {
      // The browser tries again by itself.
      if (this.source?.readyState !== EventSource.CLOSED) return void onError(offline());
      this.close();
      try {
        onStanding(await this.heard(getJSON(this.address, { signal: this.signal })));
      } catch (error) {
        onError(error);
      }
    };
  }

  /** `stop`, `resume` or `look`; shows how it stands then. */
  async tell(what, body = {}) {
    const standing = await this.heard(postJSON(`${this.address}/${what}`, body, { signal: this.signal }));
    this.onStanding?.(standing);
    if (what === "resume" && this.source === null && standing.state === "running") this.follow(this.onStanding, this.onError);
  }

  /** The answer; what goes wrong says of which run, and one that is gone is followed no more. */
  async heard(answer) {
    try {
      return await answer;
    } catch (error) {
      if (error.status === 404) this.close();
      throw Object.assign(error, { run: this.run });
    }
  }

  close() {
    this.source?.close();
    this.source = null;
  }

  get address() {
    return `/api/train/runs/${encodeURIComponent(this.run)}`;
  }
}
