// Time: playing what was recorded, pausing it, going on step by step, beginning again.

const STILL = matchMedia("(prefers-reduced-motion: reduce)");

/**
 * Plays from 0 to `length` steps, `speed` a second, and calls `onTime(time)`, and `onState()` when it
 * starts or stops.
 */
export function player({ speed, onTime, onState }) {
  let length = 0;
  let time = 0;
  let request = 0;
  let before = 0;

  function tick(now) {
    // A hidden window comes back after minutes: no more than a tenth of a second counts. The first
    // frame may have begun before it was asked for.
    const passed = Math.min(100, Math.max(0, now - before));
    before = now;
    // Without motion, whole steps only.
    time = Math.min(length, time + (passed / 1000) * speed);
    onTime(STILL.matches ? Math.floor(time) : time);
    if (time < length) request = requestAnimationFrame(tick);
    else stop();
  }

  function stop() {
    cancelAnimationFrame(request);
    request = 0;
    onState();
  }

  return {
    get time() { return time; },
    get length() { return length; },
    get playing() { return request !== 0; },
    setLength(next) {
      length = next;
      time = Math.min(time, length);
    },
    setSpeed(next) { speed = next; },
    play() {
      if (time >= length) time = 0;
      before = performance.now();
      cancelAnimationFrame(request);
      request = requestAnimationFrame(tick);
      onState();
    },
    pause() { if (request) stop(); },
    /** Goes on from there, if it goes. */
    jump(next) { time = Math.min(length, Math.max(0, next)); },
    seek(next) {
      if (request) stop();
      time = Math.min(length, Math.max(0, next));
      onTime(time);
      onState();
    },
    dispose() { cancelAnimationFrame(request); request = 0; },
  };
}
