package rule

import (
	"cmp"
	"slices"
)

// A signal is a piece of an order. One alone is common in honest texts; several, close
// together, are how a description speaks that wants the model to do something for somebody
// else: a trigger, a duty, an act or a value, a reason or a threat.
type signal struct {
	name     string
	weight   int  // in points
	act      bool // without at least one of these nothing is ordered
	patterns []string
}

const (
	ruleOrder  = "MTL-ORDER-001"
	window     = 48 // tokens in which signals count together
	breaks     = 2  // ends of sentences at which they no longer do
	orderHigh  = 15  // points
	orderShown = 12
)

// signals are in no particular order; each counts once in a window.
var signals = []signal{
	{"trigger", 4, false, []string{
		"whenever",
		"each|every time",
		"before|prior|after|while|upon ..4 any|every|each|all|calling|invoking|using|executing|performing|running|processing|reading|writing|sending|answering|responding|returning|accessing|making",
		"before|prior|after|when|if|once ..4 user|users|customer|client|agent|assistant|you|model ..3 ask|asks|request|requests|want|wants|query|queries|call|calls|use|uses|need|needs|answer|try|tries|book|books|open|opens",
		"when|if|once|while ..2 using|calling|invoking|executing|performing|sending|writing|reading|creating|querying|booking|making|processing|accessing",
		"when|if|once ..4 is|are|gets ..1 used|called|invoked|created|sent|executed|made|requested|performed|written|read|opened|booked|run",
		"for|on|with|to|of|during|as every|each|any|all ..2 {deed}|transfers|payments|emails|requests|users",
		"all|every|each|any ..2 transfers|payments|emails|requests|queries|query|messages|reservations|deletions|operations|links|calls|orders|files|code ..2 must|should|need|are|is|to",
	}},
	{"duty", 3, false, []string{
		"must|mandatory|obligatory|compulsory|shall|required|always|necessary|strictly|requires",
		"should ..1 first|always|also|instead|be|ignore",
		"need|needs|has|have|ought to",
		"it is ..1 essential|crucial|imperative|vital|important",
		"make sure|certain",
		"do|should|must not ..2 use|call|invoke",
	}},
	{"first", 0, false, []string{"first", "immediately", "beforehand"}},
	{"threat", 6, false, []string{
		"otherwise", "or else", "failure to", "failing to",
		"will ..2 rejected|denied|blocked|fail|refused|suspended|terminated|invalid|lost|corrupted|revoked|crash",
	}},
	{"excuse", 6, false, []string{
		"ensure|ensures|for|verify|comply|due|maintain|prevent|guarantee|because|keep|confirm|per ..4 security|compliance|integrity|safety|regulation|regulations|regulatory|policy|policies|verification|audit|auditing|authentication|authorised|authorized|identity|stability|outage|protocol|privacy",
		"according to ..3 policy|rules|regulations|requirements|protocol",
		"part of ..3 protocol|policy|procedure|verification|process",
		"system|security|policy|compliance ..1 notice|requires|requirement|update|mandates|policy",
	}},
	{"urgent", 0, false, []string{"important", "critical", "urgent", "warning", "attention", "note"}},
	{"self", 0, false, []string{"this tool|function|utility|helper|one", "this call"}},
	{"path", 8, true, []string{"@path"}},
	{"foreign", 8, true, []string{"@tool"}},
	{"named", 2, true, []string{"@ident"}},
	{"sibling", 0, true, []string{"@sib"}},
	{"tamper", 6, true, []string{
		"{tamper}|use|pass|fill|add|increase~|raise|prefix~|prefixed ..6 {value}|quantity|header|recipients|sender|proxy|bcc|cc|fee|currency|price",
		"{value}|fee|currency|quantity|text|links|results|link|query|queries|code ..3 must|should|shall|has|needs ..2 be|always ..2 set|changed|replaced|modified|overridden|redirected|substituted|rewritten|prefixed|appended|increased|multiplied|'usd'|@quoted",
		"with|using ..3 set to",
		"include the ..1 line|string|text|code|header",
		"add|append|invite|bcc|cc|copy ..2 @email",
	}},
	{"constant", 4, true, []string{
		"to|with|as|by|use|airline|city|shop|be|value|using|line|for|choose|prefer|is ..2 @quoted",
		"set ..5 to|as ..2 @quoted|@number|true|false",
		"multiply|increase|decrease|reduce|raise|multiplied|increased ..5 by|to ..2 @number",
	}},
	{"address", 4, true, []string{"@email|@url"}},
	{"hook", 8, true, []string{"@hook"}},
	{"ship", 5, true, []string{
		"{ship}|share~ ..8 to|into|in|at|here|with",
		"{ship}|copy|copies|store|save|record|log|include|provide|pass|put ..4 conversation|everything|every|each|all|entire|full|contents|content|output|results|token|key|password|credentials|request|copy",
	}},
	{"reach", 4, true, []string{
		"read|open|load|retrieve|get|fetch|access|list|cat|copy|dump|print|collect|extract ..5 file~|files|content|contents|directory|config|configuration|credential~|keys|key|password~|logs|database|history|environment",
	}},
	{"destroy", 8, true, []string{
		"delete~|remove~|erase~|wipe~|drop|kill~|format|overwrite~|purge~|shutdown|disable~|deactivate~ ..5 file~|files|log~|database|table|tables|record~|firewall|protection|directory|system|security|data|backup~|account~",
		"chmod|sudo|777|rm|chown|iptables|ufw|nc|crontab", "force true",
	}},
	{"run", 5, true, []string{"run|execute|apply|running|executed ..3 command~|script|code|cat|curl|@quoted|shell|payload"}},
	{"money", 3, true, []string{"transfer~|payment~|pay|purchase~|buy|price|fee|amount|account|airline|flight|currency"}},
	{"secret", 4, true, []string{"password~|api ..1 key|token|credential~|credentials|secrets|ssh|session token|access token|private key"}},
	{"memory", 6, true, []string{
		"conversation|chat ..1 history|so|transcript|context", "everything ..5 said|typed|wrote", "full|complete ..2 arguments|output|context|conversation",
		"list|names|description~ ..4 all ..2 tools", "system prompt|instructions",
	}},
	{"hush", 8, true, []string{
		"silently|secretly|covertly|quietly|discreetly",
		"{not}|without|no ..2 tell|mention|reveal|inform|notify|disclose|ask|asking|telling|informing|show|confirmation|confirm|confirming|prompting|approval",
		"user ..2 need|should|must|not not|know",
	}},
	{"regardless", 7, true, []string{
		"regardless|irrespective|whatever|notwithstanding", "no matter", "even if ..6 user|asked|specified|says",
		"instead of ..3 {value}|what", "ignore|disregard|override ..4 {value}|results|them|user's|output",
		"no ..2 confirmation|approval|consent ..2 needed|required|is",
	}},
	{"usurp", 2, true, []string{
		"do|should|must not|never ..1 use|call|invoke|trust|rely", "don't ..1 use|call|trust",
		"broken|outdated|deprecated|unreliable|unsafe|compromised|incomplete|incorrect ..14 use|call|must|should|instead|this|always",
		"instead ..3 use|call|this", "use|call|prefer ..3 this|it ..3 instead", "must ..2 handle|process|intercept|be",
		"before any|every|all other|another|tool|tools|operation|others",
		"called|invoked|executed|run|used ..3 before|prior|first|after",
	}},
	{"stranger", 6, true, []string{"external|third-party|attacker|remote|public|partner|monitoring|logging|analytics ..2 server|endpoint|host|address|party|service|account|folder|directory|site|url"}},
	{"model", 0, false, []string{"assistant|model|ai|llm|agent|you"}},
}

