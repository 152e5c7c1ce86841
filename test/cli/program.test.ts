import assert from 'node:assert/strict';
import { ConfigError } from '../../src/config/config-error.ts';
import { CommandError, UsageError, fields, paint, printResult, table, type Terminal } from '../../src/cli/output.ts';
import type { RegisterNoun } from '../../src/cli/program.ts';
import { runner } from './support.ts';

const failing =
  (error: Error): RegisterNoun =>
  (program) => {
    program.command('fail').action(() => {
      throw error;
    });
  };

describe('cli/program', () => {
  it('exits with 2 for wrong use: no command, an unknown one, an unknown option, a wrong value', async () => {
    const noun: RegisterNoun = (program) => {
      program
        .command('do')
        .argument('<what>')
        .action(() => undefined);
    };
    const countersign = runner([noun]);
    for (const args of [[], ['undo'], ['do'], ['do', 'x', '--nothing'], ['do', 'x', 'y'], ['--home']]) {
      const { status, stdout, stderr } = await countersign(...args);
      assert.equal(status, 2, args.join(' '));
      assert.equal(stdout, '');
      assert.notEqual(stderr, '');
    }
  });

  it('exits with 0 for help and version, which go to stdout', async () => {
    const countersign = runner([failing(new Error())]);
    for (const args of [['--help'], ['--version'], ['help']]) {
      const { status, stdout } = await countersign(...args);
      assert.equal(status, 0);
      assert.notEqual(stdout, '');
    }
  });

  it('exits with 1 and one line for what is refused, 2 for wrong use that a command finds', async () => {
    assert.deepEqual(await outcome(new CommandError('There is no message 5.')), [1, 'error: There is no message 5.\n']);
    assert.deepEqual(await outcome(new UsageError('Give one.')), [2, 'error: Give one.\n']);
    const system = Object.assign(new Error('listen EADDRINUSE: 4080'), { syscall: 'listen' });
    assert.deepEqual(await outcome(system), [1, 'error: listen EADDRINUSE: 4080\n']);
    const problem = { file: 'f.yaml', line: 3, key: 'a.b', message: 'is missing', remedy: 'Add it.' };
    assert.deepEqual(await outcome(new ConfigError([problem])), [1, 'error: f.yaml:3: a.b: is missing. Add it.\n']);
  });

  it('shows where a fault of ours is', async () => {
    const [status, stderr] = await outcome(new TypeError('oops'));
    assert.equal(status, 1);
    assert.match(stderr, /TypeError: oops\n.*program\.test/s);
  });

  async function outcome(error: Error): Promise<[number, string]> {
    const { status, stdout, stderr } = await runner([failing(error)])('fail');
    assert.equal(stdout, '');
    return [status, stderr];
  }
});

describe('cli/output', () => {
  function terminalOf(isTTY: boolean, env: Record<string, string> = {}): { terminal: Terminal; printed: string[] } {
    const printed: string[] = [];
    const stream = {
      isTTY,
      write: (text: string | Uint8Array) => printed.push(String(text)) > 0,
      once: () => undefined,
    };
    return { terminal: { stdout: stream, stderr: stream, env, now: () => new Date() }, printed };
  }

  it('colours on a terminal alone, and not when NO_COLOR is set', () => {
    const painted = (isTTY: boolean, env?: Record<string, string>) => {
      const { terminal } = terminalOf(isTTY, env);
      return paint(terminal, terminal.stdout, 'red', 'x');
    };
    assert.deepEqual(
      [painted(true), painted(false), painted(true, { NO_COLOR: '1' }), painted(true, { NO_COLOR: '' })],
      ['\u001b[31mx\u001b[0m', 'x', 'x', '\u001b[31mx\u001b[0m'],
    );
  });

  it('prints JSON when asked to, else the text', () => {
    const { terminal, printed } = terminalOf(false);
    printResult(terminal, true, { a: 1 }, 'text');
    printResult(terminal, false, { a: 1 }, 'text');
    printResult(terminal, false, {}, '');
    assert.deepEqual(printed, ['{\n  "a": 1\n}\n', 'text\n', '']);
  });

  it('lines up columns, and lets no text of others move the cursor', () => {
    assert.equal(
      table(
        ['a', 'name'],
        [
          ['long one', 'x\u001b[2J\n'],
          ['s', 'y'],
        ],
      ),
      'A         NAME\nlong one  x\ufffd[2J\ufffd\ns         y',
    );
    assert.equal(
      fields([
        ['a', '1'],
        ['long', undefined],
        ['bc', '2\r'],
      ]),
      'a   1\nbc  2\ufffd',
    );
  });
});
