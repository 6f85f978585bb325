/** The commands by name, each in a file of its own that is loaded when it is named; those of modules last. */
import type { Command } from 'commander'
import type { Runner } from './run.ts'

/** What each command's file exports. */
export interface CommandFile {
  /** Adds the command to the program. */
  readonly register: (program: Command, runner: Runner) => void
}

/** The name of a command. */
export type CommandName =
  | 'import'
  | 'status'
  | 'query'
  | 'tail'
  | 'mirror'
  | 'verify'
  | 'doctor'
  | 'backup'
  | 'backups'
  | 'export'
  | 'restore'
  | 'rebuild'
  | 'prune'
  | 'farm'
  | 'threads'
  | 'serve'

/** In the order in which `holdfast --help` lists them. */
export const COMMANDS: Readonly<Record<CommandName, () => Promise<CommandFile>>> = {
  import: () => import('./commands/import.ts'),
  status: () => import('./commands/status.ts'),
  query: () => import('./commands/query.ts'),
  tail: () => import('./commands/tail.ts'),
  mirror: () => import('./commands/mirror.ts'),
  verify: () => import('./commands/verify.ts'),
  doctor: () => import('./commands/doctor.ts'),
  backup: () => import('./commands/backup.ts'),
  backups: () => import('./commands/backups.ts'),
  export: () => import('./commands/export.ts'),
  restore: () => import('./commands/restore.ts'),
  rebuild: () => import('./commands/rebuild.ts'),
  prune: () => import('./commands/prune.ts'),
  farm: () => import('./commands/farm.ts'),
  threads: async () => (await import('./module-commands.ts')).readyCommands('threads'),
  serve: () => import('./commands/serve.ts'),
}
