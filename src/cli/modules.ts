/** The modules that the CLI knows by itself. Adding one is one entry here. */
import type { Module, ModuleCommands, QueryPreset } from '../index.ts'

/** A module as the CLI uses it. */
export interface ReadyModule {
  readonly load: () => Promise<Module>
  /** Apart from the module, so that asking a question costs no more than its text. */
  readonly presets: () => Promise<readonly QueryPreset[]>
  /** Apart from it, too: help needs no module. */
  readonly commands?: () => Promise<ModuleCommands<never>>
}

/** Each by its name in the store; loaded only for stores that have it. */
export const READY_MODULES: Readonly<Record<string, ReadyModule>> = {
  farm: {
    load: async () => (await import('../modules/farm/index.ts')).farm,
    presets: async () => (await import('../modules/farm/panels.ts')).FARM_PRESETS,
  },
  pipeline: {
    load: async () => (await import('../modules/pipeline/index.ts')).pipeline,
    presets: async () => (await import('../modules/pipeline/panels.ts')).PIPELINE_PRESETS,
  },
  threads: {
    load: async () => (await import('../modules/threads/index.ts')).threads,
    presets: async () => (await import('../modules/threads/panels.ts')).THREADS_PRESETS,
    commands: async () => (await import('../modules/threads/command-line.ts')).THREADS_COMMANDS,
  },
}
