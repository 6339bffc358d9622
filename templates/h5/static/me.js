// Draws each table as a chart and puts the table below it. Without this file the tables are there.
"use strict";
(() => {
  if (!window.echarts) return;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const ink = getComputedStyle(document.body);
  const colour = (name) => ink.getPropertyValue(name).trim();
  const axis = {
    axisLabel: { color: colour("--ink"), hideOverlap: true },
    axisLine: { lineStyle: { color: colour("--line") } },
    splitLine: { lineStyle: { color: colour("--line") } },
  };
  const charts = [];

  const tip = (formatter, trigger) => ({ trigger, confine: true, renderMode: "richText", formatter });

  function radar(names, values, words, most) {
    return {
      animation: !still,
      textStyle: { fontFamily: ink.fontFamily },
      tooltip: tip(() => names.map((name, at) => `${name}  ${words[at]}`).join("\n"), "item"),
      radar: {
        indicator: names.map((name) => ({ name, max: most })),
        radius: "62%",
        axisName: { color: colour("--ink"), overflow: "truncate", width: 90 },
        axisLine: axis.axisLine,
        splitLine: axis.splitLine,
        splitArea: { show: false },
      },
      series: [{
        type: "radar",
        data: [{ value: values }],
        itemStyle: { color: colour("--chart") },
        lineStyle: { color: colour("--chart") },
        areaStyle: { color: colour("--chart"), opacity: 0.2 },
      }],
    };
  }

  function options(kind, names, values, words, least, most) {
    if (kind === "radar") return radar(names, values, words, most);
    const lying = kind === "bars";
    const category = { ...axis, type: "category", data: names, inverse: lying, axisTick: { show: false } };
    const value = { ...axis, type: "value", minInterval: 1 };
    if (most > 0) Object.assign(value, { min: least, max: most });
    if (kind === "steps") value.show = false;
    const series = { data: values, itemStyle: { color: colour("--chart") }, lineStyle: { color: colour("--chart") } };
    if (lying || kind === "columns") Object.assign(series, { type: "bar", barMaxWidth: 22 });
    else Object.assign(series, { type: "line", areaStyle: { opacity: 0.15 }, symbolSize: 6 });
    if (kind === "steps") {
      series.step = "end";
      series.label = { show: true, color: colour("--ink"), formatter: (point) => words[point.dataIndex] };
    }
    return {
      animation: !still,
      textStyle: { fontFamily: ink.fontFamily },
      grid: { left: 8, right: 24, top: kind === "steps" ? 28 : 12, bottom: 8, containLabel: true },
      xAxis: lying ? value : category,
      yAxis: lying ? category : value,
      tooltip: tip(
        (points) => `${names[points[0].dataIndex]}  ${words[points[0].dataIndex]}`,
        "axis",
      ),
      series: [series],
    };
  }

  for (const figure of document.querySelectorAll(".figure")) {
    const rows = [...figure.querySelectorAll("tbody tr")];
    const cells = rows.map((row) => row.querySelector("td"));
    const kind = figure.dataset.chart;
    const box = document.createElement("div");
    box.className = `chart ${kind}`;
    if (kind === "bars") box.classList.add(`rows-${Math.min(rows.length, 12)}`);
    box.setAttribute("role", "img");
    box.setAttribute("aria-label", figure.dataset.said);
    const fold = document.createElement("details");
    const head = document.createElement("summary");
    head.textContent = document.getElementById("numbers").content.textContent;
    fold.append(head, ...figure.childNodes);
    figure.append(box, fold);
    const chart = window.echarts.init(box, null, { renderer: "svg" });
    chart.setOption(
      options(
        kind,
        rows.map((row) => row.querySelector("th").textContent),
        cells.map((cell) => Number(cell.dataset.value)),
        cells.map((cell) => cell.textContent),
        Number(figure.dataset.least),
        Number(figure.dataset.most),
      ),
    );
    charts.push(chart);
  }
  addEventListener("resize", () => charts.forEach((chart) => chart.resize()));
})();
