/**
 * The report of a run as one HTML file: the call graph, a table, lines over time for each call, and what happened. It has no script and loads
 * nothing, so it opens anywhere, offline, and can be kept or sent.
 */
import { escaped } from '../terminal/markup';
import { count, duration, percent } from '../terminal/table';
import { graphOf } from './graph';
import type { RecordedEvent, Recording } from './recording';
import { CallSummary, summaryOf } from './summary';
import { timelineOf } from './timeline';

const STYLE = `
:root { color-scheme: light dark; --ground: #fff; --text: #1b2430; --quiet: #596575; --line: #d9dde3; --accent: #2a62d4; --poor: #9a6100; --bad: #c02a2a;
  font: 14px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
@media (prefers-color-scheme: dark) { :root { --ground: #10151c; --text: #e6eaf0; --quiet: #9caaba; --line: #313c49; --accent: #7aa7ff; --poor: #e2a336; --bad: #ff7b72; } }
body { margin: 0 auto; padding: 24px; max-width: 1060px; background: var(--ground); color: var(--text); }
h1 { font-size: 22px; margin: 0; } h2 { font-size: 17px; margin: 36px 0 8px; } h3 { font-size: 14px; margin: 20px 0 4px; }
p { margin: 4px 0; } .quiet, .of { fill: var(--quiet); color: var(--quiet); } .bad { fill: var(--bad); color: var(--bad); }
table { border-collapse: collapse; width: 100%; } th, td { text-align: right; padding: 4px 10px; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; padding-left: 0; } th { font-weight: 600; color: var(--quiet); }
svg { display: block; width: 100%; height: auto; } svg text { font-size: 12px; fill: var(--text); } svg text.small { font-size: 11px; }
svg text.quiet { fill: var(--quiet); } svg text.bad { fill: var(--bad); } svg text.name { font-weight: 600; font-size: 13px; }
.frame { fill: none; stroke: var(--line); } .box { fill: none; stroke: var(--quiet); } .call { fill: none; stroke: var(--quiet); }
.call.poor { stroke: var(--poor); } .call.bad { stroke: var(--bad); stroke-width: 2; } .line { fill: none; stroke-width: 1.6; stroke-linejoin: round; }
.line.rate, .line.p50 { stroke: var(--accent); } .line.p95 { stroke: var(--poor); } .line.p99, .line.failed { stroke: var(--bad); }
svg text.of.rate, svg text.of.p50 { fill: var(--accent); } svg text.of.p95 { fill: var(--poor); } svg text.of.p99, svg text.of.failed { fill: var(--bad); }
.mark line { stroke: var(--text); stroke-dasharray: 3 3; } .mark text { font-size: 11px; font-weight: 600; }
ol, ul { padding-left: 22px; margin: 6px 0; } time { font-variant-numeric: tabular-nums; color: var(--quiet); margin-right: 8px; }
`;

export interface ReportText {
  readonly title: string;
  /** What was run, in sentences. */
  readonly about?: string;
}

export function reportPage(recording: Recording, { title, about = '' }: ReportText): string {
  const { beganAt, seconds, calls, events } = recording;
  const summaries = calls.map(summaryOf);
  const busy = calls.filter((_, index) => summaries[index]!.requests > 0);
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'">',
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    `<h1>${escaped(title)}</h1>`,
    `<p class="quiet">${new Date(beganAt).toISOString().replace('T', ' ').slice(0, 19)} UTC, ${duration(seconds * 1_000)}</p>`,
    ...(about === '' ? [] : [`<p>${escaped(about)}</p>`]),
    '<h2>Who called whom</h2>',
    graphOf(recording, summaries),
    '<p class="quiet">Below a call: how many of its requests failed, or the usual p50 / p99.</p>',
    '<h2>Calls</h2>',
    ...tableOf(summaries),
    ...doneList(events),
    '<h2>Over time</h2>',
    '<p class="quiet">As the sidecars of the callers count. Each point is over the last two seconds. Numbered lines are what was done.</p>',
    ...busy.flatMap(({ from, to, steps }) => [`<h3>${escaped(`${from} → ${to}`)}</h3>`, timelineOf(`${from} to ${to}`, steps, events, seconds)]),
    ...(busy.length === 0 ? ['<p>No request was sent.</p>'] : []),
    '<h2>What happened</h2>',
    ...eventList(recording),
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function tableOf(summaries: readonly CallSummary[]): string[] {
  const head = ['call', 'requests', 'failed', 'usual p50', 'usual p99', 'worst p99'];
  return [
    '<table>',
    `<thead><tr>${head.map((title) => `<th scope="col">${title}</th>`).join('')}</tr></thead>`,
    '<tbody>',
    ...summaries.map(({ from, to, requests, failed, usualP50Ms = NaN, usualP99Ms = NaN, worstP99 }) => {
      const share = requests === 0 ? '-' : `${count(failed)} (${percent(failed / requests)})`;
      const worst = worstP99 ? `${duration(worstP99.ms)} at ${worstP99.seconds.toFixed(0)} s` : '-';
      const cells = [count(requests), share, duration(usualP50Ms), duration(usualP99Ms), worst];
      return `<tr><td>${escaped(`${from} → ${to}`)}</td>${cells.map((cell, index) => `<td${index === 1 && failed > 0 ? ' class="bad"' : ''}>${cell}</td>`).join('')}</tr>`;
    }),
    '</tbody>',
    '</table>',
  ];
}

/** By the numbers of the lines in the timelines. */
function doneList(events: readonly RecordedEvent[]): string[] {
  const done = events.filter(({ severity }) => severity === 'done');
  return done.length === 0 ? [] : ['<h2>What was done</h2>', '<ol>', ...done.map(itemOf), '</ol>'];
}

function eventList({ events, eventsLeft }: Recording): string[] {
  return [
    '<ul>', ...events.map(itemOf), '</ul>',
    ...(eventsLeft > 0 ? [`<p class="quiet">${count(eventsLeft)} more are left out.</p>`] : []),
  ];
}

function itemOf({ seconds, text, severity }: RecordedEvent): string {
  return `<li${severity === 'bad' ? ' class="bad"' : ''}><time>${seconds.toFixed(1)} s</time>${escaped(text)}</li>`;
}
