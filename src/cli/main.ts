#!/usr/bin/env node
import { registerConfig } from './config.ts';
import { registerInit } from './init.ts';
import { registerKey } from './key.ts';
import { registerPartner } from './partner.ts';
import { run } from './program.ts';

const nouns = [registerInit, registerPartner, registerKey, registerConfig];
const terminal = { stdout: process.stdout, stderr: process.stderr, env: process.env, now: () => new Date() };

process.exitCode = await run(process.argv.slice(2), terminal, nouns);
