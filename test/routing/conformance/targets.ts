/** Forms of targets, and targets that are refused. */
import type { ConformanceGroup } from './group';
import { exact, prefix, query, regex } from './matches';

export const TARGET_GROUPS: readonly ConformanceGroup[] = [
  {
    name: 'the whole server is no path',
    routes: { root: [prefix('/')], regex: [regex('.*')], all: [{ method: 'OPTIONS' }] },
    requests: [['OPTIONS *', 'all'], ['OPTIONS /', 'regex'], ['GET *', '!target_form'], ['OPTIONS **', '!target_form'], ['/', 'regex']],
  },
  { name: 'no route for the whole server', routes: { root: [prefix('/')], exact: [exact('/a')] }, requests: [['OPTIONS *', undefined], ['OPTIONS /a', 'exact']] },
  {
    name: 'URLs',
    routes: { root: [exact('/')], a: [prefix('/a')], q: [query({ q: '1' })] },
    requests: [
      ['http://shop.example.com', 'root'], ['http://shop.example.com/', 'root'], ['http://shop.example.com/a/b', 'a'], ['https://shop.example.com/a?q=1', 'a'],
      ['http://shop.example.com/b?q=1', 'q'], ['http://shop.example.com?q=1', 'root'], ['http://shop.example.com//a', undefined], ['http://shop.example.com/x/../a', 'a'],
    ],
  },
  {
    name: 'targets that are refused, whatever the routes',
    routes: { all: [{}] },
    requests: [
      ['CONNECT shop.example.com:443', '!connect_target'], ['CONNECT /', '!connect_target'], ['a', '!target_form'], ['shop.example.com/a', '!target_form'],
      ['ftp://shop.example.com/', '!target_form'], ['http://', '!target_form'], ['http:///a', '!target_form'], ['http://user@shop.example.com/', '!target_form'],
      ['/a%00', '!path_nul'], ['/a%', '!path_escape'], ['/a%2Fb', '!path_encoded_slash'], ['/a%5cb', '!path_encoded_backslash'], ['/a\\b', '!path_backslash'],
      ['/a#b', '!path_fragment'], ['/a/..;/b', '!path_dot_segment'], ['/%c0%af', '!path_overlong'], ['/caf\u00e9', '!path_character'],
      ['http://shop.example.com/%2f', '!path_encoded_slash'],
    ],
  },
];
