/* The page of a call: the player, the transcript that follows it, and every finding leading to its second. */
(function () {
  "use strict";
  const clock = window.tingjian.clock; // from site.js, which every page loads first
  const data = JSON.parse(document.getElementById("call-data").textContent);
  const style = document.querySelector("style[nonce]"); // only where the page stands alone
  const audio = document.getElementById("audio"), lanes = document.getElementById("lanes"), head = document.getElementById("head");
  const player = document.querySelector(".player"), follow = document.getElementById("follow"), script = document.querySelector(".script");
  const turns = [...document.querySelectorAll("#script .turn[data-start]")].map((node) => ({ node, start: Number(node.dataset.start), end: Number(node.dataset.end) }));
  let now = null;

  function measure() {
    document.documentElement.style.setProperty("--player", player.offsetHeight + "px");
  }

  /* Brings a line into view: inside its pane where the pane scrolls, else by scrolling the page below the player. */
  function reveal(node) {
    if (script.scrollHeight > script.clientHeight + 4) {
      script.scrollTo({ top: node.offsetTop - script.clientHeight / 3, behavior: "smooth" });
    }
  }

  function at(seconds, jumped) {
    if (head && data.duration) head.style.left = (100 * Math.min(seconds, data.duration)) / data.duration + "%";
    const output = document.getElementById("clock");
    if (output) output.textContent = clock(seconds);
    let current = null;
    for (const turn of turns) {
      if (turn.start > seconds + 0.05) break;
      if (turn.end >= seconds - 0.05 || current === null || turn.end > current.end) current = turn;
    }
    if (current !== now || jumped) {
      if (now) { now.node.classList.remove("now"); now.node.removeAttribute("aria-current"); }
      now = current;
      if (now) {
        now.node.classList.add("now");
        now.node.setAttribute("aria-current", "true");
        if (jumped || !follow || follow.checked) reveal(now.node);
      }
    }
    const stage = lanes && lanes.parentElement;
    if (stage && stage.scrollWidth > stage.clientWidth + 4) {
      const x = (lanes.clientWidth * seconds) / data.duration;
      if (x < stage.scrollLeft || x > stage.scrollLeft + stage.clientWidth) stage.scrollLeft = x - stage.clientWidth / 4;
    }
  }

  function seek(seconds, play) {
    if (audio) {
      const go = function () {
        audio.currentTime = Math.max(0, seconds);
        if (play) audio.play().catch(() => {});
      };
      if (audio.readyState >= 1) go(); else { audio.addEventListener("loadedmetadata", go, { once: true }); audio.load(); }
    }
    at(Math.max(0, seconds), true);
  }

  function show(line) {
    const node = document.getElementById("line" + line);
    if (!node) return;
    node.classList.remove("shown");
    void node.offsetWidth;
    node.classList.add("shown");
    reveal(node);
  }

  document.addEventListener("click", function (event) {
    const target = event.target.closest("[data-jump], [data-line]");
    if (!target) return;
    event.stopPropagation();
    if (target.dataset.jump !== undefined) seek(Number(target.dataset.jump), true);
    if (target.dataset.line !== undefined) show(target.dataset.line);
  }, true);

  if (lanes) {
    lanes.addEventListener("click", function (event) {
      const box = lanes.getBoundingClientRect();
      seek((data.duration * (event.clientX - box.left)) / box.width, false);
    });
  }

  /* N and P walk through what matters: the starts of every fault, doubt and complaint. */
  const places = [...new Set([...document.querySelectorAll(".lane .mark")].map((mark) => Number(mark.dataset.jump)))].sort((a, b) => a - b);

  if (audio) {
    const button = document.getElementById("play"), speed = document.getElementById("speed"), zoom = document.getElementById("zoom");
    const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
    const colours = { agent: "agent", customer: "customer", both: "soft" };

    const channel = (role) => ({ waveColor: colour(colours[role]), progressColor: colour(colours[role]), cursorWidth: 0 });
    const wave = data.peaks.length && WaveSurfer.create({
      container: "#wave", media: audio, peaks: data.peaks.map((peaks) => peaks.map((value) => Math.pow(value / 100, 0.75))), duration: data.duration,
      height: data.lanes.length > 1 ? 38 : 52, cursorWidth: 0, interact: false, hideScrollbar: true, splitChannels: data.lanes.map(channel), cspNonce: style ? style.nonce : undefined,
    });
    if (wave) {
      window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => wave.setOptions({ splitChannels: data.lanes.map(channel) }));
      wave.on("redraw", measure);
    }
    const toggle = () => (audio.paused ? audio.play().catch(() => {}) : audio.pause());
    button.addEventListener("click", toggle);
    ["play", "pause", "ended"].forEach((name) => audio.addEventListener(name, () => { button.textContent = audio.paused ? "▶" : "❚❚"; }));
    document.querySelectorAll("[data-skip]").forEach((skip) => skip.addEventListener("click", () => seek(audio.currentTime + Number(skip.dataset.skip), false)));
    speed.addEventListener("change", () => { audio.playbackRate = Number(speed.value); });
    zoom.addEventListener("input", function () { lanes.style.width = 100 * Number(zoom.value) + "%"; at(audio.currentTime, false); });
    audio.addEventListener("timeupdate", () => at(audio.currentTime, false));
    audio.addEventListener("seeked", () => at(audio.currentTime, false));
    (function glide() {
      if (!audio.paused && head && data.duration) head.style.left = (100 * audio.currentTime) / data.duration + "%";
      requestAnimationFrame(glide);
    })();
    document.addEventListener("keydown", function (event) {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
      const key = event.key.toLowerCase();
      if (key === " " && !event.target.closest("button, summary, a")) toggle();
      else if (key === "arrowleft") seek(audio.currentTime - 5, false);
      else if (key === "arrowright") seek(audio.currentTime + 5, false);
      else if (key === "n") { const next = places.find((place) => place > audio.currentTime + 0.3); if (next !== undefined) seek(next, true); }
      else if (key === "p") { const last = places.filter((place) => place < audio.currentTime - 1.5).pop(); if (last !== undefined) seek(last, true); }
      else return;
      event.preventDefault();
    });
  }

  measure();
  window.addEventListener("resize", measure);
  window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((group) => { group.open = true; }));
  const asked = /^#t=([0-9.]+)$/.exec(location.hash);
  if (asked) seek(Number(asked[1]), false);
})();
