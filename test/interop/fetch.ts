import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { endsWithUs } from './child.ts';
import { NotHad } from './peer.ts';

export interface Artifact {
  readonly group: string;
  readonly artifact: string;
  readonly version: string;
}

/** Packages of npm into `folder/node_modules`. @throws NotHad */
export function npmInstall(folder: string, packages: Readonly<Record<string, string>>): Promise<void> {
  const names = Object.entries(packages).map(([name, version]) => `${name}@${version}`);
  return unlessMade(folder, names.join(' '), async () => {
    await writeFile(path.join(folder, 'package.json'), '{ "private": true }\n');
    // Whoever runs us silently wants to know all the same why it failed, and soon.
    const telling = ['--loglevel=error', '--fetch-retries=1'];
    await run(folder, 'npm', ['install', '--no-audit', '--no-fund', '--save-exact', ...telling, ...names]);
  });
}

/** Artifacts of Maven with all that they depend on, as `folder/lib/*.jar`. @throws NotHad */
export function mavenJars(folder: string, artifacts: readonly Artifact[]): Promise<void> {
  const names = artifacts.map(({ group, artifact, version }) => `${group}:${artifact}:${version}`);
  return unlessMade(folder, names.join(' '), async () => {
    const dependencies = artifacts.map(
      ({ group, artifact, version }) =>
        `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`,
    );
    const pom = [
      '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>',
      '<groupId>local</groupId><artifactId>peer</artifactId><version>1</version>',
      `<dependencies>${dependencies.join('')}</dependencies></project>`,
    ];
    await writeFile(path.join(folder, 'pom.xml'), pom.join('\n'));
    await run(folder, 'mvn', ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=lib']);
  });
}

/** A virtual environment of Python with these packages. @returns its `python` @throws NotHad */
export async function pythonVenv(folder: string, packages: readonly string[]): Promise<string> {
  const python = path.join(folder, 'venv/bin/python');
  await unlessMade(folder, packages.join(' '), async () => {
    await run(folder, 'python3', ['-m', 'venv', 'venv']);
    await run(folder, python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages]);
  });
  return python;
}

/** Does `make` in a fresh folder, unless the same was made there before. */
async function unlessMade(folder: string, what: string, make: () => Promise<void>): Promise<void> {
  const stamp = path.join(folder, `${createHash('sha256').update(what).digest('hex')}.made`);
  if (existsSync(stamp)) return;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await make();
  await writeFile(stamp, '');
}

/** Java classes into `folder/classes`, with what is in `folder/lib`. @throws NotHad */
export async function compile(folder: string, files: readonly string[]): Promise<void> {
  const sources = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  return unlessMade(path.join(folder, 'classes'), sources.join('\n'), () =>
    run(folder, 'javac', ['-cp', 'lib/*', '-d', 'classes', ...files]),
  );
}

/** @throws NotHad with the last lines of what the tool wrote */
function run(cwd: string, command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'], timeout: 600_000 });
  endsWithUs(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += String(text)));
  const failed = (why: string) => {
    const last = said.trim().split('\n').slice(-4).join(' ').slice(0, 500);
    return new NotHad(`${command} ${args.slice(0, 3).join(' ')} failed: ${last || why}`);
  };
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(failed(error.message)));
    child.on('close', (status) => (status === 0 ? resolve() : reject(failed(`it ended with ${status}`))));
  });
}
