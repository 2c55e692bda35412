/** The live page in a browser, over meshes whose proxies a test writes. */
import { ScrapedMesh } from '../../src/cli/live';
import { readPage } from '../../src/cli/page/document';
import type { Action, Controls } from '../../src/cli/page/protocol';
import { PageServer, PageServerOptions } from '../../src/cli/page/server';
import { systemClock } from '../../src/proxy/runtime/clock';
import { FakeProxy, INBOUND, OUTBOUND, shop } from '../cli/live/support';
import { PROGRAMS } from '../cli/up/programs';
import { configOf } from '../cli/up/support';
import { Browser, launchChromium, Page } from '../support/chromium';

jest.setTimeout(120_000);

let browser: Browser;
let page: Page;
let server: PageServer | undefined;
const errors: string[] = [];
beforeAll(async () => { browser = await launchChromium(); });
afterAll(() => browser.close());
afterEach(async () => {
  await page.close();
  await server?.close();
  expect(errors.splice(0)).toEqual([]);
});

const CONTROLS: Controls = {
  traffic: 20, zones: ['a', 'b'],
  versions: ['v1', 'v2'].map((version, index) => ({ service: 'shop/catalog', version, weight: index === 0 ? 90 : 10, behaviour: { delayMs: 0, failPercent: 0 } })),
};

async function open(proxies: readonly FakeProxy[], options: Partial<PageServerOptions> = {}): Promise<void> {
  const all = { proxies: () => Promise.resolve(proxies) };
  server = new PageServer({
    title: 'dist', source: new ScrapedMesh(all, { clock: systemClock }), proxies: all, document: readPage(PROGRAMS.page), periodMs: 50, ...options,
  });
  const address = await server.open();
  page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => { if (message.type() === 'error') errors.push(message.text()); });
  await page.goto(address);
  await page.locator('.node').first().waitFor();
}

/** Requests go on as long as the page looks. */
function busy(mesh: ReturnType<typeof shop>): FakeProxy[] {
  let requests = 0;
  for (const proxy of mesh.all) {
    const get = proxy.get.bind(proxy);
    proxy.get = (path) => {
      if (path === '/metrics') {
        requests += 10;
        proxy.lines = [];
        if (mesh.web.includes(proxy)) for (const version of ['v1', 'v2']) proxy.counted(`${OUTBOUND},cluster="catalog-${version}"`, version === 'v1' ? requests * 3 : requests);
        else proxy.counted(INBOUND, requests * 4, 0.004);
      }
      return get(path);
    };
  }
  return mesh.all;
}

test('shows who calls whom, by eye and by ear, and opens a service by the keyboard', async () => {
  const mesh = shop();
  await open(busy(mesh));
  const catalog = page.getByRole('button', { name: /^catalog: .* requests a second, 100 % succeed/ });
  await catalog.waitFor();
  await page.getByRole('table', { name: 'Calls between services' }).getByRole('rowheader', { name: 'web → catalog' }).waitFor();
  await catalog.focus();
  await page.keyboard.press('Enter');
  const drawer = page.getByRole('region', { name: 'Service' });
  expect(await drawer.getByRole('heading', { level: 2 }).textContent()).toBe('catalog');
  await drawer.getByText(/^75 % of requests, declared 90 %/).waitFor();
  // There is nothing to press where the page only looks.
  expect(await drawer.getByRole('button', { name: /Kill|Shift/ }).count()).toBe(0);
  await page.keyboard.press('Escape');
  // This runs in the page, whose globals the types of this project don't know.
  const isFocused = (element: unknown): boolean => (
    element === (globalThis as unknown as { document: { activeElement: unknown } }).document.activeElement);
  expect(await catalog.evaluate(isFocused)).toBe(true);
});

test('tells what happens, with the reason', async () => {
  const mesh = shop();
  await open(busy(mesh));
  for (const { endpoints } of mesh.web) endpoints['catalog-v1'] = [{ address: '10.0.2.1:15006', state: 'ejected', stateReason: '5 errors in a row' }];
  await page.getByRole('log').getByText('catalog-v1-a is ejected: 5 errors in a row (2 pods of shop/web say so)').waitFor();
  await page.locator('.node', { hasText: 'catalog' }).click();
  await page.getByRole('table', { name: 'Pods' }).getByText('5 errors in a row (2 of 2 callers)').waitFor();
});

