/* The charts of the overview and of an agent, drawn by ECharts in the colours of the page. */
(function () {
  "use strict";
  const holder = document.getElementById("charts");
  if (!holder || !window.echarts) return;
  const data = JSON.parse(holder.textContent);
  const drawn = [], say = window.tingjian.say;

  function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  }

  function base() {
    return {
      animation: false,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      grid: { left: 8, right: 8, top: 28, bottom: 4, containLabel: true },
      tooltip: { trigger: "axis", backgroundColor: colour("card"), borderColor: colour("line"), textStyle: { color: colour("text") }, confine: true },
      aria: { enabled: true },
    };
  }

  function axis(more) {
    return Object.assign({ axisLabel: { color: colour("soft") }, axisLine: { lineStyle: { color: colour("line") } }, axisTick: { show: false },
      splitLine: { lineStyle: { color: colour("line"), type: "dashed" } }, nameTextStyle: { color: colour("soft") } }, more);
  }

  function distribution() {
    return Object.assign(base(), {
      xAxis: axis({ type: "category", data: data.distribution.map((bin) => bin[0] + "–" + bin[1]), splitLine: { show: false } }),
      yAxis: axis({ type: "value", minInterval: 1, name: say("通") }),
      series: [{ type: "bar", name: say("通话"), barWidth: "62%", itemStyle: { color: colour("accent"), borderRadius: [4, 4, 0, 0] },
        label: { show: true, position: "top", color: colour("soft"), formatter: (bar) => bar.value || "" }, data: data.distribution.map((bin) => bin[2]) }],
    });
  }

  function trend() {
    return Object.assign(base(), {
      legend: { left: "center", top: 0, itemHeight: 8, textStyle: { color: colour("soft") } },
      xAxis: axis({ type: "category", data: data.days.map((day) => day[0].slice(5)), splitLine: { show: false } }),
      yAxis: [axis({ type: "value", min: 0, max: 100, name: say("分") }), axis({ type: "value", minInterval: 1, splitLine: { show: false }, name: say("通") })],
      series: [
        { type: "bar", name: say("通话"), yAxisIndex: 1, barMaxWidth: 26, itemStyle: { color: colour("na-soft"), borderRadius: [4, 4, 0, 0] }, data: data.days.map((day) => day[1]) },
        { type: "line", name: say("平均得分"), symbolSize: 7, connectNulls: true, lineStyle: { width: 2.5 }, itemStyle: { color: colour("accent") }, data: data.days.map((day) => day[2]) },
      ],
    });
  }

  /* On which side of its point a name stands: off the names of the fields, and away from a neighbour's; nowhere amid several. */
  function beside(point, all) {
    const near = all.filter((other) => other !== point && Math.abs(other[0] - point[0]) < 8 && Math.abs(other[1] - point[1]) < 8);
    if (near.length > 1) return null;
    if (near.length) return near.some((other) => other[0] > point[0] || (other[0] === point[0] && other[2] > point[2])) ? "left" : "right";
    return point[1] > 94 ? "bottom" : "top";
  }

  /* Service types: both sides in percent, the four fields named where they lie; a click opens the agent's page. */
  function types() {
    const { good, names, points } = data.types, middle = 100 * good;
    const low = Math.max(0, Math.min(middle - 10, ...points.map((point) => Math.min(point[0], point[1]) - 4)));
    const from = 10 * Math.floor(low / 10);
    const left = (from + middle) / 2, right = (middle + 100) / 2;
    const own = points.filter((point) => point[4]), others = points.filter((point) => !point[4]);
    const named = (point) => ({ value: point, label: { position: beside(point, own) || "top", show: own.length <= 15 && beside(point, own) !== null } });
    return Object.assign(base(), {
      grid: { left: 8, right: 22, top: 46, bottom: 20, containLabel: true },
      tooltip: { confine: true, backgroundColor: colour("card"), borderColor: colour("line"), textStyle: { color: colour("text") }, renderMode: "richText",
        formatter: (item) => (item.value.length > 3 ? item.value[2] + "\n" + say("程序面") + " " + item.value[0] + "%  " + say("个人面") + " " + item.value[1] + "%" : "") },
      xAxis: axis({ type: "value", min: from, max: 100, name: say("程序面"), nameLocation: "middle", nameGap: 24, axisLabel: { formatter: "{value}%", color: colour("soft") }, splitLine: { show: false } }),
      yAxis: axis({ type: "value", min: from, max: 100, name: say("个人面"), axisLabel: { formatter: "{value}%", color: colour("soft") }, splitLine: { show: false } }),
      series: [
        { type: "scatter", silent: true, symbolSize: 1, itemStyle: { color: "transparent" }, label: { show: true, position: "top", formatter: (item) => item.data[2], color: colour("faint"), fontSize: 12.5 },
          data: [[right, 100, names.excellent], [left, 100, names.friendly], [right, from + 2, names.by_the_book], [left, from + 2, names.indifferent]] },
        { type: "scatter", data: others, symbolSize: 8, itemStyle: { color: colour("na"), opacity: 0.3 } },
        { type: "scatter", data: own.map(named), symbolSize: 13, itemStyle: { color: colour("accent"), opacity: 0.85 },
          label: { formatter: (item) => item.value[2].split(/[（(]/)[0], color: colour("text") },
          markLine: { symbol: "none", silent: true, label: { show: false }, lineStyle: { color: colour("faint"), type: "dashed" }, data: [{ xAxis: middle }, { yAxis: middle }] } },
      ],
    });
  }

  /* On paper the page is laid out narrower than the charts were drawn for: they shrink to it. */
  function scalable(box) {
    const drawing = box.querySelector("svg");
    if (drawing) drawing.setAttribute("viewBox", "0 0 " + drawing.getAttribute("width") + " " + drawing.getAttribute("height"));
  }

  function draw() {
    drawn.splice(0).forEach((chart) => chart.dispose());
    [["distribution", distribution], ["trend", trend], ["types", types]].forEach(function ([id, options]) {
      const box = document.getElementById(id);
      if (!box) return;
      const chart = window.echarts.init(box, null, { renderer: "svg" });
      chart.setOption(options());
      chart.on("finished", () => scalable(box));
      scalable(box);
      if (id === "types") chart.on("click", (item) => { if (item.value[3]) location.href = (document.body.className === "overview" ? "" : "../") + "agents/" + item.value[3]; });
      drawn.push(chart);
    });
  }

  draw();
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  window.addEventListener("resize", () => drawn.forEach((chart) => chart.resize()));
  window.addEventListener("beforeprint", () => drawn.forEach((chart) => chart.resize()));
})();
