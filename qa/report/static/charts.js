/* The charts of the overview and of an agent, drawn by ECharts in the colours of the page. */
(function () {
  "use strict";
  const holder = document.getElementById("charts");
  if (!holder || !window.echarts) return;
  const data = JSON.parse(holder.textContent);
  const drawn = [];

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
      yAxis: axis({ type: "value", minInterval: 1, name: "通" }),
      series: [{ type: "bar", name: "通话", barWidth: "62%", itemStyle: { color: colour("accent"), borderRadius: [4, 4, 0, 0] },
        label: { show: true, position: "top", color: colour("soft"), formatter: (bar) => bar.value || "" }, data: data.distribution.map((bin) => bin[2]) }],
    });
  }

  function trend() {
    return Object.assign(base(), {
      legend: { left: "center", top: 0, itemHeight: 8, textStyle: { color: colour("soft") } },
      xAxis: axis({ type: "category", data: data.days.map((day) => day[0].slice(5)), splitLine: { show: false } }),
      yAxis: [axis({ type: "value", min: 0, max: 100, name: "分" }), axis({ type: "value", minInterval: 1, splitLine: { show: false }, name: "通" })],
      series: [
        { type: "bar", name: "通话", yAxisIndex: 1, barMaxWidth: 26, itemStyle: { color: colour("na-soft"), borderRadius: [4, 4, 0, 0] }, data: data.days.map((day) => day[1]) },
        { type: "line", name: "平均得分", symbolSize: 7, connectNulls: true, lineStyle: { width: 2.5 }, itemStyle: { color: colour("accent") }, data: data.days.map((day) => day[2]) },
      ],
    });
  }

  function draw() {
    drawn.splice(0).forEach((chart) => chart.dispose());
    [["distribution", distribution], ["trend", trend]].forEach(function ([id, options]) {
      const box = document.getElementById(id);
      if (!box) return;
      const chart = window.echarts.init(box, null, { renderer: "svg" });
      chart.setOption(options());
      drawn.push(chart);
    });
  }

  draw();
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  window.addEventListener("resize", () => drawn.forEach((chart) => chart.resize()));
  window.addEventListener("beforeprint", () => drawn.forEach((chart) => chart.resize()));
})();
