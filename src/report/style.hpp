// The report page's style sheet. Text and lines meet WCAG AA contrast on their ground.
#pragma once

namespace radonc::report {

inline constexpr const char* kStyle = R"css(
:root { --ink: #1b2127; --soft: #4c5863; --line: #d5dbe0; --ground: #f6f7f8; --after: #0b5a8a; --before: #8a4b0b; }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 62rem; padding: 2.5rem 1.25rem 4rem; color: var(--ink); background: #fff;
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
h1 { font-size: clamp(1.55rem, 1.1rem + 2vw, 2.2rem); line-height: 1.2; margin: 0 0 .6rem; letter-spacing: -.01em; }
h2 { font-size: 1.3rem; margin: 3rem 0 .75rem; padding-top: .75rem; border-top: 2px solid var(--ink); }
h3 { font-size: 1.05rem; margin: 1.75rem 0 .5rem; }
p, ul { max-width: 44rem; }
.lead { font-size: 1.12rem; }
.soft, figcaption, caption { color: var(--soft); }
.warn { border-left: 4px solid #a3320b; background: #fdf3ee; padding: .6rem .9rem; max-width: 44rem; }
.scroll { overflow-x: auto; margin: .75rem 0 1.25rem; }
.scroll:focus-visible { outline: 2px solid var(--after); }
table { border-collapse: collapse; font-size: .925rem; font-variant-numeric: tabular-nums; }
table.full { width: 100%; }
caption { text-align: left; padding-bottom: .35rem; }
th, td { padding: .32rem .75rem .32rem 0; text-align: left; vertical-align: baseline; }
thead th { border-bottom: 1px solid var(--ink); font-weight: 600; vertical-align: bottom; }
tbody tr + tr > * { border-top: 1px solid var(--line); }
tbody th { font-weight: 400; }
tr.task > th { font-weight: 700; padding-top: .9rem; }
td.num, th.num { text-align: right; white-space: nowrap; }
td.est, th.est { white-space: nowrap; padding-left: .75rem; }
table.full tbody th { white-space: nowrap; } tr.task > th { white-space: normal !important; }
td small, th small { font-weight: 400; color: var(--soft); font-size: .87em; white-space: nowrap; }
table.matrix td { text-align: right; min-width: 3.2rem; padding-right: .75rem; }
table.matrix td.right { outline: 2px solid var(--after); outline-offset: -2px; }
figure { margin: 1rem 0 1.5rem; max-width: 44rem; }
svg { width: 100%; height: auto; display: block; font: 13px system-ui, sans-serif; }
svg text { fill: var(--soft); } svg text.strong { fill: var(--ink); font-weight: 600; }
svg .grid { stroke: var(--line); } svg line.before, svg line.after { stroke-width: 3; stroke-linecap: round; }
svg .before { stroke: var(--before); fill: #fff; stroke-width: 2.5; } svg .after { stroke: var(--after); fill: var(--after); }
svg .baseline { stroke: var(--ink); stroke-width: 2; stroke-dasharray: 3 3; }
svg .curve { fill: none; stroke: var(--after); stroke-width: 2; }
.key { display: inline-block; width: .75em; height: .75em; border-radius: 50%; border: 2.5px solid; vertical-align: -.05em; }
.key.before { border-color: var(--before); } .key.after { border-color: var(--after); background: var(--after); }
.key.baseline { border: 0; border-left: 2px dashed var(--ink); border-radius: 0; width: 0; height: 1em; }
pre, .answer { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }
pre { font: .88rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; background: var(--ground);
  padding: .75rem 1rem; max-width: 52rem; }
.case { border-top: 1px solid var(--line); padding: .9rem 0; display: grid; gap: .25rem 1.5rem;
  grid-template-columns: repeat(3, minmax(0, 1fr)); }
.case h3 { grid-column: 1 / -1; margin: 0; font-size: .95rem; } .case b { display: block; font-size: .85rem; color: var(--soft); }
summary { cursor: pointer; padding: .3rem 0; font-weight: 600; }
@media (max-width: 40rem) { body { padding: 1.5rem 1rem 3rem; } .case { grid-template-columns: 1fr; }
  table { font-size: .875rem; } svg { font-size: 17px; } }
@media print { body { max-width: none; } h2 { break-after: avoid; } .case, figure { break-inside: avoid; } }
)css";

}  // namespace radonc::report
