/** The dashboard: a store, live, in a browser. */
export type { ModulePreset } from './server/panel-source.ts'
export { type Dashboard, type DashboardOptions, serveDashboard } from './server/server.ts'
