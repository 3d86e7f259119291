// Surfaces in 3D, one panel each for the ground truth and the methods: a slider for the time, one camera for all.
(function () {
  "use strict";
  const root = document.getElementById("surfaces-in-3d");
  const content = (name) => document.getElementById("surfaces-" + name).textContent;
  const data = JSON.parse(content("data"));
  const find = (name) => root.querySelector("[data-part=" + name + "]");
  const [run, view, time, label, play, reset, panels] =
    ["run", "view", "time", "label", "play", "reset", "panels"].map(find);
  const start = {
    eye: { x: 2 * data.camera[0], y: 2 * data.camera[1], z: 2 * data.camera[2] },
    center: { x: 0, y: 0, z: 0 }, up: { x: 0, y: 0, z: 1 }, projection: { type: "orthographic" },
  };
  const FITTING = 1.95; // a diagonal of this length just fits a panel's height
  let camera = start;
  let plots = [];
  let playing = null;

  function unpacked(name) {
    const bytes = Uint8Array.from(atob(content(name)), (character) => character.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")));
  }

  // Meshes as meshes.py packs them: low bytes, then high bytes; vertices as differences to the one before, corners of
  // triangles as how far they lie behind the next new vertex.
  let bytes = null;
  const offsets = [0];
  data.meshes.forEach(([vertices, triangles]) => offsets.push(offsets.at(-1) + 6 * (vertices + triangles)));

  function numbers(offset, count) {
    return Uint16Array.from({ length: count }, (_, k) => bytes[offset + k] + 256 * bytes[offset + count + k]);
  }

  function mesh(number) {
    const [vertices, triangles] = data.meshes[number];
    const { low, step } = data.runs[run.selectedIndex];
    const places = numbers(offsets[number], 3 * vertices);
    for (let k = 3; k < places.length; k++) places[k] += places[k - 3];
    const corners = numbers(offsets[number] + 6 * vertices, 3 * triangles);
    let next = 0;
    for (let k = 0; k < corners.length; k++) {
      const behind = corners[k];
      corners[k] = next - behind;
      if (behind === 0) next++;
    }
    const part = (all, offset, change) => Array.from({ length: all.length / 3 }, (_, k) => change(all[3 * k + offset]));
    const [x, y, z] = [0, 1, 2].map((axis) => part(places, axis, (value) => low[axis] + step * value));
    const [i, j, k] = [0, 1, 2].map((corner) => part(corners, corner, (value) => value));
    return { x, y, z, i, j, k };
  }

  function trace(number, shown) {
    const none = number === null || data.meshes[number][1] === 0;
    return {
      type: "mesh3d", hoverinfo: "skip", visible: !none, color: shown ? data.colours.shown : data.colours.other,
      flatshading: false, lightposition: { x: -30000, y: 40000, z: -85000 }, // right, up, away, as the camera sees it
      lighting: { ambient: 0.48, diffuse: 0.52, specular: 0.12, roughness: 0.6, fresnel: 0.05 },
      ...(none ? { x: [], y: [], z: [], i: [], j: [], k: [] } : mesh(number)),
    };
  }

  function layout() {
    const { ranges } = data.runs[run.selectedIndex];
    const sides = ranges.map(([low, high]) => high - low || 1);
    const scale = FITTING / Math.hypot(...sides);
    const axis = (range) => ({ visible: false, range, autorange: false });
    return {
      margin: { l: 0, r: 0, t: 0, b: 0 }, paper_bgcolor: "#fff", showlegend: false,
      scene: {
        xaxis: axis(ranges[0]), yaxis: axis(ranges[1]), zaxis: axis(ranges[2]), dragmode: "turntable", camera,
        aspectmode: "manual",
        aspectratio: { x: scale * sides[0], y: scale * sides[1], z: scale * sides[2] },
      },
    };
  }

  function chosen() {
    return data.runs[run.selectedIndex].views[view.selectedIndex];
  }

  // The others follow the panel that is turned, at most once per frame of the screen; what they then report is no turn.
  let latest = null;
  let following = new Set();
  let running = false;
  function follow(leader, event) {
    if (!event["scene.camera"] || following.has(leader)) return;
    latest = { leader, camera: event["scene.camera"] };
    if (!running) requestAnimationFrame(step);
    running = true;
  }

  function step() {
    const now = latest;
    camera = now.camera;
    following = new Set(plots.filter((plot) => plot !== now.leader));
    turn([...following]).finally(() => {
      following.clear();
      running = latest !== now;
      if (running) requestAnimationFrame(step);
    });
  }

  function turn(which) {
    return Promise.all(which.map((plot) => Plotly.relayout(plot, { "scene.camera": camera })));
  }

  // Busy until the panels are drawn and follow each other.
  function build() {
    root.setAttribute("aria-busy", "true");
    plots.forEach((plot) => Plotly.purge(plot));
    panels.replaceChildren();
    plots = chosen().panels.map((panel) => {
      const box = document.createElement("div");
      const name = document.createElement("p");
      const plot = document.createElement("div");
      const nothing = document.createElement("span");
      box.className = "panel";
      name.textContent = panel.name;
      plot.className = "plot";
      plot.setAttribute("role", "img");
      nothing.className = "nothing";
      nothing.textContent = "no surface";
      box.append(name, plot, nothing);
      panels.append(box);
      plot._nothing = nothing;
      return plot;
    });
    const before = Number(time.max) || 0;
    time.max = String(chosen().times.length - 1);
    if (Number(time.max) !== before) time.value = String(Math.floor(chosen().times.length / 2)); // shown are the ends
    const built = plots;
    show().then(() => {
      for (const plot of built)
        for (const kind of ["plotly_relayouting", "plotly_relayout"])
          plot.on(kind, (event) => follow(plot, event));
      if (plots === built) root.setAttribute("aria-busy", "false");
    });
  }

  function show() {
    const { times, shown, division, panels: all } = chosen();
    const now = Number(time.value);
    const here = shown.includes(now);
    const words = "t = " + Number(times[now].toPrecision(3)) + (here ? ", shown to the model" : ", not shown")
      + (division !== null && times[now] >= division ? ", after the division" : "");
    label.textContent = words;
    time.setAttribute("aria-valuetext", words);
    return Promise.all(plots.map((plot, place) => {
      const drawn = trace(all[place].surfaces[now], here);
      plot._nothing.hidden = drawn.visible;
      plot.setAttribute("aria-label", all[place].name + ", " + words + (drawn.visible ? "" : ", no surface"));
      return Plotly.react(plot, [drawn], layout(), { displayModeBar: false, scrollZoom: false, responsive: true });
    }));
  }

  function stop() {
    clearInterval(playing);
    playing = null;
    play.textContent = "Play";
  }

  function fill(select, titles) {
    select.replaceChildren(...titles.map((title) => new Option(title)));
    select.parentElement.hidden = titles.length < 2;
  }

  async function begin() {
    const canvas = document.createElement("canvas");
    if (!(canvas.getContext("webgl") || canvas.getContext("webgl2")) || !("DecompressionStream" in window)) {
      find("without").hidden = false;
      return;
    }
    bytes = new Uint8Array(await unpacked("meshes").arrayBuffer());
    const library = document.createElement("script");
    library.textContent = await unpacked("library").text();
    document.head.append(library);
    fill(run, data.runs.map((one) => one.title));
    fill(view, data.runs[0].views.map((one) => one.title));
    run.addEventListener("change", () => {
      stop();
      fill(view, data.runs[run.selectedIndex].views.map((one) => one.title));
      camera = start;
      build();
    });
    view.addEventListener("change", build);
    time.addEventListener("input", show);
    time.addEventListener("pointerdown", stop);
    reset.addEventListener("click", () => {
      camera = start;
      turn(plots);
    });
    play.addEventListener("click", () => {
      if (playing !== null) return stop();
      play.textContent = "Pause";
      playing = setInterval(() => {
        time.value = String((Number(time.value) + 1) % (Number(time.max) + 1));
        show();
      }, 700);
    });
    find("controls").hidden = false;
    build();
  }

  // Drawn when the reader comes near: opening the page stays quick.
  new IntersectionObserver((entries, observer) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    begin();
  }, { rootMargin: "400px" }).observe(root);
})();
