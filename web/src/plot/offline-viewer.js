// The script of an exported plot: plain, whole, and without requests. It reads the data that lie beside it in the page.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const x = new Float32Array(bytes(data.x).buffer);
  const y = new Float32Array(bytes(data.y).buffer);
  const colors = bytes(data.colors);
  const ink = data.dark ? "#e7ecf1" : "#17202b";
  const style = document.createElement("style");
  style.textContent = `*{box-sizing:border-box}body{margin:0;height:100vh;display:flex;flex-direction:column;background:${data.background};color:${ink};
    font:14px system-ui,sans-serif}header,footer{padding:8px 16px;display:flex;flex-wrap:wrap;gap:2px 16px;align-items:baseline}h1{font-size:16px;margin:0}
    main{flex:1;position:relative;min-height:0}canvas{position:absolute;inset:0;width:100%;height:100%;cursor:grab;touch-action:none}
    #tip{position:absolute;pointer-events:none;background:${data.background};border:1px solid currentColor;border-radius:6px;padding:6px 8px;font-size:13px;white-space:pre;display:none}
    i{display:inline-block;width:.7em;height:.7em;border-radius:50%;margin-right:.4em}small{opacity:.7}`;
  document.head.append(style);
  const make = (tag, text, parent) => {
    const element = document.createElement(tag);
    element.textContent = text;
    parent.append(element);
    return element;
  };
  const header = make("header", "", document.body);
  make("h1", data.title, header);
  for (const fact of data.facts) make("small", fact, header);
  const main = make("main", "", document.body);
  const canvas = make("canvas", "", main);
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", data.title);
  const tip = make("div", "", main);
  tip.id = "tip";
  const footer = make("footer", "", document.body);
  for (const [name, color, count] of data.legend) {
    const entry = make("span", `${name} ${count}`, footer);
    const dot = document.createElement("i");
    dot.style.background = color;
    entry.prepend(dot);
  }
  const context = canvas.getContext("2d", { alpha: false });
  let [minX, maxX, minY, maxY] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < x.length; i++) {
    minX = Math.min(minX, x[i]);
    maxX = Math.max(maxX, x[i]);
    minY = Math.min(minY, y[i]);
    maxY = Math.max(maxY, y[i]);
  }
  const camera = { x: (minX + maxX) / 2, y: (minY + maxY) / 2, zoom: 1 };
  const ratio = Math.min(devicePixelRatio || 1, 2);
  const scale = () => (Math.min(canvas.clientWidth / (maxX - minX || 1), canvas.clientHeight / (maxY - minY || 1)) / 1.1) * camera.zoom;
  const place = (px, py) => [canvas.clientWidth / 2 + (px - camera.x) * scale(), canvas.clientHeight / 2 - (py - camera.y) * scale()];
  let pending = 0;
  function draw() {
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = data.background;
    context.fillRect(0, 0, width, height);
    const k = scale();
    for (const [start, end, radius] of data.layers) {
      let last = -1;
      for (let i = start; i < end; i++) {
        const c = 4 * i;
        if (!colors[c + 3]) continue;
        const word = (colors[c] << 24) | (colors[c + 1] << 16) | (colors[c + 2] << 8) | colors[c + 3];
        if (word !== last) context.fillStyle = `rgba(${colors[c]},${colors[c + 1]},${colors[c + 2]},${colors[c + 3] / 255})`;
        last = word;
        const px = width / 2 + (x[i] - camera.x) * k;
        const py = height / 2 - (y[i] - camera.y) * k;
        if (radius < 1.6) context.fillRect(px - radius, py - radius, 2 * radius, 2 * radius);
        else {
          context.beginPath();
          context.arc(px, py, radius, 0, 7);
          context.fill();
        }
      }
    }
    context.font = "600 15px system-ui,sans-serif";
    context.textAlign = "center";
    context.lineWidth = 4;
    context.strokeStyle = data.background;
    context.fillStyle = ink;
    for (const [text, lx, ly] of data.labels) {
      const [px, py] = place(lx, ly);
      context.strokeText(text, px, py);
      context.fillText(text, px, py);
    }
    canvas.dataset.drawn = String(x.length);
  }
  const later = () => {
    cancelAnimationFrame(pending);
    pending = requestAnimationFrame(draw);
  };
  function point(event) {
    let [best, bestSquare] = [-1, 144];
    for (let i = 0; i < x.length; i++) {
      if (!colors[4 * i + 3]) continue;
      const [px, py] = place(x[i], y[i]);
      const square = (px - event.offsetX) ** 2 + (py - event.offsetY) ** 2;
      if (square <= bestSquare) [best, bestSquare] = [i, square];
    }
    tip.style.display = best < 0 ? "none" : "block";
    if (best < 0) return;
    const values = data.columns.filter(([, cells]) => cells[best] !== null).map(([name, cells]) => `${name}  ${typeof cells[best] === "number" ? Number(cells[best].toPrecision(4)) : cells[best]}`);
    tip.textContent = [data.ids[best] || "training", ...values].join("\n");
    tip.style.left = `${Math.min(event.offsetX + 14, canvas.clientWidth - tip.offsetWidth - 4)}px`;
    tip.style.top = `${Math.min(event.offsetY + 14, canvas.clientHeight - tip.offsetHeight - 4)}px`;
  }
  let held = false;
  canvas.addEventListener("pointerdown", (event) => {
    held = true;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointerup", () => (held = false));
  canvas.addEventListener("pointermove", (event) => {
    if (!held) return point(event);
    camera.x -= event.movementX / scale();
    camera.y += event.movementY / scale();
    later();
  });
  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const factor = Math.exp(-Math.max(-120, Math.min(120, event.deltaY)) / 400);
      const [dx, dy] = [event.offsetX - canvas.clientWidth / 2, event.offsetY - canvas.clientHeight / 2];
      camera.x += (dx / scale()) * (1 - 1 / factor);
      camera.y -= (dy / scale()) * (1 - 1 / factor);
      camera.zoom *= factor;
      later();
    },
    { passive: false },
  );
  canvas.addEventListener("dblclick", () => {
    Object.assign(camera, { x: (minX + maxX) / 2, y: (minY + maxY) / 2, zoom: 1 });
    later();
  });
  addEventListener("resize", later);
  draw();
})();
