import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Interchange, type Message, allFindings } from '../../src/edifact/interchange.ts';
import { type Agreement, judgeByAgreement } from '../../src/edifact/agreement.ts';
import { loadDirectory } from '../../src/edifact/directory.ts';
import { payloadReader } from '../../src/edifact/payload.ts';
import { readInterchange, readInterchanges } from '../../src/edifact/reader.ts';
import { EDIFACT_LIMITS } from '../../src/limits.ts';
import { faultsIn, interchange, message, read } from './samples.ts';

const agreement: Agreement = {
  recipients: [{ id: 'USCBP', qualifier: 'ZZZ' }],
  senders: [{ id: 'NZMPI' }, { id: 'AUDAFF' }],
  messages: [{ type: 'SANCRT', version: 'D', release: '97B', agency: 'UN' }],
  maxMessages: 3000,
  mixedTypes: false,
  duplicate: false,
};
const good = interchange([message('1'), message('2')]);
const judged = (text: string, change: Partial<Agreement> = {}) =>
  faultsIn(judgeByAgreement(read(text), { ...agreement, ...change }));

describe('what breaks the agreement with the partner', () => {
  it('nothing, when all is as agreed; a qualifier left out matches any', () => assert.deepEqual(judged(good), []));
  it('23: an unknown sender', () => assert.deepEqual(judged(good, { senders: [{ id: 'NZMPI' }] }), ['UCI 23 UNB']));
  it('7: a recipient who is not us, by the qualifier too', () => {
    assert.deepEqual(judged(good, { recipients: [{ id: 'USFDA' }] }), ['UCI 7 UNB']);
    assert.deepEqual(judged(good, { recipients: [{ id: 'USCBP', qualifier: '1' }] }), ['UCI 7 UNB']);
  });
  it('26: a control reference that was used before', () => {
    assert.deepEqual(judged(good, { duplicate: true }), ['UCI 26 UNB']);
  });
  it('17: more messages than agreed', () => {
    const many = (count: number) =>
      interchange(Array.from({ length: count }, (_, index) => message(String(index + 1))));
    assert.deepEqual(judged(many(3000)), []);
    assert.deepEqual(judged(many(3001)), ['UCI 17 UNZ']);
  });
  it('17: a type or release that is not agreed on, for that message alone', () => {
    assert.deepEqual(judged(interchange([message('1', 'SANCRT:D:96B:UN'), message('2')])), ['UCM 17 UNH']);
  });
  it('14: a second type of message, unless that is agreed on', () => {
    const text = interchange([message('1'), message('2', 'REQDOC:D:97B:UN')]);
    assert.deepEqual(judged(text), ['UCM 14 UNH']);
    const messages = [...agreement.messages, { type: 'REQDOC', version: 'D', release: '97B', agency: 'UN' }];
    assert.deepEqual(judged(text, { mixedTypes: true }), ['UCM 17 UNH']);
    assert.deepEqual(judged(text, { mixedTypes: true, messages }), []);
  });
  it('one code for a type that is in no directory: 17, or 14 where it is mixed with another', () => {
    const unknown = (messages: readonly string[]) => {
      const settings = { ...EDIFACT_LIMITS, directories: loadDirectory };
      return faultsIn(judgeByAgreement(readInterchange(Buffer.from(interchange(messages)), settings), agreement));
    };
    assert.deepEqual(unknown([message('1', 'FOOBAR:D:97B:UN')]), ['UCM 17 UNH']);
    assert.deepEqual(unknown([message('1'), message('2', 'FOOBAR:D:97B:UN')]), ['UCM 14 UNH']);
    assert.deepEqual(unknown([message('1', 'FOOBAR:D:97B:UN').replace('UNT+3', 'UNT+4')]), ['UCM 17 UNH', 'UCM 29 UNT']); // prettier-ignore
  });
  it('CONTRL beside another type is taken, whichever comes first', () => {
    const [sancrt, contrl] = [message('1'), message('2', 'CONTRL:D:3:UN')];
    for (const messages of [
      [sancrt, contrl],
      [contrl, sancrt],
    ]) {
      assert.deepEqual(judged(interchange(messages)), []);
    }
  });
  it('CONTRL is always taken', () => assert.deepEqual(judged(interchange([message('1', 'CONTRL:D:3:UN')])), []));
});

describe('judging what was streamed', () => {
  const settings = { ...EDIFACT_LIMITS, directories: loadDirectory, groups: true };
  const group = (text: string) => `UNG+SANCRT+A:ZZZ+B:ZZZ+261102:0930+G1+UN+D:97B'${text}UNE+1+G1'`;
  const texts = [
    interchange([message('1'), message('2', 'REQDOC:D:97B:UN'), message('2', 'FOOBAR:D:97B:UN'), message('4')]),
    interchange([group(message('1', undefined, ['BGM+811', 'PNA+IM', 'MEA+AAJ+AAI+PCX:1']))]),
    interchange([message('1'), message('2', 'CONTRL:D:3:UN', ['UCI+R+A+B+7'])]).replace('AUDAFF', 'NOBODY'),
  ];
  const told = (interchanges: readonly Interchange[]) =>
    interchanges
      .map((one) => judgeByAgreement(one, { ...agreement, maxMessages: 3 }))
      .map((one) => [allFindings(one), one.warnings, one.messageCount]);

  /** Message by message, UNH alone kept of each, the payload cut anywhere. */
  function streamed(bytes: Buffer, cuts: readonly number[]): Interchange[] {
    const interchanges: Interchange[] = [];
    let messages: Message[] = [];
    const reader = payloadReader({ ...settings, headersOnly: true }, (event) => {
      if (event.kind === 'message') messages.push(event.message);
      if (event.kind !== 'closed') return;
      interchanges.push({ ...event.interchange, messages });
      messages = [];
    });
    const places = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
    for (const [index, to] of places.slice(1).entries()) reader.push(bytes.subarray(places[index], to));
    reader.end();
    return interchanges;
  }

  it('finds the same as in memory, whatever is wrong and wherever it is cut', () => {
    const whole = texts.join('\r\n');
    const damage = fc.tuple(
      fc.nat(whole.length),
      fc.constantFrom("'", '+', ':', '?', 'X', "ZZX+1'", "UNZ+1+X'", '\x07'),
    );
    fc.assert(
      fc.property(
        fc.array(damage, { maxLength: 4 }),
        fc.array(fc.nat(whole.length), { maxLength: 8 }),
        (faults, cuts) => {
          const text = faults.reduce((before, [at, what]) => before.slice(0, at) + what + before.slice(at), whole);
          const bytes = Buffer.from(text, 'latin1');
          let inMemory: readonly Interchange[];
          try {
            inMemory = readInterchanges(bytes, settings).interchanges;
          } catch {
            assert.throws(() => streamed(bytes, cuts));
            return;
          }
          assert.deepEqual(told(streamed(bytes, cuts)), told(inMemory));
        },
      ),
      { numRuns: 300 },
    );
  });
});
