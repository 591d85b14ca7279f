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

  /* Labels are written in Chinese; a page in another language brings their translations. */
  const words = read("words") || {};
  const say = (text) => words[text] || text;

  window.tingjian = { clock, say };

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

  function option(label, value) {
    const node = make("option", label);
    node.value = value;
    return node;
  }

  /* Cards that filter: what a select chooses must be among the card's data of that name, parted by "|". */
  document.querySelectorAll("[data-cards]").forEach(function (box) {
    const cards = [...box.querySelectorAll("." + box.dataset.cards)], count = box.querySelector(".count");
    const find = box.querySelector("[data-find]"), selects = [...box.querySelectorAll("[data-by]")];
    const texts = cards.map((card) => card.textContent.toLowerCase()), more = box.querySelector("[data-more]"), PORTION = 50;
    let most = PORTION; // a queue of hundreds is unfolded by and by
    function choose() {
      const wanted = find.value.trim().toLowerCase();
      let shown = 0;
      cards.forEach(function (card, place) {
        const fits = texts[place].includes(wanted) && selects.every((by) => by.selectedIndex === 0 || card.dataset[by.dataset.by].split("|").includes(by.value));
        shown += fits;
        card.hidden = !fits || shown > most;
      });
      more.hidden = shown <= most;
      more.textContent = say("再显示一些") + "（" + (shown - most) + "）";
      count.textContent = (shown === cards.length ? "" : shown + " / ") + cards.length + " " + say("通");
    }
    [find, ...selects].forEach((control) => control.addEventListener("input", function () { most = PORTION; choose(); }));
    more.addEventListener("click", function () { most += PORTION; choose(); });
    window.addEventListener("beforeprint", function () { most = cards.length; choose(); });
    choose();
  });

  /* A list of calls: rows are arrays [page, id, agent, team, time, seconds, score, band, passed, flags, missed items,
     and where it says why: item, words, second]; agents, teams, bands, flags and items by their number in the list. */
  document.querySelectorAll("[data-calls]").forEach(function (box) {
    const list = read("call-list"), all = list.rows, why = box.dataset.why !== undefined;
    const body = box.querySelector("tbody"), pager = box.querySelector(".pager"), count = box.querySelector(".count");
    const find = box.querySelector("[data-find]"), by = {};
    box.querySelectorAll("[data-by]").forEach((select) => { by[select.dataset.by] = select; });
    const columns = box.querySelectorAll("thead th").length;
    if (list.agents.length === 1) box.classList.add("of-one-agent");
    if (list.teams.length === 1) box.classList.add("of-one-team");
    let shown = all, page = 0, order = null;

    list.flags.forEach(([, label], number) => by.flag.append(option(label, number)));
    list.teams.forEach((name, number) => by.team.append(option(name, number)));
    list.items.forEach((name, number) => by.item.append(option(name, number)));
    [["flag", list.flags], ["team", list.teams], ["item", list.items]].forEach(([name, values]) => { by[name].parentElement.hidden = values.length < 2; });

    const value = { 2: (call) => list.agents[call[2]], 3: (call) => list.teams[call[3]], 7: (call) => list.bands[call[7]], 10: (call) => call[10].length };
    const of = (call, column) => (value[column] ? value[column](call) : call[column]);

    function row(call) {
      const line = make("tr"), [file, id, , , time, seconds, score, , pass, flags, missed, name, words, second] = call;
      const link = make("a", id), head = make("th"), chips = make("td", null, "chips"), scored = make("td", null, "n");
      link.href = box.dataset.calls + file + ".html";
      head.scope = "row";
      head.append(link);
      scored.append(make("span", score === null ? "–" : score.toFixed(1), "score " + (score === null ? "none" : pass ? "pass" : "fail")));
      flags.forEach(function (number) {
        const [flag, label] = list.flags[number];
        chips.append(make("span", label, "flag " + (/^[a-z_]+$/.test(flag) ? flag : "")));
      });
      line.append(make("td", time), head, make("td", of(call, 2)), make("td", of(call, 3)), make("td", clock(seconds), "n"), scored);
      if (!why) line.append(make("td", of(call, 7) || "–"), make("td", missed.length, missed.length ? "n bad" : "n"));
      line.append(chips);
      if (why) {
        const cell = make("td", null, "why"), place = make("a");
        place.href = link.href + (second === null ? "" : "#t=" + second);
        if (second !== null) place.append(make("time", clock(second)), " ");
        place.append(words || name || "–");
        cell.append(place);
        if (words && name) cell.append(" ", make("small", name));
        line.append(cell);
      }
      return line;
    }

    function draw() {
      const pages = Math.max(1, Math.ceil(shown.length / PAGE));
      page = Math.min(page, pages - 1);
      body.replaceChildren(...shown.slice(page * PAGE, (page + 1) * PAGE).map(row));
      if (!shown.length) {
        const line = make("tr"), cell = make("td", say("没有符合条件的通话"), "empty");
        cell.colSpan = columns;
        line.append(cell);
        body.append(line);
      }
      count.textContent = (shown.length === all.length ? "" : shown.length + " / ") + all.length + " " + say("通");
      pager.replaceChildren();
      if (pages > 1) {
        const step = function (label, by, enabled) {
          const button = make("button", label);
          button.type = "button";
          button.disabled = !enabled;
          button.addEventListener("click", function () { page += by; draw(); });
          return button;
        };
        pager.append(step(say("上一页"), -1, page > 0), make("span", page + 1 + " / " + pages), step(say("下一页"), 1, page < pages - 1));
      }
    }

    function choose() {
      const wanted = find.value.trim().toLowerCase(), result = by.passed.value;
      const number = (name) => (by[name].value === "" ? null : Number(by[name].value));
      const flag = number("flag"), team = number("team"), item = number("item");
      shown = all.filter(function (call) {
        if (flag !== null && !call[9].includes(flag)) return false;
        if (team !== null && call[3] !== team) return false;
        if (item !== null && !call[10].includes(item)) return false;
        if (result && (call[8] === null ? "-" : String(call[8] ? 1 : 0)) !== result) return false;
        return !wanted || (call[1] + " " + of(call, 2) + " " + of(call, 3) + " " + call[4] + " " + (call[12] || "")).toLowerCase().includes(wanted);
      });
      if (order) {
        const [column, descending] = order;
        shown.sort(function (a, b) {
          const x = of(a, column), y = of(b, column);
          if (x === null || y === null) return (x === null) - (y === null);
          return ordered(x, y) * (descending ? -1 : 1);
        });
      }
      page = 0;
      draw();
    }

    sortable([...box.querySelectorAll("th[data-column]")], function (heading, _, descending) {
      order = [Number(heading.dataset.column), descending];
      choose();
    });
    [find, ...Object.values(by)].forEach((control) => control.addEventListener("input", choose));
    choose();
  });
})();
