/* Tables that sort and filter, and lists of calls drawn from data. Classic script: modules don't load from a disk. */
(function () {
  "use strict";
  document.documentElement.classList.add("js");

  const PAGE = 100;

  function read(id) {
    const holder = document.getElementById(id);
    return holder ? JSON.parse(holder.textContent) : null;
  }

  function make(tag, text, name) {
    const node = document.createElement(tag);
    if (text !== undefined && text !== null) node.textContent = text;
    if (name) node.className = name;
    return node;
  }

  function clock(seconds) {
    if (seconds === null) return "–";
    const whole = Math.floor(seconds), two = (n) => String(n).padStart(2, "0");
    const hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
    return hours ? hours + ":" + two(minutes) + ":" + two(whole % 60) : minutes + ":" + two(whole % 60);
  }

  window.tingjian = { clock };

  const compare = new Intl.Collator("zh-CN", { numeric: true }).compare;

  function ordered(a, b) {
    if (typeof a === "number" && typeof b === "number") return a - b;
    return compare(String(a), String(b));
  }

  /* Puts a button into each heading; sort(column, descending) does the work. */
  function sortable(headings, sort) {
    headings.forEach(function (heading, column) {
      const button = make("button");
      button.type = "button";
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", function () {
        const first = heading.classList.contains("n") ? "descending" : "ascending";
        const now = heading.getAttribute("aria-sort");
        const next = !now ? first : now === "ascending" ? "descending" : "ascending";
        headings.forEach((other) => other.removeAttribute("aria-sort"));
        heading.setAttribute("aria-sort", next);
        sort(heading, column, next === "descending");
      });
    });
  }

  document.querySelectorAll("table.sortable").forEach(function (table) {
    const body = table.tBodies[0];
    if (body.querySelector(".empty")) return;
    const value = function (row, column) {
      const cell = row.cells[column], text = cell.dataset.v !== undefined ? cell.dataset.v : cell.textContent.trim();
      return text !== "" && !isNaN(text) ? Number(text) : text;
    };
    sortable([...table.tHead.rows[0].cells], function (_, column, descending) {
      const rows = [...body.rows].sort((a, b) => ordered(value(a, column), value(b, column)) * (descending ? -1 : 1));
      body.append(...rows);
    });
  });

  document.querySelectorAll("[data-filter]").forEach(function (input) {
    const rows = [...document.getElementById(input.dataset.filter).tBodies[0].rows];
    input.addEventListener("input", function () {
      const wanted = input.value.trim().toLowerCase();
      rows.forEach((row) => { row.hidden = !row.textContent.toLowerCase().includes(wanted); });
    });
  });

  /* A list of calls: rows are arrays [page, id, agent, team, time, seconds, score, band, passed, flags, missed]. */
  document.querySelectorAll("[data-calls]").forEach(function (box) {
    const all = read("call-list"), names = read("flag-names");
    const body = box.querySelector("tbody"), pager = box.querySelector(".pager"), count = box.querySelector(".count");
    const find = box.querySelector("[data-find]"), flag = box.querySelector("[data-flag]"), passed = box.querySelector("[data-passed]");
    let shown = all, page = 0, order = null;

    function row(call) {
      const line = make("tr"), [file, id, agent, team, time, seconds, score, band, pass, flags, missed] = call;
      const link = make("a", id), head = make("th"), chips = make("td", null, "chips"), scored = make("td", null, "n");
      link.href = box.dataset.calls + file;
      head.scope = "row";
      head.append(link);
      scored.append(make("span", score === null ? "–" : score.toFixed(1), "score " + (score === null ? "none" : pass ? "pass" : "fail")));
      flags.forEach((name) => chips.append(make("span", names[name] || name, "flag " + (names[name] ? name : ""))));
      line.append(make("td", time), head, make("td", agent), make("td", team), make("td", clock(seconds), "n"), scored, make("td", band || "–"),
        make("td", missed, missed ? "n bad" : "n"), chips);
      return line;
    }

    function draw() {
      const pages = Math.max(1, Math.ceil(shown.length / PAGE));
      page = Math.min(page, pages - 1);
      body.replaceChildren(...shown.slice(page * PAGE, (page + 1) * PAGE).map(row));
      if (!shown.length) {
        const line = make("tr"), cell = make("td", "没有符合条件的通话", "empty");
        cell.colSpan = 9;
        line.append(cell);
        body.append(line);
      }
      count.textContent = shown.length === all.length ? all.length + " 通" : shown.length + " / " + all.length + " 通";
      pager.replaceChildren();
      if (pages > 1) {
        const step = function (label, by, enabled) {
          const button = make("button", label);
          button.type = "button";
          button.disabled = !enabled;
          button.addEventListener("click", function () { page += by; draw(); });
          return button;
        };
        pager.append(step("上一页", -1, page > 0), make("span", page + 1 + " / " + pages), step("下一页", 1, page < pages - 1));
      }
    }

    function choose() {
      const wanted = find.value.trim().toLowerCase(), result = passed.value;
      shown = all.filter(function (call) {
        if (flag.value && !call[9].includes(flag.value)) return false;
        if (result && (call[8] === null ? "-" : String(call[8] ? 1 : 0)) !== result) return false;
        if (location.hash === "#flagged" && !call[9].length) return false;
        return !wanted || (call[1] + " " + call[2] + " " + call[3] + " " + call[4]).toLowerCase().includes(wanted);
      });
      if (order) {
        const [column, descending] = order;
        shown.sort(function (a, b) {
          if (a[column] === null || b[column] === null) return (a[column] === null) - (b[column] === null);
          return ordered(a[column], b[column]) * (descending ? -1 : 1);
        });
      }
      page = 0;
      draw();
    }

    sortable([...box.querySelectorAll("th[data-column]")], function (heading, _, descending) {
      order = [Number(heading.dataset.column), descending];
      choose();
    });
    [find, flag, passed].forEach((control) => control.addEventListener("input", choose));
    choose();
  });
})();
