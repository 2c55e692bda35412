/** Query parameters. */
import type { ConformanceGroup } from './group';
import { header, prefix, query } from './matches';

export const QUERY_GROUPS: readonly ConformanceGroup[] = [
  {
    name: 'query parameters (httproute-query-param-matching)',
    routes: {
      whale: [query({ animal: 'whale' })],
      dolphin: [query({ animal: 'dolphin' })],
      blueDolphin: [query({ animal: 'dolphin', color: 'blue' })],
      colour: [query({ ANIMAL: 'Whale' })],
    },
    requests: [
      ['/?animal=whale', 'whale'], ['/?animal=dolphin', 'dolphin'], ['/?animal=dolphin&color=blue', 'blueDolphin'], ['/?color=blue&animal=dolphin', 'blueDolphin'],
      ['/?animal=dolphin&color=red', 'dolphin'], ['/?animal=shark', undefined], ['/?color=blue', undefined], ['/', undefined], ['/?ANIMAL=Whale', 'colour'],
      ['/?animal=Whale', undefined], ['/?ANIMAL=whale', undefined], ['/?animal=whales', undefined], ['/?animal=', undefined], ['/?animal', undefined],
      ['/?xanimal=whale', undefined], ['/?animalx=whale', undefined], ['/animal=whale', undefined], ['/?x=animal=whale', undefined], ['/?a&animal=whale', 'whale'],
      ['/?&&animal=whale&', 'whale'],
    ],
  },
  {
    name: 'query parameters beside paths and fields (httproute-query-param-matching)',
    routes: {
      path1: [prefix('/path1', query({ animal: 'whale' }))],
      header1: [{ ...query({ animal: 'whale' }), ...header({ version: 'one' }) }],
      path2: [prefix('/path2', { ...query({ animal: 'whale' }), ...header({ version: 'two' }) })],
      path3: [prefix('/path3', query({ animal: 'shark' })), prefix('/path4', { ...query({ animal: 'dolphin' }), ...header({ version: 'three' }) })],
      path5: [prefix('/path5', query({ animal: 'hydra' }))],
      hydraFour: [{ ...query({ animal: 'hydra' }), ...header({ version: 'four' }) }],
    },
    requests: [
      ['/path1?animal=whale', 'path1'], ['/?animal=whale | version: one', 'header1'], ['/path2?animal=whale | version: two', 'path2'], ['/path3?animal=shark', 'path3'],
      ['/path4?animal=dolphin | version: three', 'path3'], ['/path5?animal=hydra', 'path5'], ['/path5?animal=hydra | version: four', 'path5'],
      ['/?animal=hydra | version: four', 'hydraFour'], ['/path1?animal=shark', undefined], ['/path2?animal=whale', undefined], ['/?animal=hydra', undefined],
    ],
  },
  {
    name: 'of repeated parameters the first counts',
    routes: { a: [query({ v: 'a' })], b: [query({ v: 'b' })] },
    requests: [['/?v=a&v=b', 'a'], ['/?v=b&v=a', 'b'], ['/?v=x&v=a', undefined], ['/?v&v=a', undefined], ['/?V=b&v=a', 'a'], ['/?v=&v=b', undefined]],
  },
  {
    name: 'parameters are compared decoded, once',
    routes: { text: [query({ q: 'a b&c=d' })], bracket: [query({ 'filter[x]': '1' })], percent: [query({ p: '%41' })] },
    requests: [
      ['/?q=a+b%26c%3Dd', 'text'], ['/?q=a%20b%26c%3dd', 'text'], ['/?%71=a+b%26c=d', 'text'], ['/?q=a%2Bb', undefined],
      ['/?filter[x]=1', 'bracket'], ['/?filter%5Bx%5D=1', 'bracket'], ['/?p=%2541', 'percent'], ['/?p=%41', undefined], ['/?p=%', undefined], ['/?p=%4', undefined],
    ],
  },
  {
    name: 'a parameter that is there, and one by an expression',
    routes: { debug: [{ query: [{ name: 'debug' }] }], page: [{ query: [{ name: 'page', regex: '[0-9]+' }] }], empty: [query({ e: '' })] },
    requests: [
      ['/?debug', 'debug'], ['/?debug=', 'debug'], ['/?debug=0', 'debug'], ['/?page=7', 'page'], ['/?page=x', undefined], ['/?page=', undefined], ['/?page=7x', undefined],
      ['/?e', 'empty'], ['/?e=', 'empty'], ['/?e=1', undefined], ['/?DEBUG', undefined],
    ],
  },
];
