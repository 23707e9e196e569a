"use strict";
// What paper cannot do: values on hover, zoom in time, hiding of contenders, sorting of tables. The page says
// everything without it. It reads what the page holds, asks nobody, and stores nothing.
(() => {
  const main = document.querySelector("main");
  const all = (selector, of = document) => Array.from(of.querySelectorAll(selector));
  const make = (name, attributes = {}, text = "") => {
    const element = document.createElement(name);
    Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
    element.textContent = text;
    return element;
  };
  const svg = (name, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
    return element;
  };
  const round = (value) => (value >= 100 || value === Math.round(value) ? value.toFixed(0) : value.toFixed(1));

  // --- sorting: a click on a head sorts up, the next one down, the third as it was ---

  function sortable(table) {
    const body = table.tBodies[0];
    const original = Array.from(body.rows);
    const heads = Array.from(table.tHead.rows[0].cells);
    const key = (row, at) => {
      const cell = row.cells[at];
      if (!cell) return null;
      if (cell.dataset.v !== undefined) return Number(cell.dataset.v);
      return heads[at].classList.contains("number") ? null : cell.textContent.trim().toLowerCase();
    };
    const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));
    const sort = (at) => {
      const head = heads[at];
      const next = { none: "ascending", ascending: "descending", descending: "none" };
      const order = next[head.getAttribute("aria-sort") || "none"];
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      if (order !== "none") head.setAttribute("aria-sort", order);
      const known = original.filter((row) => key(row, at) !== null);
      const unknown = original.filter((row) => key(row, at) === null);
      known.sort((a, b) => (order === "descending" ? -1 : 1) * compare(key(a, at), key(b, at)));
      (order === "none" ? original : known.concat(unknown)).forEach((row) => body.append(row));
    };
    // A head stays the head of its column; what is pressed is a button in it.
    heads.forEach((head, at) => {
      const button = make("button", { type: "button" });
      button.append(...head.childNodes);
      head.append(button);
      head.classList.add("sorts");
      head.addEventListener("click", () => sort(at));
    });
  }
  all("table.sortable").filter((table) => table.tHead && table.tBodies.length).forEach(sortable);

  // --- hiding contenders, wherever they appear ---

  const rows = all("table.comparison tbody tr[data-contender]");
  const boxes = new Map();
  const show = (at, shown) => {
    all(`[data-contender="${at}"]`).forEach((part) => part.classList.toggle("off", !shown));
    boxes.get(at).checked = shown;
  };
  if (rows.length > 1) {
    const bar = make("p", { class: "toolbar", role: "group", "aria-label": "contenders shown" }, "Show ");
    rows.forEach((row) => {
      const at = row.dataset.contender;
      const label = make("label");
      const box = make("input", { type: "checkbox" });
      box.checked = true;
      boxes.set(at, box);
      box.addEventListener("change", () => show(at, box.checked));
      label.append(box, " ", row.querySelector("th a").textContent);
      bar.append(label);
    });
    document.querySelector("#comparison .scroll").after(bar);
  }

  // --- charts through time: one crosshair and one zoom for all of them ---

  const windows = JSON.parse((main && main.dataset.windows) || "[]");
  const charts = all("figure.time-chart[data-series]").map((figure) => {
    const series = JSON.parse(figure.dataset.series);
    const picture = figure.querySelector("svg");
    const time = figure.querySelector("svg.time");
    const height = Number(time.getAttribute("height"));
    const line = svg("line", { class: "crosshair", y1: 0, y2: height });
    const choice = svg("rect", { class: "choice", y: 0, height, width: 0 });
    const ticks = svg("g", {});
    time.append(ticks);
    picture.append(choice, line);
    const readout = make("div", { class: "readout" });
    const bar = make("p", { class: "zoombar" });
    const button = (label, text, act) => {
      const one = make("button", { type: "button", "aria-label": label, title: label }, text);
      one.addEventListener("click", act);
      return one;
    };
    const closer = button("zoom in", "+", () => scale(0.5));
    const wider = button("zoom out", "−", () => scale(2));
    const whole = button("whole run", "whole run", () => zoom(0, series.end));
    bar.append(closer, wider, whole, make("span", {}, " Point for values, drag to zoom in time. Keys: ← → step, + − zoom, 0 whole run."));
    figure.querySelector(".chart").append(readout);
    figure.append(bar);
    figure.tabIndex = 0;
    readout.setAttribute("aria-live", "polite");
    return { figure, series, picture, time, height, line, choice, ticks, readout, closer, wider, whole };
  });
  let pointed = null;
  const view = { from: 0, to: charts.length ? charts[0].series.end : 1 };

  const xOf = ({ left, inner }, s) => left + (inner * (s - view.from)) / (view.to - view.from);
  const sOf = ({ left, inner }, x) => view.from + ((x - left) / inner) * (view.to - view.from);

  function zoom(from, to) {
    if (!charts.length) return;
    const { end, bin } = charts[0].series;
    const length = Math.min(end, Math.max(to - from, Math.min(2 * bin, end)));
    view.from = Math.max(0, Math.min(from, end - length));
    view.to = Math.min(end, view.from + length);
    charts.forEach(draw);
    all("figure.time-chart").forEach((figure) => figure.classList.toggle("zoomed", view.to - view.from < end));
  }

  // About the instant that is pointed at, else about the middle.
  function scale(factor) {
    const length = (view.to - view.from) * factor;
    const inside = pointed !== null && pointed >= view.from && pointed <= view.to;
    const middle = inside ? pointed : (view.from + view.to) / 2;
    const before = inside ? (pointed - view.from) / (view.to - view.from) : 0.5;
    zoom(middle - length * before, middle + length * (1 - before));
  }

  // Texts keep their shape while their place moves; the labels of the axis are set anew.
  function draw(chart) {
    const { left, inner, end } = chart.series;
    const x = left + (inner * view.from) / end;
    const width = (inner * (view.to - view.from)) / end;
    const zoomed = view.to - view.from < end;
    chart.time.setAttribute("viewBox", `${x} 0 ${width} ${chart.height}`);
    chart.whole.disabled = !zoomed;
    chart.wider.disabled = !zoomed;
    chart.closer.disabled = view.to - view.from <= 2 * chart.series.bin;
    all("text", chart.time).forEach((text) => {
      if (text.parentNode === chart.ticks) return;
      const at = text.getAttribute("x");
      text.setAttribute("transform", `translate(${at} 0) scale(${width / inner} 1) translate(${-at} 0)`);
      if (/^\s*\d+ s\s*$/.test(text.textContent)) {
        chart.axis = chart.axis || text;
        text.classList.toggle("off", zoomed);
      }
    });
    chart.ticks.replaceChildren();
    if (!zoomed || !chart.axis) return;
    const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200];
    const step = steps.find((one) => (view.to - view.from) / one <= 10) || (view.to - view.from) / 10;
    for (let s = Math.ceil(view.from / step) * step; s <= view.to; s += step) {
      const at = left + (inner * s) / end;
      const text = chart.axis.cloneNode(false);
      text.classList.remove("off");
      text.setAttribute("x", at);
      text.setAttribute("text-anchor", "middle");
      text.setAttribute("transform", `translate(${at} 0) scale(${width / inner} 1) translate(${-at} 0)`);
      text.textContent = `${round(s)} s`;
      chart.ticks.append(text);
    }
  }

  function lines(series, bin) {
    const per = (counts) => `${round(counts[bin] / series.bin)}/s`;
    const from = bin * series.bin;
    const to = Math.min(series.end, from + series.bin);
    const total = series.shares.reduce((sum, share) => sum + share.n[bin], 0);
    const told = [
      ["when", `${round(from)} s to ${round(to)} s`],
      ["", `offered ${per(series.offered)}`],
      ["", `good ${per(series.good)}`],
      [series.failed[bin] > 0 ? "broken" : "", `failed ${per(series.failed)}`],
    ];
    series.shares.filter((share) => share.n[bin] > 0).forEach((share) => {
      told.push(["", `${share.name} ${round((100 * share.n[bin]) / total)} % of attempts`]);
    });
    const during = ([a, b]) => a < to && b > from;
    const cooling = new Set(series.cooldowns.filter(during).map(([, , name]) => name));
    cooling.forEach((name) => told.push(["faint", `cooling: ${name}`]));
    windows.filter(during).slice(0, 6).forEach(([, , name]) => told.push(["fault", name]));
    return told;
  }

  function point(chart, s) {
    const { series } = chart;
    const bin = Math.floor(s / series.bin);
    if (s < view.from || s > view.to || bin < 0 || bin >= series.offered.length) return leave();
    charts.forEach((other) => {
      const x = xOf(other.series, s);
      other.line.setAttribute("x1", x);
      other.line.setAttribute("x2", x);
      other.figure.classList.add("pointed");
      if (other !== chart) other.readout.classList.remove("on");
    });
    pointed = s;
    chart.readout.replaceChildren(...lines(series, bin).map(([kind, text]) => make("div", { class: kind }, text)));
    const box = chart.picture.getBoundingClientRect();
    const x = (xOf(series, s) / chart.picture.viewBox.baseVal.width) * box.width;
    const right = x > box.width / 2;
    chart.readout.style.left = right ? "auto" : `${x + 10}px`;
    chart.readout.style.right = right ? `${box.width - x + 10}px` : "auto";
    chart.readout.classList.add("on");
    return undefined;
  }

  function leave() {
    charts.forEach((chart) => {
      chart.figure.classList.remove("pointed");
      chart.readout.classList.remove("on");
    });
  }

  charts.forEach((chart) => {
    const { left, inner, end, bin } = chart.series;
    let begun = null;
    const place = (event) => {
      const box = chart.picture.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * chart.picture.viewBox.baseVal.width;
      return Math.max(left, Math.min(left + inner, x));
    };
    chart.picture.addEventListener("pointerdown", (event) => {
      if (event.button === 0) begun = place(event);
    });
    chart.picture.addEventListener("pointermove", (event) => {
      const x = place(event);
      point(chart, sOf(chart.series, Math.min(x, left + inner - 0.01)));
      if (begun === null) return;
      chart.choice.setAttribute("x", Math.min(begun, x));
      chart.choice.setAttribute("width", Math.abs(x - begun));
    });
    const finish = (event) => {
      if (begun === null) return;
      const [a, b] = [begun, place(event)].sort((one, other) => one - other);
      begun = null;
      chart.choice.setAttribute("width", 0);
      if (b - a > 6) zoom(sOf(chart.series, a), sOf(chart.series, b));
    };
    window.addEventListener("pointerup", finish);
    chart.picture.addEventListener("pointerleave", () => begun === null && leave());
    chart.picture.addEventListener("dblclick", () => zoom(0, end));
    chart.figure.addEventListener("keydown", (event) => {
      if (event.target !== chart.figure || event.ctrlKey || event.metaKey || event.altKey) return;
      const step = { ArrowLeft: -bin, ArrowRight: bin }[event.key];
      const acts = { "+": () => scale(0.5), "=": () => scale(0.5), "-": () => scale(2), 0: () => zoom(0, end), Escape: () => zoom(0, end) };
      const act = acts[event.key];
      if (!step && !act) return;
      event.preventDefault();
      if (act) act();
      const from = pointed === null ? view.from + bin / 2 : pointed + (step || 0);
      point(chart, Math.max(view.from, Math.min(view.to - bin / 2, from)));
    });
    chart.figure.addEventListener("blur", leave);
  });
  charts.forEach(draw);

  // --- terms: what a title says on hover is said on tap and on focus, too ---

  let tip = null;
  const hush = () => {
    if (tip) tip.remove();
    tip = null;
  };
  const tell = (term) => {
    hush();
    tip = make("div", { class: "tip", role: "tooltip" }, term.getAttribute("title"));
    document.body.append(tip);
    const box = term.getBoundingClientRect();
    const left = Math.max(8, Math.min(box.left, document.documentElement.clientWidth - tip.offsetWidth - 8));
    tip.style.left = `${left + window.scrollX}px`;
    tip.style.top = `${box.bottom + 6 + window.scrollY}px`;
  };
  const termOf = (place) => place.closest("dfn[title]") || (place.closest(".sorts") || place).querySelector("dfn[title]");
  all("dfn[title]").filter((term) => !term.closest("button, a")).forEach((term) => {
    term.tabIndex = 0;
  });
  document.addEventListener("focusin", (event) => {
    hush();
    const place = event.target;
    if (place.matches("dfn[title], .sorts > button") && place.matches(":focus-visible") && termOf(place)) tell(termOf(place));
  });
  document.addEventListener("click", (event) => {
    const term = event.target.closest("dfn[title]");
    if (term && !term.closest("a")) tell(term);
    else hush();
  });
  document.addEventListener("keydown", (event) => event.key === "Escape" && hush());

  // --- links: open what is folded, and zoom to a fault ---

  const reveal = (target) => {
    for (let at = target; at; at = at.parentElement) {
      if (at.tagName === "DETAILS") at.open = true;
      if (at.classList.contains("off") && boxes.has(at.dataset.contender)) show(at.dataset.contender, true);
    }
    if (target) target.scrollIntoView();
  };
  const go = () => reveal(document.getElementById(location.hash.slice(1)));
  window.addEventListener("hashchange", go);
  if (location.hash) go();
  document.addEventListener("click", (event) => {
    const square = event.target.closest("[data-href]");
    if (square) {
      event.preventDefault();
      location.hash = square.dataset.href;
    }
    const link = event.target.closest("a[data-from]");
    if (link) {
      const [from, to] = [Number(link.dataset.from), Number(link.dataset.to)];
      const air = Math.max(to - from, 10);
      zoom(from - air, to + air);
    }
  });
})();
