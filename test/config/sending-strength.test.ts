import assert from 'node:assert/strict';
import { stringify } from 'yaml';
import { endpointFiles, partnerFile, problemsOf } from './support.ts';

describe('what we may be asked to send', () => {
  const weak: readonly (readonly [key: string, send: object])[] = [
    ['send.sign', { sign: 'sha1' }],
    ['send.sign', { sign: 'md5' }],
    ['send.mdnMicalgs[0]', { mdnMicalgs: ['sha1'] }],
    ['send.encrypt', { encrypt: '3des' }],
    ['send.encrypt', { encrypt: 'rc2' }],
  ];
  for (const [key, send] of weak) {
    it(`draft rfc4130bis §7.1, §7.2: never ${JSON.stringify(send)}`, async () => {
      const partner = await partnerFile({ send: send });
      const problems = await problemsOf({ ...(await endpointFiles()), 'partners/them.yaml': stringify(partner) });
      assert.deepEqual(
        problems.map((problem) => problem.key),
        [key],
      );
    });
  }
});
