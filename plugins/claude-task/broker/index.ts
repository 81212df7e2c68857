export { type Broker, startBroker, type Tally } from './broker.ts'
export { type Credentials, makeCredentials } from './credentials.ts'
export { ROUTE_VARIABLES, routeFor } from './route.ts'
