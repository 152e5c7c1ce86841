import assert from 'node:assert/strict';

import { signDetached } from '../../src/as2/sign-detached.ts';
import { gather, sourceOf } from '../../src/bytes/source.ts';
import { testIdentity } from '../support/openssl.ts';

describe('multipart/signed', () => {
  const content = sourceOf(Buffer.from('Content-Type: text/plain\r\n\r\nUNB+UNOC:3'));

  for (const [name, kind] of [
    ['RSA', 'rsa'],
    ['ECDSA, whose signatures are of different lengths', 'ec'],
  ] as const)
    it(`has the length that was told before it was signed, and nothing follows its last delimiter: ${name}`, () => {
      for (let time = 0; time < 60; time++) {
        const { body } = signDetached(content, 'LIMIT', { identity: testIdentity(kind, 'us'), digest: 'sha256' });
        const bytes = gather(body.pieces());
        assert.equal(bytes.length, body.size);
        assert.ok(bytes.toString('latin1').endsWith('\r\n--LIMIT--\r\n'));
      }
    });
});
