import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { registerEdi } from '../../src/cli/edi.ts';
import { readInterchange } from '../../src/edifact/reader.ts';
import { interchange, message, unb } from '../edifact/samples.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { runner } from './support.ts';

const samples = path.resolve(import.meta.dirname, '../edifact/samples/D97B/SANCRT');
const sample = (name: string) => path.join(samples, `${name}.edi`);
const countersign = runner([registerEdi]);
const lines = (text: string) => Buffer.from(text.replaceAll("'", "'\r\n"), 'latin1');
const good = interchange([message('1'), message('2')]);
const bad = good.replace('811+6AU000123+9\'UNT+3+2', "811+6AU0001234567890123456789012345678901+9'UNT+3+2"); // prettier-ignore

describe('edi check', () => {
  it('shows the line, a caret under the spot, and what would be right', async () => {
    const { status, stdout, stderr } = await countersign('edi', 'check', '-', lines(bad));
    assert.equal(status, 1);
    assert.equal(
      stdout,
      [
        'error[39]: "6AU0001234567890123456789012345678901" is too long for 1004, an..35',
        ' --> -:6:9  (interchange AU0000000417, message 2, segment 2 BGM, element 3, component 1)',
        '  |',
        "6 | BGM+811+6AU0001234567890123456789012345678901+9'",
        `  |         ${'^'.repeat(37)}`,
        '  = right: 1004 Document/message number: an..35',
        '  = CONTRL: UCD Data element too long',
        '',
        '',
      ].join('\n'),
    );
    assert.equal(stderr, '-: 1 interchange, 2 messages: 1 error, 0 warnings\nerror: 1 fault found.\n');
  });

  it('ends with 0 where there is nothing to tell, 1 with a fault, 2 for wrong use', async () => {
    assert.deepEqual(await countersign('edi', 'check', sample('min')).then(({ status, stdout }) => [status, stdout]), [0, '']); // prettier-ignore
    const warned = await countersign('edi', 'check', sample('min'), sample('max'));
    assert.equal(warned.status, 0);
    assert.match(warned.stdout, /^warning: 6411 "A" is not in UN\/ECE Recommendation 20/);
    assert.equal((await countersign('edi', 'check', sample('min'), sample('29-UNZ'))).status, 1);
    assert.equal((await countersign('edi', 'check', sample('nothing'))).status, 1);
    assert.equal((await countersign('edi', 'check')).status, 2);
    assert.equal((await countersign('edi', 'check', '-', '-')).status, 2);
  });

  it('goes on behind a file that cannot be read, and ends with 1', async () => {
    const files = [sample('min'), sample('nothing'), path.dirname(samples), sample('29-UNZ')];
    for (const verb of ['check', 'explain', 'acknowledge']) {
      const { status, stderr, json } = await countersign('--json', 'edi', verb, ...files);
      assert.equal(status, 1);
      assert.match(stderr, /nothing\.edi: cannot be read: ENOENT.*\n(?:.*\n)*.*D97B: cannot be read: it is a folder/);
      assert.match(stderr, /error: .*2 files not read\.\n$/);
      const told = json() as { file: string; error?: string }[];
      assert.deepEqual(told.map(({ file, error }) => [file, error === undefined]), [[files[0], true], [files[3], true], [files[1], false], [files[2], false]]); // prettier-ignore
    }
    const { stderr } = await countersign('edi', 'check', sample('min'), sample('nothing'));
    assert.match(stderr, /error: 1 file not read\.\n$/);
  });

  it('reads what comes through a named pipe, as a shell gives it for <(…)', async () => {
    const pipe = path.join(temporaryFolder('edi'), 'pipe');
    spawnSync('mkfifo', [pipe]);
    const writer = spawn('cp', [sample('29-UNZ'), pipe]);
    const { status, stdout } = await countersign('edi', 'check', pipe);
    assert.deepEqual([status, stdout.includes('pipe:1:')], [1, true]);
    assert.equal(writer.exitCode ?? 0, 0);
  });

  it('ends quietly, and not with 0, when nobody reads on before all is told', () => {
    const file = path.join(temporaryFolder('edi'), 'bad.edi');
    writeFileSync(file, interchange(Array.from({ length: 3000 }, () => message('1', undefined, ['BGM+811+X+7A']))));
    const line = `"${process.execPath}" --import tsx src/cli/commands.ts edi check "${file}"`;
    const cwd = path.resolve(import.meta.dirname, '../..');
    const script = `{ ${line}; echo "status $?" >&2; } | head -1`;
    const { stdout, stderr } = spawnSync('sh', ['-c', script], { cwd, encoding: 'utf8' });
    assert.deepEqual([stdout, stderr], ['error[12]: "7A" is no code of 1225\n', 'status 141\n']);
  });

  it('tells all of several files as JSON, with line and column', async () => {
    const { json } = await countersign('--json', 'edi', 'check', sample('39-BGM-1004'), '-', lines(bad));
    const reports = json() as { file: string; findings: { code: string; line: number; column: number }[] }[];
    assert.deepEqual(
      reports.map(({ file, findings }) => [file, findings.map(({ code, line, column }) => [code, line, column])]),
      [
        [sample('39-BGM-1004'), [['39', 1, 96]]],
        ['-', [['39', 6, 9]]],
      ],
    );
  });

  it('counts characters, not bytes, where the character set has several bytes for one', async () => {
    const text = `UNA:+.? 'UNB+UNOY:4+A\u00c9\u20ac:ZZZ+USCBP:ZZZ+20261102:0930+R'UNH+1+SANCRT:D:97B:UN'BGM+811+\u20ac\u20ac+X9'UNT+3+1'UNZ+1+R'`;
    const { stdout } = await countersign('edi', 'check', '-', Buffer.from(text.replaceAll("'", "'\n")));
    assert.match(stdout, /-:4:12 .*\n *\|\n4 \| BGM\+811\+\u20ac\u20ac\+X9'\n {2}\| {12}\^\^/);
  });

  it('shows no half of a character where the line is cut', async () => {
    for (const padding of ['', 'A', 'AA']) {
      const bgm = `BGM+811+${'\u20ac'.repeat(30)}${padding}+X9'`;
      const text = `UNB+UNOY:4+A:ZZZ+B:ZZZ+20261102:0930+R'UNH+1+SANCRT:D:97B:UN'${bgm}UNT+3+1'UNZ+1+R'`;
      const { stdout } = await countersign('edi', 'check', '-', Buffer.from(text));
      assert.match(stdout, /^1 \| \u2026\u20ac/m);
      assert.doesNotMatch(stdout, /\ufffd/);
    }
  });

  it('names no message that has no reference, and no tag where there is none', async () => {
    const text = "UNB+UNOC:3+A:ZZZ+B:ZZZ+261102:0930+R'UNH++SANCRT:D:97B:UN'BGM''UNT+4+1'UNZ+1+R'";
    const { stdout } = await countersign('edi', 'check', '-', Buffer.from(text));
    assert.match(stdout, /What has no tag is no segment of this message\n.*\(interchange R, segment 3\)/);
  });

  it('tells what is no interchange at all', async () => {
    for (const bytes of ['', 'hello', 'UNB', "UNA:+.? 'UNH+1'"]) {
      const { status, stdout } = await countersign('edi', 'check', '-', Buffer.from(bytes));
      assert.deepEqual([status, stdout.startsWith('error: ')], [1, true], bytes);
    }
  });

  it('tells a control reference that its sender used before in the file, unless that one was refused as a whole', async () => {
    const twice = async (first: string, second: string) => {
      const { json } = await countersign('--json', 'edi', 'check', '-', Buffer.from(`${first}\r\n${second}`));
      const [{ findings }] = json() as [
        { findings: { code: string; line: number; column: number; excerpt: string }[] },
      ];
      return findings.map(({ code, line, column }) => [code, line, column]);
    };
    assert.deepEqual(await twice(good, good), [['26', 2, good.indexOf('AU0000000417') + 1]]);
    assert.deepEqual(await twice(good, good.replace('AUDAFF', 'NZMPI')), []);
    const refused = good.replace('UNZ+2', 'UNZ+3');
    assert.deepEqual((await twice(refused, good)).map(([code]) => code), ['29']); // prettier-ignore
    const answers = await countersign('edi', 'acknowledge', '-', Buffer.from(good + good));
    assert.match(answers.stdout, /\+7'UNT[^\n]*\n[^\n]*\+4\+26\+UNB\+6'UNT/);
  });

  it('finds the line in a large file, and what stands behind a border of what is read at a time', async () => {
    const many = Array.from({ length: 8000 }, (_, index) => message(String(index + 1)));
    many[7000] = message('7001').replace('BGM', 'BGX');
    const { json } = await countersign('--json', 'edi', 'check', '-', lines(interchange(many)));
    const [report] = json() as { findings: { line: number; column: number; excerpt: string }[] }[];
    const { line, column, excerpt } = report!.findings[0]!;
    assert.deepEqual([line, column, excerpt], [3 * 7000 + 3, 1, "BGX+811+6AU000123+9'"]);
  });

  it('colours on a terminal alone, and not with NO_COLOR', async () => {
    const coloured = '\u001b[31merror[39]';
    assert.ok(
      (await runner([registerEdi], {}, { tty: true })('edi', 'check', '-', lines(bad))).stdout.startsWith(coloured),
    );
    const plain = await runner([registerEdi], { NO_COLOR: '1' }, { tty: true })('edi', 'check', '-', lines(bad));
    assert.ok(!plain.stdout.includes('\u001b'));
  });

  it('whatever bytes there are, puts no control character on the terminal, and ends', async () => {
    const piece = fc.oneof(fc.constantFrom('\u001b[2J', '\x9b', '\x07', '\r', "'", '+', ':', '?', "UNH+1+X'", '\u0000'), fc.string({ unit: 'binary', maxLength: 3 })); // prettier-ignore
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(good.length), piece), { maxLength: 4 }), async (damage) => {
        const text = damage.reduce((before, [at, what]) => before.slice(0, at) + what + before.slice(at), good);
        for (const verb of ['check', 'explain']) {
          const { stdout, stderr } = await countersign('edi', verb, '-', Buffer.from(text, 'latin1'));
          // What would be right is told with every code.
          const told = stdout.split('\n\n').filter((block) => block.startsWith('error['));
          for (const block of told) assert.match(block, /\n *= right: \S/);
          // eslint-disable-next-line no-control-regex
          assert.doesNotMatch(stdout + stderr, /[\x00-\x09\x0b-\x1f\x7f-\x9f]| {4}at /);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('edi explain', () => {
  it('shows groups, segments, elements and codes by their names', async () => {
    const body = ['BGM+811+6AU000123+9', 'PNA+IM+12-345678900', 'LIN+1', 'MEA+AAJ+AAI+KGM:18000'];
    const { status, stdout } = await countersign(
      'edi',
      'explain',
      '-',
      lines(interchange([message('1', undefined, body)])),
    );
    assert.equal(status, 0);
    const shown = stdout.split('\n').map((line) => line.trim());
    for (const line of [
      'Interchange AU0000000417  from AUDAFF:ZZZ to USCBP:ZZZ, UNOC:3, 2026-11-02 09:30',
      'Message 1  SANCRT D:97B  International movement of goods governmental regulatory message',
      '1225 Message function, coded: 9  Original',
      '3035 Party qualifier: IM  Importer',
      '6314 Measurement value: 18000',
    ]) {
      assert.ok(shown.includes(line), `${line}\n${stdout}`);
    }
    assert.match(stdout, /\n {4}Group \d+\n {6}PNA {2}/);
  });

  it('shows what it can of what is not in a directory, and ends with 1', async () => {
    const { status, stdout } = await countersign(
      'edi',
      'explain',
      '-',
      lines(interchange([message('1', 'FOO:D:97B:UN')])),
    );
    assert.equal(status, 1);
    assert.match(stdout, /FOO D:97B {2}not in a directory that is here/);
  });

  it('is JSON on demand', async () => {
    const { json } = await countersign('--json', 'edi', 'explain', sample('min'));
    const [{ interchanges }] = json() as [{ interchanges: { messages: { segments: { tag: string }[] }[] }[] }];
    assert.deepEqual(
      interchanges[0]?.messages[0]?.segments.map(({ tag }) => tag),
      ['UNH', 'BGM', 'UNT'],
    );
  });
});

describe('edi acknowledge', () => {
  it('prints the CONTRL, and ends with 1 where something is refused', async () => {
    const accepted = await countersign('edi', 'acknowledge', '-', lines(interchange([message('1')])));
    assert.equal(accepted.status, 0);
    assert.match(accepted.stdout, /UCI\+AU0000000417\+AUDAFF:ZZZ\+USCBP:ZZZ\+7'UNT/);
    const refused = await countersign('edi', 'acknowledge', '-', lines(bad));
    assert.equal(refused.status, 1);
    assert.match(refused.stdout, /\+7'UCM\+2\+SANCRT:D:97B:UN\+4'UCS\+2'UCD\+39\+3:1'UNT/);
    const contrl = readInterchange(Buffer.from(refused.stdout));
    assert.deepEqual([contrl.sender.id, contrl.recipient.id], ['USCBP', 'AUDAFF']);
  });

  it('names every message on demand, and says received alone (8) on demand', async () => {
    const every = await countersign('edi', 'acknowledge', '--every-message', '-', lines(good));
    assert.match(every.stdout, /\+7'UCM\+1\+SANCRT:D:97B:UN\+7'UCM\+2\+SANCRT:D:97B:UN\+7'UNT/);
    assert.match((await countersign('edi', 'acknowledge', '--receipt-only', '-', lines(good))).stdout, /\+8'UNT/);
  });

  it('answers no CONTRL, and tells what it cannot answer', async () => {
    const contrl = interchange([message('1', 'CONTRL:D:3:UN', ['UCI+R+A+B+7'])]);
    const { status, stdout, stderr } = await countersign('edi', 'acknowledge', '-', lines(contrl));
    assert.deepEqual([status, stdout], [0, '']);
    assert.match(stderr, /holds CONTRL alone, which is not answered/);
    const none = await countersign('edi', 'acknowledge', '-', Buffer.from(good.replace('AUDAFF', '')));
    assert.deepEqual([none.status, none.stdout], [1, '']);
    assert.match(none.stderr, /no CONTRL can be made: .*S002 \(sender\) is missing/);
  });

  it('is JSON on demand, one for each interchange', async () => {
    const { json } = await countersign('--json', 'edi', 'acknowledge', sample('min'), sample('29-UNZ'));
    const answers = json() as { refused: boolean; contrl: string }[];
    assert.deepEqual(answers.map(({ refused, contrl }) => [refused, contrl.includes('+4+29+UNZ+2')]), [[false, false], [true, true]]); // prettier-ignore
  });
});

describe('edi check of a large file', () => {
  it('takes no more memory than for a small one', () => {
    const folder = temporaryFolder('edi');
    const peak = (messages: number) => {
      const file = path.join(folder, `${messages}.edi`);
      const body = Array.from({ length: 12 }, (_, index) => `FTX+AAI+++LINE ${index}`);
      const one = message('#', undefined, ['BGM+811+6AU000123+9', ...body]);
      const all = Array.from({ length: messages }, (_, index) => one.replaceAll('#', String(index + 1)));
      writeFileSync(file, `${unb}'${all.join('')}UNZ+${messages}+AU0000000417'`);
      const script = `
        import { registerEdi } from './src/cli/edi.ts';
        import { run } from './src/cli/program.ts';
        const stream = { write: () => true, once: () => undefined };
        const status = await run(['edi', 'check', ${JSON.stringify(file)}], { stdout: stream, stderr: stream, env: {}, now: () => new Date() }, [registerEdi]);
        process.stdout.write(JSON.stringify([status, process.resourceUsage().maxRSS]));`;
      const args = ['--import', 'tsx', '--input-type=module', '-e', script];
      const ran = spawnSync(process.execPath, args, {
        cwd: path.resolve(import.meta.dirname, '../..'),
        encoding: 'utf8',
      });
      const [status, kib] = JSON.parse(ran.stdout) as [number, number];
      assert.equal(status, 0, ran.stderr);
      return kib / 1024;
    };
    const [small, large] = [peak(3000), peak(90_000)];
    assert.ok(large - small < 64, `${small} MiB, then ${large} MiB`);
  });
});
