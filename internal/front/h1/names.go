package h1

import (
	"net/http"
	"net/textproto"
	"strings"
)

// names are the usual headers as they are written, in their canonical form: to look one
// up costs nothing.
var names = func() map[string]string {
	all := make(map[string]string)
	for _, n := range []string{
		"Accept", "Accept-Encoding", "Accept-Language", "Access-Control-Request-Headers", "Access-Control-Request-Method", "Authorization", "Baggage", "Cache-Control",
		"Connection", "Content-Encoding", "Content-Type", "Cookie", "Dpop", "Expect", "Host", "Last-Event-Id", "Mantlet-Client",
		"Mcp-Method", "Mcp-Name", "Mcp-Protocol-Version", "Mcp-Session-Id", "Origin", "Referer", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site",
		"Traceparent", "Tracestate", "User-Agent", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto",
	} {
		all[n], all[strings.ToLower(n)] = n, n
	}
	all["MCP-Protocol-Version"], all["Mcp-Session-ID"], all["Last-Event-ID"] = "Mcp-Protocol-Version", "Mcp-Session-Id", "Last-Event-Id"
	return all
}()

// canonical is what http.Header has for a name that is a token.
func canonical(name string) string {
	if n, ok := names[name]; ok {
		return n
	}
	return textproto.CanonicalMIMEHeaderKey(name)
}

// method is a method's name without a copy for those that are served.
func method(name string) string {
	for _, m := range [...]string{http.MethodPost, http.MethodGet, http.MethodDelete, http.MethodOptions} {
		if name == m {
			return m
		}
	}
	return name
}
