#!/usr/bin/env node
/** The `holdfast` program. Everything it does is in run.ts, so that a tool can mount it. */
import { run } from './run.ts'

process.exitCode = await run(process.argv.slice(2))
