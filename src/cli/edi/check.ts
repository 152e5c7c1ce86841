import { characterSetOf } from '../../edifact/character-set.ts';
import { errorName } from '../../edifact/error-codes.ts';
import type { Finding, Message, Warning } from '../../edifact/interchange.ts';
import { note, paint, printable, printBytes, printResult, type Terminal } from '../output.ts';
import type { GlobalOptions } from '../program.ts';
import { eachInput, endWith, type Input } from './input.ts';
import { linesOf, type Spot } from './lines.ts';
import { eventsIn } from './read.ts';

/** Tells every fault of files. @throws CommandError when there is one, or a file cannot be read */
export async function check(files: readonly string[], { json }: GlobalOptions, terminal: Terminal): Promise<void> {
  const reports: Report[] = [];
  let faults = 0;
  const unread = await eachInput(files, terminal, async (input) => {
    const report: Report = { file: input.name, interchanges: 0, messages: 0, findings: [], warnings: [] };
    let [errors, warnings] = [0, 0];
    for await (const noted of notesOn(input, report)) {
      if (noted.severity === 'error') errors++;
      else warnings++;
      const { spot, severity, ...told } = noted;
      if (json) report[severity === 'error' ? 'findings' : 'warnings'].push({ ...told, excerpt: spot.text });
      else await printBytes(terminal, [Buffer.from(`${shown(noted, input, terminal)}\n\n`)]);
    }
    faults += errors;
    reports.push(report);
    const what = `${counted(report.interchanges, 'interchange')}, ${counted(report.messages, 'message')}`;
    const found = `${counted(errors, 'error')}, ${counted(warnings, 'warning')}`;
    note(terminal, printable(`${input.name}: ${what}: ${found}`));
  });
  if (json) printResult(terminal, json, [...reports, ...unread], '');
  endWith(faults === 0 ? undefined : `${counted(faults, 'fault')} found.`, unread);
}

interface Report {
  readonly file: string;
  interchanges: number;
  messages: number;
  readonly findings: Reported[];
  readonly warnings: Reported[];
}

type Reported = Omit<Noted, 'spot' | 'severity'> & { readonly excerpt: string };

/** A finding or a warning, and where a person finds it. */
interface Noted extends Partial<Omit<Finding, keyof Warning>>, Warning {
  readonly severity: 'error' | 'warning';
  readonly interchange?: string | undefined;
  readonly message?: string | undefined;
  /** What the code list calls the code. */
  readonly name?: string | undefined;
  readonly line: number;
  readonly column: number;
  readonly spot: Spot;
}

async function* notesOn(input: Input, report: Report): AsyncGenerator<Noted> {
  const lines = linesOf(input.source);
  let decode = (bytes: Buffer) => bytes.toString('latin1');
  let interchange: string | undefined;
  const noted = (severity: Noted['severity'], one: Finding | Warning, message?: Message): Noted => {
    const spot = lines.spot(one.offset, 'length' in one ? (one.length ?? 0) : 0, decode);
    const { line, column } = spot;
    const name = 'code' in one ? errorName(one.code) : undefined;
    return { severity, interchange, message: message?.reference, ...one, name, line, column, spot };
  };
  for await (const event of eventsIn(input, true)) {
    switch (event.kind) {
      case 'opened': {
        const set = characterSetOf(event.head.syntax.id);
        decode = (bytes) => set?.decode(bytes.toString('latin1')) ?? bytes.toString('latin1');
        interchange = event.head.reference;
        break;
      }
      case 'message':
        report.messages++;
        for (const finding of inOrder(event.message.findings)) yield noted('error', finding, event.message);
        break;
      case 'closed':
        report.interchanges++;
        for (const { findings } of event.interchange.groups ?? [])
          for (const finding of findings) yield noted('error', finding);
        for (const finding of event.interchange.findings) yield noted('error', finding);
        for (const warning of event.interchange.warnings) yield noted('warning', warning);
        interchange = undefined;
        break;
      case 'skipped':
        yield noted('error', event.warning);
    }
  }
}

/** As they stand in the file. */
function inOrder(findings: readonly Finding[]): readonly Finding[] {
  return [...findings].sort((a, b) => a.offset - b.offset);
}

function shown(noted: Noted, input: Input, terminal: Terminal): string {
  const { severity, code, name, text, expected, spot, line, column } = noted;
  const style = severity === 'error' ? 'red' : 'yellow';
  const colour = (of: typeof style | 'cyan' | 'bold', what: string) => paint(terminal, terminal.stdout, of, what);
  const label = colour(style, code === undefined ? severity : `${severity}[${code}]`);
  const gutter = ' '.repeat(String(line).length);
  const bar = colour('cyan', `${gutter} |`);
  const underline = ' '.repeat(width(spot.before)) + colour(style, '^'.repeat(Math.max(1, width(spot.at))));
  return [
    `${label}: ${colour('bold', printable(text))}`,
    `${gutter}${colour('cyan', '-->')} ${printable(`${input.name}:${line}:${column}`)}${printable(placeOf(noted))}`,
    bar,
    `${colour('cyan', `${line} |`)} ${printable(spot.text)}`,
    `${bar} ${underline}`,
    ...(expected === undefined ? [] : [`${gutter} ${colour('cyan', '=')} right: ${printable(expected)}`]),
    ...(name === undefined ? [] : [`${gutter} ${colour('cyan', '=')} CONTRL: ${noted.level ?? ''} ${name}`]),
  ].join('\n');
}

/** Columns that a text takes, as far as characters tell. */
function width(text: string): number {
  return Array.from(text).length;
}

function placeOf({ interchange, message, segment, tag, element, component, occurrence }: Noted): string {
  const parts = [
    interchange === undefined ? '' : `interchange ${interchange}`,
    message === undefined || message === '' ? '' : `message ${message}`,
    segment === undefined || segment === 0 ? (tag ?? '') : `segment ${segment} ${tag ?? ''}`.trim(),
    element === undefined ? '' : `element ${element}`,
    occurrence === undefined ? '' : `occurrence ${occurrence}`,
    component === undefined ? '' : `component ${component}`,
  ].filter((part) => part.trim() !== '');
  return parts.length === 0 ? '' : `  (${parts.join(', ')})`;
}

export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
