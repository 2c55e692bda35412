/** What is shown of programs that crashed: outputs as they are printed by Node 20, Python 3.11, Java 17, Go 1.24, Ruby 3 and npm 11. */
import { TerminationMessage } from '../../../../src/cli/up/processes/termination-message';

function wordsOf(output: string): readonly string[] {
  const words = new TerminationMessage();
  for (const line of output.split('\n')) words.add(line);
  return words.lines;
}

const NODE = `/app/server.js:2
function connect(config) { throw new TypeError('database.url is not set'); }
                           ^

TypeError: database.url is not set
    at connect (/app/server.js:2:34)
    at boot (/app/server.js:3:26)
    at Object.<anonymous> (/app/server.js:4:1)
    at Module._compile (node:internal/modules/cjs/loader:1521:14)
    at Module._extensions..js (node:internal/modules/cjs/loader:1623:10)
    at Module.load (node:internal/modules/cjs/loader:1266:32)
    at Module._load (node:internal/modules/cjs/loader:1091:12)
    at Function.executeUserEntryPoint [as runMain] (node:internal/modules/run_main:164:12)
    at node:internal/main/run_main_module:28:49

Node.js v20.20.2`;

const NODE_MODULE = `node:internal/modules/esm/resolve:283
    throw new ERR_MODULE_NOT_FOUND(
          ^

Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/app/nosuch.js' imported from /app/b.mjs
${'    at finalizeResolution (node:internal/modules/esm/resolve:283:11)\n'.repeat(8)} {
  code: 'ERR_MODULE_NOT_FOUND',
  url: 'file:///app/nosuch.js'
}

Node.js v20.20.2`;

const NPM = `> shop@1.0.0 start
> node server.js

${NODE}
npm error Lifecycle script \`start\` failed with error:
npm error code 1
npm error path /app
npm error workspace shop@1.0.0
npm error location /app
npm error command failed
npm error command sh -c node server.js`;

const PYTHON = `Traceback (most recent call last):
  File "/app/a.py", line 3, in <module>
    f()
  File "/app/a.py", line 2, in f
    raise ValueError("no url")
ValueError: no url`;

const JAVA = `Exception in thread "main" java.lang.IllegalStateException: no data source
${'\tat com.acme.shop.Main.main(Main.java:12)\n'.repeat(20)}Caused by: java.net.ConnectException: Connection refused
${'\tat java.base/sun.nio.ch.Net.connect0(Native Method)\n'.repeat(10)}\t... 14 more`;

const GO = `panic: assignment to entry in nil map

goroutine 1 [running]:
main.main()
\t/app/m.go:2 +0x28
${'\ngoroutine 6 [chan receive]:\nnet/http.(*Server).Serve(0x14, {0x1})\n\t/usr/local/go/src/net/http/server.go:3260 +0x4c\n'.repeat(10)}exit status 2`;

const RUBY = `/app/a.rb:2:in \`f': no url (RuntimeError)
${'\tfrom /app/a.rb:5:in `<main>\'\n'.repeat(12)}`;

test.each<[string, string, string]>([
  ['Node', NODE, 'TypeError: database.url is not set'],
  ['a module that Node does not find', NODE_MODULE, "Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/app/nosuch.js' imported from /app/b.mjs"],
  ['npm', NPM, 'TypeError: database.url is not set'],
  ['Python', PYTHON, 'ValueError: no url'],
  ['Java', JAVA, 'Exception in thread "main" java.lang.IllegalStateException: no data source'],
  ['a cause in Java', JAVA, 'Caused by: java.net.ConnectException: Connection refused'],
  ['Go', GO, 'panic: assignment to entry in nil map'],
  ['Ruby', RUBY, "/app/a.rb:2:in `f': no url (RuntimeError)"],
])('the error of %s is among them', (_, output, line) => {
  const words = wordsOf(output);
  expect(words).toContain(line);
  expect(words.length).toBeLessThanOrEqual(8);
});

test('an error stays, however much is said after it', () => {
  const after = Array.from({ length: 30 }, (_, index) => `closing connection ${index}`);
  expect(wordsOf(['listening', 'Error: no disk space', ...after].join('\n'))).toEqual(['Error: no disk space', ...after.slice(-7)]);
});

test('where nothing else was said, the last lines are shown as they are', () => {
  expect(wordsOf('exit status 2')).toEqual(['exit status 2']);
  expect(wordsOf('one\ntwo')).toEqual(['one', 'two']);
  expect(new TerminationMessage().lines).toEqual([]);
});

test('a line as long as a bundle is cut', () => {
  expect(wordsOf(`x${'y'.repeat(1_000_000)}`)[0]).toHaveLength(404);
});
