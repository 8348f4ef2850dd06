// Runs every audit of graphql-http against one address and prints the outcome as JSON.
import { auditServer } from 'graphql-http'

const [url, authorization] = process.argv.slice(2)
const withToken = (address, request = {}) =>
  fetch(address, { ...request, headers: { ...request.headers, ...(authorization ? { authorization } : {}) } })

const results = await auditServer({ url, fetchFn: withToken })
console.log(JSON.stringify(results.map(({ id, name, status, reason }) => ({ id, name, status, reason }))))
