import type { Difference } from './case.ts';

/** What Countersign itself does not do. */
export const ourDifferences: readonly Difference[] = [
  {
    when: { digest: ['sha-1'] },
    direction: 'to-peer',
    what: 'We never sign, and never ask for a MIC, with SHA-1.',
    remedy: 'Nothing: it can be forged at a price. It is taken from a partner whose file says `receive.allowSha1`.',
    tried: false,
  },
  {
    when: { cipher: ['3des'] },
    direction: 'to-peer',
    what: 'We never encrypt with 3DES.',
    remedy: 'Nothing: it is no longer approved. It is taken from a partner whose file says `receive.allow3des`.',
    tried: false,
  },
];
