import { readFileSync } from 'node:fs';

/**
 * One measurement in a process of its own, so that none warms up or spoils the code of another:
 * `edifact-run.ts WHAT FILE SECONDS`, which prints the result as JSON. The build is measured, as it is shipped.
 */
const [what = '', file = '', seconds = '1'] = process.argv.slice(2);
const built = async <T>(module: string) => (await import(new URL(`../dist/${module}.js`, import.meta.url).href)) as T;
type Edifact<Name extends string> = Name extends 'payload'
  ? typeof import('../src/edifact/payload.ts')
  : Name extends 'scan'
    ? typeof import('../src/edifact/scan.ts')
    : never;
const { payloadReader } = await built<Edifact<'payload'>>('edifact/payload');
const { newScan, scanSegment } = await built<Edifact<'scan'>>('edifact/scan');
const { loadDirectory } = await built<typeof import('../src/edifact/directory.ts')>('edifact/directory');
const { characterSetOf } = await built<typeof import('../src/edifact/character-set.ts')>('edifact/character-set');
const { defaultDelimiters } = await built<typeof import('../src/edifact/delimiters.ts')>('edifact/delimiters');
const { EDIFACT_STREAM_LIMITS } = await built<typeof import('../src/limits.ts')>('limits');
const { fileSource } = await built<typeof import('../src/bytes/source.ts')>('bytes/source');
const settings = { ...EDIFACT_STREAM_LIMITS, headersOnly: true };

const works: Readonly<Record<string, () => (() => number) | Promise<() => number>>> = {
  /** Segments found. */
  tokenize() {
    const bytes = readFileSync(file);
    const set = characterSetOf('UNOC');
    if (set === undefined) throw new Error('UNOC is missing');
    const scan = newScan({ delimiters: defaultDelimiters, characterSet: set }, settings.maxSegmentLength);
    return () => {
      let found = 0;
      for (let at = 0; at < bytes.length; found++) at = scanSegment(scan, bytes, at, bytes.length) + 1;
      return found;
    };
  },
  validate() {
    const bytes = readFileSync(file);
    return () => validated([bytes]);
  },
  /** The file piece by piece, as it comes from the disk. */
  stream() {
    const { size } = readFileInfo();
    return () => validated(fileSource(file, size).pieces());
  },
  /** A bare parse, its four events counted by functions set on the parser, the text decoded before. */
  async peer() {
    const { default: Parser } = (await import(process.env.PEER ?? '')) as { default: new () => PeerParser };
    const text = readFileSync(file, 'latin1');
    return () => {
      let found = 0;
      const parser = new Parser();
      parser.encoding('UNOC');
      parser.onopensegment = () => {
        found++;
      };
      parser.onelement = parser.oncomponent = parser.onclosesegment = () => undefined;
      parser.write(text);
      parser.end();
      return found;
    };
  },
};

interface PeerParser {
  encoding(id: string): void;
  write(text: string): void;
  end(): void;
  onopensegment: () => void;
  onelement: () => void;
  oncomponent: () => void;
  onclosesegment: () => void;
}

function readFileInfo(): { size: number } {
  return { size: Number(process.env.SIZE) };
}

/** @throws when anything is found in what conforms */
function validated(pieces: Iterable<Buffer>): number {
  let [messages, faults] = [0, 0];
  const reader = payloadReader({ ...settings, directories: loadDirectory }, (event) => {
    if (event.kind === 'message') {
      messages++;
      faults += event.message.findings.length;
    } else if (event.kind === 'closed') faults += event.interchange.findings.length;
  });
  for (const piece of pieces) reader.push(piece);
  reader.end();
  if (faults > 0) throw new Error(`${faults} findings in what conforms`);
  return messages;
}

const work = await works[what]?.();
if (work === undefined) throw new Error(`There is no ${what}`);
const times: number[] = [];
const end = performance.now() + Number(seconds) * 1000;
do {
  const begin = performance.now();
  work();
  times.push(performance.now() - begin);
} while (performance.now() < end);
times.sort((a, b) => a - b);
// A few per cent of the passes: others work on this machine, and what they take is no cost of this.
const quick = times[Math.floor(times.length / 20)] ?? 0;
process.stdout.write(JSON.stringify({ ms: quick, peak: process.resourceUsage().maxRSS / 1024 }));
