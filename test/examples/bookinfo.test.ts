import { Bookinfo } from '../../examples/bookinfo/bookinfo';
import { meshOf } from '../../src/testing';
import { expectRestricted, expectSound } from '../constructs/sound';
import { inventory } from '../support/manifests';
import { PortedStack } from './ported-stack';

describe('bookinfo', () => {
  const stack = new PortedStack((app) => new Bookinfo(app, 'bookinfo'));
  afterAll(() => stack.remove());
  const mesh = meshOf(stack.manifests);

  test('has the objects and routes of the snapshot', () => {
    expect(inventory(stack.manifests)).toMatchSnapshot();
    expect(mesh.routes()).toMatchSnapshot();
  });

  test('consists of objects that Kubernetes accepts and pods that are restricted', () => {
    expectSound(stack.manifests);
    expectRestricted(stack.manifests);
  });

  test('has no findings', async () => {
    expect(await stack.check()).toMatchObject({ code: 0, text: expect.stringContaining('nothing found') as string });
  });

  test('spreads reviews evenly, and lets in the pages that it has', () => {
    mesh.expectRequest('productpage', 'GET http://reviews/reviews/0').toBeSplit({ v1: 100 / 3, v2: 100 / 3, v3: 100 / 3 });
    mesh.expectRequest('edge', 'GET https://bookinfo.example.com/static/x.css').toReach('productpage');
    mesh.expectRequest('edge', 'GET https://bookinfo.example.com/health').toBeRefused(404);
  });

  test('lets only the versions of reviews that show stars ask for them', () => {
    mesh.expectRequest('reviews@v2', 'GET http://ratings/ratings/0').toReach('ratings');
    mesh.expectRequest('reviews@v1', 'GET http://ratings/ratings/0').toPassTheSidecar();
  });

  test('answers each call on this machine, with stand-ins for its apps', async () => {
    expect(await stack.run('edge', '/productpage')).toEqual({
      'outside -> edge': 'v1',
      'edge.bookinfo -> productpage.bookinfo': 'v1',
      'productpage.bookinfo -> details.bookinfo': 'v1',
      'productpage.bookinfo -> ratings.bookinfo': 'v1',
      'productpage.bookinfo -> reviews.bookinfo': 'v1, v2, v3',
      'reviews.bookinfo -> ratings.bookinfo': 'v1',
    });
  }, 60_000);
});
