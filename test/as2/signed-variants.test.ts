import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { strictPolicy } from '../../src/as2/policy.ts';
import { parseEntity } from '../../src/mime/entity.ts';
import { signedVariants } from '../../src/as2/signed-variants.ts';
import { IntegrityCheckFailed } from '../../src/errors.ts';
import { unwrap } from '../support/unwrap.ts';
import { identity } from '../support/identities.ts';
import { bytesOf, collect } from '../support/bytes.ts';
import { signedDetached } from './by-hand.ts';

const policy = { ...strictPolicy, allowUnencrypted: true };

async function received(signed: string, sent: string) {
  const partner = await identity('partner');
  const { headers, body } = await signedDetached(Buffer.from(signed), partner, { digest: 'sha256' }, Buffer.from(sent));
  const context = { keys: [], pinned: [partner.certificate], policy, micDigest: 'sha256' as const };
  return unwrap({ headers, body: bytesOf(body) }, context);
}

describe('signed parts whose line ends changed on the way', () => {
  const rows: [variant: string, signed: string, sent: string][] = [
    ['as-received', 'Content-Type: text/plain\r\n\r\na\r\nb', 'Content-Type: text/plain\r\n\r\na\r\nb'],
    ['as-received', 'Content-Type: a/b\n\na\nb', 'Content-Type: a/b\n\na\nb'],
    ['header-lines-crlf', 'Content-Type: a/b\r\n\r\na\nb', 'Content-Type: a/b\n\na\nb'],
    ['all-lines-crlf', 'Content-Type: text/plain\r\n\r\na\r\nb', 'Content-Type: text/plain\n\na\nb'],
    [
      'all-lines-crlf',
      'Content-Type: a/b\r\nContent-Transfer-Encoding: 7bit\r\n\r\na\r\nb',
      'Content-Type: a/b\nContent-Transfer-Encoding: 7bit\n\na\nb',
    ],
    ['as-received, line end added', 'Content-Type: a/b\r\n\r\na\r\n', 'Content-Type: a/b\r\n\r\na'],
    ['as-received, line end removed', 'Content-Type: a/b\r\n\r\na', 'Content-Type: a/b\r\n\r\na\r\n'],
    ['header-lines-crlf, line end removed', 'Content-Type: a/b\r\n\r\na\nb', 'Content-Type: a/b\n\na\nb\n'],
    ['all-lines-crlf, line end added', 'Content-Type: text/x\r\n\r\na\r\nb\r\n', 'Content-Type: text/x\n\na\nb'],
  ];
  for (const [variant, signed, sent] of rows)
    it(`${variant}: the MIC and the payload are of the bytes that verified`, async () => {
      const found = await received(signed, sent);
      assert.equal(found.facts.signature?.variant, variant);
      assert.deepEqual(found.mic.value, createHash('sha256').update(signed).digest());
      assert.equal(collect(found.payload.content).toString(), signed.replace(/^[^]*?\n\r?\n/, ''));
    });

  it('RFC 4130 §5.2.1: a binary body is never converted', async () => {
    for (const type of ['a/b', 'text/plain\nContent-Transfer-Encoding: binary'])
      await assert.rejects(
        received(`Content-Type: ${type.replace('\n', '\r\n')}\r\n\r\na\r\nb`, `Content-Type: ${type}\n\na\nb`),
        IntegrityCheckFailed,
      );
  });

  it('canonical bytes have few variants, and none twice', () => {
    const part = Buffer.from('Content-Type: text/plain\r\n\r\na');
    assert.deepEqual(
      [...signedVariants(parseEntity(part))].map(({ name }) => name),
      ['as-received, line end added'],
    );
  });

  it('a large part has none but itself', () => {
    const part = Buffer.concat([Buffer.from('Content-Type: text/plain\n\n'), Buffer.alloc(16 * 1024 * 1024, '\n')]);
    assert.deepEqual([...signedVariants(parseEntity(part))], []);
  });
});
