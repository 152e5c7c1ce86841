import { versions } from 'node:process';

import type { Difference, Direction } from './case.ts';
import { ourDifferences } from './differences.ts';
import type { PeerResult, Result } from './system.ts';

/** `docs/interop.md`: what a run of all peers found. */
export function report(results: readonly PeerResult[], now: Date): string {
  const date = now.toISOString().slice(0, 10);
  return [
    '# Exchange with other AS2 systems',
    '',
    `Written by \`npm run interop\` on ${date}: Countersign on Node ${versions.node}, OpenSSL ${versions.openssl}, with each system over HTTP on this machine, in both`,
    'directions. A case passes when the payload arrives byte for byte under its name, the MICs of both sides are equal where',
    'the system tells its own, each side takes the receipt of the other, and the message and its receipt were really made as the case says.',
    'A case that fails is run once more; what passes only then is counted as passed, and in a column of its own. A case that a system',
    'cannot do is no pass: it is tried where it can be, has to fail for that reason, and is counted as not supported. Which cases there are is in `test/interop/case.ts`.',
    '',
    '| system | version | direction | passed | at the second attempt | MIC compared | failed | not supported by it | not done by us |',
    '|--|--|--|--|--|--|--|--|--|',
    ...results.flatMap(rows),
    '',
    ...results.flatMap(sectionOf),
    '## Countersign',
    '',
    ...ourDifferences.map(lineOf),
    '',
  ].join('\n');
}

function rows(result: PeerResult): string[] {
  const { title } = result.system;
  if (result.kind === 'not run') return [`| ${title} | not run: ${result.reason.replaceAll('|', '/')} | | | | | | | |`];
  return (['to-peer', 'from-peer'] as Direction[]).map((direction) => {
    const own = result.results.filter((each) => each.case.direction === direction);
    const lacking = own.filter(({ outcome }) => outcome === 'not supported');
    const ours = lacking.filter(({ difference }) => difference !== undefined && ourDifferences.includes(difference));
    const count = (outcome: Result['outcome']) => own.filter((each) => each.outcome === outcome).length;
    const passed = own.filter(({ outcome }) => outcome === 'passed');
    const again = passed.filter((each) => each.again === true).length;
    const compared = `${passed.filter(({ micCompared }) => micCompared).length} of ${passed.length}`;
    const cells = [passed.length, again, compared, count('failed'), lacking.length - ours.length, ours.length];
    const way = direction === 'to-peer' ? 'from us to it' : 'from it to us';
    return `| ${title} | ${result.version} | ${way} | ${cells.join(' | ')} |`;
  });
}

function sectionOf(result: PeerResult): string[] {
  if (result.kind === 'not run') return [];
  const { title, differences, send } = result.system;
  const failed = result.results.filter(({ outcome }) => outcome === 'failed');
  if (failed.length === 0 && differences.length === 0 && send === undefined) return [];
  return [
    `## ${title}`,
    '',
    ...(send === undefined ? [] : [`Partner file: \`send: ${JSON.stringify(send)}\`.`, '']),
    ...differences.map(lineOf),
    ...failed.map((each) => `- **Failed**: ${each.case.id}: ${each.problems.join('; ')}`),
    '',
  ];
}

function lineOf({ direction, what, remedy }: Difference): string {
  const way = direction === undefined ? '' : direction === 'to-peer' ? 'From us to it: ' : 'From it to us: ';
  return `- ${way}${what} ${remedy}`;
}
