"""Handshakes that no honest client makes, by tlslite-ng: malformed.py PORT CERTIFICATE KEY OTHER_KEY. Prints what became of each, as JSON."""
import json
import socket
import struct
import sys

from tlslite.api import HandshakeSettings, TLSConnection, X509CertChain, parsePEMKey
from tlslite.errors import TLSAbruptCloseError, TLSRemoteAlert
from tlslite.keyexchange import KeyExchange
from tlslite.messages import Finished
from tlslite.x509 import X509

PORT = int(sys.argv[1])
PATIENCE = 30
ALPN = [bytearray(b'mesh/h1')]


def read(path):
    with open(path) as file:
        return file.read()


def chain():
    parsed = X509CertChain()
    parsed.parsePemList(read(sys.argv[2]))
    return parsed


def connect():
    connection = socket.create_connection(('127.0.0.1', PORT))
    connection.settimeout(PATIENCE)
    return connection


def settings(**changes):
    made = HandshakeSettings()
    made.minVersion = made.maxVersion = (3, 4)
    # OpenSSL in Node knows none.
    made.certificate_compression_send = made.certificate_compression_receive = []
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def record(kind, body, version=0x0301):
    return struct.pack('!BHH', kind, version, len(body)) + body


def raw(*sent):
    """Sends bytes, and reads until the server is done with them."""
    with connect() as connection:
        try:
            for each in sent:
                connection.sendall(each)
            answer = b''
            while True:
                more = connection.recv(65536)
                if not more:
                    return answer
                answer += more
        except ConnectionError:
            return b''


def shake(own_chain=None, key=None, **changes):
    """A handshake to its end, and a request; returns the answer."""
    connection = TLSConnection(connect())
    connection.handshakeClientCert(own_chain, key, settings=settings(**changes), alpn=ALPN)
    connection.write(b'GET / HTTP/1.1\r\nHost: catalog\r\n\r\n')
    answer = b''
    while b'\r\n\r\n' not in answer:
        more = connection.read(max=65536, min=1)
        if not more:
            break
        answer += bytes(more)
    connection.sock.close()
    return answer


def with_patch(owner, name, replacement, run):
    original = getattr(owner, name)
    setattr(owner, name, replacement(original))
    try:
        return run()
    finally:
        setattr(owner, name, original)


def garbage_chain(der):
    certificate = X509()
    certificate.bytes = bytearray(der)
    certificate.certAlg = 'ecdsa'
    certificate.publicKey = chain().x509List[0].publicKey
    return X509CertChain([certificate])


def wrong_finished():
    def replacement(original):
        def create(self, verify_data):
            return original(self, bytearray(b ^ 0xff for b in verify_data))
        return create
    return with_patch(Finished, 'create', replacement, lambda: shake(chain(), key()))


def key():
    return parsePEMKey(read(sys.argv[3]), private=True)


def other_key():
    return parsePEMKey(read(sys.argv[4]), private=True)


HELLO = bytes([1, 0, 0, 4]) + b'\x03\x03\x00\x00'
CASES = {
    'a record longer than any may be': lambda: raw(struct.pack('!BHH', 22, 0x0301, 0xffff) + b'\x01' * 0xffff),
    'a message of 16 MiB that never ends': lambda: raw(record(22, b'\x01\xff\xff\xff' + b'\x00' * 1000)),
    'a record of length 0': lambda: raw(record(22, b'')),
    'a thousand empty records': lambda: raw(record(22, b'') * 1000),
    'a hello that ends in its middle': lambda: raw(record(22, HELLO)),
    'application data before any handshake': lambda: raw(b'\x16' + record(23, b'GET / HTTP/1.1\r\n\r\n')),
    'a change of cipher before any handshake': lambda: raw(b'\x16\x03\x01\x00\x01\x01', record(20, b'\x01') * 100),
    'an alert in place of a hello': lambda: raw(b'\x16\x03\x01\x00\x01\x01', record(21, b'\x02\x28')),
    'SSL 2': lambda: raw(b'\x16\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10' + b'\x01' * 40),
    'TLS 1.2 alone': lambda: shake(minVersion=(3, 3), maxVersion=(3, 3)),
    'groups of finite fields alone': lambda: shake(keyShares=['ffdhe2048'], eccCurves=[], dhGroups=['ffdhe2048']),
    'no certificate': shake,
    'a certificate of another key': lambda: shake(chain(), other_key()),
    'a certificate of garbage': lambda: shake(garbage_chain(b'\x30\x82\xff\xff' + b'\x00' * 100), key()),
    'a certificate of 60 KB': lambda: shake(garbage_chain(b'\x30\x82\xea\x60' + b'\x05\x00' * 30000), key()),
    'a finished message that is wrong': wrong_finished,
    'an honest handshake': lambda: shake(chain(), key()),
}

results = {}
for name, run in CASES.items():
    try:
        results[name] = 'answered: ' + run().decode('latin1')[:400]
    except TLSRemoteAlert as error:
        results[name] = 'alert: ' + str(error)
    except (TLSAbruptCloseError, ConnectionError) as error:
        results[name] = 'closed: ' + type(error).__name__
    except socket.timeout:
        results[name] = 'hangs'
print(json.dumps(results))
