import { isRefusalOfCertificate, wordOf } from '../../../src/proxy/tls/upstream-security';

const errorOf = (code: string, message = ''): NodeJS.ErrnoException => Object.assign(new Error(message), { code });
const onWrite = (number: number): NodeJS.ErrnoException => errorOf('EPROTO', `write EPROTO 400D:error:0A000460:SSL routines:ssl3_read_bytes:tlsv1 alert:../rec_layer_s3.c:918:SSL alert number ${number}\n`);

test.each<[string, NodeJS.ErrnoException]>([
  ['that a certificate is required', errorOf('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED')],
  ['an unknown authority', errorOf('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA')],
  ['a certificate that has expired', errorOf('ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED')],
  ['a bad certificate', errorOf('ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE')],
  ...[40, 42, 43, 44, 45, 46, 48, 49, 51, 116].map((number): [string, NodeJS.ErrnoException] => [`alert ${number}, found on writing`, onWrite(number)]),
])('an alert says that our certificate was refused: %s', (_, error) => {
  expect(isRefusalOfCertificate(wordOf(error))).toBe(true);
});

test.each<[string, NodeJS.ErrnoException]>([
  ['a reset', errorOf('ECONNRESET')],
  ['an error of the server', errorOf('ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR')],
  ['the same, found on writing', onWrite(80)],
  ['a broken record', onWrite(20)],
  ['a broken pipe', errorOf('EPIPE')],
])('%s says nothing of it, so the request may have been seen', (_, error) => {
  expect(isRefusalOfCertificate(wordOf(error))).toBe(false);
});
