/** What holds for routes of any conditions and parts: documents that the proxy takes and routes by, or a refusal in the user's words. */
import { Testing } from 'cdk8s';
import * as fc from 'fast-check';
import { ExternalEndpoints, ExternalService, MeshService } from '../../src';
import { PropMistakes } from '../../src/constructs/props/validation-errors';
import { findOverlaps, RouteTable } from '../../src/routing';
import { anyRoute } from '../support/any-route';
import { documentOf, newChart } from '../support/manifests';
import { expectSound } from './sound';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];

beforeAll(() => { jest.spyOn(process.stderr, 'write').mockReturnValue(true); });
afterAll(() => { jest.restoreAllMocks(); });

test('GIVEN any routes, they are in a sound document where each is reached, or are refused in the words of their author', () => {
  let sound = 0;
  fc.assert(fc.property(fc.array(anyRoute, { minLength: 1, maxLength: 3 }), fc.boolean(), (routes, ofService) => {
    const chart = newChart();
    const [web, cart, catalog, search] = ['web', 'cart', 'catalog', 'search'].map((name) => new MeshService(chart, name, { containers }));
    catalog.addVersion('v2', { containers, weight: 5 });
    const outside = new ExternalService(chart, 'outside', { endpoints: ExternalEndpoints.dns('api.example.com') });
    try {
      const made = routes.map((make) => make([catalog, search, outside], [web, cart]));
      if (ofService) made.forEach((route) => catalog.addRoute(route));
      cart.calls(catalog);
      web.calls(catalog, ofService ? {} : { routes: made });
      const manifests = Testing.synth(chart);
      expectSound(manifests);
      for (const caller of ['web-v1', 'cart-v1']) {
        const { routes: written } = documentOf(manifests, caller).listeners.find(({ name }) => name === 'outbound/shop/catalog:80')!;
        const table = RouteTable.of(written);
        expect(table).toBeInstanceOf(RouteTable);
        // One that is for all callers may be behind one for this caller.
        if (!ofService) expect(findOverlaps(table as RouteTable).unreachable).toEqual([]);
        expect(written.filter(({ matches }) => matches === undefined)).toHaveLength(1);
      }
      sound++;
    } catch (error) {
      if (!(error instanceof Error) || (error.constructor !== Error && !(error instanceof PropMistakes))) throw error;
      expect(error.message).not.toContain('would be refused by the proxy');
      expect(error.message).toMatch(/'(addRoute\((Route\.|'|Match\.caller)|calls\(catalog\)\.routes\[)|catalog.*by route '/);
    }
  }), { numRuns: 150 });
  expect(sound).toBeGreaterThan(15);
});
