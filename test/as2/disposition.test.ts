import assert from 'node:assert/strict';
import fc from 'fast-check';
import { dispositionOf, formatDisposition, parseDisposition, processed } from '../../src/as2/disposition.ts';
import { DecryptionFailed, UnsupportedMicAlgorithms } from '../../src/errors.ts';

const automatic = 'automatic-action/MDN-sent-automatically; ';

describe('disposition', () => {
  it('RFC 4130 §7.5: is written as the RFC spells it', () => {
    assert.equal(formatDisposition(processed), `${automatic}processed`);
    assert.equal(
      formatDisposition(dispositionOf(new DecryptionFailed('x'))),
      `${automatic}processed/error: decryption-failed`,
    );
    assert.equal(
      formatDisposition(dispositionOf(new UnsupportedMicAlgorithms('x'))),
      `${automatic}failed/failure: unsupported MIC-algorithms`,
    );
  });

  const readings: [text: string, type?: string, modifier?: string, text?: string][] = [
    [`${automatic}processed`, 'processed'],
    [`${automatic}processed/error: decryption-failed`, 'processed', 'error', 'decryption-failed'],
    [`${automatic}processed/Error:Foo`, 'processed', 'error', 'Foo'],
    [
      'manual-action/MDN-sent-manually;\tPROCESSED/Warning: duplicate, processing continued',
      'processed',
      'warning',
      'duplicate, processing continued',
    ],
    ['MDN-sent-automatically;processed', 'processed'],
    ['processed', 'processed'],
    ['automatic-action/MDN-sent-automatically;processed; error', 'processed', 'error'],
    ['automatic-action / MDN-sent-automatically ; processed / error : a\r\n b', 'processed', 'error', 'a b'],
    [`${automatic}failed/Failure: unsupported format`, 'failed', 'failure', 'unsupported format'],
    [`${automatic}processed/failed: x`, 'processed', 'failed', 'x'],
    [`${automatic}failed`, 'failed'],
    [`${automatic}displayed`, 'displayed'],
    [`${automatic}processed/error:`, 'processed', 'error'],
    [automatic],
    ['unprocessed'],
    ['processed-not'],
    [`${automatic}processed error`],
    [''],
  ];
  for (const [value, type, modifier, text] of readings)
    it(`RFC 4130 §7.4.3: reads ${JSON.stringify(value)}`, () => {
      const disposition = parseDisposition(value);
      assert.equal(disposition?.type, type);
      assert.equal(disposition?.modifier, modifier);
      assert.equal(disposition?.text, text);
    });

  it('what is formatted is read as the same', () => {
    const text = fc.stringMatching(/^[!-~](?:[!-~ ]{0,30}[!-~])?$/).map((found) => found.replace(/ +/g, ' '));
    const any = fc.record(
      {
        type: fc.constantFrom('processed', 'failed'),
        modifier: fc.constantFrom('error', 'failure', 'warning'),
        text,
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(any, (disposition) =>
        assert.deepEqual(parseDisposition(formatDisposition(disposition)), disposition),
      ),
    );
  });

  it('hostile text gives a disposition or nothing, in no time', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseDisposition(text)));
    for (const text of [';'.repeat(100_000), `processed${' '.repeat(100_000)}x`, '; processed/'.repeat(20_000)]) {
      const start = performance.now();
      parseDisposition(text);
      assert.ok(performance.now() - start < 2000);
    }
  });

  it('a text behind an equals sign is read, as libas2 writes it', () => {
    const told = 'automatic-action/MDN-sent-automatically; failed/failure=unsupported format';
    assert.deepEqual(parseDisposition(told), { type: 'failed', modifier: 'failure', text: 'unsupported format' });
  });
});
