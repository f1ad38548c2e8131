package rule

import (
	"fmt"
	"strings"
)

// class is the words that {name} stands for, or the word itself.
func class(w string) []string {
	if w[0] == '^' || w[0] == ',' {
		all := class(w[1:])
		out := make([]string, len(all))
		for i, one := range all {
			out[i] = w[:1] + one
		}
		return out
	}
	name, ok := strings.CutPrefix(w, "{")
	if !ok {
		return inflect(w)
	}
	list, ok := classes[strings.TrimSuffix(name, "}")]
	if !ok {
		panic(fmt.Sprintf("no class of words is %q", w))
	}
	var out []string
	for one := range strings.FieldsSeq(list) {
		out = append(out, inflect(one)...)
	}
	return out
}

// inflect gives the forms of a word that ends in "~" (a regular verb or noun): send~ is
// send, sends, sended, sending.
func inflect(w string) []string {
	stem, ok := strings.CutSuffix(w, "~")
	if !ok {
		return []string{w}
	}
	out := []string{stem, stem + "s", stem + "es"}
	cut, doubled := stem, stem
	switch last := stem[len(stem)-1]; {
	case last == 'e':
		cut, doubled = stem[:len(stem)-1], stem[:len(stem)-1]
	case last == 'y' && !strings.ContainsAny(stem[len(stem)-2:len(stem)-1], "aeou"):
		out = append(out, stem[:len(stem)-1]+"ies", stem[:len(stem)-1]+"ied")
	case strings.ContainsRune("bdgmnprt", rune(last)):
		doubled = stem + string(last)
	}
	return append(out, cut+"ed", cut+"ing", doubled+"ed", doubled+"ing")
}

// classes are the words that structure is made of. Inflections: see inflect.
var classes = map[string]string{ //nolint:gosec // words that are looked for, no credential
	"not":     "not don't dont never mustn't shouldn't avoid refrain",
	"firm":    "must always mandatory required requires need needs should shall never ensure have has",
	"read":    "read~ reading open~ load~ fetch~ get~ getting retrieve~ access~ cat extract~ collect~ gather~ obtain~ harvest~ capture~ dump~ copy~ scan~ parse~ steal~ stolen list~ view~ look~ find~ locate~ grab~ enumerate~ return~ output~ print~ reveal~ leak~ include~ including append~ embed~ attach~ insert~ pass~ provide~ use~ exfiltrate~ submit~ supply~ put~ write~ add~",
	"ship":    "send~ sent sending post~ upload~ forward~ transmit~ exfiltrate~ leak~ email~ bcc bcc'd relay~ smuggle~ transfer~ submit~ deliver~ dispatch~ ship~ mirror~",
	"tamper":  "set~ setting change~ replace~ modify~ modifies override~ overrides overwrite~ substitute~ redirect~ reroute~ switch~ alter~ rewrite~ swap~ divert~ tamper~ bcc cc inject~ append~ multiply~",
	"value":   "parameter parameters argument arguments value values field fields input inputs path recipient recipients address amount destination content body message subject query account category command url option flag setting settings target receiver quantity price id name",
	"earlier": "previous prior above preceding earlier existing past foregoing original initial current other all any your former safety system developer user's",
	"orders":  "instruction~ direction~ directive~ rule~ guideline~ prompt~ constraint~ command~ order~ policy policies restriction~ training safeguard~ safety guidance message~ context request",
	"machine": "assistant ai llm model agent chatbot claude gpt chatgpt gemini copilot cursor",
	"secret":  "credential~ password~ passwd passphrase~ token~ key~ apikey secret~ api_key env environment cookie~ id_rsa keychain wallet mnemonic seed ssh pem kubeconfig netrc clipboard",
	"strange": "attacker attacker's evil malicious hacker adversary external party outside unauthorized foreign our",
	"place":   "server~ host~ endpoint~ url~ collector~ address~ site~ website~ webhook~ service~ domain~ location~ party destination~ account~ recipient~ analytics c2",
	"shell":   "sh bash zsh dash ksh python python3 perl ruby node powershell pwsh iex fish",
	"deed":    "operation~ action~ request~ task~ call~ tool~ query queries command~ step~ function~ message~ email~ transaction~ file~ transfer~ use invocation~ execution~ conversation~ response~ answer~ interaction~",
	"world":   "mention subscribe unsubscribe split praise advertise recommend change merge deny round start repost post text wipe blind bcc cc email archive swap grant extract collect gather attach add append answer attach book buy cancel choose clear copy delete deny disable divide double drop encrypt erase exclude execute forward give grant hand hide include increase insert install invite invoke leave limit lower mark move multiply obtain omit open order pay pick pretend purchase push query raise recommend record reduce remove rename repeat reply report reset reverse rewrite run say send share skip store submit subtract supply suppress swap tell transfer turn upload write route convert",
	"worldly": "posted merged rounded wiped texted emailed bcc'd collected gathered extracted exported repeated pasted copied logged mirrored shared published added appended answered attached booked bought cancelled canceled chosen cleared copied deleted denied disabled divided doubled dropped encrypted erased excluded executed forwarded given granted handed hidden increased inserted installed invited invoked left limited lowered marked moved multiplied omitted ordered paid picked purchased pushed raised recommended recorded reduced removed renamed repeated replaced reset reversed rewritten sent shared skipped stored submitted subtracted supplied suppressed swapped transferred uploaded written routed converted approved changed redirected",
	"open":    "when whenever if before after while once on upon prior each every any all for during regardless in should",
	"about":   "detects detecting detected detector whether example examples illustrative documentation explains explaining sample mock expected fixtures flags flagging attempt attempts analyzes analyzing analyses scans scanning scanner guardrail training such prevents preventing protect protects protecting safeguard against stops blocks refuses identify",
}

// secretPaths stand anywhere in a path; secretFiles are whole steps of one.
var secretPaths = []string{
	".ssh/", "/.ssh", "id_rsa", "id_ed25519", "id_ecdsa", "/etc/passwd", "/etc/shadow", "/etc/sudoers", "mcp.json", ".aws/",
	".kube/config", ".docker/config", "authorized_keys", ".git-credentials", ".bash_history", ".zsh_history", ".gnupg", "/proc/self/environ",
	"login.keychain", "wallet.dat", "claude_desktop_config", ".config/gcloud", "private_key", "/root/", ".netrc", ".npmrc", ".pypirc", ".pgpass",
}

var secretFiles = words(`.ssh .env .envrc .aws .netrc .npmrc .pypirc .pgpass credentials credentials.json id_rsa id_dsa shadow passwd
	mcp.json .mcp.json secrets.json secrets.yaml secrets.yml .vault-token private.key private.pem .git-credentials .kube .gnupg .bash_history
	.zsh_history cookies.sqlite keychain.db wallet.dat`)

// collectors are public services that show to anybody what was sent to them.
var collectors = []string{
	"webhook.site", "requestbin", "pipedream.net", "ngrok", "burpcollaborator", "oastify.com", "interact.sh", "oast.", "beeceptor",
	"hookbin", "requestcatcher", "trycloudflare.com", "serveo.net", "localhost.run", "pastebin.com", "transfer.sh", "file.io", "0x0.st", "dnslog.", "ceye.io", "exfil", "attacker", "evil.",
}
