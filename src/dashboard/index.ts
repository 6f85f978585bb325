/** The dashboard: a store, live, in a browser. */
export { type Dashboard, type DashboardOptions, serveDashboard } from './server/server.ts'
