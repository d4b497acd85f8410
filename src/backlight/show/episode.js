"use strict";
// The step that is shown is the slider's value: everything on the page follows it.

{
  const data = JSON.parse(document.getElementById("episode-data").textContent);
  const episode = document.querySelector(".episode");
  const slider = episode.querySelector(".steps");
  const readout = episode.querySelector(".at");
  const speed = episode.querySelector("select");
  const play = episode.querySelector('[data-does="play"]');
  const action = episode.querySelector(".action bdi");
  const rows = [...episode.querySelectorAll(".choices-made li")];
  const curves = [...episode.querySelectorAll(".curve")];
  const last = data.frames.length - 1;
  let timer = null;

  // Decoded ahead, so that no step flickers.
  const loaded = [...data.frames, ...data.heats].map((uri) => {
    const picture = new Image();
    picture.src = uri;
    return picture;
  });
  episode.dataset.pictures = loaded.length;

  const number = (value) => {
    const size = Math.abs(value);
    const text = size !== 0 && (size < 1e-4 || size >= 1e4)
      ? value.toExponential(2) : String(Number(value.toPrecision(4)));
    return text.replace("-", "\u2212");
  };

  const drawChoices = (step) => {
    const list = rows[0]?.parentElement;
    if (!list) return;
    const low = Number(list.dataset.low);
    const stretch = Number(list.dataset.high) - low;
    const zero = (-100 * low) / stretch;
    rows.forEach((row, place) => {
      const score = data.scores[step][place];
      const end = (100 * (score - low)) / stretch;
      const bar = row.querySelector("rect");
      bar.setAttribute("x", Math.min(zero, end));
      bar.setAttribute("width", Math.abs(end - zero));
      row.querySelector(".numbers").textContent = number(score);
      row.classList.toggle("chosen", data.choices[place] === data.actions[step]);
    });
  };

  const show = () => {
    const step = Number(slider.value);
    for (const picture of episode.querySelectorAll(".frame")) picture.src = data.frames[step];
    episode.querySelector(".heat").src = data.heats[step];
    action.textContent = data.actions[step];
    readout.value = `${step + 1} of ${last + 1}`;
    slider.setAttribute("aria-valuetext", `step ${step + 1} of ${last + 1}, ${data.actions[step]}`);
    drawChoices(step);
    curves.forEach((curve, place) => {
      const now = curve.querySelector(".now");
      const x = (100 * step) / Math.max(last, 1);
      now.setAttribute("x1", x);
      now.setAttribute("x2", x);
      curve.querySelector(".numbers").textContent = number(data.numbers[place][step]);
    });
  };

  const go = (step) => {
    slider.value = Math.min(Math.max(step, 0), last);
    show();
  };

  const pause = () => {
    clearInterval(timer);
    timer = null;
    episode.classList.remove("playing");
    play.setAttribute("aria-label", "Play");
  };

  const start = () => {
    if (Number(slider.value) === last) go(0);
    clearInterval(timer);
    timer = setInterval(() => {
      go(Number(slider.value) + 1);
      if (Number(slider.value) === last) pause();
    }, 1000 / (data.perSecond * Number(speed.value)));
    episode.classList.add("playing");
    play.setAttribute("aria-label", "Pause");
  };

  const does = {
    first: () => go(0),
    back: () => go(Number(slider.value) - 1),
    play: () => (timer === null ? start() : pause()),
    on: () => go(Number(slider.value) + 1),
    last: () => go(last),
  };
  for (const button of episode.querySelectorAll("[data-does]")) {
    button.addEventListener("click", () => {
      if (button !== play) pause();
      does[button.dataset.does]();
    });
  }
  slider.addEventListener("input", () => { pause(); show(); });
  speed.addEventListener("change", () => { if (timer !== null) start(); });

  for (const curve of curves) {
    const drawing = curve.querySelector("svg");
    const seek = (event) => {
      const place = drawing.getBoundingClientRect();
      pause();
      go(Math.round(((event.clientX - place.left) / place.width) * last));
    };
    drawing.addEventListener("pointerdown", seek);
    drawing.addEventListener("pointermove", (event) => { if (event.buttons) seek(event); });
  }

  const keys = { ArrowLeft: "back", ArrowRight: "on", Home: "first", End: "last", " ": "play" };
  document.addEventListener("keydown", (event) => {
    const name = keys[event.key];
    // What has keys of its own keeps them.
    const own = event.key === " " ? "button, select, pre" : "input, select, pre";
    if (!name || event.ctrlKey || event.altKey || event.metaKey || event.target.closest?.(own)) return;
    event.preventDefault();
    if (name !== "play") pause();
    does[name]();
  });

  show();
}
