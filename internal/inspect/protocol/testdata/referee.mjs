// Reads lines of {"part","method","value"} and says of each whether the official SDK's schemas
// take it. The first argument is the folder of the SDK.
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
const t = await import(pathToFileURL(process.argv[2] + '/dist/esm/types.js').href)

const params = {
  'initialize': t.InitializeRequestSchema, 'ping': t.PingRequestSchema, 'tools/list': t.ListToolsRequestSchema, 'tools/call': t.CallToolRequestSchema,
  'prompts/list': t.ListPromptsRequestSchema, 'prompts/get': t.GetPromptRequestSchema, 'resources/list': t.ListResourcesRequestSchema,
  'resources/templates/list': t.ListResourceTemplatesRequestSchema, 'resources/read': t.ReadResourceRequestSchema, 'resources/subscribe': t.SubscribeRequestSchema,
  'resources/unsubscribe': t.UnsubscribeRequestSchema, 'completion/complete': t.CompleteRequestSchema, 'logging/setLevel': t.SetLevelRequestSchema,
  'sampling/createMessage': t.CreateMessageRequestSchema, 'roots/list': t.ListRootsRequestSchema, 'elicitation/create': t.ElicitRequestSchema,
  'notifications/initialized': t.InitializedNotificationSchema, 'notifications/cancelled': t.CancelledNotificationSchema, 'notifications/progress': t.ProgressNotificationSchema,
  'notifications/message': t.LoggingMessageNotificationSchema, 'notifications/tools/list_changed': t.ToolListChangedNotificationSchema,
  'notifications/prompts/list_changed': t.PromptListChangedNotificationSchema, 'notifications/resources/list_changed': t.ResourceListChangedNotificationSchema,
  'notifications/resources/updated': t.ResourceUpdatedNotificationSchema, 'notifications/roots/list_changed': t.RootsListChangedNotificationSchema,
}
const results = {
  'initialize': t.InitializeResultSchema, 'ping': t.EmptyResultSchema, 'tools/list': t.ListToolsResultSchema, 'tools/call': t.CallToolResultSchema,
  'prompts/list': t.ListPromptsResultSchema, 'prompts/get': t.GetPromptResultSchema, 'resources/list': t.ListResourcesResultSchema,
  'resources/templates/list': t.ListResourceTemplatesResultSchema, 'resources/read': t.ReadResourceResultSchema, 'completion/complete': t.CompleteResultSchema,
  'sampling/createMessage': t.CreateMessageResultWithToolsSchema ?? t.CreateMessageResultSchema, 'roots/list': t.ListRootsResultSchema, 'elicitation/create': t.ElicitResultSchema,
}
for await (const line of createInterface({ input: process.stdin })) {
  const { part, method, value } = JSON.parse(line)
  const schema = part === 'params' ? params[method] : results[method]
  const whole = part === 'params' ? { method, params: value } : value
  console.log(schema === undefined ? 'none' : schema.safeParse(whole).success ? 'yes' : 'no')
}