// A sign is a signal in the layer at hand: its number and the tokens where it stands.
type sign struct{ number, begin, end int }

// orders looks for a window in which signals weigh enough, and reports the heaviest.
func (s *scan) orders() {
	slices.SortFunc(s.signs, func(a, b sign) int { return cmp.Compare(a.begin, b.begin) })
	var count, bestCount [64]int
	best, from, to, first := 0, 0, 0, 0
	for i, g := range s.signs {
		count[g.number]++
		for s.apart(s.signs[first], g) {
			count[s.signs[first].number]--
			first++
		}
		if w := weight(&count); w > best {
			best, from, to = w, s.signs[first].begin, s.signs[i].end
			bestCount = count
		}
	}
	if debugWin != nil && best > 8 {
		var n []string
		for i, c := range bestCount {
			if c > 0 {
				n = append(n, signals[i].name)
			}
		}
		debugWin(n, best, s.t.Field, s.t.Value[:min(len(s.t.Value), 400)])
	}
	if best < orderShown {
		return
	}
	severity := Medium
	if best >= orderHigh {
		severity = High
	}
	start, _ := s.l.source(s.tokens[from].from, s.tokens[from].to)
	_, end := s.l.source(s.tokens[to].from, s.tokens[to].to)
	s.addAs(ruleOrder, severity, min(start, end), max(start, end))
}

var debugWin func(names []string, w int, field, ex string)

// apart reports whether b is too far behind a: more than window tokens, or more than one
// end of a sentence between them.
func (s *scan) apart(a, b sign) bool {
	return a.begin < b.end-window || s.tokens[b.end].place-s.tokens[a.begin].place >= breaks*stop
}

// weight is the points of the signals that are there; 0 where no duty or trigger meets an act.
func weight(count *[64]int) int {
	sum, act, call := 0, false, false
	for i, g := range signals {
		if count[i] > 0 {
			sum += g.weight
			act = act || g.act
			call = call || i < 2
		}
	}
	if !act || !call {
		return 0
	}
	return sum
}
