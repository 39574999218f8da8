// Draws every <figure class="chart"> from the JSON beside it. Without this script its table is read instead.
(() => {
  "use strict";
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(name).trim();
  const palette = ["#0b6a63", "#c77700", "#1a5aa8", "#8b3a62", "#5b7f2b", "#6b5aa6", "#5d6c73"];
  const font = getComputedStyle(document.body).fontFamily;

  function options(data) {
    const horizontal = data.kind === "bars";
    const category = {
      type: "category", data: data.labels, inverse: horizontal,
      axisLine: { lineStyle: { color: token("--line-strong") } }, axisTick: { show: false },
      axisLabel: { color: token("--ink-soft"), hideOverlap: true, width: horizontal ? 130 : undefined, overflow: "truncate" },
    };
    const value = {
      type: "value", name: data.unit || "", nameTextStyle: { color: token("--ink-soft"), align: "left" }, scale: data.kind === "line" && !data.from_zero,
      splitNumber: horizontal && innerWidth < 600 ? 3 : 5, axisLabel: { color: token("--ink-soft"), hideOverlap: true },
      // The target belongs in the picture even when every value is below it.
      max: (seen) => (data.target != null && data.target > seen.max ? Math.ceil(data.target) : null),
      min: (seen) => (data.target != null && data.target < seen.min && data.kind === "line" && !data.from_zero ? Math.floor(data.target) : null),
      splitLine: { lineStyle: { color: token("--line") } },
    };
    const series = data.series.map((one, index) => ({
      name: one.name, data: one.values, type: data.kind === "line" ? "line" : "bar", stack: data.stacked ? "all" : undefined,
      barMaxWidth: 28, symbol: "circle", symbolSize: 6, connectNulls: false, lineStyle: { width: 2 },
      markLine: index === 0 && data.target != null ? {
        symbol: "none", silent: true, lineStyle: { color: token("--ink-faint"), type: "dashed" },
        label: { formatter: data.target_label, position: "insideStartTop", color: token("--ink-soft"), backgroundColor: "rgba(255,255,255,.85)", padding: [1, 3], fontFamily: font },
        data: [horizontal ? { xAxis: data.target } : { yAxis: data.target }],
      } : undefined,
    }));
    return {
      color: palette, animation: !matchMedia("(prefers-reduced-motion: reduce)").matches, animationDuration: 250,
      textStyle: { fontFamily: font, fontSize: 13 }, aria: { enabled: true, label: { enabled: false } },
      // Rich text is painted on the canvas: the HTML tooltip sets inline styles, which the content policy refuses.
      tooltip: { trigger: "axis", renderMode: "richText", confine: true, valueFormatter: (v) => v == null ? "–" : `${v}${data.unit || ""}` },
      legend: data.series.length > 1 ? { top: 0, left: 0, icon: "roundRect", itemWidth: 12, itemHeight: 8, textStyle: { color: token("--ink-soft") } } : undefined,
      grid: { left: 8, right: horizontal ? 32 : 24, top: data.series.length > 1 ? 56 : 36, bottom: 8, containLabel: true },
      xAxis: horizontal ? value : category, yAxis: horizontal ? category : value, series,
    };
  }

  function draw(figure) {
    const canvas = figure.querySelector(".chart__canvas");
    const source = figure.querySelector("script[type='application/json']");
    if (!canvas || !source || canvas.dataset.drawn) return;
    canvas.dataset.drawn = "1";
    const holder = document.createElement("div");
    holder.className = "chart__canvas";
    canvas.replaceWith(holder);
    holder.dataset.drawn = "1";
    const chart = echarts.init(holder, null, { renderer: "canvas" });
    chart.setOption(options(JSON.parse(source.textContent)));
    new ResizeObserver(() => chart.resize()).observe(holder);
    figure.querySelector("details")?.removeAttribute("open");
  }

  const all = (root) => root.querySelectorAll("figure.chart").forEach(draw);
  all(document);
  document.addEventListener("htmx:load", (event) => all(event.target));
  window.addEventListener("beforeprint", () => document.querySelectorAll(".chart details").forEach((one) => { one.open = true; }));
})();
