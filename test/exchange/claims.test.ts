import assert from 'node:assert/strict';
import { makeClaim, readClaim, reverseClaim } from '../../src/exchange/claims.ts';
import { findStanding } from '../../src/exchange/standings.ts';
import { statistics } from '../../src/exchange/statistics.ts';
import type { Store } from '../../src/store/store.ts';
import { at, change, completeJob, result, sealedJob } from '../store/fixtures.ts';
import { claimOf, openRegister, type TestRegister } from '../support/register.ts';

const line = { entry: 'ABC-1234567-8', entryLine: 1 };

describe('claims', () => {
  let register: TestRegister;
  beforeEach(async () => {
    register = await openRegister();
    assert.equal(await register.send(), 'register');
  });
  afterEach(() => register.store.close());

  const used = async () => (await findStanding('6AU000123', register))?.registration.lines[0]?.used;
  const state = async () => (await findStanding('6AU000123', register))?.state;

  it('draw on a certificate until it is used up', async () => {
    assert.equal(await state(), 'registered');
    const first = await makeClaim(claimOf(), register);
    assert.ok(first.kind === 'matched' && !first.repeated);
    assert.deepEqual([first.remaining, first.record.quantity, first.record.version], [17_990, 10, 1]);
    assert.equal(await state(), 'partly-used');
    const rest = await makeClaim(claimOf({ line: 2, quantity: 17_990 }), register);
    assert.ok(rest.kind === 'matched' && rest.remaining === 0);
    assert.equal(await state(), 'used-up');
    const over = await makeClaim(claimOf({ line: 3, quantity: 1 }), register);
    assert.ok(over.kind === 'not-matched');
    assert.deepEqual(over.mismatches.map(({ code, element }) => [code, element]), [['M07', 'quantity']]);
    assert.equal((await register.store.verifyLedger()).kind, 'whole');
  }); // prettier-ignore

  it('that do not match are told to the ledger, and draw nothing', async () => {
    const outcome = await makeClaim(claimOf({ importer: '98-765432100' }), register);
    assert.equal(outcome.kind, 'not-matched');
    await makeClaim(claimOf({ number: '6AU000999' }), register);
    assert.equal(await used(), 0);
    const told = await register.store.listLedger({ kind: 'claim-not-matched' });
    assert.deepEqual(
      told.map(({ chain, subjectId }) => [chain, subjectId]),
      [['endpoint', '6AU000999'], ['van', '6AU000123']],
    );
    assert.deepEqual(await register.store.listClaims({}), []);
  }); // prettier-ignore

  it('of the same entry line with the same content are the same claim, also when nothing more would fit', async () => {
    const whole = claimOf({ quantity: 18_000 });
    const first = await makeClaim(whole, register);
    const again = await makeClaim({ ...whole }, register);
    assert.ok(first.kind === 'matched' && again.kind === 'matched' && again.repeated);
    assert.deepEqual(again.record, first.record);
    assert.equal(again.remaining, 0);
    assert.equal(await used(), 18_000);
  });

  it('of the same entry line with another content are a conflict', async () => {
    await makeClaim(claimOf(), register);
    for (const over of [{ quantity: 11 }, { number: '6AU000999' }, { date: '2026-11-21' }, { hts: '020230' }])
      await assert.rejects(makeClaim(claimOf(over), register), { code: 'ENTRY_LINE_TAKEN' });
    await assert.rejects(makeClaim(claimOf(), register, 3), { code: 'ENTRY_LINE_TAKEN' });
    assert.equal(await used(), 10);
  });

  it('can be reversed, once and for all', async () => {
    await makeClaim(claimOf(), register);
    const reversal = await reverseClaim(line, 'mistaken', register);
    assert.deepEqual([reversal.kind, reversal.version, reversal.quantity], ['reversal', 2, 10]);
    assert.equal(await used(), 0);
    assert.deepEqual(await reverseClaim(line, 'once more', register), reversal);
    await assert.rejects(reverseClaim({ ...line, entryLine: 2 }, 'none', register), { code: 'NO_SUCH_CLAIM' });
    assert.equal(await register.send({ function: '1' }), 'cancel');
  });

  it('that come late, after they were reversed, draw nothing; another one does, and the same one when it says so', async () => {
    await makeClaim(claimOf(), register);
    await reverseClaim(line, 'mistaken', register);
    await assert.rejects(makeClaim(claimOf(), register), /give version 3/);
    await assert.rejects(makeClaim(claimOf(), register, 1), { code: 'ENTRY_LINE_TAKEN' });
    assert.equal(await used(), 0);
    const corrected = await makeClaim(claimOf({ quantity: 9 }), register);
    assert.ok(corrected.kind === 'matched' && corrected.record.version === 3);
    await reverseClaim(line, 'mistaken again', register);
    const anew = await makeClaim(claimOf({ quantity: 9 }), register, 5);
    assert.ok(anew.kind === 'matched' && !anew.repeated);
    const repeated = await makeClaim(claimOf({ quantity: 9 }), register, 5);
    assert.ok(repeated.kind === 'matched' && repeated.repeated);
    assert.equal(await used(), 9);
    await assert.rejects(reverseClaim(line, 'late', register, 3), { code: 'ENTRY_LINE_TAKEN' });
    assert.equal((await reverseClaim(line, 'meant', register, 5)).version, 6);
  });

  it('that are said to be made anew, where nothing was reversed, draw nothing', async () => {
    await assert.rejects(makeClaim(claimOf(), register, 3), { code: 'NO_SUCH_CLAIM' });
    assert.equal(await used(), 0);
    const first = await makeClaim(claimOf(), register, 1);
    assert.ok(first.kind === 'matched' && !first.repeated);
  });

  it('keep a certificate from being replaced or cancelled', async () => {
    await makeClaim(claimOf(), register);
    assert.equal(await register.send({ function: '5' }), 'certificate-in-use');
    assert.equal(await register.send({ function: '1' }), 'certificate-in-use');
  });

  it('are judged by the date of entry, whatever day it is: what was used in its year may be told after it', async () => {
    register.now = new Date('2027-01-10T00:00:00Z');
    assert.equal(await state(), 'expired');
    const late = await makeClaim(claimOf({ date: '2027-01-01' }), register);
    assert.ok(late.kind === 'not-matched' && late.mismatches[0]?.element === 'date');
    assert.equal((await makeClaim(claimOf({ date: '2026-12-31' }), register)).kind, 'matched');
  });

  it('many at once, with a replacement and a cancellation among them: it is used or changed, and not both', async () => {
    const works = [
      ...Array.from({ length: 20 }, (_, n) => () => makeClaim(claimOf({ line: n + 1, quantity: 900 }), register)),
      () => register.send({ function: '5', quantity: '9000' }),
      () => register.send({ function: '1' }),
    ];
    const outcomes = await Promise.all(works.sort(() => Math.random() - 0.5).map((work) => work()));
    const drawn = outcomes.filter((outcome) => typeof outcome === 'object' && outcome.kind === 'matched').length * 900;
    const standing = await findStanding('6AU000123', register);
    assert.equal(standing?.registration.lines[0]?.used, drawn);
    assert.equal(outcomes.includes('cancel'), standing.state === 'cancelled');
    if (outcomes.includes('cancel')) assert.equal(drawn, 0);
    assert.ok(drawn <= standing.registration.lines[0].certified);
  });

  it('told twice at the same moment are one claim, also when the one leaves nothing for the other', async () => {
    const whole = claimOf({ quantity: 18_000 });
    const { store } = register;
    const findCertificates: Store['findCertificates'] = async (...asked) => {
      await makeClaim(whole, register);
      return store.findCertificates(...asked);
    };
    const second = await makeClaim(whole, { ...register, store: { ...store, findCertificates } });
    assert.ok(second.kind === 'matched' && second.repeated);
    assert.equal(second.remaining, 0);
    assert.deepEqual(await store.listLedger({ kind: 'claim-not-matched' }), []);
  });

  /** A register whose process dies right after a step. */
  function dyingAfter(step: 'findClaim' | 'findCertificates' | 'recordClaim' | 'note'): TestRegister {
    const fatal = async (...args: never[]) => {
      await (register.store[step] as (...all: never[]) => Promise<unknown>)(...args);
      throw new Error('died');
    };
    return { ...register, store: { ...register.store, [step]: fatal } };
  }

  it('a crash after any step: the reversal that is sent again gives back once', async () => {
    for (const [index, step] of (['findClaim', 'recordClaim'] as const).entries()) {
      const again = { ...line, entryLine: index + 1 };
      await makeClaim(claimOf({ line: again.entryLine }), register);
      await assert.rejects(reverseClaim(again, 'mistaken', dyingAfter(step)), /died/);
      assert.equal((await reverseClaim(again, 'mistaken', register)).version, 2);
      assert.equal(await used(), 0);
    }
    assert.equal((await register.store.verifyLedger()).kind, 'whole');
  });

  it('a crash after it was found not to match: it is told in the ledger, draws nothing, and may come again', async () => {
    const claim = claimOf({ importer: '98-765432100' });
    await assert.rejects(makeClaim(claim, dyingAfter('note')), /died/);
    assert.equal((await makeClaim(claim, register)).kind, 'not-matched');
    assert.equal((await register.store.listLedger({ kind: 'claim-not-matched' })).length, 2);
    assert.equal(await used(), 0);
  });

  it('a crash after any step: the claim that is sent again draws once', async () => {
    for (const step of ['findClaim', 'findCertificates', 'recordClaim'] as const) {
      const before = (await used()) ?? 0;
      const claim = claimOf({ line: 10 + before });
      await assert.rejects(makeClaim(claim, dyingAfter(step)), /died/);
      const again = await makeClaim(claim, register);
      assert.ok(again.kind === 'matched');
      assert.equal(again.repeated, step === 'recordClaim');
      assert.equal(await used(), before + 10);
    }
  });

  it('that are malformed are refused with every fault', () => {
    assert.throws(
      () => readClaim({ ...claimOf(), quantity: 1.5, date: 'x' }, register.reference),
      ({ code, faults }: { code: string; faults: { element: string }[] }) => {
        assert.deepEqual([code, ...faults.map(({ element }) => element)], ['REQUEST_MALFORMED', 'quantity', 'date']);
        return true;
      },
    );
  });

  it('show in the statistics', async () => {
    await makeClaim(claimOf(), register);
    for (let n = 1; n <= 3; n += 1) await register.send({ number: `6AU00100${n}` });
    const row = { programme: 'BEEF', unit: 'KGM', cancelled: 0, expired: 0 };
    assert.deepEqual(await statistics(['programme', 'condition'], {}, register), [
      { ...row, condition: 'matched', certificates: 1, registered: 18_000, used: 10, remaining: 17_990 },
      { ...row, condition: 'unmatched', certificates: 3, registered: 54_000, used: 0, remaining: 54_000 },
    ]);
    assert.deepEqual(await statistics([], { condition: 'cancelled' }, register), []);
  });

  it('and certificates are added up however many there are', async () => {
    const lines = [{ hts: '020230', unit: 'KGM', certified: 2 }];
    const certificates = Array.from({ length: 1200 }, (_, n) => change(`N${n}`, 0, {}, lines));
    await completeJob(register.store, await sealedJob(register.store), result({ certificates }), at(1));
    const [row] = await statistics([], {}, register);
    assert.deepEqual([row?.certificates, row?.registered], [1201, 18_000 + 2400]);
  });
});