test('buttons ask for what they say', async () => {
  const performed: Action[] = [];
  await open(busy(shop()), { actions: { controls: () => CONTROLS, perform: (action) => { performed.push(action); return Promise.resolve(`did ${action.type}`); } } });
  await page.locator('.node', { hasText: 'catalog' }).click();
  await page.getByRole('button', { name: 'Kill catalog-v1-a' }).click();
  await page.getByText('did kill').waitFor();
  await page.getByLabel('Weight of v2').fill('40');
  await page.getByRole('button', { name: 'Shift weights' }).click();
  await page.getByText('did weights').waitFor();
  await page.getByLabel('How fast v1 answers').selectOption('300');
  await page.getByText('did behave').waitFor();
  await page.getByRole('button', { name: 'Drop zone' }).click();
  await page.getByText('did dropZone').waitFor();
  expect(performed).toEqual([
    { type: 'kill', pod: 'catalog-v1-a' }, { type: 'weights', service: 'shop/catalog', weights: { v1: 90, v2: 40 } },
    { type: 'behave', service: 'shop/catalog', version: 'v1', delayMs: 300, failPercent: 0 }, { type: 'dropZone', zone: 'a' },
  ]);
});

test('names are text, whatever they are', async () => {
  const hostile = '<img src=x onerror="document.title=1">&lt;b&gt;"\'</text><script>document.title=2</script>';
  const proxy = new FakeProxy(hostile, '10.0.0.1', configOf(hostile, hostile));
  proxy.lastRejected = { hash: 'h', at: '', problems: [hostile] };
  const get = proxy.get.bind(proxy);
  proxy.get = (path) => (path === '/requests'
    ? Promise.resolve(JSON.stringify({ requests: [{ id: '1', time: '', method: 'GET', path: hostile, status: 200, durationMs: 1, attempts: 1, endpoint: hostile }] })) : get(path));
  await open([proxy], { title: hostile });
  await page.locator('.node').click();
  await page.getByRole('button', { name: 'Show requests' }).click();
  await page.getByRole('region', { name: 'Recent requests' }).getByRole('rowheader', { name: hostile }).waitFor();
  expect(await page.locator('img, script, b').evaluateAll((elements) => elements.map(({ tagName }) => tagName))).toEqual(['SCRIPT']);
  expect(await page.title()).toBe(`${hostile} · cdk8s-mesh`);
});

test('a page without the token says what to do', async () => {
  await open(shop().all);
  const { origin } = new URL(page.url());
  await page.goto('about:blank');
  await page.goto(`${origin}/`);
  await page.getByText('the token is missing or of another run').waitFor();
  errors.splice(0);
});

test('of 60 services, a look changes texts and attributes and makes no element', async () => {
  const proxies = Array.from({ length: 60 }, (_, index) => {
    const base = configOf(`service-${index}`);
    const callees = [index * 2 + 1, index * 2 + 2].filter((callee) => callee < 60);
    const proxy = new FakeProxy(`service-${index}-a`, `10.0.1.${index}`, {
      ...base,
      listeners: [...base.listeners, ...callees.map((callee) => ({
        name: `outbound/shop/service-${callee}:80`, direction: 'outbound' as const, address: '127.64.0.1', port: 8_000 + callee,
        routes: [{ name: 'default', split: [{ cluster: `service-${callee}-v1`, weight: 1 }] }],
      }))],
      clusters: [...base.clusters, ...callees.map((callee) => ({
        name: `service-${callee}-v1`, discovery: { type: 'static' as const, endpoints: [{ address: `10.0.1.${callee}`, port: 15_006 }] },
      }))],
    });
    for (const callee of callees) proxy.endpoints[`service-${callee}-v1`] = [{ address: `10.0.1.${callee}:15006` }];
    return proxy;
  });
  let looks = 0;
  for (const proxy of proxies) {
    const get = proxy.get.bind(proxy);
    proxy.get = (path) => {
      if (path === '/metrics') {
        looks += 1;
        proxy.lines = [];
        proxy.counted(INBOUND, looks * looks);
      }
      return get(path);
    };
  }
  await open(proxies);
  expect(await page.locator('.node').count()).toBe(60);
  // The requests of the root come from outside, which is drawn as soon as there are any.
  await page.locator('.outside', { hasText: 'outside' }).first().waitFor();
  // As text, since tests are compiled without the types of browsers.
  const added = await page.evaluate(`(async () => {
    let elements = 0;
    let changes = 0;
    const observer = new MutationObserver((records) => {
      for (const { addedNodes, type } of records) {
        if (type === 'attributes') changes += 1;
        elements += [...addedNodes].filter((node) => node instanceof Element).length;
      }
    });
    observer.observe(document.querySelector('.graph'), { subtree: true, childList: true, attributes: true });
    while (changes < 200) await new Promise((resolve) => requestAnimationFrame(resolve));
    return elements;
  })()`);
  expect(added).toBe(0);
});
