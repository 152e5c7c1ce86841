import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** What a group of processes has used so far, by `/proc` (Linux). */
export interface Usage {
  /** Seconds of processor time, user and system. */
  readonly cpu: number;
  /** Peak of resident memory since it was last forgotten, in MiB, summed over the processes. */
  readonly peak: number;
}

/** USER_HZ, which is 100 on every Linux that Node runs on. */
const ticks = 100;

export function usageOf(group: number): Usage {
  const each = processesOf(group);
  return {
    cpu: each.reduce((sum, { cpu }) => sum + cpu, 0),
    peak: each.reduce((sum, { pid }) => sum + peakOf(pid), 0),
  };
}

/** Seconds of processor time of the main thread of a process. */
export function cpuOfMainThread(pid: number): number {
  const fields = statOf(`${pid}/task/${pid}`);
  return (Number(fields[11]) + Number(fields[12])) / ticks;
}

/** Lets the peak begin anew from what is resident now (proc(5), clear_refs). */
export function forgetPeak(group: number): void {
  for (const { pid } of processesOf(group)) writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

function processesOf(group: number): { readonly pid: string; readonly cpu: number }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const fields = statOf(pid);
      const number = (at: number) => Number(fields[at - 3]);
      // proc(5): 5 pgrp, 14 utime, 15 stime, 16 and 17 those of children that have ended
      return number(5) === group ? [{ pid, cpu: (number(14) + number(15) + number(16) + number(17)) / ticks }] : [];
    });
}

/** The fields from the third on: the second, the name, may hold blanks. */
function statOf(pid: string): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return []; // it has just ended
  }
}

function peakOf(pid: string): number {
  try {
    const kib = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return Number(kib ?? 0) / 1024;
  } catch {
    return 0; // likewise
  }
}
