// The report page's style sheet. Text and lines meet WCAG AA contrast on their ground; blue and brown differ for
// colour-blind readers, too, and never tell anything alone.
#pragma once

namespace radonc::report {

inline constexpr const char* kStyle = R"css(
:root { --ink: #1b2127; --soft: #4c5863; --line: #d5dbe0; --ground: #f6f7f8; --after: #0b5a8a; --before: #8a4b0b;
  --other: #69737c; --warning: #fdf3ee; --edge: #a3320b; }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
body { margin: 0 auto; max-width: 62rem; padding: 2.5rem 1.25rem 4rem; color: var(--ink); background: #fff;
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
h1 { font-size: clamp(1.55rem, 1.1rem + 2vw, 2.2rem); line-height: 1.2; margin: 0 0 .6rem; letter-spacing: -.01em; }
h2 { font-size: 1.3rem; margin: 3rem 0 .75rem; padding-top: .75rem; border-top: 2px solid var(--ink); }
h3 { font-size: 1.05rem; margin: 1.75rem 0 .5rem; }
h1, h2, h3, p, li, dd, summary { overflow-wrap: anywhere; }
p, ul { max-width: 44rem; } ul, ol { padding-left: 1.2rem; } li { margin: .2rem 0; }
a { color: var(--after); }
.lead { font-size: 1.12rem; }
.soft, figcaption, caption { color: var(--soft); } caption b, figcaption b { color: var(--ink); }
.warn { border-left: 4px solid var(--edge); background: var(--warning); padding: .6rem .9rem; max-width: 44rem; }
.abstract { background: var(--ground); padding: .3rem 1.1rem; margin: 1.25rem 0; } .abstract p, .abstract ul { max-width: 56rem; }
nav h2 { border: 0; padding: 0; margin: 1.5rem 0 .25rem; font-size: 1.05rem; }
nav ol { columns: 15rem; max-width: 50rem; margin: 0; }
.scroll { overflow-x: auto; margin: .75rem 0 1.5rem; }
.scroll:focus-visible { outline: 2px solid var(--after); }
table { border-collapse: collapse; font-size: .925rem; font-variant-numeric: tabular-nums; }
table { min-width: min(22rem, 100%); } table.full { width: 100%; }
table.versus tbody td:nth-child(2), table.versus td:last-child { white-space: nowrap; } table.versus td.plot { width: 26%; }
table.versus tbody th { min-width: 8rem; }
caption { text-align: left; padding-bottom: .35rem; }
th, td { padding: .32rem .75rem .32rem 0; text-align: left; vertical-align: baseline; }
th:last-child, td:last-child { padding-right: 0; }
thead th { border-bottom: 1px solid var(--ink); font-weight: 600; vertical-align: bottom; line-height: 1.3; }
tbody tr + tr > * { border-top: 1px solid var(--line); }
tbody th { font-weight: 400; min-width: 6rem; max-width: 22rem; overflow-wrap: break-word; }
tr.group > th { font-weight: 700; padding-top: .9rem; max-width: none; } tr.group .soft { font-weight: 400; }
tr.average > * { font-weight: 600; }
td.num, th.num { text-align: right; } td.num, td.est { white-space: nowrap; }
td.est, th.est { padding-left: .25rem; } td.value { overflow-wrap: anywhere; min-width: 10rem; }
small { font-weight: 400; color: var(--soft); font-size: .87em; white-space: nowrap; } sup { line-height: 0; }
table.matrix td.num { min-width: 3.2rem; padding-right: .75rem; }
table.matrix td.right { outline: 2px solid var(--after); outline-offset: -2px; }
td.plot { position: relative; width: 34%; min-width: 8rem; padding: 0; } th.plot { padding: 0; }
td.plot svg { position: absolute; top: 0; left: 8px; width: calc(100% - 24px); height: 100%; overflow: visible; }
td.plot path { vector-effect: non-scaling-stroke; fill: none; stroke-linecap: round; }
tr.axis > td { border-color: var(--soft); font-size: .8rem; color: var(--soft); }
tr.axis div { position: relative; height: 1.2em; margin: 0 16px 0 8px; }
tr.axis span { position: absolute; transform: translateX(-50%); }
svg .grid { stroke: var(--line); stroke-width: 1; } svg .zero { stroke: var(--soft); stroke-width: 1; fill: none; }
svg .marked { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 4 3; }
svg .interval { stroke-width: 2.5; } svg .dot { stroke-width: 11; } svg .heart { stroke-width: 0; stroke-opacity: 0; }
svg .before { stroke: var(--before); } svg .after { stroke: var(--after); }
svg .other, svg .base { stroke: var(--other); } svg .heart.before, svg .heart.base { stroke: #fff; stroke-width: 6; stroke-opacity: 1; }
svg .better, svg .bin { fill: var(--after); } svg .worse { fill: var(--before); } svg .equal { fill: var(--line); }
svg .bin { fill-opacity: .25; } svg .point { fill: var(--after); } svg text.count { fill: var(--ink); font-size: 10px; }
svg .curve { fill: none; stroke: var(--after); stroke-width: 2; }
svg.chart { width: 100%; height: auto; display: block; font: 12.5px system-ui, "DejaVu Sans", sans-serif; }
svg.chart text { fill: var(--soft); }
figure { margin: 1rem 0 1.5rem; max-width: 30rem; } figcaption { font-size: .925rem; margin-top: .3rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(12rem, 1fr)); gap: 0 1.25rem; }
.charts.wide { grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)); }
.charts figure { max-width: 26rem; }
.flow .box { border: 1px solid var(--soft); padding: .35rem .7rem; background: #fff; }
.flow .way { border-left: 1px solid var(--soft); margin-left: 2rem; padding: .45rem 0; }
.flow .out { color: var(--soft); font-size: .925rem; padding-left: .8rem; }
.flow .parts { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .5rem; }
pre, .answer { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }
pre { font: .88rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; background: var(--ground);
  padding: .75rem 1rem; max-width: 52rem; }
.case { border-top: 1px solid var(--line); padding: .9rem 0; display: grid; gap: .6rem 1.5rem;
  grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); }
.case h3 { grid-column: 1 / -1; margin: 0; font-size: .95rem; } .case b { display: block; font-size: .85rem; color: var(--soft); }
.case .reference { background: var(--ground); padding: .3rem .6rem; }
summary { cursor: pointer; padding: .3rem 0; font-weight: 600; }
details details { margin-left: .9rem; } details details summary { font-weight: 400; }
.checklist td, .checklist th { vertical-align: top; } .checklist a { white-space: nowrap; }
@media (min-width: 84rem) { body { max-width: 82rem; display: grid; grid-template-columns: 15rem minmax(0, 1fr); column-gap: 3rem; }
  header, main { grid-column: 2; } nav { grid-column: 1; grid-row: 1 / span 2; position: sticky; top: 1rem; align-self: start; font-size: .925rem; }
  nav ol { columns: auto; } nav h2 { margin-top: .4rem; } }
@media screen and (max-width: 40rem) { body { padding: 1.5rem 1rem 3rem; } table { font-size: .84rem; }
  th, td { padding-right: .55rem; } td.est small { display: block; } td.plot { width: 24%; min-width: 5.5rem; }
  .minor { display: none; } caption span, tr.group span, td.soft span { display: block; position: sticky; left: 0; max-width: calc(100vw - 2.2rem); }
  tbody th[scope=row] { position: sticky; left: 0; background: #fff; z-index: 1; }
  tbody th { min-width: 5rem; max-width: 9rem; } tr.group > th { max-width: none; } .abstract { padding: .3rem .8rem; } }
@page { size: A4; margin: 17mm 15mm 18mm; @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; color: #4c5863; } }
@media print { html { font-size: 9.5pt; } body { max-width: none; padding: 0; display: block; } h1 { font-size: 18pt; }
  h2 { margin-top: 1.6rem; } h1, h2, h3, summary, caption { break-after: avoid; } p, li { orphans: 3; widows: 3; }
  tr, figure, .case, .warn, pre { break-inside: avoid; } tr.group, thead { break-after: avoid; } tr.note, tr.axis { break-before: avoid; } .scroll { overflow: visible; }
  table { font-size: 8.2pt; } th, td { padding-top: .2rem; padding-bottom: .2rem; } td.plot, table.versus td.plot { min-width: 5rem; width: 22%; } table.versus .minor { display: none; }
  a { color: inherit; text-decoration: none; } details::details-content { content-visibility: visible; display: block; height: auto; }
  summary { list-style: none; } svg.chart { max-width: 24rem; } }
)css";

}  // namespace radonc::report
