/** The live page: reads the stream and shows what it says. Everything that is shown is in one of the parts that this file puts together. */
import type { Snapshot } from '../cli/live';
import type { Action, Controls, LiveMessage } from '../cli/page/protocol';
import { act, follow } from './api';
import { Calls } from './calls';
import { MeshControls } from './controls';
import { html, say, set } from './dom';
import { Drawer } from './drawer/drawer';
import { Feed } from './feed';
import { rate } from './format';
import { Graph } from './graph';

/** How long what was done is shown. */
const TOAST_MS = 6_000;

const title = html('span', { class: 'what' });
const state = html('span', { class: 'status', role: 'status' }, 'connecting …');
const toast = html('div', { class: 'toast', role: 'status', hidden: true });
const graph = new Graph(select);
const calls = new Calls(select);
const feed = new Feed();
const controls = new MeshControls(perform);
const drawer = new Drawer(perform, () => close());
const aside = html('aside', {}, calls.element);

let snapshot: Snapshot | undefined;
let latestControls: Controls | undefined;
let selected: string | undefined;
let hideToast: ReturnType<typeof setTimeout> | undefined;

document.body.append(
  html('header', {}, html('h1', {}, 'cdk8s-mesh'), title, state, controls.element),
  html('main', {}, html('div', { class: 'left' }, html('div', { class: 'canvas', tabindex: -1 }, graph.element), feed.element), aside),
  toast,
);
void follow(show, (problem) => {
  say(state, problem);
  set(state, 'class', 'status bad');
  // A command that is started again tells all its events.
  feed.clear();
});

function show(message: LiveMessage): void {
  say(title, message.title);
  document.title = `${message.title} · cdk8s-mesh`;
  feed.add(message.events);
  controls.show(latestControls = message.controls);
  snapshot = message.snapshot;
  if (snapshot) draw(snapshot);
  const { words, isBad } = stateOf(message);
  say(state, words);
  set(state, 'class', `status ${isBad ? 'bad' : 'good'}`);
}

function stateOf({ snapshot: latest, problem }: LiveMessage): { readonly words: string; readonly isBad: boolean } {
  if (problem !== undefined) return { words: problem, isBad: true };
  if (!latest) return { words: 'waiting for the first look …', isBad: false };
  const pods = latest.services.reduce((sum, service) => sum + service.pods.length, 0);
  const requests = latest.edges.reduce((sum, { figures }) => sum + figures.rate, 0);
  const silent = latest.silent.length;
  return {
    words: `live · ${pods} pods · ${rate(requests)} on ${latest.edges.length} calls${silent > 0 ? ` · ${silent} proxies give no answer` : ''}`,
    isBad: silent > 0,
  };
}

function draw(latest: Snapshot): void {
  graph.show(latest, selected);
  const service = latest.services.find(({ id }) => id === selected);
  if (service) drawer.show({ service, snapshot: latest, controls: latestControls });
  else if (selected !== undefined) close();
  else calls.show(latest);
}

function select(service: string): void {
  if (selected === service) return close();
  selected = service;
  aside.replaceChildren(drawer.element);
  if (snapshot) draw(snapshot);
  drawer.open();
}

function close(): void {
  const before = selected;
  selected = undefined;
  drawer.close();
  aside.replaceChildren(calls.element);
  if (snapshot) draw(snapshot);
  if (before !== undefined) graph.focus(before);
}

function perform(action: Action): void {
  act(action).then((done) => tell(done, false), (error: Error) => tell(error.message, true));
}

function tell(text: string, isBad: boolean): void {
  say(toast, text);
  set(toast, 'class', `toast ${isBad ? 'bad' : ''}`);
  set(toast, 'hidden', false);
  clearTimeout(hideToast);
  hideToast = setTimeout(() => set(toast, 'hidden', true), TOAST_MS);
}
