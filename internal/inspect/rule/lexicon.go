package rule

import (
	"fmt"
	"strings"
)

// class is the words that {name} stands for, or the word itself.
func class(w string) []string {
	if w[0] == '^' || w[0] == ',' || w[0] == '+' {
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
	// of signals
	"cond":     "when whenever if once should while after before upon as until where wherever in wenn sobald bevor falls cuando siempre antes si lorsque quand avant whilst supposing anytime",
	"person":   "user users customer customers client clients agent anyone anybody someone somebody people person caller callers operator human owner everyone everybody assistant model you nutzer benutzer usuario utilisateur llm visitor visitors admin subscriber chatbot",
	"ask":      "ask~ request~ want~ wish~ need~ desire~ require~ try~ tries attempt~ query queries seek~ intend~ mention~ demand~ plan~ decide~ choose~ chooses enquire~ inquire~ wants would bittet fragt sendet pida quiere demande order~ prefer~ hope~ expect~ instruct~ tell~ initiate~",
	"base":     "ask~ request~ book~ open~ search~ query~ send~ create~ write~ read~ answer~ reply~ call~ use~ make~ buy~ delete~ schedule~ access~ perform~ execute~ run~ invoke~ see~ view~ pay~ transfer~ post~ visit~ start~ begin~ proceed~ look~ install~ upload~ download~ finish~ commit~ return~ show~ respond~ get~ go~ come~ edit~ update~ log~ sign~ submit~ order~ print~ translate~ check~ buys goes comes browse~ navigate~ deploy~ share~ save~ move~ copies copy~ change~ install~ reads writes mentions types says",
	"doing":    "calling using invoking executing performing running processing reading writing sending answering responding replying returning accessing making creating querying booking opening listing fetching retrieving deleting updating editing searching installing committing deploying navigating browsing posting publishing scheduling saving uploading downloading transferring paying buying ordering connecting starting handling looking moving copying printing translating encrypting adding preparing finishing drafting visiting writing submitting exporting importing generating building compiling testing merging pushing pulling checking analysing analyzing summarizing summarising sharing logging entering forwarding cancelling resolving",
	"deed":     "operation~ action~ request~ task~ call~ tool~ query queries command~ step~ function~ message~ email~ mail~ transaction~ file~ transfer~ use usage invocation~ execution~ conversation~ response~ answer~ interaction~ session~ search searches booking~ purchase~ payment~ order~ commit~ navigation~ login~ deployment~ deletion~ access upload~ download~ write~ read~ process processes activity procedure~ workflow~ job~ run~ connection~ installation~ lookup~ reply replies post~ issue~ document~ link~ page~ record~ note~ reservation~ invoice~ appointment~ meeting~ refund~ activities submission~ retrieval creation release~ chat~ prompt~ trade~ withdrawal~ deposit~ registration~ subscription~ article~",
	"send":     "send~ sent sending post~ upload~ forward~ transmit~ exfiltrate~ leak~ email~ mail~ relay~ smuggle~ transfer~ submit~ deliver~ dispatch~ ship~ mirror~ share~ push pushes pushed report~ copy copies copied export~ publish~ route~ redirect~ hand~ bcc cc remit~ stream~ pipe~ disclose~ expose~ broadcast~ duplicate~ replicate~ stash~ paste~ deposit~ convey~",
	"destroy":  "delete~ remove~ erase~ wipe~ drop~ kill~ format overwrite~ purge~ shutdown disable~ deactivate~ clear~ truncate~ destroy~ reset~ empty empties uninstall~ terminate~ discard~ flush~ prune~ scrub~ revoke~ invalidate~ halt~ abort~ stop~ suspend~ strip~",
	"b_send":   "send forward mail email post upload share relay deliver transmit submit push copy bcc cc publish export mirror hand supply pass attach include append embed store save log record put provide invite enviar reenviar envoyer senden dispatch remit channel pipe stream convey disclose reveal expose broadcast duplicate clone replicate stash paste quote echo incorporate enclose prepend deposit file",
	"p_send":   "sent forwarded mailed emailed posted uploaded shared relayed delivered transmitted reported submitted pushed copied bcc'd cc'd published exported mirrored handed supplied passed attached included appended embedded stored saved logged recorded put provided invited addressed pasted repeated ubergeben gesendet dispatched remitted channelled piped streamed conveyed disclosed revealed exposed broadcast duplicated cloned replicated stashed quoted echoed printed incorporated enclosed prepended deposited cced",
	"b_tamper": "set change replace modify override overwrite substitute redirect reroute switch alter rewrite swap divert adjust multiply double increase decrease reduce raise lower round convert exchange shift restrict limit fix force add subtract prefix insert inject divide halve cambia cambiar andere amend revise bump inflate cap pin lock hardcode falsify fake forge spoof mask",
	"p_tamper": "set changed replaced modified overridden overwritten substituted redirected rerouted switched altered rewritten swapped diverted adjusted multiplied doubled increased decreased reduced raised lowered rounded converted exchanged shifted restricted limited fixed forced added subtracted prefixed inserted injected divided halved gesetzt ersetzt amended revised bumped inflated capped pinned locked falsified masked assigned",
	"b_deny":   "refuse deny decline reject ignore pretend claim skip say answer tell reply cancel turn block withhold abort respond",
	"b_any":    "review update analyze analyse validate maintain create manage assess approve authorize administer allocate audit calculate close collaborate compile complete configure confirm connect contact coordinate deploy design develop diagnose direct display distribute document draft enhance evaluate examine facilitate file generate grant identify implement improve inform integrate investigate issue make measure modernize neglect notify operate optimize organize oversee plan prepare prescribe present process produce promote propose protect publish purchase reallocate reassign recruit register release replicate request reschedule research restore run schedule secure select sell simulate sign sort start streamline suggest suspend sync test track train translate unlock use verify watch work return respond answer query search set fetch choose pick check print open read",
	"duty":     "must should shall always ought obliged required expected please also first then immediately has have need needs will ist muss debe doit obligated necessary compulsory mandatory",
	"world":    "mention subscribe unsubscribe split praise advertise recommend change merge deny round start repost post text wipe blind bcc cc email mail archive swap grant extract collect gather attach add append answer book buy cancel choose clear copy delete disable divide double drop encrypt erase exclude execute forward give hand hide include increase insert install invite invoke leave limit lower mark move multiply obtain omit open order pay pick pretend purchase push query raise record reduce remove rename repeat reply report reset reverse rewrite run say send share skip store submit subtract supply suppress tell transfer turn upload write route convert replace substitute modify override overwrite redirect reroute alter adjust shift exchange refuse decline reject shut grab read load retrieve fetch access inspect look take put pass provide save log restrict relay deliver present download inject embed assign elevate kill stop truncate wire withdraw delay initiate activate deactivate conduct perform monitor manipulate acquire procure dispatch remit channel funnel pipe stream transmit convey communicate disclose reveal expose publish broadcast duplicate clone replicate stash paste quote echo incorporate enclose prepend prefix suffix wrap amend revise bump inflate cap pin lock hardcode falsify fake forge spoof mask obscure redact strip trim cut discard bypass circumvent abort halt suspend pause block freeze postpone revoke invalidate flush prune scrub sanitize spawn patch hook unlock promote permit authorize whitelist seize snatch capture deduct withhold credit debit charge sign register",
	"worldly":  "posted merged rounded wiped texted emailed mailed bcc'd cc'd collected gathered extracted exported repeated pasted copied logged mirrored shared published added appended attached booked bought cancelled canceled chosen cleared deleted denied disabled divided doubled dropped encrypted erased excluded executed forwarded given granted handed hidden increased inserted installed invited invoked left limited lowered marked moved multiplied omitted ordered paid picked purchased pushed raised recommended recorded reduced removed renamed repeated replaced reset reversed rewritten sent shared skipped stored subtracted suppressed swapped transferred uploaded written routed converted approved changed redirected modified overridden overwritten substituted rerouted altered adjusted shifted exchanged refused declined rejected read loaded retrieved fetched accessed inspected passed provided saved restricted relayed presented downloaded injected embedded assigned elevated run called invoked triggered activated consulted validated verified routed included placed put addressed opened started replaced fixed encoded acquired dispatched remitted channelled piped streamed transmitted conveyed disclosed revealed exposed broadcast duplicated cloned replicated stashed quoted echoed incorporated enclosed prepended prefixed wrapped amended edited corrected revised bumped inflated capped pinned locked masked redacted stripped trimmed cut discarded bypassed aborted halted suspended paused blocked frozen postponed revoked invalidated flushed pruned spawned fired patched unlocked promoted permitted authorized authorised whitelisted examined captured deducted charged signed registered directed carried trusted",
	"open":     "when whenever if before after while once on upon prior each every any all for during regardless in should",
	"about":    "detects detecting detected detector whether example examples illustrative documentation explains explaining sample mock expected fixtures flags flagging attempt attempts analyzes analyzing analyses scans scanning scanner guardrail training such prevents preventing protect protects protecting safeguard against stops blocks refuses identify",
}

// secretPaths stand anywhere in a path; secretFiles are whole steps of one.
var secretPaths = []string{
	".ssh/", "/.ssh", "id_rsa", "id_ed25519", "id_ecdsa", "/etc/passwd", "/etc/shadow", "/etc/sudoers", "mcp.json", ".aws/",
	".kube/config", ".docker/config", "authorized_keys", ".git-credentials", ".bash_history", ".zsh_history", ".gnupg", "/proc/self/environ",
	"login.keychain", "wallet.dat", "claude_desktop_config", ".config/gcloud", "private_key", "/root/", ".netrc", ".npmrc", ".pypirc", ".pgpass",
}

var secretFiles = words(`.ssh .env .envrc .aws .netrc .npmrc .pypirc .pgpass credentials credentials.json id_rsa id_dsa shadow passwd
	mcp.json .mcp.json secrets.json secrets.yaml secrets.yml .vault-token private.key private.pem .git-credentials .kube .gnupg .bash_history
	.zsh_history credentials.txt passwords.txt password.txt secrets.txt secret.txt tokens.txt token.txt keys.txt key.pem server.key
	credentials.yaml credentials.yml secrets.env cookies.sqlite keychain.db wallet.dat`)

// collectors are public services that show to anybody what was sent to them.
var collectors = []string{
	"webhook.site", "requestbin", "pipedream.net", "ngrok", "burpcollaborator", "oastify.com", "interact.sh", "oast.", "beeceptor",
	"hookbin", "requestcatcher", "trycloudflare.com", "serveo.net", "localhost.run", "pastebin.com", "transfer.sh", "file.io", "0x0.st", "dnslog.", "ceye.io", "exfil", "attacker", "evil.",
}
