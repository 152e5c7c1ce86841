import { median } from './load.ts';

/** What one round measured of one server: a number, or why there is none. */
export type Row = Record<string, number | string>;

/** Columns are the servers, lines the measurements; each the median of the rounds. */
export function peersTable(measured: ReadonlyMap<string, readonly Row[]>, notRun: readonly string[], rounds: number) {
  const titles = [...measured.keys()];
  const lines = [...new Set([...measured.values()].flat().flatMap((row) => Object.keys(row)))];
  const { node, openssl } = process.versions;
  return [
    '# Beside other AS2 systems',
    '',
    'Each as a server on loopback with one partner, in a process of its own, receiving the same messages from the same load generator on the',
    'same two cores: signed (RSA-2048, SHA-256), encrypted (AES-128-CBC, RSA-2048), each under a Message-ID of its own, with a signed MDN',
    'asked for on the response. Every server decrypts and verifies each message; the generator verifies the signature and the MIC of every',
    'MDN. Ours has the message, its MDN and the ledger on disk (fsync) before the MDN leaves; what the others write, they write without.',
    'Started anew for each size and each round; before 10 KiB messages are measured they are sent for 4 seconds, so that a virtual machine',
    'is warm. CPU and memory are those of the process and its children, by `/proc`. libas2 runs with PKCS #1 v1.5 decryption switched back on',
    '(`--security-revert=CVE-2023-46809`), which it cannot do without.',
    '',
    `Median of ${rounds} rounds. Made by \`npm run bench:peers\`, Node ${node}, OpenSSL ${openssl}, ${new Date().toISOString().slice(0, 10)}.`,
    '',
    `| | ${titles.join(' | ')} |`,
    `|--|${titles.map(() => '--').join('|')}|`,
    ...lines.map((line) => `| ${line} | ${titles.map((title) => cell(measured.get(title) ?? [], line)).join(' | ')} |`),
    '',
    ...notRun.flatMap((reason) => [`Not run: ${reason}`, '']),
  ].join('\n');
}

function cell(rows: readonly Row[], line: string): string {
  const values = rows.map((row) => row[line]);
  const failure = values.find((value) => typeof value === 'string');
  const numbers = values.filter((value) => typeof value === 'number');
  // A server that fails in one round is not measured by the others.
  if (failure !== undefined) return failure.replaceAll('|', '/');
  if (numbers.length === 0) return '';
  const value = median(numbers);
  return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2);
}
