#!/usr/bin/env node
/** The `estab` command. */
import { run } from './program.ts';
import { ProcessTerminal } from './terminal.ts';

process.exitCode = await run(process.argv.slice(2), new ProcessTerminal());
