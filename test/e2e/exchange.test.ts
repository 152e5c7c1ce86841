import assert from 'node:assert/strict';

import { storedBytes } from '../support/stored.ts';
import { valueOf } from '../../src/edifact/interchange.ts';
import { header } from '../../src/mime/headers.ts';
import { makeHome, type TestHome } from '../support/home.ts';
import { identity } from '../support/identities.ts';
import { send, startPeerServer, type Peer, type PeerServer } from '../support/peer.ts';
import { contrlIn, take, verdictsIn, type Taken } from '../support/receiver.ts';
import { interchange, numberOf, type InterchangeOptions, type SancrtOptions } from '../support/sancrt.ts';
import { serve, type Served } from '../support/served.ts';

const au = (serial: number) => numberOf('AU', serial);

for (const environment of ['test', 'production'] as const) {
  describe(`certificates sent to a ${environment} endpoint, and their answers`, () => {
    let home: TestHome;
    let served: Served;
    let van: Peer;
    let vanServer: PeerServer;
    let other: Peer;
    let old: Peer;
    const taken: Taken[] = [];

    before(async () => {
      van = { as2Id: 'AU-VAN', identity: await identity('au-van') };
      other = { as2Id: 'UY-VAN', identity: await identity('uy-van') };
      old = { as2Id: 'OLD-VAN', identity: await identity('old-van') };
      vanServer = await startPeerServer(async (request) => {
        const peer = [van, other, old].find(({ as2Id }) => as2Id === header(request.headers, 'AS2-To')) ?? van;
        const message = await take(peer, home, request);
        taken.push(message);
        return message.receipt();
      });
      home = await makeHome({ environment });
      home.addPartner('au-van', {
        as2Id: van.as2Id,
        url: vanServer.url,
        certificatePem: van.identity.certificate.pem,
        identities: [
          { id: 'AUDAFF', qualifier: 'ZZZ', countries: ['AU'] },
          { id: 'NZMPI', qualifier: 'ZZZ', countries: ['NZ'] },
          { id: 'AUNEW', qualifier: 'ZZZ', countries: ['AU'], production: false },
        ],
        send: { encrypt: 'aes256-gcm', compress: 'before-signing' },
      });
      home.addPartner('uy-van', {
        as2Id: other.as2Id,
        url: vanServer.url,
        certificatePem: other.identity.certificate.pem,
        identities: [{ id: 'UYMGAP', qualifier: 'ZZZ', countries: ['UY', 'AU'] }],
      });
      home.addPartner('old-van', {
        as2Id: old.as2Id,
        url: vanServer.url,
        certificatePem: old.identity.certificate.pem,
        identities: [{ id: 'OLD', countries: ['AU'] }],
        syntax: 'UNOA:1',
      });
      served = await serve(home);
    });
    after(async () => {
      await (served as Served | undefined)?.stop();
      await (vanServer as PeerServer | undefined)?.close();
    });

    /** Sends, waits for all answers, and gives what came of it. */
    async function exchange(payload: Buffer, from = van) {
      const before = taken.length;
      const { messageId, mdn } = await send(served.url, from, home, payload);
      assert.deepEqual(mdn?.report.disposition, { type: 'processed' });
      const { id, state, answeredBy } = await served.reached(messageId, 'answered', 'unreadable', 'stuck');
      for (const answer of answeredBy) await served.reached(answer, 'delivered');
      const answers = taken.slice(before);
      assert.equal(answers.length, answeredBy.length);
      return {
        id,
        state,
        answers,
        contrl: answers.map((answer) => contrlIn(answer.interchange)).find((contrl) => contrl !== undefined),
        verdicts: answers.flatMap((answer) => verdictsIn(answer.interchange)),
      };
    }

    const inEnvironment = (certificates: readonly SancrtOptions[], options: InterchangeOptions = {}) =>
      interchange(certificates, { test: environment === 'test', ...options });

    it('good and bad ones: CONTRL and CUSRES, signed and encrypted, each with every error', async () => {
      const payload = inEnvironment(
        [
          { number: au(1) },
          { number: au(2), quantity: '18000.5', hts: '999999', importer: 'NOBODY' },
          { number: numberOf('NZ', 3) },
          { number: au(4), unit: 'XXX' },
        ],
        { reference: 'GOODANDBAD' },
      );
      const { contrl, verdicts, answers, id } = await exchange(payload);
      assert.deepEqual(contrl, { reference: 'GOODANDBAD', action: '7', code: '', messages: [] });
      assert.deepEqual(
        verdicts.map(({ number, status, codes }) => [number, status, codes.toSorted()]),
        [
          [au(1), 'AP', []],
          [au(2), 'RE', ['E07', 'E14', 'E18']],
          [numberOf('NZ', 3), 'RE', ['E02']],
          [au(4), 'RE', ['E10']],
        ],
      );
      for (const { facts, request, interchange } of answers) {
        assert.deepEqual(facts.layers, ['encrypted', 'signed', 'compressed']);
        assert.equal(facts.envelope?.cipher, 'aes256-gcm');
        assert.match(request.subject ?? '', /^(CONTRL|CUSRES) for GOODANDBAD$/);
        assert.deepEqual([interchange.sender.id, interchange.recipient.id], ['USCBP', 'AUDAFF']);
        assert.equal(interchange.testIndicator, environment === 'test');
        assert.deepEqual(interchange.findings, []);
      }
      const registered = await served.store.listCertificates({ environment });
      assert.deepEqual(
        registered.map(({ number, state, version, participant }) => [number, state, version, participant]),
        [[au(1), 'registered', 1, 'AUDAFF:ZZZ']],
      );
      const detail = await served.store.getMessage(id);
      assert.equal(detail?.signer?.fingerprint, van.identity.certificate.fingerprint);
    });

    it('original, replacement, cancellation; and neither after it was cancelled', async () => {
      const number = au(10);
      const one = async (certificate: SancrtOptions) => {
        const { verdicts } = await exchange(inEnvironment([{ number, ...certificate }]));
        const [record] = await served.store.listCertificates({ number });
        return [verdicts[0]?.status, verdicts[0]?.codes, record?.state, record?.version];
      };
      assert.deepEqual(await one({}), ['AP', [], 'registered', 1]);
      assert.deepEqual(await one({}), ['RE', ['E04'], 'registered', 1]);
      assert.deepEqual(await one({ function: '5', quantity: '17000' }), ['AP', [], 'registered', 2]);
      assert.deepEqual(await one({ function: '1' }), ['AP', [], 'cancelled', 3]);
      assert.deepEqual(await one({ function: '1' }), ['RE', ['E29'], 'cancelled', 3]);
      assert.deepEqual(await one({ function: '5' }), ['RE', ['E29'], 'cancelled', 3]);
      assert.deepEqual(await one({}), ['RE', ['E29'], 'cancelled', 3]);
    });

    it('all three in one interchange, in their order', async () => {
      const number = au(11);
      const functions = ['9', '5', '1'] as const;
      const { verdicts } = await exchange(inEnvironment(functions.map((each) => ({ number, function: each }))));
      assert.deepEqual(
        verdicts.map(({ status }) => status),
        ['AP', 'AP', 'AP'],
      );
      const [record] = await served.store.listCertificates({ number });
      assert.deepEqual([record?.state, record?.version], ['cancelled', 3]);
    });

    it('a network with several participants: each gets its own answer, and has its own countries', async () => {
      const nz = { number: numberOf('NZ', 20), country: 'NZ' };
      const { verdicts, answers } = await exchange(inEnvironment([nz, { number: au(21) }], { sender: 'NZMPI:ZZZ' }));
      assert.deepEqual(
        verdicts.map(({ status, codes }) => [status, codes.toSorted()]),
        [
          ['AP', []],
          ['RE', ['E02', 'E24']],
        ],
      );
      for (const answer of answers) assert.equal(answer.interchange.recipient.id, 'NZMPI');
      const both = Buffer.concat([
        inEnvironment([{ ...nz, number: numberOf('NZ', 22) }], { sender: 'NZMPI:ZZZ' }),
        inEnvironment([{ number: au(22) }]),
      ]);
      const inOne = await exchange(both);
      assert.deepEqual(inOne.answers.map((answer) => answer.interchange.recipient.id).toSorted(), [
        'AUDAFF',
        'AUDAFF',
        'NZMPI',
        'NZMPI',
      ]);
    });

    it('a participant of another partner is refused by CONTRL, and nothing of it is registered', async () => {
      const { contrl, verdicts } = await exchange(inEnvironment([{ number: au(30) }]), other);
      assert.deepEqual([contrl?.action, contrl?.code, verdicts], ['4', '23', []]);
      assert.deepEqual(await served.store.listCertificates({ number: au(30) }), []);
    });

    it("another participant's certificate cannot be replaced or cancelled, or be found to exist", async () => {
      await exchange(inEnvironment([{ number: au(31) }]));
      for (const kind of ['5', '1'] as const) {
        const theirs = inEnvironment([{ number: au(31), function: kind }], { sender: 'UYMGAP:ZZZ' });
        const unknown = inEnvironment([{ number: au(32), function: kind }], { sender: 'UYMGAP:ZZZ' });
        const first = await exchange(theirs, other);
        const second = await exchange(unknown, other);
        assert.deepEqual(first.verdicts[0]?.codes, ['E27']);
        assert.deepEqual(second.verdicts[0]?.codes, ['E27']);
      }
    });

    it('test and production never mix: refused with its code, and not registered', async () => {
      const mixed = interchange([{ number: au(40) }], { test: environment !== 'test' });
      const { verdicts } = await exchange(mixed);
      assert.deepEqual(verdicts[0]?.codes, [environment === 'test' ? 'E35' : 'E34']);
      assert.deepEqual(await served.store.listCertificates({ number: au(40) }), []);
    });

    it('a participant that is not admitted to production: rejected there, taken in test', async () => {
      const { verdicts } = await exchange(inEnvironment([{ number: au(45) }], { sender: 'AUNEW:ZZZ' }));
      assert.deepEqual(verdicts[0]?.codes, environment === 'test' ? [] : ['E33']);
    });

    it('the same interchange in another AS2 message: CONTRL 26, and no second registration', async () => {
      const payload = inEnvironment([{ number: au(50) }], { reference: 'TWICE' });
      await exchange(payload);
      const { contrl, verdicts } = await exchange(payload);
      assert.deepEqual([contrl?.action, contrl?.code, verdicts], ['4', '26', []]);
      const [record] = await served.store.listCertificates({ number: au(50) });
      assert.equal(record?.version, 1);
    });

    it('envelope faults: CONTRL tells them, message by message where it can', async () => {
      const text = inEnvironment([{ number: au(60) }, { number: au(61) }]).toString('latin1');
      const whole = await exchange(Buffer.from(text.replace('UNZ+2+', 'UNZ+3+'), 'latin1'));
      assert.deepEqual([whole.contrl?.action, whole.contrl?.code, whole.verdicts], ['4', '29', []]);
      const one = await exchange(Buffer.from(text.replace("'\r\nUNT+10+1'", "'\r\nUNT+99+1'"), 'latin1'));
      assert.deepEqual([one.contrl?.action, one.contrl?.messages], ['7', ['29']]);
      assert.deepEqual(one.verdicts, [{ number: au(61), status: 'AP', codes: [] }]);
    });

    it('any separators, and a release character, come back as they were meant', async () => {
      const text = inEnvironment([{ number: au(70) }], { reference: 'A?+B' }).toString('latin1');
      const { contrl } = await exchange(Buffer.from(text, 'latin1'));
      assert.equal(contrl?.reference, 'A+B');
      const strange = inEnvironment([{ number: au(71) }], { reference: 'STRANGE' })
        .toString('latin1')
        .replace(/['+:]/g, (each) => ({ "'": '~', '+': '*', ':': '^' })[each] ?? each);
      const { verdicts } = await exchange(Buffer.from(`UNA^*.? ~${strange}`, 'latin1'));
      assert.deepEqual(verdicts, [{ number: au(71), status: 'AP', codes: [] }]);
    });

    it('what does not fit into the character set that we write in is answered all the same', async () => {
      const payload = inEnvironment([{ number: au(75), importer: 'na\xefve' }], {
        sender: 'OLD',
        reference: 'lower-\xe9',
      });
      const { state, contrl, verdicts } = await exchange(payload, old);
      assert.equal(state, 'answered');
      assert.deepEqual(contrl, { reference: 'lower-\xe9', action: '7', code: '', messages: [] });
      assert.deepEqual(verdicts[0]?.codes, ['E18']);
    });

    it('what cannot be read is kept, needs a person, and gets no CONTRL', async () => {
      for (const payload of ['%PDF-1.7 what is this?', '', "UNB+UNOC:3+A'"]) {
        const { state, answers, id } = await exchange(Buffer.from(payload));
        assert.deepEqual([state, answers.length], ['unreadable', 0], payload);
        assert.deepEqual(await storedBytes(served.store, id, 'payload'), Buffer.from(payload));
      }
    });

    it('what can be read behind what cannot is answered, and needs a person all the same', async () => {
      const [one, two] = [76, 77].map((serial) => inEnvironment([{ number: au(serial) }]));
      const { state, verdicts, id } = await exchange(Buffer.concat([one!, Buffer.from('JUNK\r\n'), two!]));
      assert.equal(state, 'unreadable');
      assert.deepEqual(verdicts.map(({ number, status }) => [number, status]).toSorted(), [
        [au(76), 'AP'],
        [au(77), 'AP'],
      ]);
      const detail = await served.store.getMessage(id);
      assert.match(detail?.detail ?? '', /6 bytes from byte \d+ on are not read: Neither UNA nor UNB/);
    });

    it('CONTRL and SANCRT in one interchange: only the SANCRT is answered', async () => {
      const text = inEnvironment([{ number: au(78) }]).toString('latin1');
      const second = "UNH+2+CONTRL:D:3:UN'UCI+X+USCBP:ZZZ+AUDAFF:ZZZ+7'UNT+3+2'UNZ+2+";
      const { contrl, verdicts } = await exchange(Buffer.from(text.replace('UNZ+1+', second), 'latin1'));
      assert.deepEqual([contrl?.action, contrl?.messages], ['7', []]);
      assert.deepEqual(verdicts, [{ number: au(78), status: 'AP', codes: [] }]);
    });

    it('an interchange that is too large for its reader is refused by CONTRL (18)', async () => {
      const text = inEnvironment([{ number: au(79), importer: 'x'.repeat(70_000) }]);
      const { state, contrl, verdicts } = await exchange(text);
      assert.equal(state, 'unreadable');
      assert.deepEqual([contrl?.action, contrl?.code, verdicts], ['4', '18', []]);
    });

    it('a CONTRL that comes in gets no answer', async () => {
      const { answers } = await exchange(inEnvironment([{ number: au(80) }], { reference: 'FORCONTRL' }));
      const [answer] = answers;
      const found = await served.store.getMessage(answer?.request.messageId ?? '');
      for (const action of ['7', '4+12']) {
        const reference = answer?.interchange.reference ?? '';
        const about = `UCI+${reference}+USCBP:ZZZ+AUDAFF:ZZZ+${action}`;
        const test = environment === 'test' ? '++++++1' : '';
        const head = `UNB+UNOC:3+AUDAFF:ZZZ+USCBP:ZZZ+261102:0930+CTL${action.length}${test}`;
        const contrl = [head, 'UNH+1+CONTRL:D:3:UN', about, 'UNT+3+1', `UNZ+1+CTL${action.length}`];
        const result = await exchange(Buffer.from(`${contrl.join("'")}'`));
        assert.deepEqual([result.state, result.answers.length], ['answered', 0]);
        const sent = await served.store.getMessage(found?.id ?? '');
        assert.equal(sent?.contrl, action === '7' ? 'acknowledged' : 'rejected');
      }
    });

    it('CUSRES names the interchange and the message that it answers', async () => {
      const { answers } = await exchange(inEnvironment([{ number: au(90) }], { reference: 'NAMED' }));
      const cusres = answers.flatMap((answer) => answer.interchange.messages).find(({ type }) => type === 'CUSRES');
      const references = cusres?.segments
        .filter(({ tag }) => tag === 'RFF')
        .map((rff) => [valueOf(rff, 1), valueOf(rff, 1, 2)]);
      assert.deepEqual(references, [
        ['ACW', 'NAMED'],
        ['AGO', '1'],
      ]);
    });

    it('the ledger is whole after all that', async () => {
      assert.equal((await served.store.verifyLedger()).kind, 'whole');
    });
  });
}
