// Makes the calls of $PLAN with the official TypeScript SDK's client.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

for (const { URL: url, Token, Calls } of JSON.parse(process.env.PLAN)) {
  const client = new Client({ name: "e2e", version: "1" }, { capabilities: {} });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers: { Authorization: `Bearer ${Token}` } },
  }));
  const { tools } = await client.listTools();
  for (const { tool, args, want } of Calls) {
    if (!tools.some((t) => t.name === tool)) throw new Error(`${url} lacks ${tool}`);
    const result = await client.callTool({ name: tool, arguments: args });
    const text = result.content.map((c) => c.text ?? "").join("");
    if (result.isError || !text.includes(want)) throw new Error(`${tool} answered ${JSON.stringify(result)}`);
    console.log(`ok ${url} ${tool}`);
  }
  await client.close();
}
