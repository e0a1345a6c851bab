"use strict";
// The page's own script: tables that filter, sort and page. Everything from the case is written as text, never as markup.
(function () {
  const PAGE = 50;
  const LEVELS = { critical: 5, high: 4, medium: 3, low: 2, info: 1 };
  const el = (name, props, ...kids) => {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(props || {})) {
      if (key in node) node[key] = value; else node.setAttribute(key, value);
    }
    node.append(...kids.filter((kid) => kid !== null));
    return node;
  };
  const count = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
  const bytes = (n) => {
    const units = ["B", "kB", "MB", "GB", "TB", "PB"];
    let at = 0;
    while (n >= 999.5 && at < 5) { n /= 1000; at += 1; }
    return (at === 0 || n >= 99.5 ? n.toFixed(0) : n.toFixed(1)) + " " + units[at];
  };
  const show = (value, kind) => {
    if (value === null) return "—";
    if (kind === "bytes") return bytes(value);
    return kind === "number" ? count(value) : String(value);
  };
  const order = (value, kind) => (kind === "level" ? LEVELS[value] || 0 : value);
  const compare = (kind) => (a, b) => {
    const x = order(a, kind), y = order(b, kind);
    if (x === y) return 0;
    if (x === null) return 1;
    if (y === null) return -1;
    return x < y ? -1 : 1;
  };

  function enhance(section) {
    const data = JSON.parse(section.querySelector('script[type="application/json"]').textContent);
    if (data.rows.length === 0) return;
    const table = section.querySelector("table");
    const body = table.querySelector("tbody");
    const level = data.columns.findIndex((column) => column.kind === "level");
    const state = { text: "", level: "", sort: -1, down: false, page: 0, open: new Set() };
    let hay = null;
    let hits = [];

    const filter = el("input", { type: "search", placeholder: "Filter these rows" });
    filter.setAttribute("aria-label", "Filter: " + table.caption.textContent);
    const pick = level < 0 ? null : el("select", {});
    if (pick) {
      pick.setAttribute("aria-label", "Severity");
      pick.append(el("option", { value: "" }, "any severity"));
      for (const name of Object.keys(LEVELS)) pick.append(el("option", { value: name }, name));
    }
    const told = el("span", { role: "status" });
    section.prepend(el("div", { className: "tools" }, filter, pick, told));
    const back = el("button", { type: "button" }, "Back");
    const next = el("button", { type: "button" }, "Next");
    const where = el("span", {});
    const pager = el("div", { className: "pager" }, back, next, where);
    table.parentNode.after(pager);
    const written = table.querySelector(".written");
    if (written) written.remove();

    const select = () => {
      const words = state.text.toLowerCase().split(/\s+/).filter(Boolean);
      if (words.length && !hay) {
        hay = data.rows.map((row, i) => (row.join("\u0001") + "\u0001" + JSON.stringify(data.details[i] || "")).toLowerCase());
      }
      hits = [];
      for (let i = 0; i < data.rows.length; i += 1) {
        if (state.level && data.rows[i][level] !== state.level) continue;
        if (words.every((word) => hay[i].includes(word))) hits.push(i);
      }
      if (state.sort >= 0) {
        const by = compare(data.columns[state.sort].kind);
        const way = state.down ? -1 : 1;
        hits.sort((a, b) => way * by(data.rows[a][state.sort], data.rows[b][state.sort]) || a - b);
      }
    };
    const detail = (i) => {
      const list = el("dl", {});
      for (const [name, value] of data.details[i] || []) {
        const lines = Array.isArray(value) ? value : [value];
        if (lines.length === 0 || lines[0] === null || lines[0] === "") continue;
        list.append(el("dt", {}, name));
        const where = el("dd", {});
        for (const line of lines) {
          const source = /^\[(\d+)\] in the register/.exec(line);
          if (source) where.append(el("p", {}, el("a", { href: "#e" + source[1] }, line)));
          else if (line.startsWith("$ ")) where.append(el("pre", {}, el("code", {}, line.slice(2))));
          else where.append(el("p", {}, line));
        }
        list.append(where);
      }
      const cell = el("td", {}, list);
      cell.colSpan = data.columns.length;
      return el("tr", { className: "more" }, cell);
    };
    const line = (i) => {
      const row = el("tr", { className: "row" });
      const open = state.open.has(i);
      data.columns.forEach((column, at) => {
        const text = show(data.rows[i][at], column.kind);
        const cell = el("td", { className: "k-" + column.kind });
        cell.dataset.label = column.title;
        if (column.kind === "level") cell.classList.add(text);
        if (at === 0) {
          const button = el("button", { type: "button", className: "opener" }, text);
          button.setAttribute("aria-expanded", String(open));
          cell.append(button);
        } else {
          cell.append(text);
        }
        row.append(cell);
      });
      row.addEventListener("click", () => {
        if (String(window.getSelection())) return;
        if (open) state.open.delete(i); else state.open.add(i);
        const focus = document.activeElement && row.contains(document.activeElement);
        draw();
        if (focus) body.querySelectorAll("tr.row")[hits.slice(state.page * PAGE).indexOf(i)].querySelector("button").focus();
      });
      return row;
    };
    const draw = () => {
      const pages = Math.max(1, Math.ceil(hits.length / PAGE));
      state.page = Math.min(state.page, pages - 1);
      const rows = document.createDocumentFragment();
      for (const i of hits.slice(state.page * PAGE, (state.page + 1) * PAGE)) {
        rows.append(line(i));
        if (state.open.has(i)) rows.append(detail(i));
      }
      if (hits.length === 0) {
        const cell = el("td", { className: "empty" }, "No row fits.");
        cell.colSpan = data.columns.length;
        rows.append(el("tr", {}, cell));
      }
      body.replaceChildren(rows);
      told.textContent = hits.length === data.rows.length
        ? count(hits.length) + (hits.length === 1 ? " row" : " rows")
        : count(hits.length) + " of " + count(data.rows.length);
      back.disabled = state.page === 0;
      next.disabled = state.page >= pages - 1;
      where.textContent = "page " + count(state.page + 1) + " of " + count(pages);
      pager.hidden = pages === 1;
    };
    const again = () => { state.page = 0; select(); draw(); };

    let wait = 0;
    filter.addEventListener("input", () => {
      clearTimeout(wait);
      wait = setTimeout(() => { state.text = filter.value; again(); }, 120);
    });
    if (pick) pick.addEventListener("change", () => { state.level = pick.value; again(); });
    back.addEventListener("click", () => { state.page -= 1; draw(); });
    next.addEventListener("click", () => { state.page += 1; draw(); });
    table.querySelectorAll("thead th").forEach((head, at) => {
      const button = el("button", { type: "button" }, head.textContent);
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        state.down = state.sort === at ? !state.down : false;
        state.sort = at;
        table.querySelectorAll("thead th").forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
        again();
      });
    });
    select();
    draw();
  }

  document.querySelectorAll("[data-table]").forEach(enhance);
  // A number shows its evidence where the pointer rests; the link leads to it all the same.
  const told = new Map();
  document.querySelectorAll(".register li[id]").forEach((entry) => {
    const part = (name) => { const node = entry.querySelector(name); return node ? node.textContent : ""; };
    told.set("#" + entry.id, [part(".mono") + ", " + part(".at"), part(".quote")].filter(Boolean).join("\n"));
  });
  document.querySelectorAll(".cites a").forEach((cite) => { cite.title = told.get(cite.getAttribute("href")) || ""; });
  // The chapter that is read is marked in the list of chapters.
  const links = [...document.querySelectorAll(".chapters a")];
  const chapters = links.map((link) => document.querySelector(link.getAttribute("href")));
  const mark = () => {
    let at = 0;
    chapters.forEach((chapter, n) => { if (n > 0 && chapter.getBoundingClientRect().top < innerHeight / 3) at = n; });
    links.forEach((link, n) => { if (n === at) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current"); });
  };
  let waiting = false;
  window.addEventListener("scroll", () => {
    if (!waiting) { waiting = true; requestAnimationFrame(() => { waiting = false; mark(); }); }
  }, { passive: true });
  mark();
  // On paper, what is folded away is unfolded; afterwards it is as it was.
  let folded = [];
  window.addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    folded.forEach((part) => { part.open = true; });
  });
  window.addEventListener("afterprint", () => folded.forEach((part) => { part.open = false; }));
  document.documentElement.dataset.ready = "yes";
})();
