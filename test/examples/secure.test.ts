import { Testing } from 'cdk8s';
import { SecureShop } from '../../examples/secure/secure-shop';
import { meshOf } from '../../src/testing';
import { expectRestricted, expectSound } from '../constructs/sound';

describe('the secure example', () => {
  const manifests = Testing.synth(new SecureShop(Testing.app(), 'secure-shop'));
  const mesh = meshOf(manifests);

  test('is the YAML of the snapshot', () => {
    expect(manifests).toMatchSnapshot();
  });

  test('consists of objects that Kubernetes accepts and pods that are restricted', () => {
    expectSound(manifests);
    expectRestricted(manifests);
  });

  test('lets clients in by a token, and staff further', () => {
    const expectClient = (path: string, claims?: Record<string, string>) => (
      mesh.expectRequest('edge', `GET https://shop.example.com${path}`, claims ? { claims } : {}));
    expectClient('/').toBeRefused(403);
    expectClient('/', { sub: 'ann' }).toReach('web');
    expectClient('/', { sub: 'ann', aud: 'other' }).toBeRefused(401);
    expectClient('/orders/7', { sub: 'ann' }).toBeAnswered(404);
    expectClient('/orders/7', { groups: 'staff' }).toReach('orders');
  });

  test('lets services send what is declared, and nothing else', () => {
    mesh.expectRequest('orders', 'POST http://ledger/entries').toReach('ledger');
    mesh.expectRequest('orders', 'GET http://ledger/entries').toBeRefused(403);
    mesh.expectRequest('web', 'GET http://catalog/items').toReach('catalog');
    mesh.expectRequest('web', 'DELETE http://catalog/items').toBeRefused(403);
  });
});
