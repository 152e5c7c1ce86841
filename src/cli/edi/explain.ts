import { loadDirectory } from '../../edifact/directory.ts';
import type { InterchangeHead } from '../../edifact/head.ts';
import type { Party } from '../../edifact/interchange.ts';
import { note, paint, printable, printBytes, printResult, type Style, type Terminal } from '../output.ts';
import type { GlobalOptions } from '../program.ts';
import { counted } from './check.ts';
import { eachInput, endWith } from './input.ts';
import { eventsIn } from './read.ts';
import { type ElementTree, type MessageTree, type SegmentTree, treeOf } from './tree.ts';

/** Prints what files say. @throws CommandError when they have faults, which `edi check` tells */
export async function explain(files: readonly string[], { json }: GlobalOptions, terminal: Terminal): Promise<void> {
  const explained: { file: string; interchanges: (ReturnType<typeof headTree> & { messages: MessageTree[] })[] }[] = [];
  const print = (text: string) => (json ? undefined : printBytes(terminal, [Buffer.from(`${text}\n`)]));
  let faults = 0;
  const unread = await eachInput(files, terminal, async (input) => {
    const here: (typeof explained)[number] = { file: input.name, interchanges: [] };
    explained.push(here);
    let syntax = { id: 'UNOC', version: '3' };
    for await (const event of eventsIn(input, false)) {
      if (event.kind === 'opened') {
        ({ syntax } = event.head);
        here.interchanges.push({ ...headTree(event.head), messages: [] });
        await print(headText(event.head, terminal));
      } else if (event.kind === 'message') {
        faults += event.message.findings.length;
        const tree = treeOf(event.message, syntax, loadDirectory);
        if (json) here.interchanges.at(-1)?.messages.push(tree);
        else await print(messageText(tree, terminal));
      } else if (event.kind === 'closed') {
        const { findings, groups = [] } = event.interchange;
        faults += findings.length + groups.reduce((sum, group) => sum + group.findings.length, 0);
      } else {
        faults++;
        note(terminal, printable(`${input.name}: ${event.warning.text}`));
      }
    }
  });
  if (json) printResult(terminal, json, [...explained, ...unread], '');
  const found = `${counted(faults, 'fault')} found: \`countersign edi check\` tells them.`;
  endWith(faults === 0 ? undefined : found, unread);
}

function headTree({ reference, syntax, sender, recipient, preparedAt, testIndicator }: InterchangeHead) {
  return { reference, syntax, sender, recipient, preparedAt, testIndicator };
}

function headText(head: InterchangeHead, terminal: Terminal): string {
  const { reference, syntax, sender, recipient, preparedAt, testIndicator } = head;
  const title = painted(terminal, 'bold', `Interchange ${reference}`);
  const facts = [
    `from ${partyText(sender)} to ${partyText(recipient)}`,
    `${syntax.id}:${syntax.version}`,
    preparedAt === undefined ? 'no date' : preparedAt.toISOString().slice(0, 16).replace('T', ' '),
    ...(testIndicator ? ['a test'] : []),
  ];
  return `${title}  ${printable(facts.join(', '))}`;
}

function partyText({ id, qualifier }: Party): string {
  return qualifier === undefined ? id : `${id}:${qualifier}`;
}

function messageText({ reference, type, version, release, title, segments }: MessageTree, terminal: Terminal): string {
  const known = title === undefined ? 'not in a directory that is here' : title;
  const head = `  ${painted(terminal, 'bold', `Message ${reference}`)}  ${printable(`${type} ${version}:${release}`)}  ${printable(known)}`;
  let before: readonly number[] = [];
  const lines = segments.flatMap((segment) => {
    const { groups = before } = segment;
    const shared = groups.findIndex((group, index) => group !== before[index]);
    const opened = shared === -1 ? [] : groups.slice(shared);
    const first = groups.length - opened.length;
    before = groups;
    return [
      ...opened.map((group, index) => `${indent(first + index)}${painted(terminal, 'dim', `Group ${group}`)}`),
      ...segmentLines(segment, groups.length, terminal),
    ];
  });
  return [head, ...lines].join('\n');
}

function segmentLines({ tag, name, groups, elements }: SegmentTree, depth: number, terminal: Terminal): string[] {
  const place = groups === undefined ? painted(terminal, 'red', '  (has no place here)') : '';
  return [
    `${indent(depth)}${painted(terminal, 'cyan', tag)}  ${printable(name ?? 'not in the directory')}${place}`,
    ...elements.flatMap((element) => elementLines(element, depth + 1, terminal)),
  ];
}

function elementLines({ id, name, value, meaning, components = [] }: ElementTree, depth: number, terminal: Terminal) {
  const label = `${indent(depth)}${painted(terminal, 'dim', id ?? '?')} ${printable(name ?? 'beyond the directory')}`;
  const said = value === undefined ? '' : `: ${painted(terminal, 'green', value)}`;
  const lines: string[] = [`${label}${said}${meaning === undefined ? '' : `  ${printable(meaning)}`}`];
  for (const component of components) lines.push(...elementLines(component, depth + 1, terminal));
  return lines;
}

/** Below the line of the message. */
function indent(depth: number): string {
  return '  '.repeat(depth + 2);
}

/** Texts of others move no cursor, whatever colour they have. */
function painted(terminal: Terminal, style: Style, text: string): string {
  return paint(terminal, terminal.stdout, style, printable(text));
}
