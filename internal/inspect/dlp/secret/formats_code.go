package secret

import (
	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

// forges keep source code and packages.
var forges = []format{
	{"secret/github-refresh-token", high, "ghr_{a:76}", nil},
	{"secret/github-token", crit, "ghp_{a:36} gho_{a:36} ghu_{a:36} ghs_{a:36} ghr_{a:36}", summed(4)},
	{"secret/github-fine-grained-token", high, "github_pat_{a:22}_{a:59}", nil},
	{"secret/gitlab-token", high, "glpat-{w:20-60} glpat-{w:27-300}.{l:2}.{l:9} gldt-{w:20-64} glrt-{w:20-64} glrtr-{w:20-64} glft-{w:20-64} " +
		"glsoat-{w:20-64} glimt-{w:25-64} glptt-{h:40} glffct-{w:20-64} glagent-{w:50-300} gloas-{w:64} glcbt-{a:1-5}_{w:20-64} GR1348941{w:20}", nil},
	{"secret/bitbucket-password", high, "ATBB{a:32}", nil},
	{"secret/npm-token", crit, "npm_{a:36}", summed(4)},
	{"secret/pypi-token", high, "pypi-AgEIcHlwaS5vcmc{w:50-300} pypi-AgENdGVzdC5weXBpLm9yZw{w:50-300}", nil},
	{"secret/rubygems-key", high, "rubygems_{h:48}", nil},
	{"secret/crates-token", high, "cio{a:32}", nil},
	{"secret/nuget-key", high, "oy2{l:43}", nil},
	{"secret/clojars-token", high, "CLOJARS_{l:60}", nil},
	{"secret/deno-token", high, "ddp_{a:36} ddo_{a:36}", nil},
	{"secret/sourcegraph-token", high, "sgp_{H:16}_{h:40} sgp_local_{h:40} sgp_{h:40}", nil},
	{"secret/sonar-token", high, "squ_{h:40} sqp_{h:40} sqa_{h:40}", nil},
	{"secret/buildkite-token", high, "bkua_{h:40} bkpt_{h:40} bkct_{h:40}", nil},
	{"secret/circleci-token", high, "CCIPAT_{a:22}_{h:40} CCIPRJ_{a:22}_{h:40}", nil},
	{"secret/snyk-token", medium, "snyk_uat.{h:8}.{x:40-300} snyk_sat.{h:8}.{x:40-300}", nil},
	{"secret/postman-key", high, "PMAK-{h:24}-{h:34}", nil},
	{"secret/prefect-key", high, "pnu_{l:36} pnb_{l:36}", nil},
	{"secret/readme-key", high, "rdme_{l:70}", nil},
	{"secret/figma-token", high, "figd_{w:40} figu_{w:40}", nil},
	{"secret/octopus-key", medium, "API-{u:26}", nil},
	{"secret/launchdarkly-key", high, "sdk-{h:8}-{h:4}-{h:4}-{h:4}-{h:12} api-{h:8}-{h:4}-{h:4}-{h:4}-{h:12}", nil},
}

// models are who runs language models, and what is around them.
var models = []format{
	{"secret/openai-key", high, "{w:20-130}T3BlbkFJ{w:20-130}", openai},
	{"secret/openai-project-key", high, "sk-proj-{w:48-200} sk-svcacct-{w:48-200} sk-admin-{w:48-200}", nil},
	{"secret/anthropic-key", high, "sk-ant-api03-{w:80-120} sk-ant-admin01-{w:80-120} sk-ant-oat01-{w:80-120} sk-ant-ort01-{w:80-120} sk-ant-sid01-{w:60-140}", nil},
	{"secret/openrouter-key", high, "sk-or-v1-{h:64}", nil},
	{"secret/langfuse-key", high, "sk-lf-{h:8}-{h:4}-{h:4}-{h:4}-{h:12}", nil},
	{"secret/model-key", medium, "sk-{a:32} sk-{a:48} sk-{a:51}", nil},
	{"secret/huggingface-token", high, "hf_{a:34} api_org_{a:34}", nil},
	{"secret/groq-key", high, "gsk_{a:52}", nil},
	{"secret/perplexity-key", high, "pplx-{a:48} pplx-{h:56}", nil},
	{"secret/xai-key", high, "xai-{a:80}", nil},
	{"secret/replicate-token", high, "r8_{a:37}", nil},
	{"secret/fireworks-key", medium, "fw_{a:22-24}", nil},
	{"secret/together-key", high, "tgp_v1_{w:43}", nil},
	{"secret/elevenlabs-key", high, "sk_{h:48}", nil},
	{"secret/langsmith-key", high, "lsv2_pt_{h:32}_{h:10} lsv2_sk_{h:32}_{h:10}", nil},
	{"secret/pinecone-key", high, "pcsk_{n:60-80}", nil},
	{"secret/jina-key", high, "jina_{a:60}", nil},
	{"secret/tavily-key", high, "tvly-{w:32-60} tvly-dev-{w:32}", nil},
	{"secret/firecrawl-key", high, "fc-{h:32}", nil},
	{"secret/nvidia-key", high, "nvapi-{w:60-70}", nil},
	{"secret/cerebras-key", high, "csk-{l:48}", nil},
	{"secret/e2b-key", high, "e2b_{h:40}", nil},
	{"secret/voyage-key", medium, "pa-{w:43}", nil},
	{"secret/context7-key", high, "ctx7sk-{h:8}-{h:4}-{h:4}-{h:4}-{h:12}", nil},
	{"secret/apify-token", high, "apify_api_{a:36}", nil},
	{"secret/brave-search-key", medium, "BSA{w:28}", nil},
}

// summed checks the six letters at the end of a token whose first n bytes are its prefix. One
// that does not add up was never issued.
func summed(n int) check {
	return func(text []byte, from, to int) (int, finding.Severity) {
		if sum(text[from+n : to]) {
			return to, crit
		}
		return to, low
	}
}
