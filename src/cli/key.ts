import type { Command } from 'commander';
import type { Terminal } from './output.ts';
export function registerKey(_program: Command, _terminal: Terminal): void {}
